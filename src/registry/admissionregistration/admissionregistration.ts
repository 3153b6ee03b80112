/** The kinds that configure admission. Mirrors pkg/registry/admissionregistration and pkg/printers/internalversion. */
import type { FieldError } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource, type ResourceHooks } from '../definition.ts'
import { validateMutatingBinding, validateValidatingBinding } from './bindings.validation.ts'
import { validateMutatingPolicy, validatePolicyStatus, validateValidatingPolicy } from './policies.validation.ts'
import { validateStaticSuffix } from './static-suffix.ts'
import { validateWebhooks, warningsOfRules } from './webhooks.validation.ts'

const API_VERSION = 'admissionregistration.k8s.io/v1'

/** Names are checked on create only: they never change. */
const validated = (
  validate: (object: DynamicObject, old?: DynamicObject) => FieldError[],
): Pick<ResourceHooks, 'validate' | 'validateUpdate'> => ({
  validate: (object) => [...validate(object), ...validateStaticSuffix(object)],
  validateUpdate: (object, old) => validate(object, old),
})

const webhooks: ResourceHooks = {
  ...validated(validateWebhooks),
  warnings: warningsOfRules,
  row: (configuration, context) => [
    configuration.metadata.name ?? '',
    configuration['webhooks']?.length ?? 0,
    age(configuration, context),
  ],
}

export const mutatingwebhookconfigurations = defineResource(API_VERSION, 'mutatingwebhookconfigurations', webhooks)
export const validatingwebhookconfigurations = defineResource(API_VERSION, 'validatingwebhookconfigurations', webhooks)

const policy = (
  list: string,
  validate: (object: DynamicObject, old?: DynamicObject) => FieldError[],
): ResourceHooks => ({
  ...validated(validate),
  row: (object, context) => {
    const { paramKind, [list]: entries } = object['spec'] ?? {}
    return [
      object.metadata.name ?? '',
      entries?.length ?? 0,
      paramKind ? `${paramKind.apiVersion}/${paramKind.kind}` : '<unset>',
      age(object, context),
    ]
  },
})

export const mutatingadmissionpolicies = defineResource(
  API_VERSION,
  'mutatingadmissionpolicies',
  policy('mutations', validateMutatingPolicy),
)
export const validatingadmissionpolicies = defineResource(API_VERSION, 'validatingadmissionpolicies', {
  ...policy('validations', validateValidatingPolicy),
  subresources: { status: { validateUpdate: ({ status }) => validatePolicyStatus(status) } },
})

const binding = (validate: (object: DynamicObject) => FieldError[]): ResourceHooks => ({
  ...validated(validate),
  row: (object, context) => [
    object.metadata.name ?? '',
    object['spec']?.policyName ?? '',
    parametersCell(object['spec']?.paramRef),
    age(object, context),
  ],
})

export const mutatingadmissionpolicybindings = defineResource(
  API_VERSION,
  'mutatingadmissionpolicybindings',
  binding(validateMutatingBinding),
)
export const validatingadmissionpolicybindings = defineResource(
  API_VERSION,
  'validatingadmissionpolicybindings',
  binding(validateValidatingBinding),
)

/** Whether a parameter without a namespace has one cannot be told from here. */
function parametersCell(reference: DynamicObject['spec']): string {
  if (!reference) return '<unset>'
  if (reference.name) return `${reference.namespace || '*'}/${reference.name}`
  return reference.selector ? selectorText(reference.selector) : '<unset>'
}

/** A LabelSelector as its Go String method prints it. */
function selectorText({ matchLabels, matchExpressions = [] }: DynamicObject['spec']): string {
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }: DynamicObject['spec']) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:${matchLabels ? goMap(matchLabels) : 'map[string]string{}'},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}

const goMap = (labels: Record<string, string>): string =>
  `map[string]string{${Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}: ${value},`)
    .join('')}}`
