/** Slices of devices that drivers offer. Mirrors validateResourceSliceSpec of pkg/apis/resource/validation. */
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  key,
  required,
  tooLong,
  tooMany,
} from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import { emptied } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { validateNodeSelector } from '../core/scheduling.validation.ts'
import { declaredUnique, type Findings, noFindings } from '../declarative.ts'
import { validateDriverName } from '../storage/driver-name.validation.ts'
import { invalids, validateImmutable } from '../validation.ts'
import { shownKey, validateAttributeName, validateLabelShaped, validatePoolName } from './names.validation.ts'
import { validateDeviceTaint } from './taints.validation.ts'

type Fields = DynamicObject['spec']

const MAX_DEVICES = 128
const MAX_ADVANCED_DEVICES = 64
const MAX_ATTRIBUTES = 32
const MAX_COUNTER_SETS = 8
const MAX_VALUE_BYTES = 64
const CHOICES = ['nodeName', 'nodeSelector', 'allNodes', 'perDeviceNodeSelection'] as const
const ONE_CHOICE = `exactly one of ${CHOICES.map((name) => `\`${name}\``).join(', ')} is required`
const ONE_DEVICE_CHOICE =
  'exactly one of `nodeName`, `nodeSelector`, or `allNodes` is required when `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
const NO_DEVICE_CHOICE =
  '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
const KINDS = ['int', 'bool', 'string', 'version', 'ints', 'bools', 'strings', 'versions']
const ONE_KIND = `must specify one of: ${KINDS.map((name) => `\`${name}\``).join(', ')}`
const NUMERIC = '(0|[1-9]\\d*)'
const PRE = '(0|[1-9]\\d*|\\d*[a-zA-Z-][0-9a-zA-Z-]*)'
const BUILD = '[0-9a-zA-Z-]+'
const semver = new RegExp(`^${NUMERIC}\\.${NUMERIC}\\.${NUMERIC}(-${PRE}(\\.${PRE})*)?(\\+${BUILD}(\\.${BUILD})*)?$`)

export function validateSlice(spec: Fields, old?: Fields): FieldError[] {
  const found = noFindings()
  const { driver = '', pool = {} } = spec
  found.own.push(...validateDriverName(driver, 'spec.driver'), ...validatePool(pool))
  if (old) {
    found.own.push(
      ...validateImmutable(pool.name ?? '', old.pool?.name ?? '', 'spec.pool.name'),
      ...validateImmutable(driver, old.driver ?? '', 'spec.driver'),
    )
    const fixed = validateImmutable(spec.nodeName, old.nodeName, 'spec.nodeName')
    found.own.push(...fixed.map((error) => ({ ...error, badValue: spec.nodeName ?? null })))
  }
  validateChoice(
    spec,
    'spec',
    CHOICES,
    [required('spec', ONE_CHOICE)],
    `${ONE_CHOICE}, but multiple fields are set`,
    found,
  )
  const both = (spec.devices || emptied(spec, 'devices')) && (spec.sharedCounters || emptied(spec, 'sharedCounters'))
  if (both) found.own.push(invalid('spec', '', 'only one of `sharedCounters` or `devices` is allowed'))
  validateDevices(spec, old, found)
  validateCounterSets(spec.sharedCounters ?? [], found)
  return [...found.own, ...found.declared]
}

function validatePool({ name = '', resourceSliceCount = 0, generation = 0 }: Fields): FieldError[] {
  const errors = validatePoolName(name, 'spec.pool.name')
  if (resourceSliceCount <= 0) {
    errors.push(invalid('spec.pool.resourceSliceCount', resourceSliceCount, 'must be greater than zero'))
  }
  const negative = 'must be greater than or equal to zero'
  return generation < 0 ? [...errors, invalid('spec.pool.generation', generation, negative)] : errors
}

/** Where the devices can be reached. */
function validateChoice(
  value: Fields,
  path: string,
  choices: readonly string[],
  none: FieldError[],
  several: string,
  found: Findings,
): void {
  const set: string[] = []
  const isSpec = path === 'spec'
  for (const name of choices) {
    const given = value[name]
    const at = child(path, name)
    if (given === undefined) continue
    if (name === 'nodeName') {
      if (given === '') {
        const why = isSpec ? 'must be either unset or set to a non-empty string' : 'must not be empty'
        found.own.push(invalid(at, '', why))
        continue
      }
      found.own.push(...invalids(at, given, isDns1123Subdomain(given)))
    } else if (name === 'nodeSelector') {
      found.own.push(...validateNodeSelector(given, at))
      const terms = given.nodeSelectorTerms ?? []
      if (isSpec && terms.length !== 1) {
        const printed = internalForm('[]core.NodeSelectorTerm', given.nodeSelectorTerms)
        found.own.push(invalid(child(at, 'nodeSelectorTerms'), printed, 'must have exactly one node selector term'))
      }
    } else if (given !== true) {
      found.own.push(invalid(at, given, 'must be either unset or set to true'))
      continue
    }
    set.push(`\`${name}\``)
  }
  if (set.length === 0) found.own.push(...none)
  else if (set.length > 1) found.own.push(invalid(path, `{${set.join(', ')}}`, several))
}

function validateDevices(spec: Fields, old: Fields | undefined, found: Findings): void {
  const devices: Fields[] = spec.devices ?? []
  const path = 'spec.devices'
  const most = devices.some(isAdvanced) ? MAX_ADVANCED_DEVICES : MAX_DEVICES
  if (devices.length > most) {
    found.own.push(tooMany(path, devices.length, most))
    return
  }
  const seen = new Set<string>()
  devices.forEach((device, i) => {
    const before = (old?.devices ?? []).find((one: Fields) => one.name === device.name)
    validateDevice(device, before, index(path, i), spec.perDeviceNodeSelection === true, found)
  })
  devices.forEach(({ name = '' }, i) => {
    if (seen.has(name)) found.own.push(duplicate(index(path, i), name))
    seen.add(name)
  })
}

function isAdvanced({ taints, consumesCounters, attributes = {} }: Fields): boolean {
  const lists = Object.values(attributes as Record<string, Fields>).some(
    (one) => one.bools || one.ints || one.strings || one.versions,
  )
  return lists || taints?.length > 0 || consumesCounters?.length > 0
}

function validateDevice(
  device: Fields,
  old: Fields | undefined,
  path: string,
  perDevice: boolean,
  found: Findings,
): void {
  found.own.push(...validateLabelShaped(device.name ?? '', child(path, 'name')))
  const attributes: Record<string, Fields> = device.attributes ?? {}
  const capacity: Record<string, Fields> = device.capacity ?? {}
  const count = Object.keys(attributes).length + Object.keys(capacity).length
  if (count > MAX_ATTRIBUTES) {
    const why = `the total number of attributes and capacities must not exceed ${MAX_ATTRIBUTES}`
    found.own.push(invalid(path, count, why))
  }
  for (const [name, attribute] of Object.entries(attributes)) {
    found.own.push(...validateAttributeName(name, child(path, 'attributes')))
    validateAttribute(attribute, key(child(path, 'attributes'), shownKey(name)), found)
  }
  for (const name of Object.keys(capacity)) found.own.push(...validateAttributeName(name, child(path, 'capacity')))
  if (JSON.stringify(old?.taints) !== JSON.stringify(device.taints)) {
    ;((device.taints ?? []) as Fields[]).forEach((taint, i) => {
      validateDeviceTaint(taint, undefined, index(child(path, 'taints'), i), found)
    })
  }
  const choices = ['nodeName', 'nodeSelector', 'allNodes']
  if (perDevice) {
    validateChoice(device, path, choices, [required(path, ONE_DEVICE_CHOICE)], ONE_DEVICE_CHOICE, found)
  } else if (choices.some((name) => device[name] !== undefined)) found.own.push(invalid(path, null, NO_DEVICE_CHOICE))
}

function validateAttribute(attribute: Fields, path: string, found: Findings): void {
  const { string, version } = attribute
  if (string !== undefined) found.own.push(...validateLength(string, child(path, 'string')))
  if (version !== undefined) found.own.push(...validateVersion(version, child(path, 'version')))
  ;((attribute.versions ?? []) as string[]).forEach((one, i) => {
    found.own.push(...validateVersion(one, index(child(path, 'versions'), i)))
  })
  const set = KINDS.filter((kind) => attribute[kind] !== undefined || emptied(attribute, kind) !== undefined)
  for (const kind of set) {
    if (emptied(attribute, kind)) found.own.push(invalid(child(path, kind), [], 'must not be empty if specified'))
  }
  if (set.length === 0) found.declared.push(invalid(path, '', ONE_KIND))
  else if (set.length > 1) {
    const shown = set.map((kind) => `\`${kind}\``).join(', ')
    found.declared.push(
      invalid(path, `{${shown}}`, ONE_KIND.replace('must specify one of', 'must specify exactly one of')),
    )
  }
}

const validateLength = (value: string, path: string): FieldError[] =>
  byteLength(value) > MAX_VALUE_BYTES ? [tooLong(path, MAX_VALUE_BYTES)] : []

function validateVersion(value: string, path: string): FieldError[] {
  const wrong = semver.test(value)
    ? []
    : [invalid(path, value, 'must be a string compatible with semver.org spec 2.0.0')]
  return [...wrong, ...validateLength(value, path)]
}

function validateCounterSets(sets: Fields[], found: Findings): void {
  const path = 'spec.sharedCounters'
  if (sets.length > MAX_COUNTER_SETS) {
    found.declared.push(tooMany(path, sets.length, MAX_COUNTER_SETS))
    return
  }
  sets.forEach(({ name = '', counters = {} }, i) => {
    const at = index(path, i)
    found.declared.push(...(name ? validateLabelShaped(name, child(at, 'name')) : [required(child(at, 'name'))]))
    if (Object.keys(counters).length === 0) found.declared.push(required(child(at, 'counters')))
    for (const counter of Object.keys(counters)) {
      found.declared.push(...validateLabelShaped(counter, child(at, 'counters')))
    }
  })
  found.declared.push(...declaredUnique(sets, path, ({ name = '' }) => name))
}
