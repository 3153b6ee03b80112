/** What configures admission, compiled: made anew at the first question after a change, so that requests pay nothing for it. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { Storage } from '../../storage/interface.ts'
import { ChangeSign } from '../change-loop.ts'

export class CompiledView<T> {
  readonly #storage: Storage
  readonly #prefixes: readonly string[]
  readonly #compile: (objects: DynamicObject[][]) => T
  readonly #sign: ChangeSign
  #compiled: T | undefined

  /** `compile` gets the stored objects below each of `prefixes`, in order of their names. Nothing is read before the first question. */
  constructor(storage: Storage, prefixes: readonly string[], compile: (objects: DynamicObject[][]) => T) {
    this.#storage = storage
    this.#prefixes = prefixes
    this.#compile = compile
    this.#sign = new ChangeSign(storage, () => {
      this.#compiled = undefined
    })
  }

  current(): T {
    this.#compiled ??= this.#read()
    return this.#compiled
  }

  #read(): T {
    this.#sign.read()
    for (const prefix of this.#prefixes) if (!this.#sign.follows(prefix)) this.#sign.follow(prefix)
    return this.#compile(this.#prefixes.map((prefix) => this.#storage.list(prefix).objects as DynamicObject[]))
  }
}
