/** Validation of admission policies. Mirrors pkg/apis/admissionregistration/validation. */
import { deepEqual } from '../../apimachinery/equality.ts'
import {
  child,
  duplicate,
  type FieldError,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { validateConditions } from '../conditions.validation.ts'
import { validateQualifiedName } from '../validation.ts'
import { validateMatchConditions } from './expressions.validation.ts'
import { validateMatchConstraints, validateMutatingOperations, validateParamKind } from './match.validation.ts'
import { each, oneOf } from './rules.validation.ts'
import { FAILURE_POLICIES, REINVOCATION_POLICIES } from './webhooks.validation.ts'

type Fields = DynamicObject['spec']

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const PATCH_TYPES = ['ApplyConfiguration', 'JSONPatch']
const MAX_AUDIT_ANNOTATIONS = 20
const MAX_VALUE_EXPRESSION_BYTES = 5 * 1024
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

export function validateValidatingPolicy(policy: DynamicObject, old?: DynamicObject): FieldError[] {
  const spec: Fields = policy['spec'] ?? {}
  const { validations = [], auditAnnotations = [] } = spec
  const errors = [
    ...validateCommon(spec, old?.['spec'], false),
    ...each(spec.variables, 'spec.variables', validateVariable),
  ]
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item'
    return [...errors, required('spec.validations', why), required('spec.auditAnnotations', why)]
  }
  return [
    ...errors,
    ...each(validations, 'spec.validations', validateValidation),
    ...validateAuditAnnotations(auditAnnotations, policy.metadata.name ?? ''),
  ]
}

/** What both kinds have before their variables. */
function validateCommon(spec: Fields, old: Fields, mutating: boolean): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints, matchConditions } = spec
  const settled =
    old !== undefined && deepEqual(old.paramKind, paramKind) && deepEqual(old.matchConditions, matchConditions)
  return [
    ...oneOf(failurePolicy, FAILURE_POLICIES, 'spec.failurePolicy'),
    ...(paramKind ? validateParamKind(paramKind, 'spec.paramKind') : []),
    ...validateMatchConstraints(matchConstraints, 'spec.matchConstraints'),
    ...(mutating ? validateMutatingOperations(matchConstraints, 'spec.matchConstraints') : []),
    ...(settled
      ? []
      : validateMatchConditions(matchConditions, { params: paramKind !== undefined }, 'spec.matchConditions')),
  ]
}

function validateVariable({ name = '', expression = '' }: Fields, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (name.trim() === '') errors.push(required(child(path, 'name'), 'name is not specified'))
  else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name)) {
    errors.push(invalid(child(path, 'name'), name, 'must be a valid CEL identifier'))
  }
  if (expression.trim() === '') errors.push(required(child(path, 'expression'), 'expression is not specified'))
  return errors
}

function validateValidation(validation: Fields, path: string): FieldError[] {
  const { expression = '', message = '', messageExpression = '', reason } = validation
  const errors: FieldError[] = []
  const notBlank = 'must be non-empty if specified'
  if (expression.trim() === '') errors.push(required(child(path, 'expression'), 'expression is not specified'))
  if (messageExpression !== '' && messageExpression.trim() === '') {
    errors.push(invalid(child(path, 'messageExpression'), messageExpression, notBlank))
  }
  if (message !== '' && message.trim() === '') errors.push(invalid(child(path, 'message'), message, notBlank))
  else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalid(child(path, 'message'), message, 'must not contain line breaks'))
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    errors.push(notSupported(child(path, 'reason'), reason, REASONS))
  }
  return errors
}

function validateAuditAnnotations(annotations: readonly Fields[], policyName: string): FieldError[] {
  const path = 'spec.auditAnnotations'
  const errors =
    annotations.length > MAX_AUDIT_ANNOTATIONS
      ? [invalid(path, annotations, `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`)]
      : []
  const keys = new Set<string>()
  annotations.forEach((annotation, i) => {
    const at = index(path, i)
    const key: string = annotation?.key ?? ''
    errors.push(...validateAuditAnnotation(annotation ?? {}, policyName, at))
    if (keys.has(key)) errors.push(duplicate(child(at, 'key'), key))
    keys.add(key)
  })
  return errors
}

function validateAuditAnnotation(
  { key = '', valueExpression = '' }: Fields,
  policyName: string,
  path: string,
): FieldError[] {
  const errors = policyName
    ? validateQualifiedName(`${policyName}/${key}`, child(path, 'key'))
    : [invalid(child(path, 'key'), key, 'requires metadata.name be non-empty')]
  const at = child(path, 'valueExpression')
  const trimmed: string = valueExpression.trim()
  if (trimmed === '') errors.push(required(at, 'valueExpression is not specified'))
  else if (Buffer.byteLength(trimmed) > MAX_VALUE_EXPRESSION_BYTES) {
    errors.push(required(at, `must not exceed ${MAX_VALUE_EXPRESSION_BYTES} bytes in length`))
  }
  return errors
}

export function validateMutatingPolicy(policy: DynamicObject, old?: DynamicObject): FieldError[] {
  const spec: Fields = policy['spec'] ?? {}
  const { variables, mutations, reinvocationPolicy = '' } = spec
  const path = 'spec.reinvocationPolicy'
  return [
    ...validateCommon(spec, old?.['spec'], true),
    ...each(variables, 'spec.variables', validateVariable),
    ...(mutations?.length
      ? each(mutations, 'spec.mutations', validateMutation)
      : [required('spec.mutations', 'mutations must contain at least one item')]),
    ...(reinvocationPolicy === '' ? [required(path)] : oneOf(reinvocationPolicy, REINVOCATION_POLICIES, path)),
  ]
}

function validateMutation({ patchType = '', jsonPatch, applyConfiguration }: Fields, path: string): FieldError[] {
  if (patchType === '') return [required(child(path, 'patchType'))]
  if (!PATCH_TYPES.includes(patchType)) return [notSupported(child(path, 'patchType'), patchType, PATCH_TYPES)]
  const [own, other] =
    patchType === 'JSONPatch' ? ['jsonPatch', 'applyConfiguration'] : ['applyConfiguration', 'jsonPatch']
  const given: Record<string, Fields> = { jsonPatch, applyConfiguration }
  const errors: FieldError[] = []
  if (!given[own]) errors.push(required(child(path, own), `must be specified when patchType is ${patchType}`))
  else if (!given[own].expression?.trim()) errors.push(required(child(child(path, own), 'expression')))
  if (given[other]) {
    errors.push(invalid(child(path, other), `{${other}}`, `must not be specified when patchType is ${patchType}`))
  }
  return errors
}

/** The status of a validating policy: what its type checker found. */
export function validatePolicyStatus({ typeChecking, conditions }: Fields = {}): FieldError[] {
  return [
    ...each(typeChecking?.expressionWarnings, 'status.typeChecking.expressionWarnings', validateExpressionWarning),
    ...validateConditions(conditions, 'status.conditions'),
  ]
}

function validateExpressionWarning({ warning = '', fieldRef = '' }: Fields, path: string): FieldError[] {
  const errors = warning === '' ? [required(child(path, 'warning'))] : []
  if (fieldRef.trim() === '') errors.push(required(child(path, 'fieldRef')))
  return errors
}
