/** Validation of admission policies. Mirrors pkg/apis/admissionregistration/validation. */
import { JSON_PATCHES, OBJECT_TYPE } from '../../apimachinery/cel/patch-types.ts'
import * as T from '../../apimachinery/cel/types.ts'
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
import { type PolicyExpressions, policyExpressions, validateMatchConditions } from './expressions.validation.ts'
import { validateMatchConstraints, validateMutatingOperations, validateParamKind } from './match.validation.ts'
import { each, oneOf } from './rules.validation.ts'
import { FAILURE_POLICIES, REINVOCATION_POLICIES } from './webhooks.validation.ts'

type Fields = DynamicObject['spec']

const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const MAX_AUDIT_ANNOTATIONS = 20
const MAX_VALUE_EXPRESSION_BYTES = 5 * 1024
const RESERVED = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

/** What the checks of one policy share. */
interface Context {
  expressions: PolicyExpressions
  /** Parameters are declared. */
  params: boolean
  /** Expressions of the stored policy, by where they stand: they keep what was allowed when they were new. */
  stored: Record<'conditions' | 'validations' | 'messages' | 'annotations' | 'configurations', ReadonlySet<string>>
}

function contextOf({ paramKind, variables }: Fields, old: Fields, composed: boolean): Context {
  const before = (list: Fields[] | undefined, of: (one: Fields) => string | undefined): ReadonlySet<string> =>
    new Set((list ?? []).flatMap((one) => of(one ?? {}) ?? []))
  return {
    expressions: policyExpressions(composed || variables?.length > 0),
    params: Boolean(paramKind),
    stored: {
      conditions: before(old?.matchConditions, ({ expression }) => expression),
      validations: before(old?.validations, ({ expression }) => expression),
      messages: before(old?.validations, ({ messageExpression }) => messageExpression),
      annotations: before(old?.auditAnnotations, ({ valueExpression }) => valueExpression),
      configurations: before(old?.mutations, ({ applyConfiguration }) => applyConfiguration?.expression),
    },
  }
}

export function validateValidatingPolicy(policy: DynamicObject, old?: DynamicObject): FieldError[] {
  const spec: Fields = policy['spec'] ?? {}
  const context = contextOf(spec, old?.['spec'], false)
  const validations: Fields[] = spec.validations ?? []
  const auditAnnotations: Fields[] = spec.auditAnnotations ?? []
  const errors = [
    ...validateCommon(spec, old?.['spec'], context, false),
    ...each(spec.variables, 'spec.variables', (variable, path) => validateVariable(variable, context, path)),
  ]
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item'
    return [...errors, required('spec.validations', why), required('spec.auditAnnotations', why)]
  }
  return [
    ...errors,
    ...each(validations, 'spec.validations', (validation, path) => validateValidation(validation, context, path)),
    ...validateAuditAnnotations(auditAnnotations, policy.metadata.name ?? '', context),
  ]
}

/** What both kinds have before their variables. */
function validateCommon(spec: Fields, old: Fields, { params, stored }: Context, mutating: boolean): FieldError[] {
  const { failurePolicy, paramKind, matchConstraints, matchConditions } = spec
  const settled =
    old !== undefined && deepEqual(old.paramKind, paramKind) && deepEqual(old.matchConditions, matchConditions)
  const use = { params, stored: stored.conditions }
  return [
    ...oneOf(failurePolicy, FAILURE_POLICIES, 'spec.failurePolicy'),
    ...(paramKind ? validateParamKind(paramKind, 'spec.paramKind') : []),
    ...validateMatchConstraints(matchConstraints, 'spec.matchConstraints'),
    ...(mutating ? validateMutatingOperations(matchConstraints, 'spec.matchConstraints') : []),
    ...(settled ? [] : validateMatchConditions(matchConditions, use, 'spec.matchConditions')),
  ]
}

function validateVariable({ name = '', expression = '' }: Fields, context: Context, path: string): FieldError[] {
  const { expressions, params, stored } = context
  const errors: FieldError[] = []
  if (name.trim() === '') errors.push(required(child(path, 'name'), 'name is not specified'))
  else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || RESERVED.has(name)) {
    errors.push(invalid(child(path, 'name'), name, 'must be a valid CEL identifier'))
  }
  const at = child(path, 'expression')
  if (expression.trim() === '') return [...errors, required(at, 'expression is not specified')]
  const use = { params, authorizer: true, stored: stored.validations.has(expression) }
  return [...errors, ...expressions.variable(name, expression, use, at)]
}

function validateValidation(validation: Fields, context: Context, path: string): FieldError[] {
  const { expression = '', message = '', messageExpression = '', reason } = validation
  const { expressions, params, stored } = context
  const errors: FieldError[] = []
  const notBlank = 'must be non-empty if specified'
  const at = child(path, 'expression')
  if (expression.trim() === '') errors.push(required(at, 'expression is not specified'))
  else {
    const use = { params, authorizer: true, stored: stored.validations.has(expression) }
    errors.push(...expressions.check(expression, [T.BOOL], use, at))
  }
  const messageAt = child(path, 'messageExpression')
  if (messageExpression.trim() !== '') {
    const use = { params, stored: stored.messages.has(messageExpression) }
    errors.push(...expressions.check(messageExpression, [T.STRING], use, messageAt))
  } else if (messageExpression !== '') errors.push(invalid(messageAt, messageExpression, notBlank))
  if (message !== '' && message.trim() === '') errors.push(invalid(child(path, 'message'), message, notBlank))
  else if (/[\n\r]/.test(message.trim())) {
    errors.push(invalid(child(path, 'message'), message, 'must not contain line breaks'))
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    errors.push(notSupported(child(path, 'reason'), reason, REASONS))
  }
  return errors
}

function validateAuditAnnotations(annotations: readonly Fields[], policyName: string, context: Context): FieldError[] {
  const path = 'spec.auditAnnotations'
  const errors =
    annotations.length > MAX_AUDIT_ANNOTATIONS
      ? [invalid(path, annotations, `must not have more than ${MAX_AUDIT_ANNOTATIONS} auditAnnotations`)]
      : []
  const keys = new Set<string>()
  annotations.forEach((annotation, i) => {
    const at = index(path, i)
    const key: string = annotation?.key ?? ''
    errors.push(...validateAuditAnnotation(annotation ?? {}, policyName, context, at))
    if (keys.has(key)) errors.push(duplicate(child(at, 'key'), key))
    keys.add(key)
  })
  return errors
}

function validateAuditAnnotation(
  { key = '', valueExpression = '' }: Fields,
  policyName: string,
  { expressions, params, stored }: Context,
  path: string,
): FieldError[] {
  const errors = policyName
    ? validateQualifiedName(`${policyName}/${key}`, child(path, 'key'))
    : [invalid(child(path, 'key'), key, 'requires metadata.name be non-empty')]
  const at = child(path, 'valueExpression')
  const trimmed: string = valueExpression.trim()
  if (trimmed === '') return [...errors, required(at, 'valueExpression is not specified')]
  if (Buffer.byteLength(trimmed) > MAX_VALUE_EXPRESSION_BYTES) {
    return [...errors, required(at, `must not exceed ${MAX_VALUE_EXPRESSION_BYTES} bytes in length`)]
  }
  const use = { params, authorizer: true, stored: stored.annotations.has(valueExpression) }
  return [...errors, ...expressions.check(trimmed, [T.STRING, T.NULL], use, at, valueExpression)]
}

export function validateMutatingPolicy(policy: DynamicObject, old?: DynamicObject): FieldError[] {
  const spec: Fields = policy['spec'] ?? {}
  const context = contextOf(spec, old?.['spec'], true)
  const { variables, mutations, reinvocationPolicy = '' } = spec
  const path = 'spec.reinvocationPolicy'
  return [
    ...validateCommon(spec, old?.['spec'], context, true),
    ...each(variables, 'spec.variables', (variable, at) => validateVariable(variable, context, at)),
    ...(mutations?.length
      ? each(mutations, 'spec.mutations', (mutation, at) => validateMutation(mutation, context, at))
      : [required('spec.mutations', 'mutations must contain at least one item')]),
    ...(reinvocationPolicy === '' ? [required(path)] : oneOf(reinvocationPolicy, REINVOCATION_POLICIES, path)),
  ]
}

/** The field that goes with a type of patch, and what its expression answers. */
const PATCHES: Record<string, [own: string, other: string, answers: T.CelType]> = {
  JSONPatch: ['jsonPatch', 'applyConfiguration', JSON_PATCHES],
  ApplyConfiguration: ['applyConfiguration', 'jsonPatch', OBJECT_TYPE],
}

function validateMutation(mutation: Fields, { expressions, params, stored }: Context, path: string): FieldError[] {
  const { patchType = '' } = mutation
  if (patchType === '') return [required(child(path, 'patchType'))]
  const patch = Object.hasOwn(PATCHES, patchType) ? PATCHES[patchType] : undefined
  if (!patch) return [notSupported(child(path, 'patchType'), patchType, Object.keys(PATCHES).sort())]
  const [own, other, answers] = patch
  const errors: FieldError[] = []
  const at = child(child(path, own), 'expression')
  const given: string = mutation[own]?.expression ?? ''
  const source = given.trim()
  if (!mutation[own]) errors.push(required(child(path, own), `must be specified when patchType is ${patchType}`))
  else if (source === '') errors.push(required(at))
  else {
    // Upstream looks among the apply configurations for both.
    const use = { params, authorizer: true, patches: true, stored: stored.configurations.has(given) }
    errors.push(...expressions.check(source, [answers], use, at))
  }
  if (mutation[other]) {
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
