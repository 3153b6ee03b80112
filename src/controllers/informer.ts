/** A resource's objects as controllers see them: fed by one watch, indexed, read through listers. Mirrors client-go/tools/cache. */
import { controllerOf, type KubeObject } from '../apimachinery/meta.ts'
import type { InformerEvent, ResourceName, WatchSource } from './client.ts'
import type { Lister } from './controller.ts'

export type IndexFunction = (object: KubeObject) => string[]

/** An event, and what it is one of. */
export interface ToldEvent extends InformerEvent {
  resource: ResourceName
}

/** The event is shared: never change it. */
export type Handle = (event: ToldEvent) => void

const NONE: readonly never[] = []

/** From so many objects on every index is kept: to make one of many more would hold up all that waits. */
const KEEPS_ALL = 5_000

/** Holds what an object is now: an update that moves it nowhere only puts the new object in. */
interface Entry {
  object: KubeObject
}

/** Entries under a value, in the order in which they came; most values of most indexes have one. */
type Bucket = Entry | Set<Entry>

interface Index {
  /** Answers the same for the same object. */
  values: (object: KubeObject) => readonly string[]
  buckets: Map<string, Bucket>
  /** Somebody has asked it, or there are many objects. Until then nothing is in it: most are never asked in most clusters. */
  isKept: boolean
}

/**
 * `drain` takes what the watch has to say, updates the indexes and tells the handlers, synchronously. Whoever reads a lister after a drain
 * reads what storage holds.
 */
export class Informer implements Lister {
  readonly resource: ResourceName
  readonly #entries = new Set<Entry>()
  /** By namespace, '' for cluster-scoped objects, and name. */
  readonly #byName = new Map<string, Map<string, Entry>>()
  readonly #owners = newIndex(ownerOf)
  readonly #named = new Map<string, Index>()
  /** Those that are kept. */
  readonly #indexes: Index[] = []
  readonly #handlers: Handle[] = []
  /** Those that are told of what was there, untouched, when the informer started, too. */
  readonly #alwaysTold: Handle[] = []
  readonly #wake: () => void
  #source: WatchSource | undefined
  #watch: ReturnType<WatchSource['watch']> | undefined
  #pending = false
  /** Nobody has asked for what is there: it is read with the first change, or when somebody looks. */
  #asleep = false
  /** What the next read tells of objects up to this revision is no news. */
  #untouchedRevision = 0
  /** History was forgotten, and no list since then has told what there is. */
  #behind = false

  constructor(resource: ResourceName, wake: () => void) {
    this.resource = resource
    this.#wake = wake
  }

  /** Before `start`. */
  addIndex(name: string, values: IndexFunction): void {
    if (!this.#named.has(name)) this.#named.set(name, newIndex(values))
  }

  /** Before `start`. Handlers are called in the order in which they were added; with `changesOnly` not for what was there, untouched, at the start. */
  onEvent(handle: Handle, changesOnly = false): void {
    this.#handlers.push(handle)
    if (!changesOnly) this.#alwaysTold.push(handle)
  }

  /** `untouchedRevision`: as in ControllerRunner.start. */
  start(source: WatchSource, untouchedRevision = 0): void {
    this.#source = source
    this.#untouchedRevision = untouchedRevision
    this.#asleep = untouchedRevision > 0 && this.#alwaysTold.length === 0
    this.#watch = this.#open(source)
    if (this.#asleep) return
    this.#pending = true
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
      this.#asleep = false
      const events = this.#behind ? undefined : this.#watch.read()
      if (events) this.#take(events)
      else this.#listAnew()
      if (!this.#behind) continue
      // What is known stays until a list can be had: in a later turn, for the loop would not end.
      this.#pending = true
      this.#wake()
      return
    }
  }

  #take(events: readonly InformerEvent[]): void {
    const untouchedRevision = this.#untouchedRevision
    this.#untouchedRevision = 0
    for (const event of events) {
      this.#apply(event, untouchedRevision > 0 && Number(event.object.metadata.resourceVersion) <= untouchedRevision)
    }
  }

  #awake(): void {
    if (!this.#asleep) return
    this.#pending = true
    this.drain()
  }

  /** What went meanwhile is told as deleted, in the last state that was seen. `#behind` afterwards: the new watch fails, too. */
  #listAnew(): void {
    this.#watch?.close()
    this.#watch = this.#open(this.#source as WatchSource)
    const events = this.#watch.read()
    this.#behind = !events
    if (!events) return
    const gone = new Set(this.#entries)
    for (const event of events) {
      const known = this.#find(event.object)
      if (known) gone.delete(known)
      this.#apply(event)
    }
    for (const { object } of gone) this.#apply({ type: 'deleted', object })
  }

  stop(): void {
    this.#watch?.close()
    this.#watch = undefined
    this.#pending = false
  }

  get(namespace: string, name: string): KubeObject | undefined {
    this.#awake()
    return this.#byName.get(namespace)?.get(name)?.object
  }

  list(namespace?: string): readonly KubeObject[] {
    this.#awake()
    return namespace === undefined ? listed(this.#entries) : listed(this.#byName.get(namespace))
  }

  ownedBy(uid: string): readonly KubeObject[] {
    this.#awake()
    return this.#entered(this.#owners, uid)
  }

  byIndex(index: string, value: string): readonly KubeObject[] {
    this.#awake()
    const found = this.#named.get(index)
    if (!found) throw new Error(`${this.resource} has no index ${index}`)
    return this.#entered(found, value)
  }

  #entered(index: Index, value: string): readonly KubeObject[] {
    if (!index.isKept) this.#keep(index)
    const bucket = index.buckets.get(value)
    return bucket instanceof Set ? listed(bucket) : bucket ? [bucket.object] : NONE
  }

  #keepAll(): void {
    for (const index of [this.#owners, ...this.#named.values()]) if (!index.isKept) this.#keep(index)
  }

  #keep(index: Index): void {
    const { values, buckets } = index
    for (const entry of this.#entries) for (const value of values(entry.object)) enter(buckets, value, entry)
    index.isKept = true
    this.#indexes.push(index)
  }

  #find({ metadata }: KubeObject): Entry | undefined {
    return this.#byName.get(metadata.namespace ?? '')?.get(metadata.name ?? '')
  }

  #apply({ type, object }: InformerEvent, isUntouched = false): void {
    const entry = this.#find(object)
    const old = entry?.object
    if (type !== 'deleted') this.#put(entry, object)
    else if (entry) this.#remove(entry)
    const told: ToldEvent = { type: type === 'added' && old ? 'updated' : type, resource: this.resource, object, old }
    for (const handle of isUntouched ? this.#alwaysTold : this.#handlers) handle(told)
  }

  #put(known: Entry | undefined, object: KubeObject): void {
    const old = known?.object
    const entry = known ?? this.#enter(object)
    entry.object = object
    for (const { values, buckets } of this.#indexes) {
      const before = old ? values(old) : NONE
      const after = values(object)
      for (const value of before) if (!after.includes(value)) leave(buckets, value, entry)
      for (const value of after) if (!before.includes(value)) enter(buckets, value, entry)
    }
  }

  #enter(object: KubeObject): Entry {
    const { namespace = '', name = '' } = object.metadata
    const entry = { object }
    const names = this.#byName.get(namespace)
    if (names) names.set(name, entry)
    else this.#byName.set(namespace, new Map([[name, entry]]))
    this.#entries.add(entry)
    if (this.#entries.size === KEEPS_ALL) this.#keepAll()
    return entry
  }

  #remove(entry: Entry): void {
    const { namespace = '', name = '' } = entry.object.metadata
    const names = this.#byName.get(namespace)
    names?.delete(name)
    if (names?.size === 0) this.#byName.delete(namespace)
    this.#entries.delete(entry)
    for (const { values, buckets } of this.#indexes) {
      for (const value of values(entry.object)) leave(buckets, value, entry)
    }
  }
}

function listed(entries: ReadonlySet<Entry> | ReadonlyMap<string, Entry> | undefined): readonly KubeObject[] {
  if (!entries) return NONE
  const objects = new Array<KubeObject>(entries.size)
  let i = 0
  for (const { object } of entries.values()) objects[i++] = object
  return objects
}

const newIndex = (values: Index['values']): Index => ({ values, buckets: new Map(), isKept: false })

function ownerOf(object: KubeObject): readonly string[] {
  const owner = controllerOf(object)
  return owner?.uid === undefined ? NONE : [owner.uid]
}

function enter(buckets: Map<string, Bucket>, value: string, entry: Entry): void {
  const bucket = buckets.get(value)
  if (bucket instanceof Set) bucket.add(entry)
  else if (bucket !== entry) buckets.set(value, bucket ? new Set([bucket, entry]) : entry)
}

function leave(buckets: Map<string, Bucket>, value: string, entry: Entry): void {
  const bucket = buckets.get(value)
  if (bucket instanceof Set) bucket.delete(entry)
  if (bucket === entry || (bucket instanceof Set && bucket.size === 0)) buckets.delete(value)
}
