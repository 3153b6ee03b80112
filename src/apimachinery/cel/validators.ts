/** What is wrong with an expression beyond its types: literals that no function takes. Mirrors cel-go cel/validator.go. */
import { patternError } from '../regular-expression.ts'
import { type Call, type Expr, type ListExpr, walk } from './ast.ts'
import { clauseProblem, parseFormat } from './library/format-text.ts'
import type { Problem } from './problems.ts'
import { parseInstant, parseSpan } from './times.ts'
import * as T from './types.ts'
import { CelError } from './values.ts'

const LITERALS: Record<string, (text: string) => boolean> = {
  duration: (text) => parseSpan(text) !== undefined,
  timestamp: (text) => {
    const parsed = parseInstant(text)
    return parsed !== undefined && !(parsed instanceof CelError)
  },
  matches: (text) => patternError(text) === undefined,
}

/** `expr` has passed the checker. */
export function validateLiterals(expr: Expr, problems: Problem[]): void {
  const exempt = new Set<Expr>()
  walk(expr, (one) => {
    if (one.kind === 'call' && one.name === 'format') walk(one, (below) => exempt.add(below))
  })
  walk(expr, (one) => {
    if (one.kind === 'call') validateCall(one, problems)
    else if (!exempt.has(one)) validateHomogeneous(one, problems)
  })
}

function validateCall(call: Call, problems: Problem[]): void {
  const [arg] = call.args
  if (call.name === 'format') validateFormat(call, problems)
  if (!Object.hasOwn(LITERALS, call.name) || arg?.kind !== 'literal' || typeof arg.value !== 'string') return
  if (!LITERALS[call.name](arg.value)) {
    problems.push({ offset: arg.offset, message: `invalid ${call.name} argument` })
  }
}

function validateHomogeneous(expr: Expr, problems: Problem[]): void {
  if (expr.kind === 'list') {
    const held = expr.elements.map((one, i) =>
      expr.optional.has(i) ? (one.type!.parameters[0] ?? one.type!) : one.type!,
    )
    const odd = held.findIndex((type) => !T.isEquivalentType(held[0], type))
    if (odd > 0) mismatch(expr.elements[odd], held[0], held[odd], problems)
  }
  if (expr.kind !== 'map' || expr.entries.length === 0) return
  const types = expr.entries.map(({ key, value, optional }) => ({
    key: key.type!,
    value: optional ? (value.type!.parameters[0] ?? value.type!) : value.type!,
  }))
  expr.entries.forEach(({ key, value }, i) => {
    if (!T.isEquivalentType(types[0].key, types[i].key)) mismatch(key, types[0].key, types[i].key, problems)
    if (!T.isEquivalentType(types[0].value, types[i].value)) mismatch(value, types[0].value, types[i].value, problems)
  })
}

function mismatch({ offset }: Expr, expected: T.CelType, actual: T.CelType, problems: Problem[]): void {
  const message = `expected type '${T.formatType(expected)}' but found '${T.formatType(actual)}'`
  problems.push({ offset, message })
}

const CLAUSE_TYPES: Record<string, T.TypeKind[]> = {
  d: ['int', 'uint'],
  f: ['double', 'string'],
  e: ['double', 'string'],
  b: ['int', 'uint', 'bool'],
  x: ['int', 'uint', 'string', 'bytes'],
  X: ['int', 'uint', 'string', 'bytes'],
  o: ['int', 'uint'],
  s: [
    ...(['list', 'map', 'int', 'uint', 'double', 'bool', 'string', 'timestamp', 'bytes', 'duration'] as const),
    ...(['type', 'null_type'] as const),
  ],
}

/** A format that is a literal, with its arguments as a list. */
function validateFormat({ target, args, offset }: Call, problems: Problem[]): void {
  const [list] = args
  if (target?.kind !== 'literal' || typeof target.value !== 'string' || list?.kind !== 'list') return
  try {
    const clauses = parseFormat(target.value, list.elements.length).filter((part) => typeof part !== 'string')
    for (const [i, { verb }] of clauses.entries()) {
      const wrong = misfit(list.elements[i], verb)
      if (!wrong) continue
      const message = `error during formatting: ${clauseProblem(verb, wrong.type!.name)}`
      problems.push({ offset: wrong.offset, message })
      return
    }
    reportExtra(list, clauses.length, offset, problems)
  } catch (error) {
    problems.push({ offset, message: (error as Error).message })
  }
}

function reportExtra({ elements }: ListExpr, expected: number, offset: number, problems: Problem[]): void {
  if (elements.length <= expected) return
  const counts = `(expected ${expected}, got ${elements.length})`
  problems.push({ offset, message: `too many arguments supplied to string.format ${counts}` })
}

function misfit(expr: Expr, verb: string): Expr | undefined {
  const { kind } = expr.type!
  if (kind !== 'dyn' && !CLAUSE_TYPES[verb].includes(kind)) return expr
  if (verb !== 's') return undefined
  const below =
    expr.kind === 'list'
      ? expr.elements
      : expr.kind === 'map'
        ? expr.entries.flatMap(({ key, value }) => [key, value])
        : []
  for (const one of below) {
    const wrong = misfit(one, verb)
    if (wrong) return wrong
  }
  return undefined
}
