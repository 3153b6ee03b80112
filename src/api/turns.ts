/** Turns of watchers on the event loop. */
import { inNextTurn } from '../apimachinery/event-loop.ts'

/** Watchers served before the loop looks for requests again. */
const SLICE = 64

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
