/** A resource's objects as controllers see them: fed by one watch, indexed, read through listers. Mirrors client-go/tools/cache. */
import { controllerOf, type KubeObject, objectKey } from '../apimachinery/meta.ts'
import type { InformerEvent, ResourceName, WatchSource } from './client.ts'
import type { Lister } from './controller.ts'

export type IndexFunction = (object: KubeObject) => string[]
type Handler = (event: InformerEvent) => void

const NONE: readonly never[] = []

/** An object and where it is filed: an update that moves it nowhere only puts the new object in. */
interface Entry {
  object: KubeObject
  /** Its values in each index, in the order of the indexes. */
  places: readonly (readonly string[])[]
}

/** Entries under a value. A Map keeps the order in which they came and removes in constant time. */
type Bucket = Map<string, Entry>

interface Index {
  values: (object: KubeObject) => readonly string[]
  buckets: Map<string, Bucket>
}

/**
 * `drain` takes what the watch has to say, updates the indexes and tells the handlers, synchronously. Whoever reads a lister after a drain
 * reads what storage holds.
 */
export class Informer implements Lister {
  readonly resource: ResourceName
  readonly #objects: Bucket = new Map()
  readonly #namespaces: Index = { values: namespaceOf, buckets: new Map() }
  readonly #owners: Index = { values: ownerOf, buckets: new Map() }
  readonly #named = new Map<string, Index>()
  readonly #indexes: Index[] = [this.#namespaces, this.#owners]
  readonly #handlers: Handler[] = []
  readonly #wake: () => void
  #source: WatchSource | undefined
  #watch: ReturnType<WatchSource['watch']> | undefined
  #pending = false
  /** History was forgotten, and no list since then has told what there is. */
  #behind = false

  constructor(resource: ResourceName, wake: () => void) {
    this.resource = resource
    this.#wake = wake
  }

  /** Before `start`. */
  addIndex(name: string, values: IndexFunction): void {
    if (this.#named.has(name)) return
    const index = { values, buckets: new Map() }
    this.#named.set(name, index)
    this.#indexes.push(index)
  }

  /** Before `start`. Handlers are called in the order in which they were added. */
  onEvent(handler: Handler): void {
    this.#handlers.push(handler)
  }

  start(source: WatchSource): void {
    this.#source = source
    this.#pending = true
    this.#watch = this.#open(source)
    this.#wake()
  }

  #open(source: WatchSource): ReturnType<WatchSource['watch']> {
    return source.watch(this.resource, () => {
      this.#pending = true
      this.#wake()
    })
  }

  /** There are events that `drain` has not taken. */
  get pending(): boolean {
    return this.#pending
  }

  drain(): void {
    while (this.#pending && this.#watch) {
      this.#pending = false
      const events = this.#behind ? undefined : this.#watch.read()
      if (events) for (const event of events) this.#apply(event)
      else this.#listAnew()
      if (!this.#behind) continue
      // What is known stays until a list can be had: in a later turn, for the loop would not end.
      this.#pending = true
      this.#wake()
      return
    }
  }

  /** What went meanwhile is told as deleted, in the last state that was seen. `#behind` afterwards: the new watch fails, too. */
  #listAnew(): void {
    this.#watch?.close()
    this.#watch = this.#open(this.#source as WatchSource)
    const events = this.#watch.read()
    this.#behind = !events
    if (!events) return
    const gone = new Map(this.#objects)
    for (const event of events) {
      gone.delete(objectKey(event.object))
      this.#apply(event)
    }
    for (const { object } of gone.values()) this.#apply({ type: 'deleted', object })
  }

  stop(): void {
    this.#watch?.close()
    this.#watch = undefined
    this.#pending = false
  }

  get(namespace: string, name: string): KubeObject | undefined {
    return this.#objects.get(namespace ? `${namespace}/${name}` : name)?.object
  }

  list(namespace?: string): readonly KubeObject[] {
    return listed(namespace === undefined ? this.#objects : this.#namespaces.buckets.get(namespace))
  }

  ownedBy(uid: string): readonly KubeObject[] {
    return listed(this.#owners.buckets.get(uid))
  }

  byIndex(index: string, value: string): readonly KubeObject[] {
    const found = this.#named.get(index)
    if (!found) throw new Error(`${this.resource} has no index ${index}`)
    return listed(found.buckets.get(value))
  }

  #apply(event: InformerEvent): void {
    const key = objectKey(event.object)
    const entry = this.#objects.get(key)
    const old = entry?.object
    if (event.type === 'deleted') this.#remove(key, entry)
    else this.#put(key, entry, event.object)
    const told: InformerEvent = {
      type: event.type === 'added' && old ? 'updated' : event.type,
      object: event.object,
      old,
    }
    for (const handler of this.#handlers) handler(told)
  }

  #put(key: string, known: Entry | undefined, object: KubeObject): void {
    const entry = known ?? { object, places: [] }
    const places = this.#indexes.map(({ values }) => values(object))
    this.#indexes.forEach(({ buckets }, i) => {
      const [before, after] = [entry.places[i] ?? NONE, places[i] as readonly string[]]
      for (const value of before) if (!after.includes(value)) leave(buckets, value, key)
      for (const value of after) if (!before.includes(value)) enter(buckets, value, key, entry)
    })
    entry.object = object
    entry.places = places
    if (!known) this.#objects.set(key, entry)
  }

  #remove(key: string, entry: Entry | undefined): void {
    this.#objects.delete(key)
    this.#indexes.forEach(({ buckets }, i) => {
      for (const value of entry?.places[i] ?? NONE) leave(buckets, value, key)
    })
  }
}

function listed(bucket: Bucket | undefined): readonly KubeObject[] {
  if (!bucket) return NONE
  const objects = new Array<KubeObject>(bucket.size)
  let i = 0
  for (const { object } of bucket.values()) objects[i++] = object
  return objects
}

function namespaceOf({ metadata }: KubeObject): readonly string[] {
  return metadata.namespace === undefined ? NONE : [metadata.namespace]
}

function ownerOf(object: KubeObject): readonly string[] {
  const owner = controllerOf(object)
  return owner?.uid === undefined ? NONE : [owner.uid]
}

function enter(buckets: Map<string, Bucket>, value: string, key: string, entry: Entry): void {
  const bucket = buckets.get(value)
  if (bucket) bucket.set(key, entry)
  else buckets.set(value, new Map([[key, entry]]))
}

function leave(buckets: Map<string, Bucket>, value: string, key: string): void {
  const bucket = buckets.get(value)
  bucket?.delete(key)
  if (bucket?.size === 0) buckets.delete(value)
}
