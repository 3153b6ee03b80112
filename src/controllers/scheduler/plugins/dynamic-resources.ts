/** Devices for the pod's ResourceClaims, and for extended resources that devices stand behind. Mirrors plugins/dynamicresources. */
import { durationMs } from '../../../apimachinery/duration.ts'
import { deepEqual } from '../../../apimachinery/equality.ts'
import type {
  AllocationResult,
  DeviceClass,
  DeviceTaintRule,
  ResourceClaim,
  ResourceSlice,
} from '../../../types/resource-v1.ts'
import { allocationOf, type Found } from '../devices/allocation-result.ts'
import { allocate } from '../devices/allocator.ts'
import { DEVICE_CLASSES } from '../devices/extended-resources.ts'
import { type DeviceSupply, deviceSupply } from '../devices/supply.ts'
import type { NodeInfo } from '../node-info.ts'
import { termsTest } from '../node-selector.ts'
import {
  final,
  type Happened,
  isRefusal,
  normalizeByMost,
  type Plugin,
  type PodFilter,
  type Refusal,
  type World,
} from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import {
  claimsOf,
  DEVICE_TAINT_RULES,
  isFull,
  isReserved,
  RESOURCE_CLAIMS,
  RESOURCE_SLICES,
} from './dynamic-resources.claims.ts'
import { claimOn, type ExtendedClaim, type ExtendedNeeds, extendedNeeds, forget } from './dynamic-resources.extended.ts'
import { deallocate, isHopeless, reserveClaims } from './dynamic-resources.reserve.ts'

const ELSEWHERE = final('resourceclaim not available on the node')
/** So many alternatives a request can have: the first is worth the most. */
const MOST_ALTERNATIVES = 8
const BINDING_TIMEOUT = '600s'

/** What a node has for the pod. */
interface Offer {
  /** In the order of the claims; the last one is for the extended resources. */
  found: readonly Found[]
  extended: ExtendedClaim | undefined
}

/** What is found out while a node is looked for. */
interface Cycle {
  info: PodInfo
  timeoutMs: number
  claims: readonly ResourceClaim[]
  toAllocate: readonly ResourceClaim[]
  extended: ExtendedNeeds | undefined
  /** Undefined: nothing is to be allocated. */
  supply: DeviceSupply | undefined
  /** By node. */
  offers: Map<string, Offer>
  /** Claims whose devices are of no use to the pod: they are somewhere else, or do not become ready. */
  useless: Set<ResourceClaim>
}

export interface DynamicResourcesArgs {
  /** How long devices may take to become ready for a pod, as Go writes durations. */
  bindingTimeout?: string | null
  /** Refused: searches end after a number of tries. */
  filterTimeout?: string | null
}

/** Throws an Error for a time that is none, or shorter than a second, and for a `filterTimeout`. */
export function dynamicResources({ bindingTimeout, filterTimeout }: DynamicResourcesArgs = {}): Plugin {
  if (filterTimeout != null) throw new Error('filterTimeout is not supported: a search for devices ends by its tries')
  const timeoutMs = timeoutOf(bindingTimeout ?? BINDING_TIMEOUT)
  /** Of claims whose allocation is still being written, by uid. */
  const pending = new Map<string, AllocationResult>()
  const cycles = new WeakMap<PodFilter, Cycle>()
  return {
    name: 'DynamicResources',
    hints: [
      { on: ['nodes/add', 'nodes/labels', 'nodes/allocatable', 'reservations/release'] },
      { on: ['resourceclaims/add', 'resourceclaims/update', 'resourceclaims/delete'], helps: freesOrIsOwn },
      { on: ['self/claims'], helps: ({ pod }, _happened, world) => !isRefused(claimsOf(pod, world)) },
      { on: ['deviceclasses/add', 'deviceclasses/update', 'resourceslices/add', 'resourceslices/update'] },
      { on: ['devicetaintrules/add', 'devicetaintrules/update', 'devicetaintrules/delete'] },
    ],
    gate({ pod }, world) {
      if (!pod.spec?.resourceClaims?.length) return undefined
      const claims = claimsOf(pod, world)
      return isRefused(claims) ? claims : undefined
    },
    preFilter(info, world) {
      if (!info.pod.spec?.resourceClaims?.length && info.extended.size === 0) return undefined
      const cycle = cycleOf(info, pending, timeoutMs, world)
      if (!cycle || isRefusal(cycle as Refusal)) return cycle as Refusal | undefined
      const filter = filterOf(cycle as Cycle, pending, world)
      cycles.set(filter, cycle as Cycle)
      return filter
    },
    preScore(_pod, _nodes, _world, filter) {
      const cycle = filter && cycles.get(filter)
      if (!cycle) return undefined
      return { score: (node) => worthOf(cycle, node), normalize: (scores) => normalizeByMost(scores) }
    },
  }
}

function timeoutOf(text: string): number {
  const wrong = (what: string): Error =>
    new Error(`bindingTimeout: Invalid value: ${JSON.stringify(text)}: must be ${what}`)
  let ms: number
  try {
    ms = durationMs(text)
  } catch {
    throw wrong('a duration such as 600s')
  }
  if (ms < 1000) throw wrong('at least 1 second')
  return ms
}

const isRefused = (said: readonly ResourceClaim[] | Refusal): said is Refusal => 'reasons' in said

/** Undefined: the pod needs no devices. */
function cycleOf(
  info: PodInfo,
  pending: ReadonlyMap<string, AllocationResult>,
  timeoutMs: number,
  world: World,
): Cycle | Refusal | undefined {
  const { pod } = info
  const claims = claimsOf(pod, world)
  if (isRefused(claims)) return claims
  const extended = extendedNeeds(info, world)
  if (claims.length === 0 && !extended) return undefined
  if (claims.some((claim) => claim.status?.allocation && isFull(claim) && !isReserved(claim, pod))) {
    return final('resourceclaim in use')
  }
  const toAllocate = claims.filter(({ status }) => !status?.allocation)
  const why = toAllocate.map((claim) => whyNot(claim, pending, world)).find((each) => each !== undefined)
  if (why) return final(why)
  const supply = toAllocate.length > 0 || extended ? supplyOf(pending, world) : undefined
  return { info, timeoutMs, claims, toAllocate, extended, supply, offers: new Map(), useless: new Set() }
}

function filterOf(cycle: Cycle, pending: Map<string, AllocationResult>, world: World): PodFilter {
  const { info, claims, timeoutMs } = cycle
  const { pod } = info
  const now = world.clock.now()
  return {
    filter: (node) => refuse(node, cycle, now),
    reserve(node) {
      const { found = [], extended } = cycle.offers.get(node.name) ?? {}
      const written = (claim: ResourceClaim, i: number): AllocationResult =>
        allocationOf(claim, found[i], node.name, () => world.random.uuid())
      const given = new Map(found.length > 0 ? cycle.toAllocate.map((claim, i) => [claim, written(claim, i)]) : [])
      const made = extended && { made: extended, allocation: written(extended.claim, found.length - 1) }
      return reserveClaims({ pod, node: node.name, claims, given, timeoutMs, extended: made }, pending, world)
    },
    unblock: () => deallocate(pod, [...cycle.useless]) ?? (cycle.extended && forget(cycle.extended)),
  }
}

function whyNot(
  { metadata, spec }: ResourceClaim,
  pending: ReadonlyMap<string, unknown>,
  { lister }: World,
): string | undefined {
  const { namespace, name, uid = '' } = metadata
  if (pending.has(uid)) return `resource claim ${namespace}/${name} is in the process of being allocated`
  for (const { name: request, exactly, firstAvailable = [] } of spec?.devices?.requests ?? []) {
    const wanted = exactly
      ? [[request, exactly.deviceClassName]]
      : firstAvailable.map((each) => [`${request}/${each.name}`, each.deviceClassName])
    for (const [about, className] of wanted) {
      if (lister<DeviceClass>(DEVICE_CLASSES).get('', className)) continue
      return `request ${about}: device class ${className} does not exist`
    }
  }
  return undefined
}

function supplyOf(pending: ReadonlyMap<string, AllocationResult>, { lister }: World): DeviceSupply {
  const written = lister<ResourceClaim>(RESOURCE_CLAIMS)
    .list()
    // Nothing counts twice.
    .flatMap(({ metadata, status }) => (pending.has(metadata.uid ?? '') ? [] : [status?.allocation]))
  return deviceSupply(
    lister<ResourceSlice>(RESOURCE_SLICES).list(),
    lister<DeviceTaintRule>(DEVICE_TAINT_RULES).list(),
    [...written, ...pending.values()],
    (name) => lister<DeviceClass>(DEVICE_CLASSES).get('', name),
  )
}

function refuse(node: NodeInfo, cycle: Cycle, now: number): Refusal | undefined {
  const extended = cycle.extended && claimOn(node, cycle.extended)
  if (extended && 'reasons' in extended) return extended
  if (!extended && cycle.claims.length === 0) return undefined
  const useless = cycle.claims.filter((claim) => {
    const selector = claim.status?.allocation?.nodeSelector
    if (selector !== undefined && !termsTest(selector.nodeSelectorTerms)(node.node)) return true
    return claim.status?.allocation !== undefined && isHopeless(claim, now, cycle.timeoutMs)
  })
  if (cycle.supply) {
    const claims = extended ? [...cycle.toAllocate, extended.claim] : cycle.toAllocate
    const found = allocated(node, claims, cycle.supply)
    if (typeof found === 'string') return final(found)
    cycle.offers.set(node.name, { found, extended })
  }
  for (const claim of useless) cycle.useless.add(claim)
  return useless.length > 0 ? ELSEWHERE : undefined
}

function allocated(node: NodeInfo, claims: readonly ResourceClaim[], supply: DeviceSupply): readonly Found[] | string {
  try {
    return allocate(node.node, claims, supply)
  } catch (error) {
    throw new Error(`running "DynamicResources" filter plugin: ${(error as Error).message}`)
  }
}

/** Alternatives that come first are liked more. */
function worthOf({ claims, toAllocate, offers }: Cycle, { name }: NodeInfo): number {
  const offer = offers.get(name)
  if (!offer) return 0
  let worth = 0
  for (const claim of claims) {
    const { allocation } = claim.status ?? {}
    const taken = new Set(
      allocation
        ? allocation.devices?.results?.map(({ request }) => request)
        : offer.found[toAllocate.indexOf(claim)].given.map(({ wanted }) => wanted.name),
    )
    for (const { name: request, firstAvailable = [] } of claim.spec?.devices?.requests ?? []) {
      const place = firstAvailable.findIndex((each) => taken.has(`${request}/${each.name}`))
      if (place >= 0) worth += MOST_ALTERNATIVES - place
    }
  }
  return worth
}

function freesOrIsOwn({ pod }: PodInfo, { object, old }: Happened, world: World): boolean {
  const [claim, before] = [object as ResourceClaim | undefined, old as ResourceClaim | undefined]
  if (before?.status?.allocation && !claim?.status?.allocation) return true
  if (!claim) return false
  const own = claimsOf(pod, world)
  if (isRefused(own) || !own.some(({ metadata }) => metadata.uid === claim.metadata.uid)) return false
  return !before || !deepEqual(before.status, claim.status)
}
