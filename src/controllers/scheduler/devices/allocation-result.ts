/** What a claim says of the devices that it got. Mirrors the end of Allocate of dynamic-resource-allocation/structured/internal. */
import type {
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  ResourceClaim,
} from '../../../types/resource-v1.ts'
import { type Amounts, amountTexts } from './capacity.ts'
import { nodeSelectorOf, type PooledDevice } from './pools.ts'
import type { Wanted } from './requests.ts'

export interface Given {
  wanted: Wanted
  device: PooledDevice
  /** What it gets of a device that others may have, too; undefined: the whole device. */
  consumed: Amounts | undefined
}

/** What one claim gets. */
export interface Found {
  given: readonly Given[]
  /** The alternative of each request. */
  chosen: readonly Wanted[]
}

/** `shareId` makes the names of parts of devices. */
export function allocationOf(
  claim: ResourceClaim,
  { given, chosen }: Found,
  node: string,
  shareId: () => string,
): AllocationResult {
  const config = configOf(claim, chosen)
  const nodeSelector = nodeSelectorOf(
    given.map(({ device }) => device),
    node,
  )
  return {
    devices: { results: given.map((each) => resultOf(each, shareId)), ...(config.length > 0 ? { config } : {}) },
    ...(nodeSelector ? { nodeSelector } : {}),
  }
}

function resultOf(
  { wanted, device: { device, driver, pool }, consumed }: Given,
  shareId: () => string,
): DeviceRequestAllocationResult {
  const { tolerations, adminAccess } = wanted.shape
  const { bindingConditions, bindingFailureConditions } = device
  return {
    request: wanted.name,
    driver,
    pool: pool.name,
    device: device.name,
    ...(adminAccess ? { adminAccess } : {}),
    ...(tolerations?.length ? { tolerations } : {}),
    ...(bindingConditions?.length ? { bindingConditions } : {}),
    ...(bindingFailureConditions?.length ? { bindingFailureConditions } : {}),
    ...(consumed ? { shareID: shareId() } : {}),
    ...(consumed && consumed.size > 0 ? { consumedCapacity: amountTexts(consumed) } : {}),
  }
}

/** Of the classes first, then of the claim, of which only what is about chosen alternatives. What is for all requests names none. */
function configOf(claim: ResourceClaim, chosen: readonly Wanted[]): DeviceAllocationConfiguration[] {
  const { config = [] } = claim.spec?.devices ?? {}
  const byClass = new Map<string, { wanted: Wanted; names: string[] }>()
  for (const wanted of chosen) {
    const name = wanted.class.metadata.name ?? ''
    const known = byClass.get(name)
    if (known) known.names.push(wanted.name)
    else byClass.set(name, { wanted, names: [wanted.name] })
  }
  const all: DeviceAllocationConfiguration[] = []
  for (const { wanted, names } of byClass.values()) {
    for (const each of wanted.class.spec?.config ?? []) all.push({ source: 'FromClass', requests: names, ...each })
  }
  const names = chosen.flatMap(({ name }) => [name, name.split('/')[0]])
  for (const each of config) {
    if (!each.requests?.length || each.requests.some((name) => names.includes(name))) {
      all.push({ source: 'FromClaim', ...each })
    }
  }
  return all.map(({ requests = [], ...each }) => {
    const isForAll = chosen.every(({ name }) => requests.includes(name) || requests.includes(name.split('/')[0]))
    return requests.length === 0 || isForAll ? each : { ...each, requests }
  })
}
