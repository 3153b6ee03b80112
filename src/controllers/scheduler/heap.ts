/** A binary heap whose entries have keys: the first by an order, and any one by its key. Mirrors pkg/scheduler/backend/heap. */

export class Heap<T> {
  readonly #entries: T[] = []
  readonly #places = new Map<string, number>()
  readonly #keyOf: (entry: T) => string
  readonly #isBefore: (a: T, b: T) => boolean

  constructor(keyOf: (entry: T) => string, isBefore: (a: T, b: T) => boolean) {
    this.#keyOf = keyOf
    this.#isBefore = isBefore
  }

  get size(): number {
    return this.#entries.length
  }

  first(): T | undefined {
    return this.#entries[0]
  }

  get(key: string): T | undefined {
    const place = this.#places.get(key)
    return place === undefined ? undefined : this.#entries[place]
  }

  /** Replaces the entry of the same key. */
  add(entry: T): void {
    const place = this.#places.get(this.#keyOf(entry)) ?? this.#entries.length
    this.#put(entry, place)
    this.#settle(place)
  }

  pop(): T | undefined {
    const first = this.#entries[0]
    if (first !== undefined) this.delete(this.#keyOf(first))
    return first
  }

  delete(key: string): T | undefined {
    const place = this.#places.get(key)
    if (place === undefined) return undefined
    const entry = this.#entries[place]
    const last = this.#entries.pop() as T
    this.#places.delete(key)
    if (place < this.#entries.length) {
      this.#put(last, place)
      this.#settle(place)
    }
    return entry
  }

  #put(entry: T, place: number): void {
    this.#entries[place] = entry
    this.#places.set(this.#keyOf(entry), place)
  }

  #swap(a: number, b: number): void {
    const [first, second] = [this.#entries[a], this.#entries[b]]
    this.#put(second, a)
    this.#put(first, b)
  }

  /** Up as long as it comes before its parent, then down as long as a child comes before it. */
  #settle(start: number): void {
    let place = start
    for (let parent = (place - 1) >> 1; place > 0 && this.#goesFirst(place, parent); parent = (place - 1) >> 1) {
      this.#swap(place, parent)
      place = parent
    }
    for (;;) {
      const left = 2 * place + 1
      if (left >= this.#entries.length) return
      const right = left + 1
      const child = right < this.#entries.length && this.#goesFirst(right, left) ? right : left
      if (!this.#goesFirst(child, place)) return
      this.#swap(place, child)
      place = child
    }
  }

  #goesFirst(a: number, b: number): boolean {
    return this.#isBefore(this.#entries[a], this.#entries[b])
  }
}
