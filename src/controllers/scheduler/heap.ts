/** A binary heap whose entries have keys: the first by an order, and any one by its key. Mirrors pkg/scheduler/backend/heap. */

/** An entry and where it is: to move it is to write two places, and no key. */
interface Slot<T> {
  entry: T
  place: number
}

export class Heap<T> {
  readonly #slots: Slot<T>[] = []
  readonly #byKey = new Map<string, Slot<T>>()
  readonly #keyOf: (entry: T) => string
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(keyOf: (entry: T) => string, isBefore: (a: T, b: T) => boolean) {
    this.#keyOf = keyOf
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#slots.length
  }

  first(): T | undefined {
    return this.#slots[0]?.entry
  }

  get(key: string): T | undefined {
    return this.#byKey.get(key)?.entry
  }

  /** Replaces the entry of the same key. */
  add(entry: T): void {
    const key = this.#keyOf(entry)
    let slot = this.#byKey.get(key)
    if (slot) slot.entry = entry
    else {
      slot = { entry, place: this.#slots.length }
      this.#slots.push(slot)
      this.#byKey.set(key, slot)
    }
    this.#settle(slot)
  }

  pop(): T | undefined {
    const first = this.first()
    if (first !== undefined) this.delete(this.#keyOf(first))
    return first
  }

  delete(key: string): T | undefined {
    const slot = this.#byKey.get(key)
    if (slot === undefined) return undefined
    this.#byKey.delete(key)
    const last = this.#slots.pop() as Slot<T>
    if (last !== slot) {
      this.#put(last, slot.place)
      this.#settle(last)
    }
    return slot.entry
  }

  #put(slot: Slot<T>, place: number): void {
    this.#slots[place] = slot
    slot.place = place
  }

  /** Up as long as it comes before its parent, then down as long as a child comes before it. */
  #settle(slot: Slot<T>): void {
    let { place } = slot
    for (; place > 0; place = (place - 1) >> 1) {
      const parent = this.#slots[(place - 1) >> 1]
      if (!this.#isBefore(slot.entry, parent.entry)) break
      this.#put(parent, place)
    }
    for (;;) {
      const child = this.#firstChild(place)
      if (!child || !this.#isBefore(child.entry, slot.entry)) break
      const next = child.place
      this.#put(child, place)
      place = next
    }
    this.#put(slot, place)
  }

  #firstChild(place: number): Slot<T> | undefined {
    const left = this.#slots[2 * place + 1] as Slot<T> | undefined
    const right = this.#slots[2 * place + 2] as Slot<T> | undefined
    return left && right && this.#isBefore(right.entry, left.entry) ? right : left
  }
}
