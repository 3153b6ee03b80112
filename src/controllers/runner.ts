/** Runs controllers: informers shared by all, one queue each, a bounded number of reconciles a turn of the event loop. Mirrors controller-runtime's manager. */
import type { Clock } from '../apimachinery/clock.ts'
import { isConflict } from '../apimachinery/errors.ts'
import { controllerOf, type KubeObject, parseGroupVersion } from '../apimachinery/meta.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Client, ResourceName, WatchSource } from './client.ts'
import type {
  ControllerContext,
  ControllerDefinition,
  ControllerSettings,
  Key,
  Lister,
  Logger,
  Result,
} from './controller.ts'
import { Informer } from './informer.ts'
import { createRecorder } from './recorder.ts'
import { WorkQueue } from './workqueue.ts'

export interface RunnerOptions {
  controllers: readonly ControllerDefinition[]
  client: Client
  source: WatchSource
  clock: Clock
  random: Random
  logger: Logger
  settings: ControllerSettings
}

/** Reconciles before the event loop gets its turn: HTTP stays responsive while ten thousand pods start. */
const RECONCILES_PER_TURN = 64

interface Running {
  definition: ControllerDefinition
  queue: WorkQueue
  context: ControllerContext
}

export class ControllerRunner {
  readonly #options: RunnerOptions
  readonly #informers = new Map<ResourceName, Informer>()
  readonly #running: Running[] = []
  readonly #waiting: (() => void)[] = []
  #scheduled = false
  #inWork = 0
  #stopped = false
  #unsubscribe: (() => void) | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    for (const definition of options.controllers) this.#add(definition)
  }

  /** Opens the watches. Reconciles begin in the next turn of the event loop. */
  start(): void {
    for (const informer of this.#informers.values()) informer.start(this.#options.source)
  }

  /**
   * Resolves when no work is left: no event is unread, no key is ready or in work. Keys that wait for a time (a back-off, a requeue) are not
   * work. Resolves at once when the runner is stopped.
   */
  settle(): Promise<void> {
    if (this.#settled()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#schedule()
    })
  }

  /** No reconcile starts after this; resolves when those in work have ended. Idempotent. */
  async stop(): Promise<void> {
    this.#stopped = true
    this.#unsubscribe?.()
    for (const { queue } of this.#running) queue.close()
    for (const informer of this.#informers.values()) informer.stop()
    while (this.#inWork > 0) await new Promise((resolve) => setImmediate(resolve))
    this.#tellSettled()
  }

  #add(definition: ControllerDefinition): void {
    const queue = new WorkQueue(this.#options.clock, () => this.#schedule())
    const context = this.#contextFor(definition, queue)
    this.#running.push({ definition, queue, context })
    if (definition.for) {
      this.#informer(definition.for).onEvent(({ object }) => queue.add(keyOf(object)))
    }
    for (const resource of definition.owns ?? []) this.#watchOwned(resource, definition, queue)
    for (const watch of definition.watches ?? []) {
      const resources = watch.resource === '*' ? this.#watchable() : [watch.resource]
      for (const resource of resources) {
        this.#informer(resource).onEvent(({ object, old, type }) => {
          const before = type === 'updated' ? old : undefined
          if (watch.when && !watch.when(object, before)) return
          for (const key of watch.keys(object, context, before)) queue.add(formatKey(key))
        })
      }
    }
    for (const resource of definition.reads ?? []) this.#informer(resource)
    for (const [resource, indexes] of Object.entries(definition.indexes ?? {})) {
      for (const [name, values] of Object.entries(indexes)) this.#informer(resource).addIndex(name, values)
    }
  }

  /** Resources that can be listed and watched, but Events: for controllers that look at everything. */
  #watchable(): ResourceName[] {
    return this.#options.source
      .resources()
      .filter(({ verbs, name }) => verbs.includes('list') && verbs.includes('watch') && !name.startsWith('events'))
      .map(({ name }) => name)
  }

  #watchOwned(resource: ResourceName, definition: ControllerDefinition, queue: WorkQueue): void {
    const root = this.#options.source.resources().find(({ name }) => name === definition.for)
    const enqueueOwner = (object: KubeObject): void => {
      const owner = controllerOf(object)
      if (!owner || owner.kind !== root?.kind || parseGroupVersion(owner.apiVersion).group !== root.group) return
      queue.add(formatKey({ namespace: root.namespaced ? (object.metadata.namespace ?? '') : '', name: owner.name }))
    }
    this.#informer(resource).onEvent(({ object, old }) => {
      enqueueOwner(object)
      // A change of owner concerns the one it left, too.
      if (old && controllerOf(old)?.uid !== controllerOf(object)?.uid) enqueueOwner(old)
    })
  }

  #informer(resource: ResourceName): Informer {
    let informer = this.#informers.get(resource)
    if (!informer) {
      informer = new Informer(resource, () => this.#schedule())
      this.#informers.set(resource, informer)
    }
    return informer
  }

  #contextFor(definition: ControllerDefinition, queue: WorkQueue): ControllerContext {
    const { client, clock, random, logger, source, settings } = this.#options
    return {
      client,
      clock,
      random,
      logger,
      settings,
      recorder: createRecorder({ client, clock, component: definition.component, logger }),
      lister: <T extends KubeObject>(resource: ResourceName): Lister<T> => {
        const informer = this.#informers.get(resource)
        if (!informer) throw new Error(`controller ${definition.name} does not read ${resource}`)
        return informer as unknown as Lister<T>
      },
      enqueue: (key, afterMs = 0) => queue.addAfter(formatKey(key), afterMs),
      resources: () => source.resources(),
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#stopped) return
    this.#scheduled = true
    setImmediate(() => this.#turn())
  }

  /** One turn: read all news, then reconcile a bounded number of keys, round robin over the controllers. */
  #turn(): void {
    this.#scheduled = false
    if (this.#stopped) return
    let budget = RECONCILES_PER_TURN
    for (let worked = true; worked && budget > 0; ) {
      worked = false
      for (const running of this.#running) {
        if (budget === 0) break
        this.#drain()
        const key = running.queue.take()
        if (key === undefined) continue
        worked = true
        budget--
        void this.#reconcile(running, key)
      }
    }
    this.#drain()
    if (this.#running.some(({ queue }) => queue.ready > 0)) this.#schedule()
    else this.#tellSettled()
  }

  #drain(): void {
    for (const informer of this.#informers.values()) if (informer.pending) informer.drain()
  }

  async #reconcile({ definition, queue, context }: Running, text: string): Promise<void> {
    this.#inWork++
    const key = parseKey(text)
    try {
      const result: Result | undefined | void = await definition.reconcile(key, context)
      queue.forget(text)
      if (result?.requeueAfterMs !== undefined) queue.addAfter(text, result.requeueAfterMs)
    } catch (error) {
      if (isConflict(error)) queue.add(text)
      else {
        this.#options.logger.warn(
          { controller: definition.name, key: text, err: error },
          'reconcile failed, will be tried again',
        )
        queue.addRateLimited(text)
      }
    } finally {
      this.#inWork--
      queue.done(text)
      this.#schedule()
    }
  }

  #settled(): boolean {
    if (this.#stopped) return true
    if (this.#inWork > 0 || this.#running.some(({ queue }) => !queue.idle)) return false
    return ![...this.#informers.values()].some((informer) => informer.pending)
  }

  #tellSettled(): void {
    if (this.#waiting.length === 0 || !this.#settled()) return
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}

function keyOf(object: KubeObject): string {
  return formatKey({ namespace: object.metadata.namespace ?? '', name: object.metadata.name ?? '' })
}

/** The slash is always there, so that a key reads back as it was, whatever the scope. */
function formatKey({ namespace, name }: Key): string {
  return `${namespace}/${name}`
}

function parseKey(text: string): Key {
  const slash = text.indexOf('/')
  return { namespace: text.slice(0, slash), name: text.slice(slash + 1) }
}
