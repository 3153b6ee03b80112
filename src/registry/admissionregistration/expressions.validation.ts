/** CEL expressions of webhooks and policies, compiled when they are written. Mirrors pkg/apis/admissionregistration/validation. */
import {
  type AdmissionUse,
  admissionEnvironment,
  policyEnvironment,
} from '../../apimachinery/cel/admission-environment.ts'
import { compileTyped } from '../../apimachinery/cel/compile.ts'
import type { Environment } from '../../apimachinery/cel/environment.ts'
import * as T from '../../apimachinery/cel/types.ts'
import {
  child,
  duplicate,
  type FieldError,
  index,
  internalError,
  invalid,
  required,
  tooMany,
} from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { validateQualifiedName } from '../validation.ts'

type Fields = DynamicObject['spec']

const MAX_MATCH_CONDITIONS = 64
const ANY: readonly T.CelType[] = [T.ANY, T.DYN]

/** What match conditions may speak of, and those that are stored already: they keep what was allowed when they were new. */
export interface MatchConditionUse {
  params: boolean
  stored: ReadonlySet<string>
}

export function validateMatchConditions(
  conditions: Fields[] | null | undefined,
  { params, stored }: MatchConditionUse,
  path: string,
): FieldError[] {
  const list = conditions ?? []
  const errors = list.length > MAX_MATCH_CONDITIONS ? [tooMany(path, list.length, MAX_MATCH_CONDITIONS)] : []
  const seen = new Set<string>()
  list.forEach((condition, i) => {
    const at = index(path, i)
    const { name = '', expression = '' } = condition ?? {}
    const source: string = expression.trim()
    if (source === '') errors.push(required(child(at, 'expression')))
    else {
      const environment = admissionEnvironment({ params, authorizer: true, stored: stored.has(source) })
      errors.push(...expressionErrors(environment, source, [T.BOOL], child(at, 'expression')))
    }
    if (name === '') errors.push(required(child(at, 'name')))
    else errors.push(...validateQualifiedName(name, child(at, 'name')))
    if (name !== '' && seen.has(name)) errors.push(duplicate(child(at, 'name'), name))
    seen.add(name)
  })
  return errors
}

export const expressionsOf = (conditions: Fields[] | null | undefined): string[] =>
  (conditions ?? []).map((condition) => condition?.expression ?? '')

/** `shown`: what the message shows, where it is not what is compiled. */
function expressionErrors(
  environment: Environment,
  source: string,
  types: readonly T.CelType[],
  path: string,
  shown = source,
): FieldError[] {
  const compiled = compileTyped(environment, source, types)
  if (compiled.program) return []
  return [compiled.internal ? internalError(path, compiled.problem) : invalid(path, shown, compiled.problem)]
}

/** Compiles the expressions of one policy, in their order: a variable is known to what comes after it. */
export interface PolicyExpressions {
  /** Declares the variable, with the type that its expression has. */
  variable(name: string, source: string, use: AdmissionUse, path: string): FieldError[]
  check(source: string, types: readonly T.CelType[], use: AdmissionUse, path: string, shown?: string): FieldError[]
}

/** `composed`: there is a `variables` to speak of. */
export function policyExpressions(composed: boolean): PolicyExpressions {
  const declared = new Map<string, T.CelType | undefined>()
  const environments = new Map<string, Environment>()
  const environmentOf = (use: AdmissionUse): Environment => {
    if (!composed) return admissionEnvironment(use)
    const key = JSON.stringify(use)
    const environment = environments.get(key) ?? policyEnvironment(use, declared)
    environments.set(key, environment)
    return environment
  }
  return {
    variable(name, source, use, path) {
      const compiled = compileTyped(environmentOf(use), source, ANY)
      declared.set(name, compiled.program?.type)
      if (compiled.program) return []
      return [compiled.internal ? internalError(path, compiled.problem) : invalid(path, source, compiled.problem)]
    },
    check: (source, types, use, path, shown) => expressionErrors(environmentOf(use), source, types, path, shown),
  }
}
