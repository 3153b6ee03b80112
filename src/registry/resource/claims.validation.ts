/** Claims for devices: what is asked for. Mirrors validateDeviceClaim of pkg/apis/resource/validation. */
import {
  child,
  type FieldError,
  index,
  invalid,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain, isLabelValue } from '../../apimachinery/names.ts'
import { declaredDriverName, declaredLongName, declaredUnique, type Findings } from '../declarative.ts'
import { invalids, validateQualifiedName } from '../validation.ts'
import {
  type RequestNames,
  validateFullName,
  validateLabelShaped,
  validateRequestReference,
} from './names.validation.ts'
import { validateSelectors } from './selectors.validation.ts'

type Fields = DynamicObject['spec']

const MAX_REQUESTS = 32
const MAX_ALTERNATIVES = 8
const MAX_PARAMETERS_BYTES = 10 * 1024
const ONE_KIND = 'exactly one of `exactly` or `firstAvailable` is required'
const ONE_ATTRIBUTE = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
export const TAINT_EFFECTS = ['NoExecute', 'NoSchedule', 'None']

export function requestNamesOf(devices: Fields): RequestNames {
  const names = new Map<string, ReadonlySet<string>>()
  for (const { name = '', firstAvailable = [] } of (devices?.requests ?? []) as Fields[]) {
    names.set(name, new Set((firstAvailable as Fields[]).map((one) => one.name ?? '')))
  }
  return names
}

/** Adds to `found`. */
export function validateDeviceClaim(devices: Fields, path: string, found: Findings): void {
  const names = requestNamesOf(devices)
  const requests: Fields[] = devices?.requests ?? []
  const at = child(path, 'requests')
  if (requests.length > MAX_REQUESTS) found.declared.push(tooMany(at, requests.length, MAX_REQUESTS))
  else {
    found.declared.push(...declaredUnique(requests, at, ({ name = '' }) => name))
    requests.forEach((request, i) => {
      validateRequest(request, index(at, i), found)
    })
  }
  ;((devices?.constraints ?? []) as Fields[]).forEach((constraint, i) => {
    validateConstraint(constraint, index(child(path, 'constraints'), i), names, found)
  })
  ;((devices?.config ?? []) as Fields[]).forEach((config, i) => {
    const own = index(child(path, 'config'), i)
    validateReferences(config.requests, child(own, 'requests'), names, found)
    validateConfiguration(config, own, found)
  })
}

function validateRequest(request: Fields, path: string, found: Findings): void {
  const { name = '', exactly, firstAvailable = [] } = request
  found.own.push(...validateLabelShaped(name, child(path, 'name')))
  const several: Fields[] = firstAvailable
  if (several.length === 0 && !exactly) found.own.push(required(path, ONE_KIND))
  else if (several.length > 0 && exactly) {
    found.own.push(invalid(path, null, `${ONE_KIND}, but multiple fields are set`))
  } else if (exactly) {
    const at = child(path, 'exactly')
    found.own.push(...validateClassName(exactly.deviceClassName ?? '', child(at, 'deviceClassName')))
    validateAmount(exactly, at, found)
  } else {
    const at = child(path, 'firstAvailable')
    if (several.length > MAX_ALTERNATIVES) found.declared.push(tooMany(at, several.length, MAX_ALTERNATIVES))
    else {
      found.declared.push(...declaredUnique(several, at, (one) => one.name ?? ''))
      several.forEach((one, i) => {
        validateAlternative(one, index(at, i), found)
      })
    }
  }
}

function validateAlternative(one: Fields, path: string, found: Findings): void {
  const { name = '', deviceClassName = '' } = one
  found.own.push(...validateLabelShaped(name, child(path, 'name')))
  const at = child(path, 'deviceClassName')
  found.declared.push(...(deviceClassName ? declaredLongName(deviceClassName, at) : [required(at)]))
  validateAmount(one, path, found)
}

function validateClassName(name: string, path: string): FieldError[] {
  return name === '' ? [required(path)] : invalids(path, name, isDns1123Subdomain(name))
}

/** Which and how many. */
function validateAmount(
  { selectors, allocationMode = '', count = 0, tolerations }: Fields,
  path: string,
  found: Findings,
) {
  found.own.push(...validateSelectors(selectors ?? [], child(path, 'selectors')))
  const at = child(path, 'count')
  if (allocationMode === 'All') {
    if (count !== 0) found.own.push(invalid(at, count, "must not be specified when allocationMode is 'All'"))
  } else if (allocationMode === 'ExactCount') {
    if (count <= 0) found.own.push(invalid(at, count, 'must be greater than zero'))
  } else found.declared.push(notSupported(child(path, 'allocationMode'), allocationMode, ['All', 'ExactCount']))
  ;((tolerations ?? []) as Fields[]).forEach((toleration, i) => {
    validateToleration(toleration, index(child(path, 'tolerations'), i), found)
  })
}

export function validateToleration(toleration: Fields, path: string, found: Findings): void {
  const { key = '', operator = '', value = '', effect = '' } = toleration
  if (key) found.declared.push(...validateQualifiedName(key, child(path, 'key')))
  const at = child(path, 'operator')
  if (operator === 'Exists') {
    if (value) found.own.push(invalid(child(path, 'value'), value, 'must be empty for operator `Exists`'))
  } else if (operator === 'Equal') found.own.push(...invalids(child(path, 'value'), value, isLabelValue(value)))
  else found.declared.push(operator === '' ? required(at) : notSupported(at, operator, ['Equal', 'Exists']))
  if (effect && !TAINT_EFFECTS.includes(effect)) {
    found.declared.push(notSupported(child(path, 'effect'), effect, TAINT_EFFECTS))
  }
}

function validateConstraint(constraint: Fields, path: string, names: RequestNames, found: Findings): void {
  const { requests, matchAttribute, distinctAttribute } = constraint
  validateReferences(requests, child(path, 'requests'), names, found)
  if (matchAttribute !== undefined) {
    found.declared.push(...validateFullName(matchAttribute, child(path, 'matchAttribute')))
  } else if (distinctAttribute !== undefined) {
    found.declared.push(...validateFullName(distinctAttribute, child(path, 'distinctAttribute')))
  } else found.own.push(required(path, ONE_ATTRIBUTE))
}

/** Names of requests, each once. */
export function validateReferences(
  requests: readonly string[] | undefined,
  path: string,
  names: RequestNames,
  found: Findings,
): void {
  requests?.forEach((name, i) => {
    found.own.push(...validateRequestReference(name, names, index(path, i)))
  })
  found.declared.push(...declaredUnique(requests ?? [], path, (name) => name))
}

/** Parameters for a driver. */
export function validateConfiguration({ opaque }: Fields, path: string, found: Findings): void {
  const at = child(path, 'opaque')
  if (!opaque) {
    found.own.push(required(at))
    return
  }
  found.own.push(...validateJsonObject(opaque.parameters, child(at, 'parameters'), MAX_PARAMETERS_BYTES))
  found.declared.push(...declaredDriverName(opaque.driver ?? '', child(at, 'driver')))
}

export function validateJsonObject(value: unknown, path: string, maxBytes: number): FieldError[] {
  if (value === undefined || value === null) return [required(path)]
  if (byteLength(JSON.stringify(value)) > maxBytes) return [tooLong(path, maxBytes)]
  const isObject = typeof value === 'object' && !Array.isArray(value)
  return isObject ? [] : [invalid(path, '<value omitted>', 'must be a valid JSON object')]
}
