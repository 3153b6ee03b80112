/** Nodes. Mirrors pkg/registry/core/node/strategy.go and ValidateNode. */

import { child, duplicate, type FieldError, forbidden, index, invalid } from '../../apimachinery/field-error.ts'
import { parseCidr, validateLegacyCidr } from '../../apimachinery/ip.ts'
import { isLabelValue } from '../../apimachinery/names.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import type { Node, Taint } from '../../types/core-v1.ts'
import { type Cell, defineResource, type RowContext } from '../definition.ts'
import { validateEnum, validateQualifiedName } from '../validation.ts'
import { ageCell, NONE, UNKNOWN } from './cells.ts'
import { validateResourceQuantity } from './compute-resources.validation.ts'
import { TAINT_EFFECTS } from './scheduling.validation.ts'

const ROLE_PREFIX = 'node-role.kubernetes.io/'
const ROLE_LABEL = 'kubernetes.io/role'
const FIXED_CIDR = 'node updates may not change podCIDR except from "" to valid'

export const nodes = defineResource<Node>('v1', 'nodes', {
  internalize: (node) => alignPodCidrs(node),
  prepareForCreate(node) {
    alignPodCidrs(node)
    if (node.spec) delete node.spec.configSource
  },
  prepareForUpdate(node, old) {
    alignPodCidrs(node)
    if (!old.spec?.configSource && node.spec) delete node.spec.configSource
  },
  validate: (node) => [...validateNode(node), ...validatePodCidrs(node.spec?.podCIDRs ?? [])],
  validateUpdate: (node, old) => validateNodeUpdate(node, old, validatePodCidrs(node.spec?.podCIDRs ?? [])),
  warnings: ({ spec }) => [
    ...(spec?.configSource ? ['spec.configSource: the feature is removed'] : []),
    ...(spec?.externalID ? ['spec.externalID: this field is deprecated, and is unused by Kubernetes'] : []),
  ],
  selectableFields: { 'spec.unschedulable': (node) => String(node.spec?.unschedulable ?? false) },
  row: nodeRow,
  subresources: {
    status: {
      prepareForUpdate(node, old) {
        if (!old.status?.config && node.status) delete node.status.config
      },
      validateUpdate: (node, old) => validateNodeUpdate(node, old, []),
    },
  },
})

/** podCIDR and podCIDRs are one thing under two names. */
function alignPodCidrs(node: Node): void {
  const { spec } = node
  if (!spec) return
  if (spec.podCIDR && spec.podCIDRs?.[0] !== spec.podCIDR) spec.podCIDRs = [spec.podCIDR]
  else if (!spec.podCIDR && spec.podCIDRs?.length) spec.podCIDR = spec.podCIDRs[0]
}

/** Upstream's path of the taints is below metadata. */
function validateNode(node: Node): FieldError[] {
  const errors = validateTaints(node.spec?.taints ?? [], 'metadata.taints')
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, value] of Object.entries(node.status?.[list] ?? {})) {
      errors.push(...validateResourceQuantity(name, value as string, `status.${list}.${name}`))
    }
  }
  return errors
}

export function validateTaints(taints: readonly Taint[], path: string): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  taints.forEach((taint, i) => {
    const at = index(path, i)
    const { key = '', value = '', effect } = taint
    errors.push(...validateQualifiedName(key, child(at, 'key')))
    const messages = isLabelValue(value)
    if (messages.length > 0) errors.push(invalid(child(at, 'value'), value, messages.join(';')))
    errors.push(...validateEnum(effect, TAINT_EFFECTS, child(at, 'effect')))
    const pair = `${effect}/${key}`
    if (seen.has(pair)) {
      const bad = internalForm('core.Taint', taint)
      errors.push({ ...duplicate(at, bad), detail: 'taints must be unique by key and effect pair' })
    }
    seen.add(pair)
  })
  return errors
}

function validatePodCidrs(cidrs: readonly string[]): FieldError[] {
  const path = 'spec.podCIDRs'
  const errors = cidrs.flatMap((cidr, i) => validateLegacyCidr(index(path, i), cidr))
  if (cidrs.length < 2) return errors
  const families = new Set(cidrs.map((cidr) => parseCidr(cidr)?.network.v4))
  if (families.size === 2 && cidrs.length === 2) return errors
  return [...errors, invalid(path, cidrs, 'may specify no more than one CIDR for each IP family')]
}

function validateNodeUpdate(node: Node, old: Node, cidrErrors: FieldError[]): FieldError[] {
  const [spec, before] = [node.spec ?? {}, old.spec ?? {}]
  const errors = [...validateNode({ ...node, spec: { ...spec, taints: [] } }), ...cidrErrors]
  const addresses = new Set<string>()
  node.status?.addresses?.forEach((address, i) => {
    const bad = internalForm('core.NodeAddress', address)
    const text = JSON.stringify(bad)
    if (addresses.has(text)) errors.push(duplicate(index('status.addresses', i), bad))
    addresses.add(text)
  })
  const cidrs = before.podCIDRs ?? []
  if (cidrs.length > 0) {
    const now = spec.podCIDRs ?? []
    const changed = now.length === cidrs.length ? cidrs.filter((cidr, i) => cidr !== now[i]).length : 1
    for (let i = 0; i < changed; i++) errors.push(forbidden('spec.podCIDRs', FIXED_CIDR))
  }
  errors.push(...validateTaints(spec.taints ?? [], 'metadata.taints'))
  if (before.providerID && spec.providerID !== before.providerID) {
    const how = spec.providerID ? 'modified' : 'cleared'
    errors.push(invalid('spec.providerID', null, `field cannot be ${how} once set`))
  }
  return errors
}

function nodeRow(node: Node, { now }: RowContext): Cell[] {
  const info = node.status?.nodeInfo
  const ready = node.status?.conditions?.find((one) => one.type === 'Ready')
  const words = [ready ? (ready.status === 'True' ? 'Ready' : 'NotReady') : 'Unknown']
  if (node.spec?.unschedulable) words.push('SchedulingDisabled')
  const kernel = info?.kernelVersion || UNKNOWN
  const address = (type: string) => node.status?.addresses?.find((one) => one.type === type)?.address ?? NONE
  return [
    node.metadata.name ?? '',
    words.join(','),
    rolesOf(node).join(',') || NONE,
    ageCell(node.metadata.creationTimestamp, now),
    info?.kubeletVersion ?? '',
    address('InternalIP'),
    address('ExternalIP'),
    info?.osImage || UNKNOWN,
    info?.architecture ? `${kernel} (${info.architecture})` : kernel,
    info?.containerRuntimeVersion || UNKNOWN,
  ]
}

function rolesOf(node: Node): string[] {
  const roles = Object.entries(node.metadata.labels ?? {}).map(([label, value]) => {
    if (label.startsWith(ROLE_PREFIX)) return label.slice(ROLE_PREFIX.length)
    return label === ROLE_LABEL ? value : ''
  })
  return [...new Set(roles.filter((role) => role !== ''))].sort()
}
