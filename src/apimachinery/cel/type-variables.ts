/** Type parameters of one check, and what they have come to stand for. Mirrors cel-go checker/mapping.go. */
import type { Overload } from './functions.ts'
import * as T from './types.ts'

export class TypeVariables {
  private bound: T.Substitutions = new Map()
  private count = 0

  /** A parameter that stands for nothing yet. */
  variable(): T.CelType {
    return T.typeParam(`_var${this.count++}`)
  }

  /** Whether `to` takes a `from`; if so parameters stand for what that needs. */
  assigns(to: T.CelType, from: T.CelType): boolean {
    return this.keep(T.assignable(this.bound, to, from))
  }

  assignsAll(to: readonly T.CelType[], from: readonly T.CelType[]): boolean {
    return this.keep(T.assignableList(this.bound, to, from))
  }

  private keep(bound: T.Substitutions | undefined): boolean {
    if (bound) this.bound = bound
    return bound !== undefined
  }

  /** The type as far as it is known. */
  now(type: T.CelType): T.CelType {
    return T.substitute(this.bound, type, false)
  }

  /** The type when nothing more will be known. */
  final(type: T.CelType): T.CelType {
    return T.substitute(this.bound, type, true)
  }

  /** The overload's types with parameters of their own. */
  instance({ args, result, parameters }: Overload): { args: readonly T.CelType[]; result: T.CelType } {
    if (parameters.length === 0) return { args, result }
    const fresh: T.Substitutions = new Map(parameters.map((name) => [name, this.variable()]))
    return { args: args.map((arg) => T.substitute(fresh, arg, false)), result: T.substitute(fresh, result, false) }
  }
}

/** Of what a loop's variables are: an entry, or with `keyed` a key and an entry; undefined when the type says nothing of that. */
export function entryTypes({ kind, parameters }: T.CelType, keyed: boolean): [T.CelType, T.CelType] | undefined {
  if (kind === 'map') return [parameters[0], parameters[1]]
  if (kind !== 'list') return undefined
  return keyed ? [T.INT, parameters[0]] : [parameters[0], T.DYN]
}
