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

/** One queue and one timer: every deadline of a resource lies the same time after its write, so the queue is in order. */
export class Expiry {
  readonly #environment: Pick<Environment, 'clock' | 'storage'>
  readonly #queues = new Map<string, Due[]>()
  readonly #timers = new Map<string, Timer>()
  #stopped = false

  constructor(environment: Pick<Environment, 'clock' | 'storage'>) {
    this.#environment = environment
  }

  /** Takes up what was stored before this process, and what others store: the first to delete it is the one who does. */
  start(definitions: readonly ResourceDefinition[]): void {
    for (const definition of definitions) {
      if (definition.ttlSeconds === undefined || this.#queues.has(definition.storagePrefix)) continue
      this.#takeUp(definition)
      if (this.#environment.storage.shared) this.#follow(definition)
    }
  }

  /** After a write of this process. */
  committed(definition: ResourceDefinition, stored: KubeObject): void {
    if (!this.#environment.storage.shared) this.#track(definition, stored)
  }

  #takeUp(definition: ResourceDefinition): void {
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
  }

  #read(definition: ResourceDefinition, cursor: Cursor): void {
    try {
      for (let event = cursor.next(); event; event = cursor.next()) {
        if (event.type !== 'delete') this.#track(definition, event.object)
      }
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'Expired') throw error
      cursor.close()
      this.#queues.delete(definition.storagePrefix)
      this.#timers.get(definition.storagePrefix)?.cancel()
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
    const { storage } = this.#environment
    let done = 0
    while (done < queue.length && (queue[done] as Due).at <= now) {
      const due = queue[done++] as Due
      const stored = storage.get(prefix, due.name)
      if (stored?.metadata.resourceVersion === due.resourceVersion) {
        Promise.resolve(storage.delete(prefix, due.name, stored, due.resourceVersion)).catch(ignoreMissing)
      }
    }
    queue.splice(0, done)
    this.#schedule(prefix, queue)
  }
}

/** Another process got there first. */
function ignoreMissing(error: unknown): void {
  if (!(error instanceof StorageError)) throw error
}
