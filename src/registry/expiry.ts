/** Objects that live for a time after their last write (Events: one hour). Stands where etcd's leases stand upstream. */
import type { Timer } from '../apimachinery/clock.ts'
import { inNextTurn } from '../apimachinery/event-loop.ts'
import { type KubeObject, objectKey } from '../apimachinery/meta.ts'
import { StorageError } from '../storage/interface.ts'
import { ChangeSign } from './change-loop.ts'
import type { ResourceDefinition } from './definition.ts'
import type { Environment } from './environment.ts'

/** What is due, the earliest first, from `head` on. A million Events may wait here: in columns, with strings that their objects hold anyway. */
interface Queue {
  prefix: string
  head: number
  ats: number[]
  namespaces: (string | undefined)[]
  names: string[]
  /** Of the write that set the deadline; a later one made its own. */
  revisions: number[]
}

interface Due {
  prefix: string
  name: string
  resourceVersion: string
}

const RETRY_MS = 1000

/** One queue and one timer: every deadline of a resource lies the same time after its write, so the queue is in order. */
export class Expiry {
  readonly #environment: Pick<Environment, 'clock' | 'storage'>
  readonly #queues = new Map<string, Queue>()
  readonly #timers = new Map<string, Timer>()
  /** Of the writes of others. */
  readonly #sign: ChangeSign
  /** By the prefix of their objects. */
  #definitions: ReadonlyMap<string, ResourceDefinition> = new Map()
  #stopped = false

  constructor(environment: Pick<Environment, 'clock' | 'storage'>) {
    this.#environment = environment
    this.#sign = new ChangeSign(environment.storage, () => inNextTurn(() => this.#read()))
  }

  /** Takes up what was stored before this process, and what others store: the first to delete it is the one who does. */
  start(definitions: readonly ResourceDefinition[]): void {
    const byPrefix = new Map<string, ResourceDefinition>()
    for (const definition of definitions) {
      const { ttlSeconds, storagePrefix: prefix } = definition
      if (ttlSeconds !== undefined && !byPrefix.has(prefix)) byPrefix.set(prefix, definition)
    }
    this.#definitions = byPrefix
    this.takeUp()
    if (this.#environment.storage.shared) for (const prefix of byPrefix.keys()) this.#sign.follow(prefix)
  }

  /** What is stored lives from now on: for a state that came as a whole, not through `committed`. */
  takeUp(): void {
    for (const definition of this.#definitions.values()) this.#takeUp(definition)
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

  #read(): void {
    if (this.#stopped) return
    this.#sign.read({
      event: (prefix, event) => {
        if (event.type !== 'delete') this.#track(this.#definitions.get(prefix)!, event.object)
      },
      lost: (prefix) => this.#takeUp(this.#definitions.get(prefix)!),
    })
  }

  #track(definition: ResourceDefinition, stored: KubeObject): void {
    const prefix = definition.storagePrefix
    const queue = this.#queues.get(prefix) ?? newQueue(prefix)
    this.#queues.set(prefix, queue)
    const { namespace, name = '', resourceVersion } = stored.metadata
    queue.ats.push(this.#environment.clock.now() + (definition.ttlSeconds ?? 0) * 1000)
    queue.namespaces.push(namespace)
    queue.names.push(name)
    queue.revisions.push(Number(resourceVersion))
    if (queue.ats.length - queue.head === 1) this.#schedule(queue)
  }

  stop(): void {
    this.#stopped = true
    for (const timer of this.#timers.values()) timer.cancel()
    this.#sign.close()
    this.#timers.clear()
    this.#queues.clear()
  }

  #schedule(queue: Queue): void {
    const { clock } = this.#environment
    const at = queue.ats[queue.head]
    if (at === undefined) return
    const timer = clock.after(Math.max(0, at - clock.now()), () => this.#expire(queue))
    this.#timers.set(queue.prefix, timer)
  }

  #expire(queue: Queue): void {
    const now = this.#environment.clock.now()
    while (queue.head < queue.ats.length && queue.ats[queue.head]! <= now) void this.#remove(takeDue(queue))
    if (queue.head * 2 >= queue.ats.length) dropTaken(queue)
    this.#schedule(queue)
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

const newQueue = (prefix: string): Queue => ({ prefix, head: 0, ats: [], namespaces: [], names: [], revisions: [] })

function takeDue(queue: Queue): Due {
  const i = queue.head++
  const name = objectKey({ metadata: { namespace: queue.namespaces[i], name: queue.names[i] } })
  return { prefix: queue.prefix, name, resourceVersion: String(queue.revisions[i]) }
}

/** What was taken is given back when it is the larger half: a step costs the same however long the queue is. */
function dropTaken(queue: Queue): void {
  const { head, ats, namespaces, names, revisions } = queue
  for (const column of [ats, namespaces, names, revisions]) column.splice(0, head)
  queue.head = 0
}
