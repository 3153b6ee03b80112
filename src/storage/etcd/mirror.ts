/**
 * Keeps the picture in memory equal to etcd at some revision: what this process wrote and what the watch tells, each once, in etcd's order.
 * Own writes need not wait for the watch when nothing lies between, and keep the object that was written.
 */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { EventType, Key, StorageEvent } from '../interface.ts'
import { StorageError } from '../interface.ts'
import { asPicture, type MemoryStorage, withRevision } from '../memory.ts'
import { newTree, type Picture, type Tree } from '../picture.ts'
import { decodeObject, type Keys } from './keys.ts'
import type { EtcdEvent } from './protocol.ts'

/** A write that etcd has confirmed. `object` has its revision. */
export interface OwnCommit {
  type: EventType
  key: Key
  object: KubeObject
  revision: number
}

/** A write that etcd has not yet answered. `value`: what it puts; absent: it deletes. */
export interface Sent {
  key: Key
  object: KubeObject
  value?: Buffer
}

interface Waiting {
  revision: number
  resolve: () => void
  reject: (error: Error) => void
}

const DELETE = 1

export class Mirror {
  readonly #memory: MemoryStorage
  readonly #keys: Keys
  readonly #warn: (message: string) => void
  /** Confirmed, and not yet next in order. */
  readonly #own = new Map<number, OwnCommit>()
  /** By etcd's key: the watch may tell of them before their answer comes. */
  readonly #sent = new Map<string, Set<Sent>>()
  readonly #waiting = new Set<Waiting>()

  constructor(memory: MemoryStorage, keys: Keys, warn: (message: string) => void) {
    this.#memory = memory
    this.#keys = keys
    this.#warn = warn
  }

  /** A write is on its way: if the watch tells of it first, the object is still the one that was written. Answers how to forget it. */
  sending(sent: Sent): () => void {
    const at = sent.key.prefix + sent.key.name
    const all = this.#sent.get(at) ?? new Set()
    this.#sent.set(at, all.add(sent))
    return () => {
      all.delete(sent)
      if (all.size === 0 && this.#sent.get(at) === all) this.#sent.delete(at)
    }
  }

  commit(own: OwnCommit): void {
    // The watch was faster.
    if (own.revision <= this.#memory.revision) return
    this.#own.set(own.revision, own)
    this.#advance()
  }

  /** What the watch tells: all events up to `revision` that were not told before. Those that are here already are passed over. */
  take(events: readonly EtcdEvent[], revision: number): void {
    for (let i = 0; i < events.length; ) {
      const at = (events[i] as EtcdEvent).kv.modRevision
      let end = i + 1
      while (events[end]?.kv.modRevision === at) end++
      if (at > this.#memory.revision) this.#applyRevision(events.slice(i, end), at)
      i = end
    }
    if (revision > this.#memory.revision) this.#memory.advance(revision)
    this.#advance()
  }

  /** State that was read as a whole. */
  become(picture: Picture): void {
    this.#memory.become(picture)
    this.#advance()
  }

  /** Resolves when the picture is at `revision` or later; undefined: it is. Rejects with Timeout. */
  reached(revision: number, timeoutMs: number): Promise<void> | undefined {
    if (this.#memory.revision >= revision) return undefined
    return new Promise((resolve, reject) => {
      const waiting = { revision, resolve, reject }
      const done = (then: () => void) => () => {
        clearTimeout(timer)
        this.#waiting.delete(waiting)
        then()
      }
      const late = done(() => reject(new StorageError('Timeout', 'context deadline exceeded')))
      const timer = setTimeout(late, timeoutMs).unref()
      waiting.resolve = done(resolve)
      waiting.reject = done(() => reject(new StorageError('Unavailable', 'storage is closed')))
      this.#waiting.add(waiting)
    })
  }

  close(): void {
    for (const { reject } of [...this.#waiting]) reject(new StorageError('Unavailable', 'storage is closed'))
  }

  /** Own writes whose turn it is, then those who waited for what is here now. */
  #advance(): void {
    for (const revision of this.#own.keys()) if (revision <= this.#memory.revision) this.#own.delete(revision)
    for (;;) {
      const next = this.#own.get(this.#memory.revision + 1)
      if (next === undefined) break
      this.#own.delete(next.revision)
      this.#apply(next)
    }
    for (const waiting of [...this.#waiting]) if (waiting.revision <= this.#memory.revision) waiting.resolve()
  }

  #applyRevision(events: readonly EtcdEvent[], revision: number): void {
    const own = this.#own.get(revision)
    const changes = own ? [own] : events.flatMap((event) => this.#decode(event, revision) ?? [])
    const [first] = changes
    if (changes.length > 1) this.#applyTogether(changes, revision)
    else if (first) this.#apply(first)
    else this.#memory.advance(revision)
  }

  /** Undefined where the key is none of an object, or the value cannot be read: that is said, and the key is as if it were not there. */
  #decode({ type, kv }: EtcdEvent, revision: number): OwnCommit | undefined {
    const key = this.#keys.decode(kv.key)
    if (key === undefined) return undefined
    const stored = this.#memory.get(key.prefix, key.name)
    const sent = this.#sentAs(key, type === DELETE ? undefined : kv.value)
    if (type === DELETE) {
      return stored && { type: 'delete', key, object: withRevision(sent ?? stored, revision), revision }
    }
    if (sent) return { type: stored ? 'update' : 'create', key, object: withRevision(sent, revision), revision }
    try {
      const object = decodeObject(key, kv.value, revision)
      return { type: stored ? 'update' : 'create', key, object, revision }
    } catch (error) {
      this.#warn((error as Error).message)
      return stored && { type: 'delete', key, object: withRevision(stored, revision), revision }
    }
  }

  #sentAs(key: Key, value: Buffer | undefined): KubeObject | undefined {
    for (const sent of this.#sent.get(key.prefix + key.name) ?? []) {
      if (value === undefined ? sent.value === undefined : sent.value?.equals(value)) return sent.object
    }
    return undefined
  }

  #apply({ type, key, object, revision }: OwnCommit): void {
    const prevObject = this.#memory.get(key.prefix, key.name)
    const event: StorageEvent = { revision, type, key, object }
    if (type !== 'create' && prevObject) event.prevObject = prevObject
    this.#memory.apply(event)
  }

  /**
   * Several keys at one revision. A watch resumes after a revision, and so cannot be told one half of it: all start again, as after a reset,
   * which is what mostly writes so.
   */
  #applyTogether(changes: readonly OwnCommit[], revision: number): void {
    const trees = new Map<string, Tree>(asPicture(this.#memory.mark()).trees)
    for (const { type, key, object } of changes) {
      const tree = trees.get(key.prefix) ?? newTree()
      trees.set(key.prefix, tree)
      if (type === 'delete') tree.delete(key.name)
      else tree.set(key.name, object)
    }
    this.#memory.become({ revision, trees })
  }
}
