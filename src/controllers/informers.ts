/** The informers of a cluster: one a resource, shared by all controllers; those that look at everything follow the served resources. Mirrors client-go/informers and metadatainformer. */
import type { ResourceName, WatchSource } from './client.ts'
import type { Lister } from './controller.ts'
import { type Handle, type IndexFunction, Informer } from './informer.ts'

const NONE: readonly never[] = []
const NOTHING: Lister = { get: () => undefined, list: () => NONE, ownedBy: () => NONE, byIndex: () => NONE }

/** What a controller asks of one resource, or of all (`*`). */
interface Want {
  handler?: Handle
  /** As in Watch. */
  changesOnly?: boolean
  index?: { name: string; values: IndexFunction }
}

/** All wishes are made before `start`. Most resources never hold anything: what is wanted of them waits for the first object. */
export class Informers {
  readonly #source: WatchSource
  readonly #wake: () => void
  readonly #informers = new Map<ResourceName, Informer>()
  readonly #wants = new Map<ResourceName, Want[]>()
  readonly #pending = new Set<Informer>()
  /** Served and wanted, but nothing is there yet. */
  readonly #empty = new Set<ResourceName>()
  readonly #unsubscribe: (() => void)[] = []

  /** `wake` is called when an informer has something to read. */
  constructor(source: WatchSource, wake: () => void) {
    this.#source = source
    this.#wake = wake
  }

  want(resource: ResourceName, want: Want = {}): void {
    const wants = this.#wants.get(resource)
    if (wants) wants.push(want)
    else this.#wants.set(resource, [want])
  }

  /** `untouchedRevision`: as in ControllerRunner.start. */
  start(untouchedRevision = 0): void {
    this.#follow(untouchedRevision)
    this.#unsubscribe.push(
      this.#source.onResourcesChanged(() => this.#follow()),
      this.#source.onHeld((resource) => {
        if (this.#empty.delete(resource)) this.#open(resource)
      }),
    )
  }

  stop(): void {
    for (const unsubscribe of this.#unsubscribe.splice(0)) unsubscribe()
    for (const informer of this.#informers.values()) informer.stop()
    this.#pending.clear()
  }

  /** Undefined: nobody wants it, or nobody serves it. */
  get(resource: ResourceName): Lister | undefined {
    return this.#informers.get(resource) ?? (this.#empty.has(resource) ? NOTHING : undefined)
  }

  get pending(): boolean {
    return this.#pending.size > 0
  }

  /** Takes all news. Handlers may not write. */
  drain(): void {
    while (this.#pending.size > 0) {
      for (const informer of this.#pending) {
        this.#pending.delete(informer)
        informer.drain()
      }
    }
  }

  /** Opens an informer for each wanted resource that has none, and ends those of resources that are no longer served. */
  #follow(untouchedRevision = 0): void {
    const served = new Set(this.#watchable())
    for (const [resource, informer] of this.#informers) {
      if (served.has(resource)) continue
      informer.stop()
      this.#pending.delete(informer)
      this.#informers.delete(resource)
    }
    this.#empty.clear()
    const held = this.#source.held()
    for (const resource of served) {
      if (this.#informers.has(resource) || !(this.#wants.has('*') || this.#wants.has(resource))) continue
      if (held.has(resource)) this.#open(resource, untouchedRevision)
      else this.#empty.add(resource)
    }
  }

  #open(resource: ResourceName, untouchedRevision = 0): void {
    const informer = new Informer(resource, () => {
      this.#pending.add(informer)
      this.#wake()
    })
    const everything = resource === 'events' ? undefined : this.#wants.get('*')
    for (const { handler, changesOnly, index } of [...(this.#wants.get(resource) ?? []), ...(everything ?? [])]) {
      if (handler) informer.onEvent(handler, changesOnly)
      if (index) informer.addIndex(index.name, index.values)
    }
    this.#informers.set(resource, informer)
    informer.start(this.#source, untouchedRevision)
  }

  /** Resources that can be listed and watched; Events are one resource under two groups, and only a wish of their own opens them. */
  #watchable(): ResourceName[] {
    return this.#source
      .resources()
      .filter(({ verbs, name }) => verbs.includes('list') && verbs.includes('watch') && name !== 'events.events.k8s.io')
      .map(({ name }) => name)
      .filter((name) => name !== 'events' || this.#wants.has('events'))
  }
}
