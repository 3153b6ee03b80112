/** Validation of webhook configurations. Mirrors pkg/apis/admissionregistration/validation. */
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
import { isDns1035Label, isDns1123Subdomain } from '../../apimachinery/names.ts'
import { invalids, validateLabelSelector } from '../validation.ts'
import { validateWebhookService, validateWebhookUrl } from '../webhook-client.validation.ts'
import { expressionsOf, validateMatchConditions } from './expressions.validation.ts'
import { MATCH_POLICIES } from './match.validation.ts'
import { each, oneOf, validateRule } from './rules.validation.ts'

type Fields = DynamicObject['spec']

export const FAILURE_POLICIES = ['Fail', 'Ignore']
export const REINVOCATION_POLICIES = ['IfNeeded', 'Never']
const SIDE_EFFECTS = ['None', 'NoneOnDryRun']
const REVIEW_VERSIONS = ['v1', 'v1beta1']
const MAX_TIMEOUT_SECONDS = 30

/** Both kinds: a validating one has no reinvocation policy. What upstream forgives in old objects never got in here. */
export function validateWebhooks(configuration: DynamicObject, old?: DynamicObject): FieldError[] {
  const webhooks: Fields[] = configuration['webhooks'] ?? []
  const before: Fields[] | undefined = old?.['webhooks']
  // Conditions are looked at again as soon as one of them changed.
  const settled =
    before?.length === webhooks.length &&
    webhooks.every((hook, i) => deepEqual(hook?.matchConditions, before[i]?.matchConditions))
  const use = {
    params: false,
    stored: new Set((before ?? []).flatMap((hook) => expressionsOf(hook?.matchConditions))),
  }
  const names = new Set<string>()
  return each(webhooks, 'webhooks', (hook, path) => {
    const { name = '', matchConditions } = hook
    const repeated = name !== '' && names.has(name) ? [duplicate(child(path, 'name'), name)] : []
    names.add(name)
    return [
      ...validateWebhook(hook, path),
      ...(settled ? [] : validateMatchConditions(matchConditions, use, child(path, 'matchConditions'))),
      ...validateReviewVersions(hook.admissionReviewVersions ?? [], child(path, 'admissionReviewVersions')),
      ...repeated,
    ]
  })
}

function validateWebhook(hook: Fields, path: string): FieldError[] {
  return [
    ...validateWebhookName(hook.name ?? '', child(path, 'name')),
    ...each(hook.rules, child(path, 'rules'), validateRule),
    ...oneOf(hook.failurePolicy, FAILURE_POLICIES, child(path, 'failurePolicy')),
    ...oneOf(hook.matchPolicy, MATCH_POLICIES, child(path, 'matchPolicy')),
    ...validateSideEffects(hook.sideEffects, child(path, 'sideEffects')),
    ...validateTimeout(hook.timeoutSeconds, child(path, 'timeoutSeconds')),
    ...validateLabelSelector(hook.namespaceSelector, child(path, 'namespaceSelector')),
    ...validateLabelSelector(hook.objectSelector, child(path, 'objectSelector')),
    ...oneOf(hook.reinvocationPolicy, REINVOCATION_POLICIES, child(path, 'reinvocationPolicy')),
    ...validateClientConfig(hook.clientConfig ?? {}, child(path, 'clientConfig')),
  ]
}

/** A domain of three segments at least. */
function validateWebhookName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const wrong = isDns1123Subdomain(name)
  if (wrong.length) return [invalid(path, name, wrong.join(','))]
  if (name.split('.').length >= 3) return []
  return [invalid(path, name, 'should be a domain with at least three segments separated by dots')]
}

function validateSideEffects(sideEffects: string | null | undefined, path: string): FieldError[] {
  if (sideEffects == null) return [required(path, `must specify one of ${SIDE_EFFECTS.join(', ')}`)]
  return SIDE_EFFECTS.includes(sideEffects) ? [] : [notSupported(path, sideEffects, SIDE_EFFECTS)]
}

function validateTimeout(seconds: number | undefined, path: string): FieldError[] {
  if (seconds === undefined || (seconds >= 1 && seconds <= MAX_TIMEOUT_SECONDS)) return []
  return [invalid(path, seconds, `the timeout value must be between 1 and ${MAX_TIMEOUT_SECONDS} seconds`)]
}

function validateClientConfig({ url, service }: Fields, path: string): FieldError[] {
  if ((url === undefined) === !service) return [required(path, 'exactly one of url or service is required')]
  if (url !== undefined) return validateWebhookUrl(child(path, 'url'), url)
  // Upstream hands over name and namespace in the wrong order: what is said of the one is meant for the other.
  return validateWebhookService(child(path, 'service'), {
    ...service,
    name: service.namespace,
    namespace: service.name,
  })
}

function validateReviewVersions(versions: readonly string[], path: string): FieldError[] {
  const accepted = REVIEW_VERSIONS.join(', ')
  if (versions.length === 0) return [required(path, `must specify one of ${accepted}`)]
  const errors = versions.flatMap((version, i) => {
    const at = index(path, i)
    if (versions.indexOf(version) < i) return [invalid(at, version, 'duplicate version')]
    return invalids(at, version ?? '', isDns1035Label(version ?? ''))
  })
  if (versions.some((version) => REVIEW_VERSIONS.includes(version))) return errors
  return [...errors, invalid(path, versions, `must include at least one of ${accepted}`)]
}

/** Kinds that are asked and answered, not stored: no webhook is called for them. */
const NOT_INTERCEPTED = new Set([
  'authentication.k8s.io/selfsubjectreviews',
  'authentication.k8s.io/tokenreviews',
  'authorization.k8s.io/localsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectaccessreviews',
  'authorization.k8s.io/selfsubjectrulesreviews',
  'authorization.k8s.io/subjectaccessreviews',
])

/** A rule that names such a kind, and no wildcard, does not do what it says. */
export function warningsOfRules(configuration: DynamicObject): string[] {
  const webhooks: Fields[] = configuration['webhooks'] ?? []
  return webhooks.flatMap((hook, i) =>
    (hook.rules ?? []).flatMap(({ apiGroups = [], resources = [] }: Fields, r: number) => {
      if (apiGroups.includes('*') || resources.includes('*')) return []
      const named: string[] = apiGroups.flatMap((group: string) =>
        resources
          .filter((resource: string) => NOT_INTERCEPTED.has(`${group}/${resource}`))
          .map((resource: string) => `${resource}.${group}`),
      )
      return [...new Set(named)].map(
        (resource) =>
          `webhooks[${i}].rules[${r}]: ${resource} is excluded from admission webhooks; this rule will have no effect`,
      )
    }),
  )
}
