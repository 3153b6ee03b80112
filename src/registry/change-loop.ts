/** What the API server itself keeps up with in its storage: a sign of change, and a loop that brings the state in line again. */
import type { Clock } from '../apimachinery/clock.ts'
import { inNextTurn } from '../apimachinery/event-loop.ts'
import { type Cursor, type Storage, StorageError, type StorageEvent } from '../storage/interface.ts'

/** What a reader is told, by prefix: each event in turn, or that the history of some is gone. */
interface Told {
  event?(prefix: string, event: StorageEvent): void
  lost?(prefix: string): void
}

/** Says that something changed below a prefix: most who hear of it look at the state as a whole. */
export class ChangeSign {
  readonly #storage: Storage
  readonly #changed: (prefix: string) => void
  readonly #cursors = new Map<string, Cursor>()

  /** `changed` is called inside commits, once until the next `read`. */
  constructor(storage: Storage, changed: (prefix: string) => void) {
    this.#storage = storage
    this.#changed = changed
  }

  follows(prefix: string): boolean {
    return this.#cursors.has(prefix)
  }

  /** From the state as it is now. */
  follow(prefix: string): void {
    const { revision: fromRevision } = this.#storage
    const cursor = this.#storage.watch(prefix, { fromRevision, wake: () => this.#changed(prefix) })
    // A cursor wakes only after it was read to its end.
    while (cursor.next()) {}
    this.#cursors.set(prefix, cursor)
  }

  leave(prefix: string): void {
    this.#cursors.get(prefix)?.close()
    this.#cursors.delete(prefix)
  }

  /** Takes note of what happened so far; where the history of it is gone, follows from now on. */
  read(told: Told = {}): void {
    for (const [prefix, cursor] of this.#cursors) {
      try {
        for (let event = cursor.next(); event; event = cursor.next()) told.event?.(prefix, event)
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'Expired') throw error
        cursor.close()
        this.follow(prefix)
        told.lost?.(prefix)
      }
    }
  }

  close(): void {
    for (const prefix of [...this.#cursors.keys()]) this.leave(prefix)
  }
}

const STORAGE_RETRY_MS = 1_000

/** Calls `reconcile` after each wake, one call at a time and one for all wakes meanwhile; again later when storage refuses. */
export class ChangeLoop {
  readonly #clock: Clock
  readonly #reconcile: () => Promise<void>
  #running: Promise<void> | undefined
  #dirty = false
  #stopped = false

  constructor(clock: Clock, reconcile: () => Promise<void>) {
    this.#clock = clock
    this.#reconcile = reconcile
  }

  /** May be called inside commits: nothing is done before the next turn of the event loop. */
  wake(): void {
    this.#dirty = true
    this.#running ??= new Promise<void>((resolve) => inNextTurn(resolve)).then(() => this.#run())
  }

  async #run(): Promise<void> {
    try {
      while (this.#dirty && !this.#stopped) {
        this.#dirty = false
        await this.#reconcile()
      }
    } catch (error) {
      if (this.#stopped) return
      if (!(error instanceof StorageError)) throw error
      // A full disk gets room again, and a server comes back.
      this.#clock.after(STORAGE_RETRY_MS, () => this.#stopped || this.wake())
    } finally {
      this.#running = undefined
    }
  }

  /** Resolves when no wake is unanswered. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running
  }

  get isIdle(): boolean {
    return this.#running === undefined
  }

  get isStopped(): boolean {
    return this.#stopped
  }

  stop(): void {
    this.#stopped = true
  }
}
