/** One resource in memory: its objects by name, and what happened to them. */
import type { KubeObject } from '../apimachinery/meta.ts'
import { EventLog, type EventLogOptions, newExpired } from './event-log.ts'
import type { Beginning, Cursor, StorageEvent, WatchOptions } from './interface.ts'
import { countNames, newTree, type Tree } from './picture.ts'

/** Objects that were there from the beginning: made once, by whoever looks first, also at a mark. */
export class Beginnings {
  readonly #prefix: string
  #make: Beginning | undefined
  #events: StorageEvent[] = []
  #tree: Tree | undefined

  constructor(prefix: string, make: Beginning) {
    this.#prefix = prefix
    this.#make = make
  }

  /** Not to be changed. Throws what making them throws, and asks again the next time. */
  tree(): Tree {
    if (this.#tree) return this.#tree
    const tree = newTree()
    const events: StorageEvent[] = []
    for (const { name, object } of this.#make?.() ?? []) {
      const revision = Number(object.metadata.resourceVersion)
      events.push({ revision, type: 'create', key: { prefix: this.#prefix, name }, object })
      tree.set(name, object)
    }
    this.#make = undefined
    this.#events = events
    this.#tree = tree
    return tree
  }

  /** How they came, oldest first; for one asker. */
  takeEvents(): StorageEvent[] {
    this.tree()
    return this.#events.splice(0)
  }
}

/** `held`: an object was written here at some time; a watch alone makes a collection, too. */
export class Collection {
  held = false
  readonly log: EventLog
  #tree: Tree = newTree()
  /** What is not in the tree and the log yet. */
  #unread: Beginnings | undefined
  /** The last old state that was asked for: the pages of one list want the same again and again. */
  #past: { revision: number; tree: Tree } | undefined

  constructor(options: EventLogOptions) {
    this.log = new EventLog(options)
  }

  #present(): Tree {
    if (this.#unread) this.#read(this.#unread)
    return this.#tree
  }

  /** Other objects, without a history of how. */
  become(tree: Tree | undefined): void {
    this.#unread = undefined
    this.#past = undefined
    this.#tree = tree?.clone() ?? newTree()
    if (tree) this.held = true
  }

  /** Before anything else is written here. */
  begin(beginnings: Beginnings): void {
    this.#unread = beginnings
    this.held = true
  }

  #read(unread: Beginnings): void {
    this.#tree = unread.tree().clone()
    this.#unread = undefined
    for (const event of unread.takeEvents()) if (event.revision > this.log.compacted) this.log.append(event)
  }

  /** For a mark: what is there now. */
  picture(): Tree | Beginnings {
    return this.#unread ?? this.#tree.clone()
  }

  /** A watch from the present on can open before what is there was read. */
  watch(options: WatchOptions, isPresent: boolean): Cursor {
    if (this.#unread && !isPresent) this.#read(this.#unread)
    return this.log.watch(options)
  }

  /** A commit. */
  append(event: StorageEvent): void {
    const { name } = event.key
    if (event.type === 'delete') this.#present().delete(name)
    else this.#present().set(name, event.object)
    this.log.append(event)
    if (this.#past !== undefined && this.#past.revision < this.log.compacted) this.#past = undefined
  }

  compact(revision: number): void {
    this.log.compact(revision)
    this.#past = undefined
  }

  get(name: string): KubeObject | undefined {
    return this.#present().get(name)
  }

  count(under: string): number {
    return countNames(this.#present(), under, under)
  }

  /** The past is the present with the events since undone, on a copy that shares all that they did not touch. Throws Expired. */
  treeAt(revision: number, isPresent: boolean): Tree {
    // First: the log may be too short for all that it begins with.
    const present = this.#present()
    if (revision < this.log.compacted) throw newExpired(this.log.compacted)
    if (isPresent) return present
    if (this.#past?.revision === revision) return this.#past.tree
    const tree = present.clone()
    for (const { key, prevObject } of this.log.newestFirst(revision)) {
      if (prevObject === undefined) tree.delete(key.name)
      else tree.set(key.name, prevObject)
    }
    this.#past = { revision, tree }
    return tree
  }
}
