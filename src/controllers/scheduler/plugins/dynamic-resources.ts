/** Devices for the pod's ResourceClaims. Mirrors plugins/dynamicresources. */
import { deepEqual } from '../../../apimachinery/equality.ts'
import type { AllocationResult, DeviceClass, ResourceClaim, ResourceSlice } from '../../../types/resource-v1.ts'
import { allocate, type DeviceSupply } from '../devices/allocator.ts'
import { deviceId } from '../devices/pools.ts'
import { IncompletePool } from '../devices/requests.ts'
import type { NodeInfo } from '../node-info.ts'
import { termsTest } from '../node-selector.ts'
import {
  final,
  type Happened,
  normalizeByMost,
  type Plugin,
  type PodFilter,
  type Refusal,
  type World,
} from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { claimsOf, DEVICE_CLASSES, RESOURCE_CLAIMS, RESOURCE_SLICES } from './dynamic-resources.claims.ts'
import { deallocate, reserveClaims } from './dynamic-resources.reserve.ts'

const ELSEWHERE = final('resourceclaim not available on the node')
const NO_DEVICES = final('cannot allocate all claims')
/** So many alternatives a request can have: the first is worth the most. */
const MOST_ALTERNATIVES = 8

/** What is found out while a node is looked for. */
interface Cycle {
  claims: readonly ResourceClaim[]
  toAllocate: readonly ResourceClaim[]
  /** By node, in the order of the claims. */
  found: Map<string, readonly AllocationResult[]>
  /** Claims whose devices are somewhere else. */
  elsewhere: Set<ResourceClaim>
}

/**
 * DEVIATION(scheduler-devices): a device is never shared among claims (allowMultipleAllocations), rules of device taints do not count, and
 * extended resources are not taken from devices.
 */
export function dynamicResources(): Plugin {
  /** Of claims whose allocation is still being written, by uid. */
  const pending = new Map<string, AllocationResult>()
  const cycles = new WeakMap<PodFilter, Cycle>()
  return {
    name: 'DynamicResources',
    hints: [
      { on: ['nodes/add', 'nodes/labels', 'nodes/allocatable'] },
      { on: ['resourceclaims/add', 'resourceclaims/update', 'resourceclaims/delete'], helps: freesOrIsOwn },
      { on: ['self/claims'], helps: ({ pod }, _happened, world) => !('reasons' in claimsOf(pod, world)) },
      { on: ['deviceclasses/add', 'deviceclasses/update', 'resourceslices/add', 'resourceslices/update'] },
    ],
    gate({ pod }, world) {
      if (!pod.spec?.resourceClaims?.length) return undefined
      const claims = claimsOf(pod, world)
      return 'reasons' in claims ? claims : undefined
    },
    preFilter({ pod }, world) {
      if (!pod.spec?.resourceClaims?.length) return undefined
      const claims = claimsOf(pod, world)
      if ('reasons' in claims) return claims
      if (claims.length === 0) return undefined
      const toAllocate = claims.filter(({ status }) => !status?.allocation)
      const why = toAllocate.map((claim) => whyNot(claim, pending, world)).find((each) => each !== undefined)
      if (why) return final(why)
      const cycle: Cycle = { claims, toAllocate, found: new Map(), elsewhere: new Set() }
      const supply = toAllocate.length > 0 ? supplyOf(pending, world) : undefined
      const filter: PodFilter = {
        filter: (node) => refuse(node, cycle, supply),
        reserve: (node) =>
          reserveClaims(pod, cycle.claims, cycle.toAllocate, cycle.found.get(node.name), pending, world),
        unblock: () => deallocate(pod, [...cycle.elsewhere]),
      }
      cycles.set(filter, cycle)
      return filter
    },
    preScore(_pod, _nodes, _world, filter) {
      const cycle = filter && cycles.get(filter)
      if (!cycle) return undefined
      return { score: (node) => worthOf(cycle, node), normalize: (scores) => normalizeByMost(scores) }
    },
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

/** The devices of the cluster, and which of them are given out. */
function supplyOf(pending: ReadonlyMap<string, AllocationResult>, { lister }: World): DeviceSupply {
  const held = new Set<string>()
  const hold = (allocation: AllocationResult | undefined): void => {
    for (const { driver, pool, device, adminAccess } of allocation?.devices?.results ?? []) {
      if (!adminAccess) held.add(deviceId(driver, pool, device))
    }
  }
  for (const { status } of lister<ResourceClaim>(RESOURCE_CLAIMS).list()) hold(status?.allocation)
  for (const allocation of pending.values()) hold(allocation)
  return {
    slices: lister<ResourceSlice>(RESOURCE_SLICES).list(),
    classOf: (name) => lister<DeviceClass>(DEVICE_CLASSES).get('', name),
    held,
  }
}

function refuse({ name, node }: NodeInfo, cycle: Cycle, supply: DeviceSupply | undefined): Refusal | undefined {
  const elsewhere = cycle.claims.filter(({ status }) => {
    const selector = status?.allocation?.nodeSelector
    return selector !== undefined && !termsTest(selector.nodeSelectorTerms)(node)
  })
  if (supply) {
    try {
      const found = allocate(node, cycle.toAllocate, supply)
      if (!found) return NO_DEVICES
      cycle.found.set(name, found)
    } catch (error) {
      if (error instanceof IncompletePool) return final(error.message)
      throw new Error(`running "DynamicResources" filter plugin: ${(error as Error).message}`)
    }
  }
  for (const claim of elsewhere) cycle.elsewhere.add(claim)
  return elsewhere.length > 0 ? ELSEWHERE : undefined
}

/** Alternatives that come first are liked more. */
function worthOf({ claims, toAllocate, found }: Cycle, { name }: NodeInfo): number {
  let worth = 0
  for (const claim of claims) {
    const allocation = claim.status?.allocation ?? found.get(name)?.[toAllocate.indexOf(claim)]
    const taken = new Set((allocation?.devices?.results ?? []).map(({ request }) => request))
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
  if ('reasons' in own || !own.some(({ metadata }) => metadata.uid === claim.metadata.uid)) return false
  return !before || !deepEqual(before.status, claim.status)
}
