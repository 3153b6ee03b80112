/** Runs controllers: shared informers, one queue each, the event loop kept free. Mirrors controller-runtime's manager. */
import type { Clock } from '../apimachinery/clock.ts'
import { isConflict, isStatusError } from '../apimachinery/errors.ts'
import { inNextTurn } from '../apimachinery/event-loop.ts'
import type { Logger } from '../apimachinery/logger.ts'
import { controllerOf, type KubeObject, type OwnerReference } from '../apimachinery/meta.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Client, ResourceName, WatchSource } from './client.ts'
import type { ControllerContext, ControllerDefinition, ControllerSettings, Lister, Watch } from './controller.ts'
import { EventQueue } from './event-queue.ts'
import { Informers } from './informers.ts'
import { formatKey, keyOf, parseKey } from './key.ts'
import { nextTick } from './next-tick.ts'
import { createRecorder } from './recorder.ts'
import { ServedResources } from './served-resources.ts'
import { ToldEvents } from './told-events.ts'
import { WorkQueue } from './workqueue.ts'

export interface RunnerOptions {
  controllers: readonly ControllerDefinition[]
  /** Each controller writes under a name of its own. */
  clientOf(controller: ControllerDefinition): Client
  source: WatchSource
  clock: Clock
  random: Random
  logger: Logger
  settings: ControllerSettings
}

/** Keys a controller reconciles before the next one has its turn: a ReplicaSet counts its pods once a batch of them, not once a pod. */
const BATCH = 64
/** Reconciles in a row before requests get the event loop. A number, not a time: how fast the machine is must not decide what happens when. */
const TURN = 16
/** Conflicts in a row that are tried again at once; further ones wait, so that a conflict that stays cannot spin. */
const PROMPT_RETRIES = 8

/** A controller that something has concerned. */
interface Running {
  definition: ControllerDefinition
  queue: WorkQueue
  context: ControllerContext
  conflicts: Map<string, number>
}

/** Those who own objects, by the resource of the owners. */
type Keepers = Map<ResourceName, (() => Running)[]>

/**
 * Reconciles run one after the other, in an order that only the events decide: with a seed two runs are the same. One that waits for
 * something outside the process (a webhook, etcd) is left to itself and does not hold up the others.
 */
export class ControllerRunner {
  readonly #options: RunnerOptions
  readonly #informers: Informers
  /** In the order of the controllers; made when something first concerns them: most clusters use few. */
  readonly #running: (Running | undefined)[]
  /** By what they own. */
  readonly #owners = new Map<ResourceName, Keepers>()
  readonly #waiting: (() => void)[] = []
  readonly #events = new EventQueue(() => this.#schedule())
  readonly #served: ServedResources
  readonly #told: ToldEvents
  #scheduled = false
  #turning = false
  #inWork = 0
  /** What was settled before the start was looked at. */
  #hasSettled: boolean
  #stopped = false
  #unsubscribe: (() => void) | undefined

  constructor(options: RunnerOptions) {
    this.#options = options
    this.#informers = new Informers(options.source, () => this.#schedule())
    this.#served = new ServedResources(options.source)
    this.#told = new ToldEvents(options.source, options.settings.settledRevision)
    this.#hasSettled = options.settings.settledRevision === 0
    this.#running = options.controllers.map(() => undefined)
    for (const [at, definition] of options.controllers.entries()) this.#add(definition, at)
  }

  /**
   * Opens the watches. Reconciles begin in the next turn of the event loop. Objects up to `untouchedRevision` are settled, and no key of theirs
   * failed: watches that are `changesOnly` are not told of them.
   */
  start(untouchedRevision = 0): void {
    this.#unsubscribe = this.#options.source.onResourcesChanged(() => this.#served.forget())
    this.#informers.start(untouchedRevision)
    this.#tellSettled()
  }

  /**
   * Resolves when no work is left: no event is unread, no key is ready or in work, no Event is unwritten. Keys that wait for a time
   * (a back-off, a requeue) are not work. Resolves at once when the runner is stopped.
   */
  settle(): Promise<void> {
    if (this.#settled()) return Promise.resolve()
    return new Promise((resolve) => {
      this.#waiting.push(resolve)
      this.#schedule()
    })
  }

  /** No reconcile starts after this; resolves when those in work have ended and all Events are written, or dropped. Idempotent. */
  async stop(events: 'written' | 'dropped' = 'written'): Promise<void> {
    this.#stopped = true
    this.#unsubscribe?.()
    for (const running of this.#running) running?.queue.close()
    this.#informers.stop()
    while (this.#inWork > 0 || !this.#events.isIdle) {
      if (events === 'dropped') this.#events.drop()
      else this.#events.writeSome()
      await nextTick()
    }
    this.#tellSettled()
  }

  #add(definition: ControllerDefinition, at: number): void {
    const running = (): Running => {
      const made = this.#running[at] ?? this.#make(definition)
      this.#running[at] = made
      return made
    }
    if (definition.for) {
      this.#informers.want(definition.for, { handler: ({ object }) => running().queue.add(keyOf(object)) })
    }
    for (const resource of definition.owns ?? []) this.#wantOwned(resource, definition.for ?? '', running)
    for (const watch of definition.watches ?? []) this.#wantWatched(watch, running)
    for (const resource of definition.reads ?? []) this.#informers.want(resource)
    for (const [resource, indexes] of Object.entries(definition.indexes ?? {})) {
      for (const [name, values] of Object.entries(indexes)) this.#informers.want(resource, { index: { name, values } })
    }
  }

  #make(definition: ControllerDefinition): Running {
    const urgent = definition.urgent && formatKey(definition.urgent)
    const queue = new WorkQueue(this.#options.clock, () => this.#schedule(), urgent)
    return { definition, queue, context: this.#contextFor(definition, queue), conflicts: new Map() }
  }

  #wantWatched({ resource, changesOnly, when, keys }: Watch, running: () => Running): void {
    this.#informers.want(resource, {
      changesOnly,
      handler(change) {
        const { object, type } = change
        const before = type === 'updated' ? change.old : undefined
        if (when && !when(object, before)) return
        const { context, queue } = running()
        for (const key of keys(object, context, before, change)) queue.add(formatKey(key))
      },
    })
  }

  /** Who owns an object is found out once, whoever asks. */
  #wantOwned(resource: ResourceName, root: ResourceName, running: () => Running): void {
    const known = this.#owners.get(resource)
    const keepers: Keepers = known ?? new Map()
    keepers.set(root, [...(keepers.get(root) ?? []), running])
    if (known) return
    this.#owners.set(resource, keepers)
    this.#informers.want(resource, {
      handler: ({ object, old }) => {
        const owner = controllerOf(object)
        if (owner) this.#enqueueOwner(object, owner, keepers)
        // A change of owner concerns the one it left, too.
        const before = old && controllerOf(old)
        if (before && before.uid !== owner?.uid) this.#enqueueOwner(old, before, keepers)
      },
    })
  }

  #enqueueOwner({ metadata }: KubeObject, owner: OwnerReference, keepers: Keepers): void {
    const root = this.#served.ofKind(owner.apiVersion, owner.kind)
    const concerned = root && keepers.get(root.name)
    if (!concerned) return
    const key = formatKey({ namespace: root.namespaced ? (metadata.namespace ?? '') : '', name: owner.name })
    for (const running of concerned) running().queue.add(key)
  }

  #contextFor(definition: ControllerDefinition, queue: WorkQueue): ControllerContext {
    const { clock, random, logger, settings } = this.#options
    const client = this.#options.clientOf(definition)
    return {
      client,
      clock,
      random,
      logger,
      settings,
      recorder: createRecorder({
        client,
        clock,
        component: definition.component,
        logger,
        events: this.#events,
        isTold: (about, reason, message) => !this.#hasSettled && this.#told.has(about, reason, message),
      }),
      lister: <T extends KubeObject>(resource: ResourceName): Lister<T> => {
        const informer = this.#informers.get(resource)
        if (!informer) throw new Error(`controller ${definition.name} does not read ${resource}`)
        return informer as unknown as Lister<T>
      },
      isServed: (resource) => this.#informers.get(resource) !== undefined,
      enqueue: (key, afterMs = 0) => queue.addAfter(formatKey(key), afterMs),
      resources: () => this.#served.all(),
      resourceFor: (apiVersion, kind) => this.#served.ofKind(apiVersion, kind),
    }
  }

  #schedule(): void {
    if (this.#scheduled || this.#turning || this.#stopped) return
    this.#scheduled = true
    inNextTurn(() => {
      this.#scheduled = false
      this.#turning = true
      void this.#turn().finally(() => {
        this.#turning = false
        const isReady = this.#running.some((running) => running && running.queue.ready > 0)
        if (isReady || this.#informers.pending || this.#events.isDue) this.#schedule()
        else this.#tellSettled()
      })
    })
  }

  /** Round after round over the controllers until nothing is ready. */
  async #turn(): Promise<void> {
    let reconciled = 0
    for (let worked = true; worked && !this.#stopped; ) {
      worked = false
      this.#informers.drain()
      for (const running of this.#running) {
        if (!running) continue
        for (let i = 0; i < BATCH && !this.#stopped; i++) {
          this.#informers.drain()
          const key = running.queue.take()
          if (key === undefined) break
          worked = true
          const work = this.#reconcile(running, key)
          if (work) await Promise.race([work, nextTick()])
          if (++reconciled % TURN !== 0) continue
          this.#events.pass()
          await nextTick()
        }
      }
      if (worked || !this.#events.writeSome()) continue
      // Then there may be work again, for clients had their turn.
      worked = true
      await nextTick()
    }
  }

  /** Undefined: it has ended. Never rejects. */
  #reconcile(running: Running, text: string): Promise<void> | undefined {
    this.#inWork++
    try {
      const result = running.definition.reconcile(parseKey(text), running.context)
      const succeed = (done: Awaited<typeof result>) => this.#succeeded(running, text, done?.requeueAfterMs)
      if (result instanceof Promise) return result.then(succeed, (error) => this.#failed(running, text, error))
      succeed(result)
    } catch (error) {
      this.#failed(running, text, error)
    }
  }

  #succeeded({ queue, conflicts }: Running, text: string, requeueAfterMs: number | undefined): void {
    queue.forget(text)
    conflicts.delete(text)
    if (requeueAfterMs !== undefined) queue.addAfter(text, requeueAfterMs)
    this.#ended(queue, text)
  }

  #failed({ definition, queue, conflicts }: Running, text: string, error: unknown): void {
    const conflictsInRow = isConflict(error) ? (conflicts.get(text) ?? 0) + 1 : 0
    if (conflictsInRow > 0) conflicts.set(text, conflictsInRow)
    if (conflictsInRow > 0 && conflictsInRow <= PROMPT_RETRIES) queue.add(text)
    else {
      // What the API refuses (a quota, a policy) is no fault of ours: its message says all, a stack would only bury it.
      const why = isStatusError(error) && error.code < 500 ? { refused: error.message } : { err: error }
      const fields = { controller: definition.name, key: text, ...why }
      this.#options.logger.warn(fields, 'reconcile failed, will be tried again')
      queue.addRateLimited(text)
    }
    this.#ended(queue, text)
  }

  #ended(queue: WorkQueue, text: string): void {
    this.#inWork--
    queue.done(text)
    this.#schedule()
  }

  #settled(): boolean {
    if (this.#stopped) return true
    if (this.#inWork > 0 || this.#informers.pending || !this.#events.isIdle) return false
    return this.#running.every((running) => !running || running.queue.idle)
  }

  #tellSettled(): void {
    if ((this.#hasSettled && this.#waiting.length === 0) || !this.#settled()) return
    this.#hasSettled = true
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
