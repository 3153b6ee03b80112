/**
 * CEL expressions: compile once, evaluate often. Start here.
 *
 * An environment (`makeEnvironment`, or `admissionEnvironment` for policies and match conditions) says which variables an expression may name.
 * `compileExpression` answers a program or what is wrong; `compileTyped` also wants one of some types, as admission does.
 * `program.evaluate` runs it. Mirrors cel-go cel/{env,program}.go.
 */
import { type Expr, walk } from './ast.ts'
import { check } from './checker.ts'
import type { Environment } from './environment.ts'
import { plan } from './interpreter.ts'
import { parse } from './parser.ts'
import { CostExceeded, type Frame, type Step } from './plan.ts'
import { displayProblems, type Problem } from './problems.ts'
import { type CelType, isExactType, typeText } from './types.ts'
import { validateLiterals } from './validators.ts'
import { CelError, type Value } from './values.ts'

/** What one evaluation of one expression may cost. */
export const PER_CALL_LIMIT = 1_000_000
/** What all expressions of one policy binding, or of one custom resource, may cost together. */
export const RUNTIME_BUDGET = 10_000_000
/** What all match conditions of one webhook or policy may cost together. */
export const MATCH_CONDITIONS_BUDGET = 2_500_000

/** What an expression's variables hold; undefined: there is none of that name. Called when an evaluation first needs it, or never. */
export type Variables = (name: string) => Value | undefined

export interface Evaluation {
  /** undefined when it failed. */
  value?: Value
  /** Why it failed, in cel-go's words. */
  error?: string
  /** What it cost; more than the limit when it was cancelled for that. */
  cost: number
}

/** A compiled expression. Immutable; may be evaluated any number of times. */
export interface Program {
  readonly source: string
  readonly type: CelType
  readonly expr: Expr
  /** Whether the expression speaks of the variable. */
  uses(variable: string): boolean
  /** Never throws for what the expression does. */
  evaluate(variables: Variables, limit?: number): Evaluation
}

/** `stage` tells whether parsing and checking failed, or making a program of what they passed. */
export type Compiled =
  | { program: Program; problem?: undefined }
  | { program?: undefined; problem: string; stage: 'compilation' | 'instantiation' }

const MAX_KEPT = 10_000
const kept = new WeakMap<Environment, Map<string, Compiled>>()

/** Compiles, or answers the program it made of this source before. `problem` is cel-go's text: `ERROR: <input>:1:1: ...`. */
export function compileExpression(environment: Environment, source: string): Compiled {
  let programs = kept.get(environment)
  if (!programs || programs.size >= MAX_KEPT) {
    programs = new Map()
    kept.set(environment, programs)
  }
  const present = programs.get(source)
  if (present) return present
  const compiled = compile(environment, source)
  // What fails may pass later: policies declare variables one after the other.
  if (compiled.program) programs.set(source, compiled)
  return compiled
}

function compile(environment: Environment, source: string): Compiled {
  const problems: Problem[] = []
  const expr = parse(source, problems)
  const type = expr && check(expr, environment, problems)
  if (expr && problems.length === 0) validateLiterals(expr, problems)
  if (!expr || !type || problems.length > 0) {
    return { problem: displayProblems(problems, source), stage: 'compilation' }
  }
  try {
    return { program: makeProgram(source, expr, type, plan(expr, environment)) }
  } catch (error) {
    return { problem: (error as Error).message, stage: 'instantiation' }
  }
}

function makeProgram(source: string, expr: Expr, type: CelType, step: Step): Program {
  const names = new Set<string>()
  walk(expr, (one) => {
    if (one.kind === 'ident') names.add(one.name)
  })
  return {
    source,
    type,
    expr,
    uses: (variable) => names.has(variable),
    evaluate: (variables, limit = PER_CALL_LIMIT) => evaluate(step, variables, limit),
  }
}

function evaluate(step: Step, variables: Variables, limit: number): Evaluation {
  const frame: Frame = { resolve: variables, locals: [], cost: 0, limit }
  try {
    const value = step(frame)
    return value instanceof CelError ? { error: value.message, cost: frame.cost } : { value, cost: frame.cost }
  } catch (error) {
    if (error instanceof CostExceeded) return { error: error.message, cost: frame.cost }
    throw error
  }
}

/**
 * As compileExpression, for an expression that has to answer one of `types`. `problem` is what admission says of it:
 * `compilation failed: ERROR: ...`, `must evaluate to bool but got int`. Mirrors apiserver/pkg/admission/plugin/cel/compile.go.
 */
export function compileTyped(
  environment: Environment,
  source: string,
  types: readonly CelType[],
): { program: Program; problem?: undefined } | { program?: undefined; problem: string; internal: boolean } {
  const compiled = compileExpression(environment, source)
  if (!compiled.program) {
    const isCompilation = compiled.stage === 'compilation'
    const lead = isCompilation ? 'compilation failed' : 'program instantiation failed'
    return { problem: `${lead}: ${compiled.problem}`, internal: !isCompilation }
  }
  const { type } = compiled.program
  if (types.some((wanted) => isExactType(wanted, type) || wanted.kind === 'any')) return compiled
  const wanted = types.length === 1 ? typeText(types[0]) : `one of [${types.map(typeText).join(' ')}]`
  return { problem: `must evaluate to ${wanted} but got ${typeText(type)}`, internal: false }
}
