/** A resource's objects as controllers see them: fed by one watch, indexed, read through listers. Mirrors client-go/tools/cache. */
import { controllerOf, type KubeObject, objectKey } from '../apimachinery/meta.ts'
import type { InformerEvent, ResourceName, WatchSource } from './client.ts'
import type { Lister } from './controller.ts'

export type IndexFunction = (object: KubeObject) => string[]
type Handler = (event: InformerEvent) => void

const NONE: readonly never[] = []

/** Objects under a value. A Map keeps the order in which they came and removes in constant time. */
type Bucket = Map<string, KubeObject>

/**
 * `drain` takes what the watch has to say, updates the indexes and tells the handlers, synchronously. Whoever reads a lister after a drain
 * reads what storage holds.
 */
export class Informer implements Lister {
  readonly resource: ResourceName
  readonly #objects: Bucket = new Map()
  readonly #namespaces = new Map<string, Bucket>()
  readonly #owners = new Map<string, Bucket>()
  readonly #indexes = new Map<string, { values: IndexFunction; buckets: Map<string, Bucket> }>()
  readonly #handlers: Handler[] = []
  readonly #wake: () => void
  #watch: ReturnType<WatchSource['watch']> | undefined
  #pending = false

  constructor(resource: ResourceName, wake: () => void) {
    this.resource = resource
    this.#wake = wake
  }

  /** Before `start`. */
  addIndex(name: string, values: IndexFunction): void {
    this.#indexes.set(name, { values, buckets: new Map() })
  }

  /** Before `start`. Handlers are called in the order in which they were added. */
  onEvent(handler: Handler): void {
    this.#handlers.push(handler)
  }

  start(source: WatchSource): void {
    this.#pending = true
    this.#watch = source.watch(this.resource, () => {
      this.#pending = true
      this.#wake()
    })
    this.#wake()
  }

  /** There are events that `drain` has not taken. */
  get pending(): boolean {
    return this.#pending
  }

  drain(): void {
    while (this.#pending && this.#watch) {
      this.#pending = false
      for (const event of this.#watch.read()) this.#apply(event)
    }
  }

  stop(): void {
    this.#watch?.close()
    this.#watch = undefined
    this.#pending = false
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name)
  }

  list(namespace?: string): readonly KubeObject[] {
    return listed(namespace === undefined ? this.#objects : this.#namespaces.get(namespace))
  }

  ownedBy(uid: string): readonly KubeObject[] {
    return listed(this.#owners.get(uid))
  }

  byIndex(index: string, value: string): readonly KubeObject[] {
    const found = this.#indexes.get(index)
    if (!found) throw new Error(`${this.resource} has no index ${index}`)
    return listed(found.buckets.get(value))
  }

  #apply(event: InformerEvent): void {
    const key = objectKey(event.object)
    const old = this.#objects.get(key)
    if (event.type === 'deleted') {
      this.#objects.delete(key)
      if (old) this.#reindex(key, old, undefined)
    } else {
      this.#objects.set(key, event.object)
      this.#reindex(key, old, event.object)
    }
    const told: InformerEvent = {
      type: event.type === 'added' && old ? 'updated' : event.type,
      object: event.object,
      old,
    }
    for (const handler of this.#handlers) handler(told)
  }

  #reindex(key: string, old: KubeObject | undefined, object: KubeObject | undefined): void {
    move(this.#namespaces, key, old?.metadata.namespace, object?.metadata.namespace, object)
    move(this.#owners, key, old && controllerOf(old)?.uid, object && controllerOf(object)?.uid, object)
    for (const { values, buckets } of this.#indexes.values()) {
      const before = old ? values(old) : NONE
      const after = object ? values(object) : NONE
      for (const value of before) if (!after.includes(value as never)) move(buckets, key, value, undefined, object)
      for (const value of after) move(buckets, key, undefined, value, object)
    }
  }
}

function listed(bucket: Bucket | undefined): readonly KubeObject[] {
  return bucket ? [...bucket.values()] : NONE
}

function move(
  buckets: Map<string, Bucket>,
  key: string,
  from: string | undefined,
  to: string | undefined,
  object?: KubeObject,
): void {
  if (from !== undefined && from !== to) {
    const bucket = buckets.get(from)
    bucket?.delete(key)
    if (bucket?.size === 0) buckets.delete(from)
  }
  if (to === undefined || !object) return
  let bucket = buckets.get(to)
  if (!bucket) {
    bucket = new Map()
    buckets.set(to, bucket)
  }
  bucket.set(key, object)
}
