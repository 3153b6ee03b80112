/** What becomes of an Event that is like earlier ones: counted, combined with others, or dropped. Mirrors client-go/tools/record/events_cache.go. */

/** Events of one object and reason with other messages, within the interval, before they are combined. */
const MAX_SIMILAR = 10
const SIMILAR_INTERVAL_MS = 600_000
/** Events of one type that a component may write about an object at once, and how long it takes until it may write one more. */
const BURST = 25
const REFILL_MS = 300_000
/** Keys of each kind that are remembered; those that were not used for longest are forgotten first. */
const REMEMBERED = 4096
/** Between the parts of a key. */
export const SEPARATOR = '\u0000'

/** What Events are told apart by. */
export interface EventIdentity {
  /** The object, as one text. */
  about: string
  host?: string
  fieldPath?: string
  type: string
  reason: string
  message: string
}

export interface Correlated {
  /** Equal for Events that are to be counted as one. */
  key: string
  message: string
  /** Too many were written: this one is counted, but not written. */
  isSpam: boolean
}

interface Similar {
  messages: Set<string>
  lastMs: number
}

interface Bucket {
  tokens: number
  lastMs: number
}

/** The memory of one component. */
export class EventCorrelator {
  readonly #similar = new RecentlyUsed<Similar>()
  readonly #buckets = new RecentlyUsed<Bucket>()

  /** `at`: when it happened, ms. Events come in order. */
  correlate({ about, host = '', fieldPath = '', type, reason, message }: EventIdentity, at: number): Correlated {
    const source = host + SEPARATOR + about + SEPARATOR + type
    const group = source + SEPARATOR + reason
    const isSpam = !this.#accept(source, at)
    if (this.#isCombined(group, message, at)) {
      return { key: group, message: `(combined from similar events): ${message}`, isSpam }
    }
    return { key: group + SEPARATOR + fieldPath + SEPARATOR + message, message, isSpam }
  }

  #isCombined(group: string, message: string, now: number): boolean {
    let similar = this.#similar.get(group)
    if (!similar || now - similar.lastMs > SIMILAR_INTERVAL_MS) {
      similar = { messages: new Set(), lastMs: now }
    }
    this.#similar.use(group, similar)
    similar.messages.add(message)
    similar.lastMs = now
    if (similar.messages.size < MAX_SIMILAR) return false
    similar.messages.delete(similar.messages.values().next().value as string)
    return true
  }

  #accept(source: string, now: number): boolean {
    let bucket = this.#buckets.get(source)
    if (!bucket) {
      bucket = { tokens: BURST, lastMs: now }
    }
    this.#buckets.use(source, bucket)
    bucket.tokens = Math.min(BURST, bucket.tokens + (now - bucket.lastMs) / REFILL_MS)
    bucket.lastMs = now
    if (bucket.tokens < 1) return false
    bucket.tokens--
    return true
  }
}

/** Values by their keys, as many as are remembered. */
export class RecentlyUsed<T> {
  readonly #entries = new Map<string, T>()
  /** Stands at the oldest entry, which one that is begun anew would have to find behind all the places that are empty by now. */
  #oldest: Iterator<string> | undefined

  get(key: string): T | undefined {
    return this.#entries.get(key)
  }

  /** Adds or replaces, to be called at each use; of too many the one that was not used for longest is forgotten. */
  use(key: string, value: T): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= REMEMBERED) return
    this.#oldest ??= this.#entries.keys()
    this.#entries.delete(this.#oldest.next().value)
  }
}
