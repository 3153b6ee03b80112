/** Turns of watchers on the event loop. */
import { inNextTurn } from '../apimachinery/event-loop.ts'

/** Watchers served before the loop looks for requests again. */
const SLICE = 64
/** So many are served before a write is answered: fewer than a client would notice. */
const FEW = 16

/**
 * Serves those who asked for a turn in slices, in order. Between two slices the loop takes requests: a write waits for a slice and not for
 * every watcher, and a watcher whose turn is still to come gets the events of several writes in one.
 */
export class Turns {
  #round: (() => void)[] = []
  #next = 0
  /** Who asked since the round began. */
  #asked: (() => void)[] = []
  #scheduled = false

  /** `turn` is called once, later. It must not throw. */
  ask(turn: () => void): void {
    this.#asked.push(turn)
    this.#schedule()
  }

  /**
   * To be called before a write is answered: whoever wrote hears of it from its own watch no later than from the answer, so that what it reads
   * from an informer's cache next is seldom older than what it wrote. Where many wait the answer does not wait for them.
   */
  serveFew(): void {
    if (this.#asked.length > 0 && this.#asked.length + this.#round.length - this.#next <= FEW) this.#serve()
  }

  #schedule(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    inNextTurn(() => {
      this.#scheduled = false
      this.#serve()
    })
  }

  #serve(): void {
    if (this.#next === this.#round.length) {
      this.#round = this.#asked
      this.#asked = []
      this.#next = 0
    }
    const end = Math.min(this.#next + SLICE, this.#round.length)
    while (this.#next < end) this.#round[this.#next++]!()
    if (this.#next < this.#round.length || this.#asked.length > 0) this.#schedule()
  }
}
