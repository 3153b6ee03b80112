/**
 * The memory engine: one ordered tree and one event log a resource, one revision over all. Every other engine reads through one of these.
 * A write is one synchronous step: check, journal (if any), state, log, wake-ups. Nothing can come between.
 */
import type { KubeObject } from '../apimachinery/meta.ts'
import { shareParts } from '../apimachinery/shared-parts.ts'
import { Beginnings, Collection } from './collection.ts'
import { DEFAULT_HISTORY_LIMIT } from './event-log.ts'
import type {
  Beginning,
  Cursor,
  HistoryOptions,
  ListOptions,
  ListResult,
  Storage,
  StorageEvent,
  StorageMark,
  WatchOptions,
} from './interface.ts'
import { StorageError } from './interface.ts'
import { countNames, differences, type Picture, type Restoration, type Tree } from './picture.ts'

/** Revision of a storage that nothing was written to. What etcd starts with, and so the floor of every log. */
export const FIRST_REVISION = 1

/** Writes what must outlive the process. Called before the commit becomes visible; throwing refuses the commit, nothing changed. */
export interface CommitJournal {
  commit(event: StorageEvent): void
  restore(restoration: Restoration): void
}

export interface MemoryOptions {
  history?: HistoryOptions
  journal?: CommitJournal
  /** The state to begin with, with no history: watches and lists from before its revision are Expired. */
  initial?: Picture
}

class MemoryMark implements StorageMark {
  readonly revision: number
  readonly parts: ReadonlyMap<string, Tree | Beginnings>
  constructor(revision: number, parts: ReadonlyMap<string, Tree | Beginnings>) {
    this.revision = revision
    this.parts = parts
  }
}

export class MemoryStorage implements Storage {
  #revision = FIRST_REVISION
  /** History at and below this is gone in every log, also in those that are yet to be made. */
  #floor: number
  #closed = false
  readonly shared = false
  readonly lasting: boolean = false
  readonly #limit: number
  readonly #journal: CommitJournal | undefined
  readonly #collections = new Map<string, Collection>()
  readonly #whenReplaced: (() => void)[] = []
  readonly #whenHeld = new Set<(prefix: string) => void>()

  constructor(options: MemoryOptions = {}) {
    this.#limit = options.history?.limit ?? DEFAULT_HISTORY_LIMIT
    this.#journal = options.journal
    this.#revision = options.initial?.revision ?? FIRST_REVISION
    this.#floor = this.#revision
    for (const [prefix, tree] of options.initial?.trees ?? []) {
      this.#collection(prefix).become(tree)
    }
  }

  get revision(): number {
    return this.#revision
  }

  fresh(): void {}

  check(): undefined {}

  onReplaced(callback: () => void): void {
    this.#whenReplaced.push(callback)
  }

  get(prefix: string, name: string): KubeObject | undefined {
    return this.#collections.get(prefix)?.get(name)
  }

  list(prefix: string, options: ListOptions = {}): ListResult {
    const revision = options.revision ?? this.#revision
    const tree = this.#treeAt(prefix, revision)
    const under = options.under ?? ''
    const start = options.start !== undefined && options.start > under ? options.start : under
    const limit = options.limit || Number.POSITIVE_INFINITY
    const objects: KubeObject[] = []
    for (const [name, object] of tree.entries(start, [])) {
      if (!name.startsWith(under)) break
      if (objects.length >= limit) return { objects, revision, next: name, remaining: countNames(tree, under, name) }
      if (options.matches === undefined || options.matches(object)) objects.push(object)
    }
    return { objects, revision, remaining: 0 }
  }

  count(prefix: string, under = ''): number {
    const collection = this.#collections.get(prefix)
    return collection === undefined ? 0 : collection.count(under)
  }

  prefixes(): string[] {
    return [...this.#collections].flatMap(([prefix, { held }]) => (held ? [prefix] : [])).sort()
  }

  onHeld(callback: (prefix: string) => void): () => void {
    this.#whenHeld.add(callback)
    return () => this.#whenHeld.delete(callback)
  }

  create(prefix: string, name: string, object: KubeObject): KubeObject {
    this.#requireOpen()
    if (this.get(prefix, name) !== undefined) {
      throw new StorageError('Exists', `key exists: ${prefix}${name}`)
    }
    const revision = this.#revision + 1
    const isShared = object.metadata.resourceVersion === String(revision)
    object.metadata.resourceVersion = String(revision)
    this.#commit({ revision, type: 'create', key: { prefix, name }, object }, isShared)
    return object
  }

  begin(beginnings: ReadonlyMap<string, Beginning>, revision: number): void {
    this.#requireOpen()
    if (this.#journal || this.#revision !== FIRST_REVISION) throw new TypeError('only what is new can begin')
    this.#revision = revision
    for (const [prefix, make] of beginnings) {
      this.#collection(prefix).begin(new Beginnings(prefix, make))
      this.#hold(prefix)
    }
  }

  update(prefix: string, name: string, object: KubeObject, expected: string): KubeObject {
    this.#requireOpen()
    const prevObject = this.#requireStored(prefix, name, expected)
    const revision = this.#revision + 1
    object.metadata.resourceVersion = String(revision)
    this.#commit({ revision, type: 'update', key: { prefix, name }, object, prevObject })
    return object
  }

  delete(prefix: string, name: string, last: KubeObject, expected: string): KubeObject {
    this.#requireOpen()
    const prevObject = this.#requireStored(prefix, name, expected)
    const revision = this.#revision + 1
    const deleted = withRevision(last, revision)
    this.#commit({ revision, type: 'delete', key: { prefix, name }, object: deleted, prevObject })
    return deleted
  }

  watch(prefix: string, options: WatchOptions): Cursor {
    return this.#collection(prefix).watch(options, options.fromRevision >= this.#revision)
  }

  compact(revision = this.#revision): void {
    const upTo = Math.min(revision, this.#revision)
    this.#floor = Math.max(this.#floor, upTo)
    for (const collection of this.#collections.values()) collection.compact(upTo)
  }

  mark(): StorageMark {
    const parts = new Map<string, Tree | Beginnings>()
    for (const [prefix, collection] of this.#collections) if (collection.held) parts.set(prefix, collection.picture())
    return new MemoryMark(this.#revision, parts)
  }

  /** Also takes the mark of another memory engine: that is how a storage is forked. */
  restore(mark: StorageMark): void {
    this.#requireOpen()
    const picture = asPicture(mark)
    const revision = Math.max(this.#revision, picture.revision) + 1
    this.#journal?.restore({ revision, changes: differences(asPicture(this.mark()), picture) })
    this.become({ revision, trees: picture.trees })
  }

  /** A commit that was made elsewhere, at its own revision, which is greater than all before. */
  apply(event: StorageEvent): void {
    this.#commit(event)
  }

  /** Nothing that is held here has changed up to this revision. */
  advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
  }

  /** Replaces state and revision. There is no history of how: all cursors end as Expired. */
  become({ revision, trees }: Picture): void {
    this.#revision = revision
    this.#floor = revision
    const held = [...trees.keys()].filter((prefix) => !this.#collection(prefix).held)
    for (const [prefix, collection] of this.#collections) collection.become(trees.get(prefix))
    // Readers are told only now, when all of the state is the new one.
    for (const { log } of this.#collections.values()) log.reset(revision)
    for (const prefix of held) this.#hold(prefix)
    for (const callback of this.#whenReplaced) callback()
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  /** `isShared`: who put it together with its revision did so of parts that are shared where they can be. */
  #commit(event: StorageEvent, isShared = false): void {
    if (!isShared) shareParts(event.object, event.prevObject)
    this.#journal?.commit(event)
    const { prefix } = event.key
    const collection = this.#collection(prefix)
    this.#revision = event.revision
    collection.append(event)
    if (!collection.held) this.#hold(prefix)
  }

  #hold(prefix: string): void {
    this.#collection(prefix).held = true
    for (const callback of this.#whenHeld) callback(prefix)
  }

  #collection(prefix: string): Collection {
    const found = this.#collections.get(prefix)
    if (found !== undefined) return found
    const made = new Collection({ limit: this.#limit, compacted: this.#floor, now: () => this.#revision })
    this.#collections.set(prefix, made)
    return made
  }

  #treeAt(prefix: string, revision: number): Tree {
    if (revision > this.#revision) {
      throw new StorageError('TooLarge', `required revision is a future revision: ${revision}`, this.#revision)
    }
    return this.#collection(prefix).treeAt(revision, revision === this.#revision)
  }

  #requireStored(prefix: string, name: string, expected: string): KubeObject {
    const stored = this.get(prefix, name)
    if (stored === undefined) throw new StorageError('NotFound', `key not found: ${prefix}${name}`)
    const { resourceVersion } = stored.metadata
    if (resourceVersion !== expected) {
      throw new StorageError('Conflict', `${prefix}${name} is at revision ${resourceVersion}, not ${expected}`)
    }
    return stored
  }

  #requireOpen(): void {
    if (this.#closed) throw new StorageError('Unavailable', 'storage is closed')
  }
}

/** The state a mark of a memory engine holds. */
export function asPicture(mark: StorageMark): Picture {
  if (mark instanceof MemoryMark) {
    const trees = [...mark.parts].map(([prefix, part]): [string, Tree] => [
      prefix,
      part instanceof Beginnings ? part.tree() : part,
    ])
    return { revision: mark.revision, trees: new Map(trees) }
  }
  throw new TypeError('the mark was not made by this kind of storage')
}

/** An object that others hold, too, with its revision. One that has it already is answered itself. */
export function withRevision(object: KubeObject, revision: number): KubeObject {
  if (object.metadata.resourceVersion === String(revision)) return object
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } }
}
