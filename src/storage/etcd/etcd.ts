/**
 * The etcd engine: writes are etcd transactions, reads come from a picture in memory that follows etcd's watch, as a kube-apiserver's watch
 * cache does. Revisions are etcd's, so several processes serve one cluster. Mirrors apiserver/pkg/storage/{etcd3/store.go,cacher}.
 */

import type { KubeObject } from '../../apimachinery/meta.ts'
import { createInOrder } from '../begin.ts'
import type {
  Beginning,
  Cursor,
  EventType,
  HistoryOptions,
  Key,
  ListOptions,
  ListResult,
  Storage,
  StorageMark,
  WatchOptions,
} from '../interface.ts'
import { StorageError } from '../interface.ts'
import { asPicture, MemoryStorage, withRevision } from '../memory.ts'
import { differences } from '../picture.ts'
import { connect, type EtcdAddress, type EtcdConnection } from './connection.ts'
import { Follower } from './follower.ts'
import { encodeObject, Keys } from './keys.ts'
import { Mirror, type Sent } from './mirror.ts'
import { COMPACT, RANGE, TXN, unchangedSince } from './protocol.ts'
import { readAll, transactionsOf } from './state.ts'

export interface EtcdOptions extends EtcdAddress {
  history?: HistoryOptions
  /** All keys are under it; default `/registry`, as a kube-apiserver's. */
  prefix?: string
  /** Prefixes of resources that have one part after `/registry/`: see Keys. */
  shallow: Iterable<string>
  /** Keys that `restore` leaves alone: they are the processes' own, such as who of them is elected. */
  lasting?: (key: Key) => boolean
  /** Told what a person should know: that etcd is away, that a value cannot be read. */
  warn?: (message: string) => void
}

/** How long etcd may take to answer at the start. */
const START_MS = 10_000
/** As a kube-apiserver gives its health check. */
const CHECK_MS = 2_000
/** How long a revision may be on its way before etcd is asked for a sign of where it is. */
const NUDGE_MS = 50

/** Reads what etcd holds and follows it. Rejects, and changes nothing, when etcd cannot be reached or holds what cannot be read. */
export async function openEtcd(options: EtcdOptions): Promise<EtcdStorage> {
  const connection = await connect(options)
  const keys = new Keys(options.prefix ?? '/registry', options.shallow)
  try {
    const initial = await readAll(connection, keys, options.timeoutMs ?? START_MS)
    const memory = new MemoryStorage({ history: options.history, initial })
    return new EtcdStorage(connection, keys, memory, options)
  } catch (error) {
    connection.close()
    const isAway = error instanceof StorageError && error.code === 'Timeout'
    const why = isAway
      ? 'no answer; is it running there, and does it speak TLS exactly when the address says https?'
      : ''
    throw new Error(`etcd at ${options.endpoints.join(', ')}: ${why || (error as Error).message}`)
  }
}

export class EtcdStorage implements Storage {
  readonly shared = true
  readonly lasting = true
  readonly #connection: EtcdConnection
  readonly #keys: Keys
  readonly #memory: MemoryStorage
  readonly #mirror: Mirror
  readonly #follower: Follower
  readonly #warn: (message: string) => void
  readonly #lasting: (key: Key) => boolean
  #asking: Promise<unknown> | undefined
  #nextAnswer: Promise<void> | undefined
  /** How many wait for a revision that the watch has not told. */
  #reaching = 0
  #nudging = false
  #closed = false

  constructor(
    connection: EtcdConnection,
    keys: Keys,
    memory: MemoryStorage,
    { warn = () => {}, lasting = () => false }: Pick<EtcdOptions, 'warn' | 'lasting'>,
  ) {
    this.#connection = connection
    this.#keys = keys
    this.#memory = memory
    this.#warn = warn
    this.#lasting = lasting
    this.#mirror = new Mirror(memory, keys, warn)
    this.#follower = new Follower(connection, keys.root, memory.revision, {
      onEvents: (events, revision) => this.#mirror.take(events, revision),
      onGap: (why, compacted) => this.#readAnew(why, compacted),
      warn,
    })
    this.#follower.start()
  }

  get revision(): number {
    return this.#memory.revision
  }

  /** All who ask while a question is on its way share the next one: it starts after they asked. */
  fresh(): Promise<void> {
    this.#nextAnswer ??= Promise.resolve(this.#asking).then(() => {
      this.#nextAnswer = undefined
      const revision = this.#currentRevision()
      this.#asking = revision.catch(() => {})
      return revision.then((reached) => this.#reach(reached))
    })
    return this.#nextAnswer
  }

  async check(): Promise<string | undefined> {
    try {
      await this.#currentRevision(CHECK_MS)
      return undefined
    } catch (error) {
      return `error getting data from etcd: ${(error as Error).message}`
    }
  }

  onHeld(callback: (prefix: string) => void): () => void {
    return this.#memory.onHeld(callback)
  }

  onReplaced(callback: () => void): void {
    this.#memory.onReplaced(callback)
  }

  get(prefix: string, name: string): KubeObject | undefined {
    return this.#memory.get(prefix, name)
  }

  list(prefix: string, options?: ListOptions): ListResult {
    return this.#memory.list(prefix, options)
  }

  count(prefix: string, under?: string): number {
    return this.#memory.count(prefix, under)
  }

  prefixes(): string[] {
    return this.#memory.prefixes()
  }

  begin(beginnings: ReadonlyMap<string, Beginning>): Promise<void> {
    return createInOrder(this, beginnings)
  }

  async create(prefix: string, name: string, object: KubeObject): Promise<KubeObject> {
    const created = await this.#commit('create', { key: { prefix, name }, object, value: encodeObject(object) }, '0')
    if (created) return created
    throw new StorageError('Exists', `key exists: ${prefix}${name}`)
  }

  async update(prefix: string, name: string, object: KubeObject, expected: string): Promise<KubeObject> {
    const key = { prefix, name }
    const updated = await this.#commit('update', { key, object, value: encodeObject(object) }, expected)
    return updated ?? this.#refuse(key, expected)
  }

  async delete(prefix: string, name: string, last: KubeObject, expected: string): Promise<KubeObject> {
    const key = { prefix, name }
    return (await this.#commit('delete', { key, object: last }, expected)) ?? this.#refuse(key, expected)
  }

  watch(prefix: string, options: WatchOptions): Cursor {
    return this.#memory.watch(prefix, options)
  }

  /** Here at once, in etcd when it comes to it: each process forgets what is old by its own clock, the later one finds it gone. */
  compact(revision = this.revision): void {
    this.#memory.compact(revision)
    const upTo = Math.min(revision, this.revision)
    this.#connection.write(COMPACT, { revision: upTo }).catch((error: Error) => {
      if (!this.#closed && !error.message.includes('has been compacted')) {
        this.#warn(`etcd could not be compacted: ${error.message}`)
      }
    })
  }

  mark(): StorageMark {
    return this.#memory.mark()
  }

  /** In several transactions when it is much: other processes may see what lies between. What is written back has new revisions. */
  async restore(mark: StorageMark): Promise<void> {
    this.#requireOpen()
    const present = asPicture(this.#memory.mark())
    const changes = differences(present, asPicture(mark)).filter(({ key }) => !this.#lasting(key))
    for (const success of transactionsOf(changes, present, this.#keys)) {
      const { header } = await this.#connection.write(TXN, { compare: [], success, failure: [] })
      await this.#reach(header.revision)
    }
    this.#memory.become(asPicture(this.#memory.mark()))
  }

  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    this.#follower.stop()
    this.#mirror.close()
    this.#connection.close()
    await this.#memory.close()
  }

  /** Answers the object at its new revision once reads show it, or undefined when the key is not at `expected` ('0': not there). */
  async #commit(type: EventType, sent: Sent, expected: string): Promise<KubeObject | undefined> {
    this.#requireOpen()
    const at = this.#keys.encode(sent.key.prefix, sent.key.name)
    const operation = sent.value ? { put: { key: at, value: sent.value } } : { deleteRange: { key: at } }
    const compare = [unchangedSince(at, Number(expected))]
    const answered = this.#mirror.sending(sent)
    try {
      const { succeeded, header } = await this.#connection.write(TXN, { compare, success: [operation], failure: [] })
      const { revision } = header
      if (!succeeded) {
        // Whoever looks again after this sees what was in the way.
        await this.#reach(revision)
        return undefined
      }
      const object = withRevision(sent.object, revision)
      this.#mirror.commit({ type, key: sent.key, object, revision })
      await this.#mirror.reached(revision, this.#connection.timeoutMs)
      return object
    } finally {
      answered()
    }
  }

  #refuse({ prefix, name }: Key, expected: string): never {
    const stored = this.get(prefix, name)
    if (stored === undefined) throw new StorageError('NotFound', `key not found: ${prefix}${name}`)
    const { resourceVersion } = stored.metadata
    throw new StorageError('Conflict', `${prefix}${name} is at revision ${resourceVersion}, not ${expected}`)
  }

  /** A read of nothing, by a majority of etcd's members: it is later than all that was answered before. */
  async #currentRevision(timeoutMs?: number): Promise<number> {
    const { header } = await this.#connection.read(RANGE, { key: this.#keys.root, countOnly: true }, timeoutMs)
    return header.revision
  }

  /**
   * Waits until reads show `revision`. One that concerns none of our keys is not told by the watch: a write of a key that means nothing comes
   * after it in the watch's own order. (A progress request would do, but etcd before 3.4.25 and 3.5.8 answers it ahead of events.)
   */
  async #reach(revision: number): Promise<void> {
    const reached = this.#mirror.reached(revision, this.#connection.timeoutMs)
    if (reached === undefined) return
    this.#reaching++
    if (!this.#nudging) void this.#nudge()
    try {
      await reached
    } finally {
      this.#reaching--
    }
  }

  /** Until nobody waits: one write for all who do, and the next only when it was answered. */
  async #nudge(): Promise<void> {
    const put = { key: this.#keys.encode('/registry/kubemu.dev/', 'progress'), value: Buffer.alloc(0) }
    this.#nudging = true
    for (;;) {
      await new Promise((resolve) => setTimeout(resolve, NUDGE_MS))
      if (this.#reaching === 0) break
      if (!this.#follower.connected) continue
      await this.#connection.write(TXN, { compare: [], success: [{ put }], failure: [] }).catch(() => {})
    }
    this.#nudging = false
  }

  async #readAnew(why: string, compacted: boolean): Promise<number> {
    // A member that is late says nothing: only what a majority holds does.
    const current = await this.#currentRevision()
    if (!compacted && current >= this.revision) return this.revision
    const picture = await readAll(
      this.#connection,
      this.#keys,
      this.#connection.timeoutMs,
      asPicture(this.#memory.mark()),
    )
    this.#warn(`${why}: read anew at revision ${picture.revision}, watches have to start again`)
    this.#mirror.become(picture)
    return picture.revision
  }

  #requireOpen(): void {
    if (this.#closed) throw new StorageError('Unavailable', 'storage is closed')
  }
}
