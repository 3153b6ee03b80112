/** Keys to reconcile: each at most once in the queue and at most once in work. Mirrors client-go/util/workqueue (queue, delaying, rate limiting). */
import type { Clock, Timer } from '../apimachinery/clock.ts'

const BASE_DELAY_MS = 5
const MAX_DELAY_MS = 1000 * 1000

/**
 * A key added while it is processed is processed once more afterwards (dirty and processing sets). Delays and back-off run on the Clock;
 * a key waits for its earliest time only.
 */
export class WorkQueue {
  readonly #clock: Clock
  /** Called when a key becomes ready: the owner then takes it, when it likes. */
  readonly #wake: () => void
  readonly #urgent: string | undefined
  readonly #queue: string[] = []
  #head = 0
  readonly #dirty = new Set<string>()
  readonly #processing = new Set<string>()
  readonly #delayed = new Map<string, { at: number; timer: Timer }>()
  readonly #failures = new Map<string, number>()
  #closed = false

  /** `urgent`: the key that goes before all others. */
  constructor(clock: Clock, wake: () => void, urgent?: string) {
    this.#clock = clock
    this.#wake = wake
    this.#urgent = urgent
  }

  /** Keys ready to be taken. */
  get ready(): number {
    return this.#queue.length - this.#head
  }

  /** Nothing is ready and nothing is in work. Keys that wait for a time do not count. */
  get idle(): boolean {
    return this.ready === 0 && this.#processing.size === 0
  }

  add(key: string): void {
    if (this.#closed || this.#dirty.has(key)) return
    this.#dirty.add(key)
    if (!this.#processing.has(key)) this.#put(key)
  }

  addAfter(key: string, ms: number): void {
    if (ms <= 0) this.add(key)
    if (ms <= 0 || this.#closed) return
    const at = this.#clock.now() + ms
    const waiting = this.#delayed.get(key)
    if (waiting) {
      if (waiting.at <= at) return
      waiting.timer.cancel()
    }
    const timer = this.#clock.after(ms, () => {
      this.#delayed.delete(key)
      this.add(key)
    })
    this.#delayed.set(key, { at, timer })
  }

  /** After a failure: 5 ms, 10 ms, 20 ms ... up to 1000 s, until `forget`. */
  addRateLimited(key: string): void {
    const failures = this.#failures.get(key) ?? 0
    this.#failures.set(key, failures + 1)
    this.addAfter(key, Math.min(BASE_DELAY_MS * 2 ** failures, MAX_DELAY_MS))
  }

  /** The key succeeded: its back-off starts anew next time. */
  forget(key: string): void {
    this.#failures.delete(key)
  }

  /** The next key, now in work until `done`. */
  take(): string | undefined {
    if (this.#head === this.#queue.length) return undefined
    const key = this.#queue[this.#head++] as string
    if (this.#head === this.#queue.length || this.#head > 1024) {
      // Taken keys are dropped now and then: a queue that never runs empty must not grow.
      this.#queue.splice(0, this.#head)
      this.#head = 0
    }
    this.#dirty.delete(key)
    this.#processing.add(key)
    return key
  }

  done(key: string): void {
    this.#processing.delete(key)
    if (this.#dirty.has(key) && !this.#closed) this.#put(key)
  }

  #put(key: string): void {
    if (key !== this.#urgent) this.#queue.push(key)
    else if (this.#head > 0) this.#queue[--this.#head] = key
    else this.#queue.unshift(key)
    this.#wake()
  }

  /** No more keys, no timers. Idempotent. */
  close(): void {
    this.#closed = true
    for (const { timer } of this.#delayed.values()) timer.cancel()
    this.#delayed.clear()
    this.#queue.length = 0
    this.#head = 0
    this.#dirty.clear()
  }
}
