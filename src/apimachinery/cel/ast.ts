/** Expressions as trees. Mirrors cel-go common/ast/expr.go. */
import type { CelType } from './types.ts'
import type { Value } from './values.ts'

interface Located {
  /** Where the expression's operator or first character stands in the source. */
  offset: number
  /** Set by the checker. */
  type?: CelType
}

export interface Literal extends Located {
  kind: 'literal'
  value: Value
}

export interface Ident extends Located {
  kind: 'ident'
  name: string
  /** Set by the checker when the name is that of a type. */
  constant?: Value
}

export interface Select extends Located {
  kind: 'select'
  operand: Expr
  field: string
  /** `has(operand.field)`. */
  testOnly: boolean
}

export interface Call extends Located {
  kind: 'call'
  name: string
  target?: Expr
  args: Expr[]
  /** Set by the checker: ids of the overloads that may apply. */
  overloads?: string[]
}

export interface ListExpr extends Located {
  kind: 'list'
  elements: Expr[]
  /** Indices of `?element`. */
  optional: ReadonlySet<number>
}

export interface MapEntry {
  offset: number
  key: Expr
  value: Expr
  optional: boolean
}

export interface MapExpr extends Located {
  kind: 'map'
  entries: MapEntry[]
}

export interface StructField {
  offset: number
  name: string
  value: Expr
  optional: boolean
}

export interface StructExpr extends Located {
  kind: 'struct'
  name: string
  fields: StructField[]
}

/** What macros become: a fold over a range. */
export interface Comprehension extends Located {
  kind: 'comprehension'
  range: Expr
  variable: string
  /** The value beside the key or index, in comprehensions of two variables. */
  variable2?: string
  accumulator: string
  init: Expr
  condition: Expr
  step: Expr
  result: Expr
}

export type Expr = Literal | Ident | Select | Call | ListExpr | MapExpr | StructExpr | Comprehension

/** Name of the accumulator of macros: no source can write it. */
export const ACCUMULATOR = '@result'

/** Of a function or an operator (`_+_`). */
export const call = (offset: number, name: string, ...args: Expr[]): Call => ({ kind: 'call', offset, name, args })

/** Calls `visit` on the expression and all below it, parents first. */
export function walk(expr: Expr, visit: (expr: Expr) => void): void {
  visit(expr)
  for (const below of children(expr)) walk(below, visit)
}

function children(expr: Expr): Expr[] {
  switch (expr.kind) {
    case 'select':
      return [expr.operand]
    case 'call':
      return expr.target ? [expr.target, ...expr.args] : expr.args
    case 'list':
      return expr.elements
    case 'map':
      return expr.entries.flatMap(({ key, value }) => [key, value])
    case 'struct':
      return expr.fields.map(({ value }) => value)
    case 'comprehension':
      return [expr.range, expr.init, expr.condition, expr.step, expr.result]
    default:
      return []
  }
}

/** A copy that shares nothing: macros may use an expression twice, and the checker writes into trees. */
export function copyExpr<T extends Expr>(expr: T): T {
  const copied: Record<string, unknown> = { ...expr }
  for (const [name, below] of Object.entries(expr)) {
    if (Array.isArray(below)) copied[name] = below.map(copyPart)
    else if (isExpr(below)) copied[name] = copyExpr(below)
  }
  return copied as unknown as T
}

function copyPart(part: unknown): unknown {
  if (isExpr(part)) return copyExpr(part)
  const entry = { ...(part as MapEntry) }
  if (entry.key) entry.key = copyExpr(entry.key)
  if (entry.value) entry.value = copyExpr(entry.value)
  return entry
}

const isExpr = (part: unknown): part is Expr =>
  typeof part === 'object' && part !== null && 'kind' in part && 'offset' in part

/** `a.b.c` of names alone. */
export function qualifiedName(expr: Expr): string | undefined {
  if (expr.kind === 'ident') return expr.name
  if (expr.kind !== 'select' || expr.testOnly) return undefined
  const prefix = qualifiedName(expr.operand)
  return prefix === undefined ? undefined : `${prefix}.${expr.field}`
}
