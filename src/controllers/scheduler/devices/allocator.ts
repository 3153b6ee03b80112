/** Finds devices on a node for all claims of a pod at once, going back where a choice leads nowhere. Mirrors dynamic-resource-allocation/structured/internal (Allocator). */
import type { Node } from '../../../types/core-v1.ts'
import type { ResourceClaim } from '../../../types/resource-v1.ts'
import type { Found, Given } from './allocation-result.ts'
import { type Amounts, consumedBy } from './capacity.ts'
import { AttributeConstraint } from './constraints.ts'
import { Counters } from './counters.ts'
import { type Pool, type PooledDevice, poolsOf } from './pools.ts'
import { bearsTaints, requestsOf, type Wanted } from './requests.ts'
import type { DeviceSupply } from './supply.ts'

/** A claim can hold so many devices. */
const MAX_DEVICES = 32
/** A search ends after so many tries of a device. A number, not a time: how fast the machine is must not decide what pods get. */
const MOST_TRIES = 100_000

/** One result a claim, in their order, or why there is none. Throws an Error when an expression fails, a claim can never be met, or the search takes too long. */
export function allocate(
  node: Node,
  claims: readonly ResourceClaim[],
  supply: DeviceSupply,
): readonly Found[] | string {
  const pools = poolsOf(node, supply.slices)
  const search = new DeviceSearch(
    claims.map((claim) => ({
      requests: checked(claim, requestsOf(claim, pools, supply.classOf)),
      constraints: (claim.spec?.devices?.constraints ?? []).map((each) => new AttributeConstraint(each)),
      given: [],
      chosen: [],
    })),
    pools,
    supply,
    `node ${node.metadata.name}: timed out trying to allocate devices`,
  )
  const outcome = search.claim(0)
  if (outcome === 'found') return search.claims
  if (outcome === 'too many') throw new Error('allocation max size exceeded')
  const isInvalid = pools.some(({ state }) => state === 'invalid')
  return isInvalid ? 'invalid resource pools were encountered' : 'cannot allocate all claims'
}

function checked({ metadata }: ResourceClaim, requests: Wanted[][]): Wanted[][] {
  const least = requests.reduce((sum, alternatives) => sum + Math.min(...alternatives.map(({ count }) => count)), 0)
  if (least <= MAX_DEVICES) return requests
  const what = `claim ${metadata.namespace}/${metadata.name}`
  throw new Error(`${what}: number of requested devices ${least} exceeds the claim limit of ${MAX_DEVICES}`)
}

interface ClaimSearch {
  requests: readonly (readonly Wanted[])[]
  constraints: readonly AttributeConstraint[]
  given: Given[]
  chosen: Wanted[]
}

/** Too many: of the alternatives that were chosen; others may be less. */
type Outcome = 'found' | 'none' | 'too many'

class DeviceSearch {
  readonly claims: readonly ClaimSearch[]
  readonly #devices: readonly PooledDevice[]
  readonly #supply: DeviceSupply
  readonly #late: string
  #tries = 0
  readonly #counters = new Map<Pool, Counters>()
  /** Devices that are about to be given, by id: to which claims. */
  readonly #taken = new Map<string, Set<number>>()
  /** What is about to be given of devices that may be shared, by id. */
  readonly #shares = new Map<string, Amounts[]>()

  constructor(claims: readonly ClaimSearch[], pools: readonly Pool[], supply: DeviceSupply, late: string) {
    this.claims = claims
    this.#late = late
    this.#devices = pools.flatMap(({ devices }) => devices)
    this.#supply = supply
  }

  /** Finds devices for this claim and all that follow. */
  claim(index: number): Outcome {
    return index < this.claims.length ? this.#request(index, 0) : 'found'
  }

  #request(index: number, number: number): Outcome {
    const alternatives = this.claims[index].requests[number]
    if (!alternatives) return this.claim(index + 1) === 'found' ? 'found' : 'none'
    let worst: Outcome = 'too many'
    for (const wanted of alternatives) {
      this.claims[index].chosen[number] = wanted
      const outcome = this.#device(index, number, wanted, 0, 0)
      if (outcome === 'found') return outcome
      if (outcome === 'none') worst = outcome
    }
    return worst
  }

  /** Finds the rest of the devices of a request, from the given one on, among those from `place` on. */
  #device(index: number, number: number, wanted: Wanted, nth: number, place: number): Outcome {
    if (wanted.all?.length === 0) return 'none'
    if (nth >= wanted.count) return this.#request(index, number + 1)
    if (this.claims[index].given.length + wanted.count - nth > MAX_DEVICES) return 'too many'
    if (!wanted.all && this.#isHopeless(index, wanted, nth, place)) return 'none'
    // All that there are: each has to do.
    const last = wanted.all ? nth + 1 : this.#devices.length
    for (let i = wanted.all ? nth : place; i < last; i++) {
      const device = (wanted.all ?? this.#devices)[i]
      if (!this.#isFree(index, wanted, device) || !wanted.matches(device)) continue
      if (++this.#tries > MOST_TRIES) throw new Error(this.#late)
      const giveBack = this.#take(index, wanted, device)
      if (!giveBack) continue
      const outcome = this.#device(index, number, wanted, nth + 1, i + 1)
      if (outcome === 'found') return outcome
      giveBack()
      if (outcome === 'too many') return outcome
    }
    return 'none'
  }

  /** Too few are left that can go with those that were chosen. One that no selector was asked about may do: an expression may fail there. */
  #isHopeless(index: number, wanted: Wanted, nth: number, place: number): boolean {
    const { constraints } = this.claims[index]
    let missing = wanted.count - nth
    for (let i = place; i < this.#devices.length && missing > 0; i++) {
      const device = this.#devices[i]
      if (!this.#isFree(index, wanted, device)) continue
      const match = wanted.known.get(device.id)
      if (match === undefined || (match && constraints.every((each) => each.allows(wanted.name, device)))) missing--
    }
    return missing > 0
  }

  /** Answers how to give it back; undefined: it cannot be had. */
  #take(index: number, wanted: Wanted, device: PooledDevice): (() => void) | undefined {
    const { id } = device
    const consumed = this.#consumed(wanted, device)
    if (!consumed || !bearsTaints(wanted, this.#supply.taintsOf(device))) return undefined
    const isShared = device.device.allowMultipleAllocations === true
    const counters = isShared && this.#isShared(id) ? undefined : this.#countersOf(device)
    if (counters && !counters.take(device.device)) return undefined
    const claim = this.claims[index]
    const undo: (() => unknown)[] = [() => counters?.giveBack(device.device)]
    const giveBack = (): void => {
      for (const step of undo.reverse()) step()
    }
    for (const constraint of claim.constraints) {
      if (!constraint.add(wanted.name, device)) {
        giveBack()
        if (!wanted.all) return undefined
        const why = 'because a claim constraint would not be satisfied'
        throw new Error(`${wanted.what}: cannot add device ${id} ${why}`)
      }
      undo.push(() => constraint.remove(wanted.name))
    }
    if (isShared) {
      this.#shares.set(id, [...(this.#shares.get(id) ?? []), consumed])
      undo.push(() => this.#shares.get(id)?.pop())
    } else {
      this.#taken.set(id, (this.#taken.get(id) ?? new Set()).add(index))
      undo.push(() => this.#taken.get(id)?.delete(index))
    }
    claim.given.push({ wanted, device, consumed: isShared ? consumed : undefined })
    undo.push(() => claim.given.pop())
    return giveBack
  }

  #consumed({ shape, what }: Wanted, { id, device }: PooledDevice): Amounts | undefined {
    try {
      return consumedBy(shape.capacity ?? {}, device, [
        this.#supply.held.shared.get(id),
        ...(this.#shares.get(id) ?? []),
      ])
    } catch (error) {
      throw new Error(`${what}: checking capacity for device ${id}: ${(error as Error).message}`)
    }
  }

  /** Somebody has a part of it. */
  #isShared(id: string): boolean {
    return this.#supply.held.shared.has(id) || (this.#shares.get(id)?.length ?? 0) > 0
  }

  #countersOf({ pool, device }: PooledDevice): Counters | undefined {
    if (!device.consumesCounters?.length) return undefined
    let counters = this.#counters.get(pool)
    if (!counters) {
      counters = new Counters(pool, (id) => this.#supply.held.isHeld(id))
      this.#counters.set(pool, counters)
    }
    return counters
  }

  /** Administrators look at devices that others hold. */
  #isFree(index: number, { shape }: Wanted, { id }: PooledDevice): boolean {
    const takenBy = this.#taken.get(id)
    if (shape.adminAccess) return !takenBy?.has(index)
    return !this.#supply.held.whole.has(id) && !takenBy?.size
  }
}
