/**
 * Storage: revisioned objects under ordered keys, with a history that watchers follow. Mirrors apiserver/pkg/storage/interfaces.go
 * and etcd's meaning of revisions. No API rules live here: no names, no Status, no defaults.
 */
import type { KubeObject } from '../apimachinery/meta.ts'

/**
 * Where an object lives. `prefix` names the resource and is its log (`/registry/pods/`, `/registry/services/specs/`);
 * `name` is `namespace/name`, or `name` for cluster scope. The whole key, as etcd would have it, is the two put together.
 */
export interface Key {
  prefix: string
  name: string
}

export type EventType = 'create' | 'update' | 'delete'

/** One commit. `object` of a delete is the last state with the deletion's resourceVersion. */
export interface StorageEvent {
  revision: number
  type: EventType
  key: Key
  object: KubeObject
  prevObject?: KubeObject
}

/**
 * Timeout: the engine's server did not answer in time, Failed: it, or the disk, refused or could not, in its words. After either a write may
 * have been done. Unavailable: the storage is closed or takes no writes for now; the write was not begun, unless it was closed meanwhile.
 */
export type StorageErrorCode =
  | 'NotFound'
  | 'Exists'
  | 'Conflict'
  | 'Expired'
  | 'TooLarge'
  | 'Unavailable'
  | 'Timeout'
  | 'Failed'

/** The only error storage throws on purpose; registry/{create,update}.ts turn it into a Status. */
export class StorageError extends Error {
  readonly code: StorageErrorCode
  /** Expired: the oldest revision still readable. TooLarge: the current revision. */
  readonly revision: number | undefined
  constructor(code: StorageErrorCode, message: string, revision?: number) {
    super(message)
    this.name = 'StorageError'
    this.code = code
    this.revision = revision
  }
}

/** Whether a write that failed so may have been done all the same. */
export function mayBeCommitted(error: unknown): boolean {
  return error instanceof StorageError && (error.code === 'Timeout' || error.code === 'Failed')
}

export interface ListOptions {
  /** Only names that start with this: `default/` lists a namespace. */
  under?: string
  /** Read the state as it was at this revision; absent: now. Expired below the compaction point, TooLarge above the current revision. */
  revision?: number
  /** Start at this name (inclusive), for pagination. */
  start?: string
  /** At most this many objects that `matches`; absent or 0: all. */
  limit?: number
  matches?: (object: KubeObject) => boolean
}

export interface ListResult {
  /** In byte order of their names. */
  objects: KubeObject[]
  /** The revision the list is a picture of. */
  revision: number
  /** Name to go on from when the limit cut the list. */
  next?: string
  /** Names from `next` on, matching or not: what remainingItemCount may say when there is no selector. */
  remaining: number
}

/**
 * A reader of the history of one resource, at a position. It holds no copy of any event: `next` reads the log.
 * A cursor that fell behind compaction makes `next` throw StorageError Expired.
 */
export interface Cursor {
  /** The next event after the position that lies under the watch's name prefix, or undefined when there is none. Advances. */
  next(): StorageEvent | undefined
  /** Revision up to which this cursor has seen everything, also when nothing concerned it: what a bookmark may say. */
  readonly revision: number
  /** No more wake-ups. Idempotent. */
  close(): void
}

export interface WatchOptions {
  /** Only names that start with this: `default/` watches a namespace, `default/web` one object (and its namesakes: filter). */
  under?: string
  /**
   * Only what has this value, before or after, can be of interest: the reader is woken for nothing else. A hint: `next` may answer more.
   * `key` names the question: where it is the same, `read` reads the same.
   */
  only?: { key: string; read: (object: KubeObject) => string | undefined; value: string }
  /** Events with a greater revision. Expired is thrown at once when it lies behind compaction. */
  fromRevision: number
  /**
   * Called synchronously inside a commit when the cursor had caught up and there is now something to read; not again until the
   * reader has called `next` to the end. Must not throw, read, or write in it: schedule.
   */
  wake: () => void
}

/** Makes the objects that there are from the beginning, the one with the lowest resourceVersion first. */
export type Beginning = () => Iterable<{ name: string; object: KubeObject }>

/** A write is a promise only where the engine must wait (a network, a group commit): callers await only what is one. */
export type MaybePromise<T> = T | Promise<T>

export interface Storage {
  /** Revision of the newest commit over all resources; 1 on an empty storage. Never reused, never falls, also after a restart. */
  readonly revision: number
  /** Other processes write here, too. */
  readonly shared: boolean
  /** What it holds outlives `close`. */
  readonly lasting: boolean
  /**
   * Resolves when reads show all that anybody had written before the call. A value where nobody else writes; else throws Timeout or Failed, and
   * reads without it may be a little old.
   */
  fresh(): MaybePromise<void>
  /** Why the storage cannot be used right now, or undefined: what health checks say. */
  check(): MaybePromise<string | undefined>
  /** Calls back after the state was replaced as a whole (`restore`, a lost history): whoever followed it has to look anew. */
  onReplaced(callback: () => void): void
  get(prefix: string, name: string): KubeObject | undefined
  list(prefix: string, options?: ListOptions): ListResult
  /** How many objects, without reading them. */
  count(prefix: string, under?: string): number
  /** Prefixes that hold or held objects. */
  prefixes(): string[]
  /** Calls back when a prefix is the first time among `prefixes`: at the end of the commit, which can be read by then. Answers how to stop that. */
  onHeld(callback: (prefix: string) => void): () => void
  /**
   * Throws Exists. `object` is the storage's from now on, which may store it itself. Answers the stored one, with metadata.resourceVersion set
   * (decimal revision), where the given one has it or behind its other metadata.
   */
  create(prefix: string, name: string, object: KubeObject): MaybePromise<KubeObject>
  /**
   * What an empty storage begins with, by prefix: as if it were created, in the order of resourceVersions that the objects have already, up to
   * `revision`. An engine may ask for what is under a prefix as late as somebody looks there, and asks once.
   */
  begin(beginnings: ReadonlyMap<string, Beginning>, revision: number): MaybePromise<void>
  /** As create; throws NotFound, and Conflict when the stored resourceVersion is not `expected`. */
  update(prefix: string, name: string, object: KubeObject, expected: string): MaybePromise<KubeObject>
  /** As update; `last` is the final state, which stays its owner's and which the event carries with the deletion's resourceVersion and which is answered. */
  delete(prefix: string, name: string, last: KubeObject, expected: string): MaybePromise<KubeObject>
  watch(prefix: string, options: WatchOptions): Cursor
  /** Drops the history at and below `revision` (default: all so far); cursors and lists behind it then get Expired. */
  compact(revision?: number): void
  /** Back to the state that `mark` saw, with all cursors ended as Expired; revisions go on rising. For cluster.reset(). */
  restore(mark: StorageMark): MaybePromise<void>
  /** A cheap, immutable picture of everything (copy-on-write). */
  mark(): StorageMark
  /** File engines: all that was acknowledged is on disk, a snapshot is taken; then writes throw Unavailable. Idempotent. */
  close(): Promise<void>
}

/** Opaque to callers: made and read by the engine only. */
export interface StorageMark {
  readonly revision: number
}

export interface HistoryOptions {
  /** Events kept a resource; the oldest beyond it are compacted. */
  limit?: number
}
