/** What expressions may name: variables, structs and functions. Mirrors cel-go checker/env.go and apiserver/pkg/cel/environment. */
import type { FunctionTable } from './functions.ts'
import { functionTable } from './library/tables.ts'
import * as T from './types.ts'
import type { Value } from './values.ts'

/** A type with fields; expressions may make one when it says how. */
export interface StructDeclaration {
  readonly name: string
  /** Type of a field; undefined: there is none of that name. */
  field(name: string): T.CelType | undefined
  construct?(fields: ReadonlyMap<string, Value>): Value
}

export interface Environment {
  readonly variables: ReadonlyMap<string, T.CelType>
  readonly struct: (name: string) => StructDeclaration | undefined
  readonly functions: FunctionTable
}

export interface EnvironmentOptions {
  /** Expressions that are stored already may use what older servers do not know. */
  stored?: boolean
  /** Expressions may make JSON patches. */
  jsonPatch?: boolean
  struct?: (name: string) => StructDeclaration | undefined
}

/** Kubernetes' environment with these variables. Make it once: expressions are kept per environment. */
export function makeEnvironment(
  variables: Readonly<Record<string, T.CelType>> | ReadonlyMap<string, T.CelType>,
  { stored = false, jsonPatch = false, struct = () => undefined }: EnvironmentOptions = {},
): Environment {
  return {
    variables: variables instanceof Map ? variables : new Map(Object.entries(variables)),
    struct,
    functions: functionTable(stored, jsonPatch),
  }
}

const A = T.typeParam('A')
const B = T.typeParam('B')
const TYPES = new Map<string, T.CelType>(
  [
    ...[T.BOOL, T.BYTES, T.DOUBLE, T.DURATION, T.INT, T.listType(A), T.mapType(A, B), T.NULL, T.STRING, T.TIMESTAMP],
    ...[T.TYPE, T.UINT, T.optionalType(A), T.opaqueType('net.IP'), T.opaqueType('net.CIDR')],
  ].map((type) => [type.name, type]),
)

/** The type that a name is of, as in `type(x) == int`. */
export function typeNamed(environment: Environment, name: string): T.CelType | undefined {
  return TYPES.get(name) ?? (environment.struct(name) ? T.structType(name) : undefined)
}
