/** The kinds that configure admission: their rows. Mirrors pkg/printers/internalversion. What they configure is not run yet. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource, type ResourceHooks } from '../definition.ts'

const API_VERSION = 'admissionregistration.k8s.io/v1'

const webhooks: ResourceHooks = {
  row: (configuration, context) => [
    configuration.metadata.name ?? '',
    configuration['webhooks']?.length ?? 0,
    age(configuration, context),
  ],
}

export const mutatingwebhookconfigurations = defineResource(API_VERSION, 'mutatingwebhookconfigurations', webhooks)
export const validatingwebhookconfigurations = defineResource(API_VERSION, 'validatingwebhookconfigurations', webhooks)

const policy = (list: string): ResourceHooks => ({
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

export const mutatingadmissionpolicies = defineResource(API_VERSION, 'mutatingadmissionpolicies', policy('mutations'))
export const validatingadmissionpolicies = defineResource(
  API_VERSION,
  'validatingadmissionpolicies',
  policy('validations'),
)

const binding: ResourceHooks = {
  row: (object, context) => [
    object.metadata.name ?? '',
    object['spec']?.policyName ?? '',
    parametersCell(object['spec']?.paramRef),
    age(object, context),
  ],
}

export const mutatingadmissionpolicybindings = defineResource(API_VERSION, 'mutatingadmissionpolicybindings', binding)
export const validatingadmissionpolicybindings = defineResource(
  API_VERSION,
  'validatingadmissionpolicybindings',
  binding,
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
