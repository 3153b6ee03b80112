/** CEL expressions of webhooks and policies, compiled when they are written. Mirrors pkg/apis/admissionregistration/validation. */
import { child, duplicate, type FieldError, index, required, tooMany } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { validateQualifiedName } from '../validation.ts'

type Fields = DynamicObject['spec']

/** What an expression may speak of, and what it has to answer. */
export interface ExpressionUse {
  /** `params` is declared. */
  params: boolean
}

const MAX_MATCH_CONDITIONS = 64

export function validateMatchConditions(conditions: Fields[] = [], use: ExpressionUse, path: string): FieldError[] {
  const errors =
    conditions.length > MAX_MATCH_CONDITIONS ? [tooMany(path, conditions.length, MAX_MATCH_CONDITIONS)] : []
  const seen = new Set<string>()
  conditions.forEach((condition, i) => {
    const at = index(path, i)
    const { name = '', expression = '' } = condition ?? {}
    if (expression.trim() === '') errors.push(required(child(at, 'expression')))
    if (name === '') errors.push(required(child(at, 'name')))
    else errors.push(...validateQualifiedName(name, child(at, 'name')))
    if (name !== '' && seen.has(name)) errors.push(duplicate(child(at, 'name'), name))
    seen.add(name)
  })
  return errors
}
