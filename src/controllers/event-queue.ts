/** Events that wait to be written, until nobody else has work. Mirrors client-go/tools/record/event.go, where a goroutine takes them from a queue. */

/** Events that are written in one go; of very many more, so that they cannot grow without end. */
const SLICE = 64
const SLICES = 256
/** Turns of work that an Event waits at most. A number, not a time: how fast the machine is must not decide what happens when. */
const PATIENCE = 4096
/** So many places of Events that were written are given back at once. */
const GIVEN_BACK = 4096

interface Waiting {
  event: unknown
  write(event: unknown): Promise<void>
  turn: number
}

/** One queue for all who record: Events are written one after the other, in the order in which they were recorded. None is dropped. */
export class EventQueue {
  readonly #wake: () => void
  readonly #waiting: (Waiting | undefined)[] = []
  #head = 0
  #isWriting = false
  #turn = 0

  /** `wake`: called when there is something to write; the owner then calls `writeSome`, when it likes. */
  constructor(wake: () => void) {
    this.#wake = wake
  }

  /** Calls `write` with the event later. It must not reject. */
  add<T>(event: T, write: (event: T) => Promise<void>): void {
    this.#waiting.push({ event, write, turn: this.#turn })
    this.#wake()
  }

  /** Something waits that nobody writes. */
  get isDue(): boolean {
    return !this.#isWriting && this.#head < this.#waiting.length
  }

  /** Nothing waits and nothing is being written. */
  get isIdle(): boolean {
    return !this.#isWriting && this.#head === this.#waiting.length
  }

  /** One more turn of work has passed: what has waited for too long is written beside it. */
  pass(): void {
    this.#turn++
    const oldest = this.#waiting[this.#head]
    if (oldest && this.#turn - oldest.turn > PATIENCE) this.writeSome()
  }

  /** Begins to write the oldest; true: it did, false: there are none, or it is at it. Calls `wake` when they are written. */
  writeSome(): boolean {
    if (!this.isDue) return false
    this.#isWriting = true
    void this.#write()
    return true
  }

  /** Forgets all that wait; one that is being written is. */
  drop(): void {
    this.#waiting.length = this.#head = 0
  }

  async #write(): Promise<void> {
    // Who records goes on first.
    await undefined
    const slice = Math.max(SLICE, Math.ceil((this.#waiting.length - this.#head) / SLICES))
    for (let i = 0; i < slice && this.#head < this.#waiting.length; i++) {
      const { event, write } = this.#waiting[this.#head] as Waiting
      this.#waiting[this.#head++] = undefined
      await write(event)
    }
    if (this.#head === this.#waiting.length || this.#head > GIVEN_BACK) {
      this.#waiting.splice(0, this.#head)
      this.#head = 0
    }
    this.#isWriting = false
    this.#wake()
  }
}
