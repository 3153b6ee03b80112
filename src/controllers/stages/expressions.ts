/** Expressions of Stages, jq and CEL, compiled. Mirrors kwok pkg/utils/{expression,lifecycle}. */
import { compileExpression } from '../../apimachinery/cel/compile.ts'
import { makeEnvironment } from '../../apimachinery/cel/environment.ts'
import { fromJson, toJson } from '../../apimachinery/cel/json-values.ts'
import { formatSpan } from '../../apimachinery/cel/times.ts'
import { DYN } from '../../apimachinery/cel/types.ts'
import { Duration } from '../../apimachinery/cel/values.ts'
import { parseDuration } from '../../apimachinery/duration.ts'
import { compileQuery } from '../../apimachinery/jq/query.ts'
import { JqError } from '../../apimachinery/jq/values.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { ExpressionFrom, JqRequirement, MatchExpression, StageSelector } from './stage.ts'

export type Predicate = (object: KubeObject) => boolean

/** Throws an Error for people. */
export function compileSelector({ matchLabels, matchAnnotations, matchExpressions = [] }: StageSelector): Predicate {
  const tests = matchExpressions.map(compileMatch)
  const labels = Object.entries(matchLabels ?? {})
  const annotations = Object.entries(matchAnnotations ?? {})
  return (object) =>
    labels.every(([key, value]) => object.metadata.labels?.[key] === value) &&
    annotations.every(([key, value]) => object.metadata.annotations?.[key] === value) &&
    tests.every((test) => test(object))
}

function compileMatch({ cel, jq, key, operator, values }: MatchExpression): Predicate {
  if (cel) {
    const evaluate = compileCel(cel.expression)
    return (object) => evaluate(object) === true
  }
  if (jq) return compileRequirement(jq)
  if (key === undefined || operator === undefined)
    throw new Error('a match expression has cel, jq, or key and operator')
  return compileRequirement({ key, operator, values })
}

function compileRequirement({ key, operator, values = [] }: JqRequirement): Predicate {
  const read = compileJq(key)
  const isListed = (value: unknown): boolean => typeof value !== 'object' && values.includes(String(value))
  const wanted = operator === 'In' || operator === 'Exists'
  switch (operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) throw new Error(`the operator ${operator} needs values`)
      return (object) => read(object).some(isListed) === wanted
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) throw new Error(`the operator ${operator} takes no values`)
      return (object) => read(object).length > 0 === wanted
    default:
      throw new Error(`operator ${JSON.stringify(operator)} is not supported`)
  }
}

/** What the expression finds, without nulls; nothing where it fails. */
function compileJq(source: string): (object: KubeObject) => unknown[] {
  const query = compileQuery(source)
  return (object) => {
    try {
      return query(object).filter((value) => value !== null && value !== undefined)
    } catch (error) {
      if (error instanceof JqError) return []
      throw error
    }
  }
}

const ENVIRONMENT = makeEnvironment({ self: DYN })

/** The value as JSON, a duration as its text; undefined where it fails. */
function compileCel(source: string): (object: KubeObject) => unknown {
  const { program, problem } = compileExpression(ENVIRONMENT, source)
  if (!program) throw new Error(problem)
  return (object) => {
    const { value } = program.evaluate((name) => (name === 'self' ? fromJson(object) : undefined))
    if (value === undefined) return undefined
    return value instanceof Duration ? formatSpan(value) : toJson(value)
  }
}

function compileFrom({ cel, jq, expressionFrom }: ExpressionFrom): (object: KubeObject) => unknown {
  if (cel) return compileCel(cel.expression)
  const source = jq?.expression ?? expressionFrom
  if (source === undefined) throw new Error('an expression has cel, jq or expressionFrom')
  const read = compileJq(source)
  return (object) => read(object)[0]
}

/** A number of ms at a time, or undefined: it is not said. */
export type Milliseconds = (object: KubeObject, now: number) => number | undefined

/** What an expression says goes before the number beside it: a duration, or a time that is still to come. */
export function compileDuration(ms: number | undefined, from: ExpressionFrom | undefined): Milliseconds {
  if (!from) return () => ms
  const read = compileFrom(from)
  return (object, now) => {
    const value = read(object)
    if (value === '') return undefined
    if (typeof value !== 'string') return ms
    const time = /^\d{4}-\d\d-\d\dT/.test(value) ? Date.parse(value) : Number.NaN
    if (!Number.isNaN(time)) return time - now
    try {
      return Number(parseDuration(value) / 1_000_000n)
    } catch {
      return ms
    }
  }
}

/** Undefined: the object says that it has none. */
export type Weight = (object: KubeObject) => number | undefined

export function compileWeight(weight: number | undefined, from: ExpressionFrom | undefined): Weight {
  if (!from) return () => weight ?? 0
  const read = compileFrom(from)
  return (object) => {
    const value = read(object)
    if (typeof value === 'number') return Math.trunc(value)
    if (typeof value !== 'string') return weight ?? 0
    return /^[-+]?\d+$/.test(value) ? Number(value) : undefined
  }
}
