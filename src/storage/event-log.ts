/**
 * The history of one resource and the cursors over it. Mirrors what etcd's mvcc watchable store promises (no gap, no repeat, in order)
 * with less machinery: a watcher holds a position and no events, so replay and live delivery are the same read.
 */
import type { Cursor, StorageEvent, WatchOptions } from './interface.ts'
import { StorageError } from './interface.ts'
import { WaitingRoom } from './waiting-room.ts'

/**
 * Events kept a resource when nobody says otherwise. kube-apiserver forgets after five minutes (etcd compaction): this is that at 33
 * writes a second to one resource, and at 2 KB an object and its predecessor some 40 MB when the log of a resource is full.
 */
export const DEFAULT_HISTORY_LIMIT = 10_000

/** Dropped slots at the array's front are given back in one go once there are this many and they are the larger half. */
const TRIM_AT = 1024

/** `now` answers the revision of the whole storage, which other resources' commits move too. */
export interface EventLogOptions {
  limit: number
  compacted: number
  now: () => number
}

export function newExpired(oldest: number): StorageError {
  return new StorageError(
    'Expired',
    `required revision has been compacted: the oldest one readable is ${oldest}`,
    oldest,
  )
}

/**
 * Events in rising revision order. Everything at and below `compacted` is forgotten, everything above it is here.
 * `append` costs one lookup per distinct length of open cursors' `under` and question, plus the wake-ups themselves: neither the length of
 * the log nor the watchers of other names and values matter.
 */
export class EventLog {
  #events: (StorageEvent | undefined)[] = []
  #head = 0
  #compacted: number
  readonly #limit: number
  readonly #now: () => number
  readonly #open = new Set<LogCursor>()
  /** Cursors that are at the end: the only ones a commit has to look at. */
  readonly #waiting = new WaitingRoom<LogCursor>()

  constructor(options: EventLogOptions) {
    this.#limit = Math.max(1, options.limit)
    this.#compacted = options.compacted
    this.#now = options.now
  }

  /** The oldest revision whose state can still be told and after which a watch may start. */
  get compacted(): number {
    return this.#compacted
  }

  /** Adds the newest event and wakes the cursors that waited for it. The storage's state has to be the new one already. */
  append(event: StorageEvent): void {
    this.#events.push(event)
    if (this.#events.length - this.#head > this.#limit) {
      this.#compacted = this.#events[this.#head]!.revision
      this.#drop(1)
    }
    if (this.#open.size > 0) this.#waiting.leave(event, (cursor) => cursor.arrive(event.revision))
  }

  /** Forgets the events at and below `revision`. Cursors that wait at the end have seen them and are not concerned. */
  compact(revision: number): void {
    if (revision <= this.#compacted) return
    this.#drop(this.#indexAfter(revision) - this.#head)
    this.#compacted = revision
  }

  /** Forgets everything and ends every cursor as expired: the state is about to become another one. */
  reset(revision: number): void {
    this.#events = []
    this.#head = 0
    this.#compacted = revision
    const open = [...this.#open]
    this.#open.clear()
    for (const cursor of open) {
      this.#waiting.discharge(cursor)
      cursor.expire()
    }
  }

  /** Events after `revision`, newest first: what undoing them needs. */
  *newestFirst(revision: number): Iterable<StorageEvent> {
    for (let i = this.#events.length - 1; i >= this.#head; i--) {
      const event = this.#events[i]!
      if (event.revision <= revision) return
      yield event
    }
  }

  /** The first event after `revision` whose name starts with `under`. */
  after(revision: number, under: string): StorageEvent | undefined {
    for (let i = this.#indexAfter(revision); i < this.#events.length; i++) {
      const event = this.#events[i]!
      if (event.key.name.startsWith(under)) return event
    }
    return undefined
  }

  watch(options: WatchOptions): Cursor {
    if (options.fromRevision < this.#compacted) throw newExpired(this.#compacted)
    const cursor = new LogCursor(this, this.#now, options)
    this.#open.add(cursor)
    this.#waiting.admit(cursor)
    // With nothing to replay the cursor waits from the start: its first event may come before its first `next`.
    if (this.after(options.fromRevision, cursor.under) === undefined) cursor.wait()
    return cursor
  }

  /** Called by a cursor that reached the end. */
  enqueue(cursor: LogCursor): void {
    this.#waiting.enter(cursor)
  }

  /** Called by a cursor that is closed. */
  forget(cursor: LogCursor): void {
    if (this.#open.delete(cursor)) this.#waiting.discharge(cursor)
  }

  /** Index of the first event with a greater revision. The two newest are tried first: that is where live cursors are. */
  #indexAfter(revision: number): number {
    let high = this.#events.length
    let low = this.#head
    if (low === high || this.#events[high - 1]!.revision <= revision) return high
    if (high - low > 1 && this.#events[high - 2]!.revision <= revision) return high - 1
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#events[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    return low
  }

  #drop(count: number): void {
    const head = this.#head + count
    this.#events.fill(undefined, this.#head, head)
    this.#head = head
    if (head < TRIM_AT || head * 2 < this.#events.length) return
    this.#events = this.#events.slice(head)
    this.#head = 0
  }
}

/**
 * reading --next() finds nothing--> waiting --a commit that may concern it--> reading; close() and expire() end both.
 * While it waits its position stands still and nothing is stepped over: whatever lies between it and the event that wakes it was of no
 * concern, so `arrive` moves it there at once, also past a compaction.
 */
class LogCursor implements Cursor {
  readonly under: string
  readonly only: WatchOptions['only']
  readonly #log: EventLog
  readonly #now: () => number
  readonly #wake: () => void
  #state: 'reading' | 'waiting' | 'expired' | 'closed' = 'reading'
  #position: number

  constructor(log: EventLog, now: () => number, options: WatchOptions) {
    this.under = options.under ?? ''
    this.only = options.only
    this.#log = log
    this.#now = now
    this.#wake = options.wake
    this.#position = options.fromRevision
  }

  get revision(): number {
    return this.#state === 'waiting' ? Math.max(this.#position, this.#now()) : this.#position
  }

  next(): StorageEvent | undefined {
    if (this.#state === 'waiting' || this.#state === 'closed') return undefined
    if (this.#state === 'expired' || this.#position < this.#log.compacted) throw newExpired(this.#log.compacted)
    const event = this.#log.after(this.#position, this.under)
    if (event === undefined) this.wait()
    else this.#position = event.revision
    return event
  }

  close(): void {
    if (this.#state === 'closed') return
    this.#log.forget(this)
    this.#state = 'closed'
  }

  /** Nothing is left to read. */
  wait(): void {
    this.#position = Math.max(this.#position, this.#now())
    this.#state = 'waiting'
    this.#log.enqueue(this)
  }

  /** An event under this cursor has been committed. One that starts in the future goes on waiting. */
  arrive(revision: number): void {
    if (this.#state !== 'waiting') return
    if (revision <= this.#position) {
      this.#log.enqueue(this)
      return
    }
    this.#position = revision - 1
    this.#state = 'reading'
    this.#wake()
  }

  /** The state was replaced: the reader is told at its next `next`. */
  expire(): void {
    const waited = this.#state === 'waiting'
    this.#state = 'expired'
    if (waited) this.#wake()
  }
}
