/** ResourceQuotas. Mirrors pkg/registry/core/resourcequota/strategy.go and ValidateResourceQuota. */

import { child, type FieldError, invalid, key, required } from '../../apimachinery/field-error.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import { asSent } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import type { ResourceQuota, ResourceQuotaSpec } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { IMMUTABLE } from '../validation.ts'
import { ageCell } from './cells.ts'
import {
  QUOTA_RESOURCES,
  type ResourceList,
  validateResourceName,
  validateResourceQuantity,
} from './compute-resources.validation.ts'

const POD_RESOURCES = ['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']
const CLAIM_RESOURCES = ['persistentvolumeclaims', 'requests.storage']
/** Scope -> resources it can narrow. */
const SCOPES: Record<string, readonly string[]> = {
  Terminating: POD_RESOURCES,
  NotTerminating: POD_RESOURCES,
  BestEffort: ['pods'],
  NotBestEffort: POD_RESOURCES,
  PriorityClass: POD_RESOURCES,
  CrossNamespacePodAffinity: POD_RESOURCES,
  VolumeAttributesClass: CLAIM_RESOURCES,
}
const EXISTS_ONLY = ['BestEffort', 'NotBestEffort', 'Terminating', 'NotTerminating', 'CrossNamespacePodAffinity']
const MUST_EXIST =
  "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
const CONFLICTS = [
  ['BestEffort', 'NotBestEffort'],
  ['NotTerminating', 'Terminating'],
]

export const resourcequotas = defineResource<ResourceQuota>('v1', 'resourcequotas', {
  validate: (quota) => validateSpec(quota.spec ?? {}),
  validateUpdate(quota, old) {
    const [now, before] = [new Set(quota.spec?.scopes), new Set(old.spec?.scopes)]
    const same = now.size === before.size && [...now].every((scope) => before.has(scope))
    const fixed = same ? [] : [invalid('spec.scopes', asSent(quota.spec, 'scopes'), IMMUTABLE)]
    return [...validateSpec(quota.spec ?? {}), ...fixed]
  },
  warnings: (quota, old) => (old ? [] : quotaWarnings((quota.spec?.hard ?? {}) as ResourceList)),
  row(quota, { now }) {
    const { hard = {}, used = {} } = (quota.status ?? {}) as { hard?: ResourceList; used?: ResourceList }
    const cells: [string[], string[]] = [[], []]
    for (const name of Object.keys(hard).sort()) {
      cells[name.startsWith('limits.') ? 1 : 0].push(`${name}: ${used[name] ?? '0'}/${hard[name]}`)
    }
    const [requests, limits] = cells.map((cell) => cell.join(', '))
    return [quota.metadata.name ?? '', requests, limits, ageCell(quota.metadata.creationTimestamp, now)]
  },
  subresources: {
    status: {
      validateUpdate: ({ status }) => [
        ...validateAmounts(status?.hard as ResourceList, 'status.hard'),
        ...validateAmounts(status?.used as ResourceList, 'status.used'),
      ],
    },
  },
})

const isQuotaResource = (name: string): boolean => QUOTA_RESOURCES.has(name) || /^(requests\.)?hugepages-/.test(name)

function validateAmounts(amounts: ResourceList | undefined, path: string): FieldError[] {
  return Object.entries(amounts ?? {}).flatMap(([name, value]) => {
    const at = key(path, name)
    const errors = validateResourceName(name, at)
    if (!name.includes('/') && !isQuotaResource(name)) {
      errors.push(invalid(at, name, 'must be a standard resource for quota'))
    }
    return [...errors, ...validateResourceQuantity(name, value, at)]
  })
}

function validateSpec(spec: ResourceQuotaSpec): FieldError[] {
  const errors = validateAmounts(spec.hard as ResourceList, 'spec.hard')
  const { scopes = [], scopeSelector } = spec
  const misfits = (scope: string) => hardNames(spec).filter((name) => SCOPES[scope] && !SCOPES[scope].includes(name))
  const path = 'spec.scopes'
  for (const scope of scopes) {
    if (!SCOPES[scope]) errors.push(invalid(path, scopes, 'unsupported scope'))
    for (const _ of misfits(scope)) errors.push(invalid(path, scopes, 'unsupported scope applied to resource'))
  }
  errors.push(...validateConflicts(scopes, scopes, path))
  const at = 'spec.scopeSelector.matchExpressions'
  for (const requirement of scopeSelector?.matchExpressions ?? []) {
    const { scopeName } = requirement
    if (!SCOPES[scopeName]) errors.push(invalid(child(at, 'scopeName'), scopeName, 'unsupported scope'))
    for (const _ of misfits(scopeName)) {
      errors.push(
        invalid(at, internalForm('core.ScopeSelector', scopeSelector), 'unsupported scope applied to resource'),
      )
    }
    errors.push(...validateRequirement(requirement, at))
  }
  const selected = scopeSelector?.matchExpressions?.map((requirement) => requirement.scopeName) ?? []
  return [...errors, ...validateConflicts(selected, spec.scopes ?? null, at)]
}

const hardNames = (spec: ResourceQuotaSpec): string[] =>
  Object.keys(spec.hard ?? {})
    .filter(isQuotaResource)
    .sort()

function validateConflicts(scopes: readonly string[], shown: unknown, path: string): FieldError[] {
  return CONFLICTS.filter((pair) => pair.every((scope) => scopes.includes(scope))).map(() =>
    invalid(path, shown, 'conflicting scopes'),
  )
}

function validateRequirement(
  { scopeName, operator, values = [] }: { scopeName: string; operator: string; values?: string[] },
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  if (EXISTS_ONLY.includes(scopeName) && operator !== 'Exists') {
    errors.push(invalid(child(path, 'operator'), operator, MUST_EXIST))
  }
  const at = child(path, 'values')
  if (operator === 'In' || operator === 'NotIn') {
    const detail = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
    if (values.length === 0) errors.push(required(at, detail))
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    const detail = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
    if (values.length > 0) errors.push(invalid(at, values, detail))
  } else {
    errors.push(invalid(child(path, 'operator'), operator, 'not a valid selector operator'))
  }
  return errors
}

function quotaWarnings(hard: ResourceList): string[] {
  return ['cpu', 'memory', 'ephemeral-storage'].flatMap((name) => {
    const explicit = `requests.${name}`
    const request = hard[explicit] === undefined && name !== 'ephemeral-storage' ? name : explicit
    const [asked, limit] = [hard[request], hard[`limits.${name}`]]
    if (asked === undefined || limit === undefined) return []
    const over = compareQuantities(parseQuantity(String(asked)), parseQuantity(String(limit))) > 0
    return over ? [`ResourceQuota ${request} (${asked}) should be less than limits.${name} (${limit})`] : []
  })
}
