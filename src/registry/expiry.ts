/** Objects that live for a time after their last write (Events: one hour). Stands where etcd's leases stand upstream. */
import type { Timer } from '../apimachinery/clock.ts'
import { type KubeObject, objectKey } from '../apimachinery/meta.ts'
import { type Cursor, StorageError } from '../storage/interface.ts'
import type { ResourceDefinition } from './definition.ts'
import type { Environment } from './environment.ts'

interface Due {
  at: number
  prefix: string
  name: string
  /** The write that set this deadline; a later one made its own. */
  resourceVersion: string
}

const RETRY_MS = 1000

/** One queue and one timer: every deadline of a resource lies the same time after its write, so the queue is in order. */
export class Expiry {
  readonly #environment: Pick<Environment, 'clock' | 'storage'>
  readonly #queues = new Map<string, Due[]>()
  readonly #timers = new Map<string, Timer>()
  readonly #cursors = new Map<string, Cursor>()
  #definitions: readonly ResourceDefinition[] = []
  #stopped = false

  constructor(environment: Pick<Environment, 'clock' | 'storage'>) {
    this.#environment = environment
  }

  /** Takes up what was stored before this process, and what others store: the first to delete it is the one who does. */
  start(definitions: readonly ResourceDefinition[]): void {
    const byPrefix = new Map<string, ResourceDefinition>()
    for (const definition of definitions) {
      const { ttlSeconds, storagePrefix: prefix } = definition
      if (ttlSeconds !== undefined && !byPrefix.has(prefix)) byPrefix.set(prefix, definition)
    }
    this.#definitions = [...byPrefix.values()]
    this.takeUp()
    if (this.#environment.storage.shared) for (const definition of this.#definitions) this.#follow(definition)
  }

  /** What is stored lives from now on: for a state that came as a whole, not through `committed`. */
  takeUp(): void {
    for (const definition of this.#definitions) this.#takeUp(definition)
  }

  /** After a write of this process. */
  committed(definition: ResourceDefinition, stored: KubeObject): void {
    if (!this.#environment.storage.shared) this.#track(definition, stored)
  }

  #takeUp(definition: ResourceDefinition): void {
    this.#queues.delete(definition.storagePrefix)
    this.#timers.get(definition.storagePrefix)?.cancel()
    for (const stored of this.#environment.storage.list(definition.storagePrefix).objects) {
      this.#track(definition, stored)
    }
  }

  #follow(definition: ResourceDefinition): void {
    const { storage } = this.#environment
    const wake = (): void => {
      setImmediate(() => {
        if (!this.#stopped) this.#read(definition, cursor)
      })
    }
    const cursor = storage.watch(definition.storagePrefix, { fromRevision: storage.revision, wake })
    this.#cursors.set(definition.storagePrefix, cursor)
  }

  #read(definition: ResourceDefinition, cursor: Cursor): void {
    try {
      for (let event = cursor.next(); event; event = cursor.next()) {
        if (event.type !== 'delete') this.#track(definition, event.object)
      }
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'Expired') throw error
      cursor.close()
      this.#takeUp(definition)
      this.#follow(definition)
    }
  }

  #track(definition: ResourceDefinition, stored: KubeObject): void {
    const prefix = definition.storagePrefix
    const queue = this.#queues.get(prefix) ?? []
    this.#queues.set(prefix, queue)
    const at = this.#environment.clock.now() + (definition.ttlSeconds ?? 0) * 1000
    queue.push({ at, prefix, name: objectKey(stored), resourceVersion: stored.metadata.resourceVersion ?? '' })
    if (queue.length === 1) this.#schedule(prefix, queue)
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers.values()) timer.cancel()
    for (const cursor of this.#cursors.values()) cursor.close()
    this.#timers.clear()
    this.#queues.clear()
  }

  #schedule(prefix: string, queue: Due[]): void {
    const first = queue[0]
    if (!first) return
    const timer = this.#environment.clock.after(Math.max(0, first.at - this.#environment.clock.now()), () =>
      this.#expire(prefix, queue),
    )
    this.#timers.set(prefix, timer)
  }

  #expire(prefix: string, queue: Due[]): void {
    const now = this.#environment.clock.now()
    let done = 0
    while (done < queue.length && (queue[done] as Due).at <= now) void this.#remove(queue[done++] as Due)
    queue.splice(0, done)
    this.#schedule(prefix, queue)
  }

  /** Unless it was written again or is gone already. A storage that refuses (a full disk, etcd away) is asked again. */
  async #remove(due: Due): Promise<void> {
    const { storage, clock } = this.#environment
    const stored = storage.get(due.prefix, due.name)
    if (this.#stopped || stored?.metadata.resourceVersion !== due.resourceVersion) return
    try {
      await storage.delete(due.prefix, due.name, stored, due.resourceVersion)
    } catch (error) {
      if (!(error instanceof StorageError)) throw error
      if (error.code !== 'NotFound' && error.code !== 'Conflict') clock.after(RETRY_MS, () => void this.#remove(due))
    }
  }
}
