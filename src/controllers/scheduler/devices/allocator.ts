/** Finds devices on a node for all claims of a pod at once, going back where a choice leads nowhere. Mirrors dynamic-resource-allocation/structured/internal (Allocator). */
import type { Node } from '../../../types/core-v1.ts'
import type { AllocationResult, DeviceClass, ResourceClaim, ResourceSlice } from '../../../types/resource-v1.ts'
import { allocationOf, type Given } from './allocation-result.ts'
import { AttributeConstraint } from './constraints.ts'
import { hasCounters, type Pool, type PooledDevice, poolsOf } from './pools.ts'
import { bearsTaints, requestsOf, type Wanted } from './requests.ts'

/** A claim can hold so many devices. */
const MAX_DEVICES = 32

export interface DeviceSupply {
  slices: readonly ResourceSlice[]
  classOf(name: string): DeviceClass | undefined
  /** Devices that claims hold, `driver/pool/device`. */
  held: ReadonlySet<string>
}

/** One result a claim, in their order; undefined: the node has not what they need. Throws an Error when an expression fails. */
export function allocate(
  node: Node,
  claims: readonly ResourceClaim[],
  supply: DeviceSupply,
): AllocationResult[] | undefined {
  const pools = poolsOf(node, supply.slices)
  const search = new DeviceSearch(
    claims.map((claim) => ({
      requests: requestsOf(claim, pools, supply.classOf),
      constraints: (claim.spec?.devices?.constraints ?? []).map((each) => new AttributeConstraint(each)),
      given: [],
      chosen: [],
    })),
    pools,
    supply.held,
  )
  if (!search.claim(0)) return undefined
  return search.claims.map(({ given, chosen }, i) => allocationOf(claims[i], given, chosen, node.metadata.name ?? ''))
}

interface ClaimSearch {
  requests: readonly (readonly Wanted[])[]
  constraints: readonly AttributeConstraint[]
  given: Given[]
  /** The alternative of each request. */
  chosen: Wanted[]
}

class DeviceSearch {
  readonly claims: readonly ClaimSearch[]
  readonly #pools: readonly Pool[]
  readonly #held: ReadonlySet<string>
  /** Devices that are about to be given, by id: to how many claims with sole access. */
  readonly #taken = new Set<string>()

  constructor(claims: readonly ClaimSearch[], pools: readonly Pool[], held: ReadonlySet<string>) {
    this.claims = claims
    this.#pools = pools
    this.#held = held
  }

  /** Finds devices for this claim and all that follow. */
  claim(index: number): boolean {
    const claim = this.claims[index]
    return claim === undefined || this.#request(index, 0)
  }

  #request(index: number, number: number): boolean {
    const alternatives = this.claims[index].requests[number]
    if (!alternatives) return this.claim(index + 1)
    return alternatives.some((wanted) => {
      this.claims[index].chosen[number] = wanted
      return this.#device(index, number, wanted, 0)
    })
  }

  /** Finds the rest of the devices of a request, from the given one on. */
  #device(index: number, number: number, wanted: Wanted, from: number): boolean {
    if (wanted.all?.length === 0) return false
    if (from >= wanted.count) return this.#request(index, number + 1)
    if (this.claims[index].given.length + wanted.count - from > MAX_DEVICES) return false
    // All that there are: each has to do.
    if (wanted.all) return this.#take(index, number, wanted, from, wanted.all[from])
    for (const { incomplete, devices } of this.#pools) {
      if (incomplete) continue
      for (const device of devices) {
        if (!this.#isFree(index, wanted, device) || !wanted.matches(device)) continue
        if (this.#take(index, number, wanted, from, device)) return true
      }
    }
    return false
  }

  #take(index: number, number: number, wanted: Wanted, from: number, device: PooledDevice): boolean {
    const claim = this.claims[index]
    if (!this.#isFree(index, wanted, device) || !bearsTaints(wanted, device)) return false
    const inUse = (id: string): boolean => this.#held.has(id) || this.#taken.has(id)
    if (!hasCounters(device, inUse)) return false
    let added = 0
    while (added < claim.constraints.length && claim.constraints[added].add(wanted.name, device)) added++
    if (added === claim.constraints.length) {
      const sole = !wanted.shape.adminAccess
      if (sole) this.#taken.add(device.id)
      claim.given.push({ wanted, device })
      if (this.#device(index, number, wanted, from + 1)) return true
      claim.given.pop()
      if (sole) this.#taken.delete(device.id)
    }
    while (added > 0) claim.constraints[--added].remove(wanted.name)
    return false
  }

  /** Administrators look at devices that others hold. */
  #isFree(index: number, { shape }: Wanted, { id }: PooledDevice): boolean {
    if (this.claims[index].given.some(({ device }) => device.id === id)) return false
    return shape.adminAccess === true || (!this.#held.has(id) && !this.#taken.has(id))
  }
}
