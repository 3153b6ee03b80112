/** What devices that are parts of others use up of what they share. Mirrors checkAvailableCounters of dynamic-resource-allocation/structured/internal. */
import {
  addQuantities,
  compareQuantities,
  parseQuantity,
  type Quantity,
  subtractQuantities,
  ZERO,
} from '../../../apimachinery/quantity.ts'
import type { Device } from '../../../types/resource-v1.ts'
import { deviceId, type Pool } from './pools.ts'

export class Counters {
  /** `set/counter`: what is left. It goes down with every device that is taken. */
  readonly #left = new Map<string, Quantity>()

  constructor({ name, slices }: Pool, isHeld: (id: string) => boolean) {
    for (const { spec } of slices) {
      for (const { name: set, counters } of spec.sharedCounters ?? []) {
        for (const [counter, { value }] of Object.entries(counters)) {
          this.#left.set(`${set}/${counter}`, parseQuantity(value))
        }
      }
    }
    for (const { spec } of slices) {
      for (const device of spec.devices ?? []) {
        if (device.consumesCounters && isHeld(deviceId(spec.driver, name, device.name)))
          this.#use(device, subtractQuantities)
      }
    }
  }

  /** False: there is not enough for this device; nothing is taken then. */
  take(device: Device): boolean {
    this.#use(device, subtractQuantities)
    if ([...this.#left.values()].every((left) => compareQuantities(left, ZERO) >= 0)) return true
    this.giveBack(device)
    return false
  }

  giveBack(device: Device): void {
    this.#use(device, addQuantities)
  }

  #use({ consumesCounters = [] }: Device, change: (left: Quantity, amount: Quantity) => Quantity): void {
    for (const { counterSet, counters } of consumesCounters) {
      for (const [counter, { value }] of Object.entries(counters)) {
        const key = `${counterSet}/${counter}`
        const left = this.#left.get(key)
        if (left) this.#left.set(key, change(left, parseQuantity(value)))
      }
    }
  }
}
