/**
 * Which requests a webhook or an admission policy is for: rules, selectors, equivalent resources. Compiled once for each change of the
 * configuration. Mirrors apiserver/pkg/admission/plugin/webhook/{predicates,generic} and plugin/policy/matching.
 */

import { isNotFound, newInternalError, newNotFound, type StatusError } from '../../apimachinery/errors.ts'
import { type Selector, selectorFromObject } from '../../apimachinery/labels.ts'
import type { KubeObject, LabelSelector } from '../../apimachinery/meta.ts'
import type { Reader, ResourceDefinition } from '../definition.ts'
import type { AdmissionRequest } from './plugin.ts'

/** RuleWithOperations; `resourceNames` is known to policies only. */
export interface MatchRule {
  operations?: readonly string[]
  apiGroups?: readonly string[]
  apiVersions?: readonly string[]
  /** `pods`, `pods/status`, `pods/*`, `*`, `*` and `/scale` together. */
  resources?: readonly string[]
  scope?: string
  resourceNames?: readonly string[]
}

/** What webhooks and `matchResources` of policies have in common. */
export interface MatchFields {
  rules?: readonly MatchRule[]
  excludedRules?: readonly MatchRule[]
  namespaceSelector?: LabelSelector | null
  objectSelector?: LabelSelector | null
  /** `Exact`; `Equivalent` is the default of both. */
  matchPolicy?: string
}

/** A request that matches, and the resource of the rule that it matches by: another version of the same objects under `Equivalent`. */
export interface Match {
  definition: ResourceDefinition
}

/** What matching asks of its surroundings. */
export interface MatchSurroundings {
  reader: Reader
  /** All served versions and groups of the same stored objects, in order of registration; the definition itself among them. */
  equivalents(definition: ResourceDefinition): readonly ResourceDefinition[]
}

/** Undefined: the request is none of its business. Throws a StatusError when that cannot be said (the namespace is gone). */
export type Matcher = (request: AdmissionRequest, surroundings: MatchSurroundings) => Match | undefined

export function compileMatcher(fields: MatchFields): Matcher {
  const { rules = [], excludedRules = [], matchPolicy } = fields
  const namespaces = selectorFromObject(fields.namespaceSelector ?? {})
  const objects = selectorFromObject(fields.objectSelector ?? {})
  const equivalent = matchPolicy !== 'Exact'
  return (request, surroundings) => {
    const inNamespace = matchNamespace(namespaces, request, surroundings.reader)
    if (inNamespace === false || !matchObjects(objects, request)) return undefined
    if (findRule(excludedRules, equivalent, request, surroundings)) return undefined
    const definition = findRule(rules, equivalent, request, surroundings)
    if (!definition) return undefined
    // As upstream: it is an error only for what the rules concern.
    if (inNamespace !== true) throw inNamespace
    return { definition }
  }
}

/** Kinds that configure admission: neither webhooks nor policies are asked about them, or nobody could repair a wrong one. */
export function isAdmissionConfiguration({ definition: { group, kind } }: AdmissionRequest): boolean {
  return group === 'admissionregistration.k8s.io' && CONFIGURATION_KINDS.has(kind)
}

const CONFIGURATION_KINDS = new Set([
  'ValidatingWebhookConfiguration',
  'MutatingWebhookConfiguration',
  'ValidatingAdmissionPolicy',
  'ValidatingAdmissionPolicyBinding',
  'MutatingAdmissionPolicy',
  'MutatingAdmissionPolicyBinding',
])

/** The namespace as admission sees it: a Namespace is in itself. */
export function namespaceOf({ definition, namespace, name, object }: AdmissionRequest): string {
  if (definition.groupResource !== 'namespaces') return namespace
  return name || object?.metadata.name || ''
}

function findRule(
  rules: readonly MatchRule[],
  equivalent: boolean,
  request: AdmissionRequest,
  surroundings: MatchSurroundings,
): ResourceDefinition | undefined {
  if (rules.length === 0) return undefined
  if (rules.some((rule) => ruleMatches(rule, request, request.definition))) return request.definition
  if (!equivalent) return undefined
  const others = surroundings.equivalents(request.definition)
  if (others.length < 2) return undefined
  for (const rule of rules) {
    const found = others.find((other) => other !== request.definition && ruleMatches(rule, request, other))
    if (found) return found
  }
  return undefined
}

function ruleMatches(rule: MatchRule, request: AdmissionRequest, definition: ResourceDefinition): boolean {
  return (
    scopeMatches(rule.scope, request, definition) &&
    exactOrWildcard(rule.operations, request.operation) &&
    exactOrWildcard(rule.apiGroups, definition.group) &&
    exactOrWildcard(rule.apiVersions, definition.version) &&
    (rule.resources ?? []).some((pattern) => resourceMatches(pattern, definition.resource, request.subresource)) &&
    (!rule.resourceNames?.length || rule.resourceNames.includes(request.name))
  )
}

function scopeMatches(scope: string | undefined, request: AdmissionRequest, definition: ResourceDefinition): boolean {
  if (scope === undefined || scope === '*') return true
  const inNamespace = definition.groupResource !== 'namespaces' && request.namespace !== ''
  return scope === 'Namespaced' ? inNamespace : !inNamespace
}

function exactOrWildcard(patterns: readonly string[] | undefined, value: string): boolean {
  return patterns?.some((pattern) => pattern === '*' || pattern === value) ?? false
}

function resourceMatches(pattern: string, resource: string, subresource: string): boolean {
  const slash = pattern.indexOf('/')
  const wanted = slash < 0 ? pattern : pattern.slice(0, slash)
  const door = slash < 0 ? '' : pattern.slice(slash + 1)
  return (wanted === '*' || wanted === resource) && (door === '*' || door === subresource)
}

function matchObjects(selector: Selector, { object, old }: AdmissionRequest): boolean {
  if (selector.empty) return true
  const matches = (candidate: KubeObject | undefined): boolean =>
    candidate?.metadata !== undefined && selector.matches(candidate.metadata.labels ?? {})
  return matches(object) || matches(old)
}

/** An error where it cannot be said. Cluster-scoped objects other than namespaces are in every selector. */
function matchNamespace(selector: Selector, request: AdmissionRequest, reader: Reader): boolean | StatusError {
  const isNamespace = request.definition.resource === 'namespaces'
  if (selector.empty || (request.namespace === '' && !isNamespace)) return true
  if (isNamespace && request.subresource === '' && request.object?.metadata) {
    return selector.matches(request.object.metadata.labels ?? {})
  }
  const name = namespaceOf(request)
  try {
    const namespace = reader.get('namespaces', '', name)
    if (!namespace) return newNotFound({ group: '', resource: 'namespaces' }, name)
    return selector.matches(namespace.metadata.labels ?? {})
  } catch (error) {
    return isNotFound(error) ? error : newInternalError((error as Error).message)
  }
}
