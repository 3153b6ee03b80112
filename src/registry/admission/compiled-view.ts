/** What configures admission, compiled: made anew at the first question after a change, so that requests pay nothing for it. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { type Cursor, type Storage, StorageError } from '../../storage/interface.ts'

export class CompiledView<T> {
  readonly #storage: Storage
  readonly #prefixes: readonly string[]
  readonly #compile: (objects: DynamicObject[][]) => T
  readonly #cursors = new Map<string, Cursor>()
  #compiled: T | undefined

  /** `compile` gets the stored objects below each of `prefixes`, in order of their names. Nothing is read before the first question. */
  constructor(storage: Storage, prefixes: readonly string[], compile: (objects: DynamicObject[][]) => T) {
    this.#storage = storage
    this.#prefixes = prefixes
    this.#compile = compile
  }

  current(): T {
    this.#compiled ??= this.#read()
    return this.#compiled
  }

  #read(): T {
    for (const prefix of this.#prefixes) this.#catchUp(prefix)
    return this.#compile(this.#prefixes.map((prefix) => this.#storage.list(prefix).objects as DynamicObject[]))
  }

  /** A cursor wakes once, and again only after it was read to its end. */
  #catchUp(prefix: string): void {
    try {
      const cursor = this.#cursors.get(prefix)
      if (cursor) {
        while (cursor.next()) {}
        return
      }
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'Expired') throw error
      this.#cursors.get(prefix)?.close()
    }
    const forget = (): void => {
      this.#compiled = undefined
    }
    const cursor = this.#storage.watch(prefix, { fromRevision: this.#storage.revision, wake: forget })
    while (cursor.next()) {}
    this.#cursors.set(prefix, cursor)
  }
}
