/** A Job's pod failure policy and success policy. Mirrors validatePodFailurePolicy and validateSuccessPolicy of pkg/apis/batch/validation. */

import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  notSupported,
  OMITTED,
  required,
  tooLong,
  tooMany,
} from '../../apimachinery/field-error.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { asSent } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { validateNonnegative, validateQualifiedName } from '../validation.ts'
import { parseIndexes } from './indexes.ts'

type Spec = DynamicObject['spec']

const MAX_RULES = 20
const MAX_EXIT_CODES = 255
const MAX_CONDITIONS = 20
const MAX_INDEXES_BYTES = 64 * 1024
const ACTIONS = ['Count', 'FailIndex', 'FailJob', 'Ignore']
const OPERATORS = ['In', 'NotIn']
const CONDITION_STATUSES = ['False', 'True', 'Unknown']

const oneOf = (values: readonly string[]): string => `valid values: [${values.map(quote).join(' ')}]`

function validateChoice(value: string | undefined, supported: readonly string[], path: string): FieldError[] {
  if (!value) return [required(path, oneOf(supported))]
  return supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

export function validatePodFailurePolicy(spec: Spec, path: string): FieldError[] {
  const at = child(path, 'rules')
  const rules: Spec[] = spec.podFailurePolicy.rules ?? []
  const errors = rules.length > MAX_RULES ? [tooMany(at, rules.length, MAX_RULES)] : []
  return [...errors, ...rules.flatMap((rule, i) => validateFailureRule(spec, rule, index(at, i)))]
}

function validateFailureRule(spec: Spec, rule: Spec, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (rule.action !== 'FailIndex') errors.push(...validateChoice(rule.action, ACTIONS, child(path, 'action')))
  else if (spec.backoffLimitPerIndex === undefined) {
    errors.push(invalid(child(path, 'action'), rule.action, 'requires the backoffLimitPerIndex to be set'))
  }
  const conditions: Spec[] = rule.onPodConditions ?? []
  if (rule.onExitCodes) errors.push(...validateExitCodes(spec, rule.onExitCodes, child(path, 'onExitCodes')))
  errors.push(...validateConditions(conditions, child(path, 'onPodConditions')))
  if (rule.onExitCodes && conditions.length > 0) {
    errors.push(invalid(path, OMITTED, 'specifying both OnExitCodes and OnPodConditions is not supported'))
  }
  if (!rule.onExitCodes && conditions.length === 0) {
    errors.push(invalid(path, OMITTED, 'specifying one of OnExitCodes and OnPodConditions is required'))
  }
  return errors
}

function validateConditions(patterns: Spec[], path: string): FieldError[] {
  const errors = patterns.length > MAX_CONDITIONS ? [tooMany(path, patterns.length, MAX_CONDITIONS)] : []
  patterns.forEach((pattern, i) => {
    const at = index(path, i)
    errors.push(
      ...validateQualifiedName(pattern.type ?? '', child(at, 'type')),
      ...validateChoice(pattern.status, CONDITION_STATUSES, child(at, 'status')),
    )
  })
  return errors
}

function validateExitCodes(spec: Spec, requirement: Spec, path: string): FieldError[] {
  const { operator, containerName } = requirement
  const values: number[] = requirement.values ?? []
  const errors = validateChoice(operator, OPERATORS, child(path, 'operator'))
  const pod = spec.template?.spec
  const containers = [...(pod?.containers ?? []), ...(pod?.initContainers ?? [])]
  if (containerName !== undefined && !containers.some(({ name }) => name === containerName)) {
    const why = 'must be one of the container or initContainer names in the pod template'
    errors.push(invalid(child(path, 'containerName'), containerName, why))
  }
  const at = child(path, 'values')
  if (values.length === 0) errors.push(invalid(at, asSent(requirement, 'values'), 'at least one value is required'))
  if (values.length > MAX_EXIT_CODES) errors.push(tooMany(at, values.length, MAX_EXIT_CODES))
  const seen = new Set<number>()
  values.forEach((value: number, i: number) => {
    if (operator === 'In' && value === 0) errors.push(invalid(index(at, i), 0, 'must not be 0 for the In operator'))
    if (seen.has(value)) errors.push(duplicate(index(at, i), value))
    seen.add(value)
  })
  const ordered = values.every((value, i) => i === 0 || (values[i - 1] as number) <= value)
  if (!ordered) errors.push(invalid(at, values, 'must be ordered'))
  return errors
}

export function validateSuccessPolicy(spec: Spec, path: string): FieldError[] {
  const rules: Spec[] = spec.successPolicy.rules ?? []
  if (spec.completionMode !== 'Indexed') {
    const printed = internalForm('batch.SuccessPolicy', spec.successPolicy)
    return [invalid(path, printed, 'requires indexed completion mode')]
  }
  const at = child(path, 'rules')
  if (rules.length === 0) {
    return [required(at, 'at least one rules must be specified when the successPolicy is specified')]
  }
  const errors = rules.length > MAX_RULES ? [tooMany(at, rules.length, MAX_RULES)] : []
  return [...errors, ...rules.flatMap((rule, i) => validateSuccessRule(spec.completions ?? 0, rule, index(at, i)))]
}

function validateSuccessRule(completions: number, rule: Spec, path: string): FieldError[] {
  const { succeededCount, succeededIndexes } = rule
  const errors: FieldError[] = []
  if (succeededCount === undefined && succeededIndexes === undefined) {
    errors.push(required(path, 'at least one of succeededCount or succeededIndexes must be specified'))
  }
  let total = 0
  if (succeededIndexes !== undefined) {
    const at = child(path, 'succeededIndexes')
    if (succeededIndexes.length > MAX_INDEXES_BYTES) errors.push(tooLong(at, MAX_INDEXES_BYTES))
    const parsed = parseIndexes(succeededIndexes, completions)
    if (typeof parsed === 'number') total = parsed
    else errors.push(invalid(at, succeededIndexes, `error parsing succeededIndexes: ${parsed.problem}`))
  }
  if (succeededCount === undefined) return errors
  const at = child(path, 'succeededCount')
  errors.push(...validateNonnegative(succeededCount, at))
  const atMost = (max: number, what: string): void => {
    if (succeededCount > max) errors.push(invalid(at, succeededCount, `must be less than or equal to ${max} (${what})`))
  }
  atMost(completions, 'the number of specified completions')
  if (succeededIndexes !== undefined) {
    atMost(total, 'the number of indexes in the specified succeededIndexes field')
  }
  return errors
}
