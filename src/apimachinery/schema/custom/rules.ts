/** `x-kubernetes-validations` of one schema, compiled. Mirrors apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go. */
import { compileExpression, type Program } from '../../cel/compile.ts'
import { estimateCost, type SizeOfPath } from '../../cel/cost-estimate.ts'
import { type Environment, makeEnvironment } from '../../cel/environment.ts'
import { optionalType } from '../../cel/types.ts'
import { type DeclaredType, declaredType, maxCardinality, type Structs } from './declared-type.ts'
import { fieldAt } from './field-path.ts'
import type { JsonSchema, ValidationRule } from './json-schema.ts'

export interface CompiledRule {
  readonly rule: ValidationRule
  readonly program?: Program
  readonly problem?: string
  readonly usesOldSelf: boolean
  /** What one evaluation may cost. */
  readonly maxCost: number
  readonly message?: { readonly program?: Program; readonly problem?: string; readonly maxCost: number }
  /** Where errors are told, below the schema's own path; '' for there. */
  readonly fieldPath: string
}

export interface CompiledRules {
  readonly declared: DeclaredType
  /** How often the rules may be evaluated in one request, where the schema sets no limit. */
  readonly maxCardinality: number
  readonly rules: readonly CompiledRule[]
}

const SELF = 'self'
const OLD_SELF = 'oldSelf'
const SELF_TYPE = 'selfType1'

/**
 * undefined when expressions cannot speak of what the schema describes. `isStored` says of an expression whether it was accepted before:
 * only then it may use what older servers do not know.
 */
export function compileRules(
  schema: JsonSchema,
  isResource: boolean,
  isStored: (expression: string) => boolean,
): CompiledRules | undefined {
  const structs: Structs = new Map()
  const declared = declaredType(schema, isResource, SELF_TYPE, structs)
  if (!declared) return undefined
  const environments = environmentsOf(declared, structs)
  const sizes = sizesOf(declared)
  const rules = (schema['x-kubernetes-validations'] ?? []).map((rule) =>
    compileRule(rule, schema, (expression) => environments(rule.optionalOldSelf === true, isStored(expression)), sizes),
  )
  return { declared, maxCardinality: maxCardinality(declared), rules }
}

/** By whether oldSelf is optional and whether the expression is stored; each made once. */
function environmentsOf({ type }: DeclaredType, structs: Structs): (optional: boolean, stored: boolean) => Environment {
  const made = new Map<string, Environment>()
  return (optional, stored) => {
    const key = `${optional} ${stored}`
    const variables = { [SELF]: type, [OLD_SELF]: optional ? optionalType(type) : type }
    const environment = made.get(key) ?? makeEnvironment(variables, { stored, struct: (name) => structs.get(name) })
    made.set(key, environment)
    return environment
  }
}

function sizesOf(root: DeclaredType): SizeOfPath {
  return (path) => {
    let at: DeclaredType | undefined = root
    for (const name of path.slice(1)) {
      // Of keys nothing is said.
      if (name === '@keys') return at?.element ? { min: 0, max: 0 } : undefined
      at = name === '@items' || name === '@values' ? at?.element : at?.fields?.get(name)
      if (!at) return undefined
    }
    return { min: 0, max: at.maxElements }
  }
}

function compileRule(
  rule: ValidationRule,
  schema: JsonSchema,
  environment: (expression: string) => Environment,
  sizes: SizeOfPath,
): CompiledRule {
  const nothing = { rule, usesOldSelf: false, maxCost: 0, fieldPath: '' }
  if (rule.rule.trim() === '') return nothing
  const compiled = compileExpression(environment(rule.rule), rule.rule)
  if (!compiled.program) {
    const lead = compiled.stage === 'compilation' ? 'compilation failed' : 'program instantiation failed'
    return { ...nothing, problem: `${lead}: ${compiled.problem}` }
  }
  const { program } = compiled
  if (program.type.kind !== 'bool') return { ...nothing, problem: 'cel expression must evaluate to a bool' }
  const found = rule.fieldPath ? fieldAt(schema, rule.fieldPath) : ''
  return {
    rule,
    program,
    usesOldSelf: program.uses(OLD_SELF),
    maxCost: estimateCost(program, sizes).max,
    ...(rule.messageExpression ? { message: compileMessage(rule.messageExpression, environment, sizes) } : {}),
    fieldPath: typeof found === 'string' ? '' : found.path,
  }
}

function compileMessage(
  expression: string,
  environment: (expression: string) => Environment,
  sizes: SizeOfPath,
): CompiledRule['message'] {
  const compiled = compileExpression(environment(expression), expression)
  if (!compiled.program) {
    const what = compiled.stage === 'compilation' ? 'compilation' : 'instantiation'
    return { problem: `messageExpression ${what} failed: ${compiled.problem}`, maxCost: 0 }
  }
  const { program } = compiled
  if (program.type.kind !== 'string') return { problem: 'messageExpression must evaluate to a string', maxCost: 0 }
  return { program, maxCost: estimateCost(program, sizes).max }
}
