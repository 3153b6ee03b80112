/** Which pods have to leave their devices, when, and by which rules. Mirrors claimEvictionTime and podEvictionTime of pkg/controller/devicetainteviction. */
import { controllerOf } from '../../apimachinery/meta.ts'
import type { Pod } from '../../types/core-v1.ts'
import type {
  DeviceRequestAllocationResult,
  DeviceTaint,
  DeviceTaintRule,
  ResourceClaim,
  ResourceSlice,
} from '../../types/resource-v1.ts'
import type { ResourceName } from '../client.ts'
import type { ControllerContext } from '../controller.ts'
import { bearsTaint, type NamedDevice, selects } from '../scheduler/devices/taints.ts'

export const CLAIMS: ResourceName = 'resourceclaims.resource.k8s.io'
export const SLICES: ResourceName = 'resourceslices.resource.k8s.io'
export const RULES: ResourceName = 'devicetaintrules.resource.k8s.io'
/** An index of slices and of claims: by the pools that they are of, or have devices of. */
export const DEVICE_POOL = 'devicePool'

export interface Eviction {
  /** Milliseconds. */
  at: number
  /** Names of the rules that it is by, if any. */
  rules: ReadonlySet<string>
}

export const evicts = ({ effect }: DeviceTaint): boolean => effect === 'NoExecute'

export const evictingRules = ({ lister }: ControllerContext): DeviceTaintRule[] =>
  lister<DeviceTaintRule>(RULES)
    .list()
    .filter(({ spec }) => evicts(spec.taint))

export const devicesOf = ({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] =>
  status?.allocation?.devices?.results ?? []

/** A rule without a selector evicts nobody. */
export const concerns = ({ spec }: DeviceTaintRule, device: NamedDevice): boolean =>
  spec.deviceSelector !== undefined && selects(spec.deviceSelector, device)

/** Slices that a newer generation of their pool has replaced do not count. */
export function isCurrent({ spec }: ResourceSlice, { lister }: ControllerContext): boolean {
  const ofPool = lister<ResourceSlice>(SLICES).byIndex(DEVICE_POOL, `${spec.driver}/${spec.pool.name}`)
  return ofPool.every((other) => other.spec.pool.generation <= spec.pool.generation)
}

/** When the pod has to leave its node for one of its devices; undefined: it may stay. */
export function evictionOf(
  pod: Pod,
  rules: readonly DeviceTaintRule[],
  context: ControllerContext,
): Eviction | undefined {
  if (!pod.spec?.nodeName) return undefined
  let at = Number.POSITIVE_INFINITY
  const names = new Set<string>()
  for (const claim of claimsOf(pod, context)) {
    for (const { taint, rule } of claim.flatMap((device) => taintsOf(device, rules, context))) {
      at = Math.min(at, taint)
      if (rule) names.add(rule)
    }
  }
  return at === Number.POSITIVE_INFINITY ? undefined : { at, rules: names }
}

/** The devices of each claim that is there for the pod. */
function claimsOf(pod: Pod, { lister }: ControllerContext): (readonly DeviceRequestAllocationResult[])[] {
  const { namespace = '', uid } = pod.metadata
  return (pod.spec?.resourceClaims ?? []).flatMap(({ name, resourceClaimName }) => {
    const made = pod.status?.resourceClaimStatuses?.find((status) => status.name === name)?.resourceClaimName
    const claim = lister<ResourceClaim>(CLAIMS).get(namespace, resourceClaimName ?? made ?? '')
    if (!claim?.status?.reservedFor?.some((user) => user.uid === uid)) return []
    return resourceClaimName || controllerOf(claim)?.uid === uid ? [devicesOf(claim)] : []
  })
}

/** Taints that drive out who has the device: when they do. */
function taintsOf(
  device: DeviceRequestAllocationResult,
  rules: readonly DeviceTaintRule[],
  context: ControllerContext,
): { taint: number; rule?: string }[] {
  const own = publishedTaints(device, context).map((taint) => ({ taint, rule: undefined }))
  const ruled = rules
    .filter((rule) => concerns(rule, device))
    .map(({ spec, metadata }) => ({ taint: spec.taint, rule: metadata.name }))
  return [...own, ...ruled].flatMap(({ taint, rule }) => {
    const at = leavesAt(device, taint)
    return at === undefined ? [] : [{ taint: at, rule }]
  })
}

function publishedTaints({ driver, pool, device }: NamedDevice, context: ControllerContext): readonly DeviceTaint[] {
  for (const slice of context.lister<ResourceSlice>(SLICES).byIndex(DEVICE_POOL, `${driver}/${pool}`)) {
    const found = slice.spec.devices?.find(({ name }) => name === device)
    if (found && isCurrent(slice, context)) return (found.taints ?? []).filter(evicts)
  }
  return []
}

/** Undefined: never. Only tolerations of this very effect count. */
function leavesAt({ tolerations = [] }: DeviceRequestAllocationResult, taint: DeviceTaint): number | undefined {
  const bearing = tolerations.filter((toleration) => toleration.effect === 'NoExecute' && bearsTaint(toleration, taint))
  if (bearing.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return undefined
  const seconds = bearing.map(({ tolerationSeconds = 0 }) => Math.max(0, tolerationSeconds))
  const since = Date.parse(taint.timeAdded ?? '')
  return bearing.length === 0 ? since : since + Math.min(...seconds) * 1000
}
