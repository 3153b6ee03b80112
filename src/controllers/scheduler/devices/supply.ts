/** The devices of the cluster, what is held of them, and what taints them. Mirrors plugins/dynamicresources/allocateddevices.go and dynamic-resource-allocation/resourceslice/tracker. */
import { parseQuantity, type Quantity } from '../../../apimachinery/quantity.ts'
import type {
  AllocationResult,
  DeviceClass,
  DeviceTaint,
  DeviceTaintRule,
  ResourceSlice,
} from '../../../types/resource-v1.ts'
import { type Amounts, addAmounts } from './capacity.ts'
import { deviceId, type PooledDevice, SliceIndex } from './pools.ts'
import { selects } from './taints.ts'

/** What claims hold, by `driver/pool/device`. */
export class Holdings {
  readonly whole = new Set<string>()
  /** Of devices that several claims may have: what those that have them get in all. */
  readonly shared = new Map<string, Map<string, Quantity>>()

  /** Administrators look at devices, and hold nothing. */
  add(allocation: AllocationResult | undefined): void {
    for (const result of allocation?.devices?.results ?? []) {
      if (result.adminAccess) continue
      const id = deviceId(result.driver, result.pool, result.device)
      if (result.shareID === undefined) this.whole.add(id)
      else {
        const amounts = Object.entries(result.consumedCapacity ?? {})
        this.share(id, new Map(amounts.map(([name, text]) => [name, parseQuantity(text)])))
      }
    }
  }

  share(id: string, amounts: Amounts): void {
    const known = this.shared.get(id) ?? new Map<string, Quantity>()
    addAmounts(known, amounts)
    this.shared.set(id, known)
  }

  isHeld(id: string): boolean {
    return this.whole.has(id) || this.shared.has(id)
  }
}

export interface DeviceSupply {
  readonly slices: SliceIndex
  readonly held: Holdings
  classOf(name: string): DeviceClass | undefined
  /** The device's own, then those of rules. */
  taintsOf(device: PooledDevice): readonly DeviceTaint[]
}

export function deviceSupply(
  slices: readonly ResourceSlice[],
  rules: readonly DeviceTaintRule[],
  allocations: Iterable<AllocationResult | undefined>,
  classOf: DeviceSupply['classOf'],
): DeviceSupply {
  const held = new Holdings()
  for (const allocation of allocations) held.add(allocation)
  return {
    slices: new SliceIndex(slices),
    held,
    classOf,
    taintsOf({ device, driver, pool }) {
      const own = device.taints ?? []
      if (rules.length === 0) return own
      const applied = rules.filter(({ spec }) =>
        selects(spec.deviceSelector ?? {}, { driver, pool: pool.name, device: device.name }),
      )
      return [...own, ...applied.map(({ spec }) => spec.taint)]
    },
  }
}
