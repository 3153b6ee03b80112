/** The informers of a cluster: one a resource, shared by all controllers; those that look at everything follow the served resources. Mirrors client-go/informers and metadatainformer. */
import type { InformerEvent, ResourceName, WatchSource } from './client.ts'
import { type IndexFunction, Informer } from './informer.ts'

/** What a controller asks of one resource, or of all (`*`). */
interface Want {
  handler?: (event: InformerEvent, resource: ResourceName) => void
  index?: { name: string; values: IndexFunction }
}

/** All wishes are made before `start`. */
export class Informers {
  readonly #source: WatchSource
  readonly #wake: () => void
  readonly #informers = new Map<ResourceName, Informer>()
  readonly #wants = new Map<ResourceName, Want[]>()
  readonly #pending = new Set<Informer>()
  #unsubscribe: (() => void) | undefined

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

  start(): void {
    this.#follow()
    this.#unsubscribe = this.#source.onResourcesChanged(() => this.#follow())
  }

  stop(): void {
    this.#unsubscribe?.()
    for (const informer of this.#informers.values()) informer.stop()
    this.#pending.clear()
  }

  get(resource: ResourceName): Informer | undefined {
    return this.#informers.get(resource)
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
  #follow(): void {
    const served = new Set(this.#watchable())
    for (const [resource, informer] of this.#informers) {
      if (served.has(resource)) continue
      informer.stop()
      this.#pending.delete(informer)
      this.#informers.delete(resource)
    }
    for (const resource of served) if (this.#wants.has('*') || this.#wants.has(resource)) this.#open(resource)
  }

  #open(resource: ResourceName): void {
    if (this.#informers.has(resource)) return
    const informer = new Informer(resource, () => {
      this.#pending.add(informer)
      this.#wake()
    })
    const everything = resource === 'events' ? undefined : this.#wants.get('*')
    for (const { handler, index } of [...(this.#wants.get(resource) ?? []), ...(everything ?? [])]) {
      if (handler) informer.onEvent((event) => handler(event, resource))
      if (index) informer.addIndex(index.name, index.values)
    }
    this.#informers.set(resource, informer)
    informer.start(this.#source)
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
