/**
 * Follows all changes under one prefix of etcd from a revision on, across its restarts: no gap, no repeat, in etcd's order.
 * Mirrors apiserver/pkg/storage/etcd3/watcher.go.
 */
import type { EtcdConnection, WatchCall } from './connection.ts'
import { type EtcdEvent, endOfPrefix, type WatchResult } from './protocol.ts'

export interface FollowerEvents {
  /** Everything after the last call and up to `revision` has happened; `events` may be none. */
  onEvents(events: EtcdEvent[], revision: number): void
  /**
   * etcd does not know any more what came next (`compacted`), or answers from behind what it told before: a member that is late, or another
   * history. Reads the state anew where it must, and answers from where to go on.
   */
  onGap(why: string, compacted: boolean): Promise<number>
  warn(message: string): void
}

const FIRST_RETRY_MS = 50
const LAST_RETRY_MS = 2_000

export class Follower {
  readonly #connection: EtcdConnection
  readonly #root: Buffer
  readonly #on: FollowerEvents
  /** Everything up to here was told. */
  #revision: number
  #stream: WatchCall | undefined
  #retryMs = FIRST_RETRY_MS
  #retry: NodeJS.Timeout | undefined
  #stopped = false
  #connected = false

  constructor(connection: EtcdConnection, root: Buffer, revision: number, on: FollowerEvents) {
    this.#connection = connection
    this.#root = root
    this.#revision = revision
    this.#on = on
  }

  get connected(): boolean {
    return this.#connected
  }

  start(): void {
    void this.#open().catch((error: Error) => this.#lost(error.message))
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#retry)
    this.#stream?.cancel()
  }

  async #open(): Promise<void> {
    const stream = await this.#connection.watch()
    if (this.#stopped) {
      stream.on('error', () => {})
      stream.cancel()
      return
    }
    this.#stream = stream
    let parts: EtcdEvent[] = []
    stream.on('data', (result: WatchResult) => {
      if (this.#stream !== stream) return
      parts.push(...result.events)
      // A revision that is too large for one message comes in several.
      if (result.fragment) return
      const events = parts
      parts = []
      this.#take(result, events)
    })
    stream.on('error', (error) => this.#stream === stream && this.#lost(error.message))
    stream.on('end', () => this.#stream === stream && this.#lost('etcd ended the watch'))
    stream.write({
      createRequest: {
        key: this.#root,
        rangeEnd: endOfPrefix(this.#root),
        startRevision: this.#revision + 1,
        progressNotify: true,
        fragment: true,
      },
    })
  }

  #take(result: WatchResult, events: EtcdEvent[]): void {
    const { revision } = result.header
    if (result.canceled) {
      if (result.compactRevision > 0) this.#recover(`etcd has compacted up to ${result.compactRevision}`, true)
      else this.#lost(result.cancelReason || 'etcd cancelled the watch')
      return
    }
    if (result.created) {
      if (revision < this.#revision) {
        this.#recover(`etcd is at revision ${revision}, behind ${this.#revision}`, false)
        return
      }
      this.#connected = true
      this.#retryMs = FIRST_RETRY_MS
      return
    }
    // With events the header may be ahead of what follows in the next message.
    const upTo = events.at(-1)?.kv.modRevision ?? revision
    this.#revision = Math.max(this.#revision, upTo)
    this.#on.onEvents(events, upTo)
  }

  #recover(why: string, compacted: boolean): void {
    this.#end()
    this.#on.onGap(why, compacted).then(
      (revision) => {
        this.#revision = revision
        this.#later(() => this.start(), why)
      },
      (error: Error) => this.#later(() => this.#recover(why, compacted), error.message),
    )
  }

  #lost(why: string): void {
    this.#end()
    this.#later(() => this.start(), why)
  }

  #later(again: () => void, why: string): void {
    if (this.#stopped) return
    if (this.#retryMs === FIRST_RETRY_MS) this.#on.warn(`the watch of etcd is interrupted, trying again: ${why}`)
    this.#retry = setTimeout(again, this.#retryMs)
    this.#retry.unref()
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS)
  }

  #end(): void {
    const stream = this.#stream
    this.#stream = undefined
    this.#connected = false
    stream?.cancel()
  }
}
