/** Watches: initial state, then history, as one stream that is pulled. Mirrors apiserver/pkg/storage/cacher/cache_watcher.go. */
import { newExpired, newInvalid, type Status } from '../apimachinery/errors.ts'
import { type FieldError, forbidden, notSupported } from '../apimachinery/field-error.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import {
  type Cursor,
  StorageError,
  type StorageEvent,
  type WatchOptions as StorageWatchOptions,
} from '../storage/interface.ts'
import { type ListOptions, listObjects, parseResourceVersion } from './list.ts'
import type { ObjectStore } from './object-store.ts'
import { compilePredicate, type Predicate } from './predicate.ts'

export interface WatchOptions extends ListOptions {
  allowWatchBookmarks?: boolean
  /** Something can be read now. Called inside a commit: schedule, do not read. */
  wake: () => void
}

export interface WatchEvent {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'
  object: DynamicObject | Status
}

const INITIAL_EVENTS_END = 'k8s.io/initial-events-end'

/** Throws 400 and 422. An expired start is not thrown: it is the stream's only event (ERROR, 410), as upstream answers it. */
export function watchObjects(store: ObjectStore, options: WatchOptions): WatchStream {
  validateWatchOptions(options)
  const predicate = compilePredicate(store.definition, options.labelSelector, options.fieldSelector)
  return new WatchStream(store, predicate, options)
}

/** Pull `next` until undefined, wait for `wake`, pull again. Holds no events of its own but the initial state. */
export class WatchStream {
  readonly #store: ObjectStore
  readonly #predicate: Predicate
  #cursor: Cursor | undefined
  /** State at the start, still to be sent; reversed, so that taking one is a pop. */
  #initial: DynamicObject[] = []
  #endOfInitial: string | undefined
  #failed: Status | undefined
  /** Taken from the log, and not yet shown: its objects wait for their conversion. */
  #pending: StorageEvent | undefined
  #bookmarked = 0

  constructor(store: ObjectStore, predicate: Predicate, options: WatchOptions) {
    this.#store = store
    this.#predicate = predicate
    const { storage } = store.environment
    const wanted = parseResourceVersion(options.resourceVersion)
    const namespace = options.namespace || (store.definition.namespaced ? predicate.namespace : undefined)
    const under = watchPrefix(store, namespace, predicate.name)
    const place = { under, only: watchDemand(store, predicate), wake: options.wake }
    const fromState = options.sendInitialEvents ?? wanted === 0
    try {
      if (fromState) {
        const list = listObjects(store, {
          namespace: namespace ?? '',
          labelSelector: options.labelSelector,
          fieldSelector: options.fieldSelector,
        })
        this.#initial = list.objects.reverse()
        if (options.sendInitialEvents && options.allowWatchBookmarks) this.#endOfInitial = list.resourceVersion
        const fromRevision = Number(list.resourceVersion)
        this.#cursor = storage.watch(store.definition.storagePrefix, { ...place, fromRevision })
      } else {
        const fromRevision = wanted === 0 ? storage.revision : wanted
        this.#cursor = storage.watch(store.definition.storagePrefix, { ...place, fromRevision })
      }
    } catch (error) {
      this.#fail(error, wanted)
    }
  }

  /**
   * The next event that concerns this watch, or undefined when it is up to date. After an ERROR there is nothing more. Throws ConversionNeeded,
   * and goes on at the same event when it is called again.
   */
  next(): WatchEvent | undefined {
    if (this.#failed) {
      const object = this.#failed
      this.#failed = undefined
      return { type: 'ERROR', object }
    }
    const initial = this.#initial.pop()
    if (initial) return { type: 'ADDED', object: initial }
    if (this.#endOfInitial !== undefined) {
      const version = this.#endOfInitial
      this.#endOfInitial = undefined
      return this.#bookmark(version, { [INITIAL_EVENTS_END]: 'true' })
    }
    return this.#nextFromLog()
  }

  #nextFromLog(): WatchEvent | undefined {
    const cursor = this.#cursor
    if (!cursor) return undefined
    try {
      for (let event = this.#pending ?? cursor.next(); event; event = cursor.next()) {
        this.#pending = event
        const seen = this.#concerns(event)
        this.#pending = undefined
        if (seen) return seen
      }
    } catch (error) {
      this.#fail(error, cursor.revision)
      return this.next()
    }
    return undefined
  }

  /** Nothing that concerns this watch lies between what was seen so far and here; 0 once it has ended. */
  get revision(): number {
    return this.#cursor?.revision ?? 0
  }

  /** A bookmark at what was seen so far, or undefined when the last one said the same. */
  bookmark(): WatchEvent | undefined {
    const { revision } = this
    if (revision <= this.#bookmarked || this.#initial.length > 0) return undefined
    return this.#bookmark(String(revision))
  }

  /** No events and no wake-ups after this. Idempotent. */
  close(): void {
    this.#cursor?.close()
    this.#cursor = undefined
    this.#initial = []
    this.#pending = undefined
    this.#endOfInitial = undefined
  }

  /** Old and new against the predicate: what this watcher sees of a commit. */
  #concerns(event: StorageEvent): WatchEvent | undefined {
    const object = this.#store.view(event.object)
    const old = event.prevObject && this.#store.view(event.prevObject)
    const matched = old !== undefined && this.#predicate.matches(old)
    const matches = event.type !== 'delete' && this.#predicate.matches(object)
    if (matches) return { type: matched ? 'MODIFIED' : 'ADDED', object }
    if (!matched) return undefined
    return { type: 'DELETED', object: event.type === 'delete' ? object : departed(old, event.object) }
  }

  #bookmark(version: string, annotations?: Record<string, string>): WatchEvent {
    this.#bookmarked = Number(version)
    const object = this.#store.zero()
    object.metadata = { resourceVersion: version, ...(annotations ? { annotations } : {}) }
    return { type: 'BOOKMARK', object }
  }

  #fail(error: unknown, requested: number): void {
    if (!(error instanceof StorageError) || error.code !== 'Expired') throw error
    this.close()
    this.#failed = newExpired(
      `too old resource version: ${requested} (${error.revision ?? this.#store.environment.storage.revision})`,
    ).status
  }
}

/** The last state that matched, at the revision where it stopped matching. One object for all watchers of the event. */
const departures = new WeakMap<KubeObject, DynamicObject>()

function departed(old: DynamicObject, current: KubeObject): DynamicObject {
  let left = departures.get(current)
  if (!left) {
    left = { ...old, metadata: { ...old.metadata, resourceVersion: current.metadata.resourceVersion } }
    departures.set(current, left)
  }
  return left
}

function watchPrefix(store: ObjectStore, namespace: string | undefined, name: string | undefined): string {
  if (!store.definition.namespaced) return name ?? ''
  return namespace ? `${namespace}/${name ?? ''}` : ''
}

/** Where objects are shown otherwise than they are stored, storage cannot know what they have. Labels are shown as they are, but by webhooks. */
function watchDemand({ definition }: ObjectStore, { demand }: Predicate): StorageWatchOptions['only'] {
  const { conversion, defaultOnRead } = definition.hooks
  const isShown = demand?.isLabel ? !conversion?.require : !conversion && !defaultOnRead
  return isShown ? (demand as StorageWatchOptions['only']) : undefined
}

function validateWatchOptions(options: WatchOptions): void {
  const errors: FieldError[] = []
  const path = 'resourceVersionMatch'
  const match = options.resourceVersionMatch
  if (options.sendInitialEvents !== undefined && match !== 'NotOlderThan') {
    errors.push(forbidden(path, 'sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'))
  }
  if (match) {
    if (options.sendInitialEvents === undefined) {
      errors.push(forbidden(path, 'resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided'))
    }
    if (match !== 'NotOlderThan') errors.push(notSupported(path, match, ['NotOlderThan']))
  }
  if (options.continue) errors.push(forbidden(path, 'resourceVersionMatch is forbidden when continue is provided'))
  if (errors.length > 0) throw newInvalid({ group: 'meta.k8s.io', resource: 'ListOptions' }, '', errors)
}
