/** roles and clusterroles. Mirrors pkg/registry/rbac/{role,clusterrole} and pkg/apis/rbac/validation. */
import { child, type FieldError, index, invalid, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isPathSegmentName } from '../../apimachinery/names.ts'
import { compiledSelector } from '../apps/workload.validation.ts'
import { checkRoleEscalation } from '../authorization/escalation.ts'
import { defineResource, type ResourceHooks } from '../definition.ts'
import { validateLabelSelector } from '../validation.ts'

type Fields = DynamicObject['spec']

export const roles = defineResource('rbac.authorization.k8s.io/v1', 'roles', {
  ...escalationOf('roles'),
  validateName: isPathSegmentName,
  validate: ({ rules }) => validateRules(rules, true),
  validateUpdate: ({ rules }) => validateRules(rules, true),
})

export const clusterroles = defineResource('rbac.authorization.k8s.io/v1', 'clusterroles', {
  ...escalationOf('clusterroles'),
  validateName: isPathSegmentName,
  validate: (role) => validateClusterRole(role),
  validateUpdate: (role) => validateClusterRole(role),
})

function escalationOf(resource: 'roles' | 'clusterroles'): ResourceHooks {
  return {
    prepareForCreate: (role, context) => checkRoleEscalation(resource, role, undefined, context),
    prepareForUpdate: (role, old, context) => checkRoleEscalation(resource, role, old, context),
  }
}

function validateClusterRole({ rules, aggregationRule }: DynamicObject): FieldError[] {
  const { errors, missing } = checkRules(rules, false)
  if (!aggregationRule) return [...errors, ...missing]
  const path = 'aggregationRule.clusterRoleSelectors'
  const selectors: Fields[] = aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) {
    errors.push(required(path, 'at least one clusterRoleSelector required if aggregationRule is non-nil'))
  }
  selectors.forEach((selector, i) => {
    errors.push(...validateLabelSelector(selector, index(path, i)))
    if (!compiledSelector(selector)) errors.push(invalid(index(path, i), null, 'invalid label selector.'))
  })
  return [...errors, ...missing]
}

function validateRules(rules: Fields[] | undefined, namespaced: boolean): FieldError[] {
  const { errors, missing } = checkRules(rules, namespaced)
  return [...errors, ...missing]
}

/** `missing`: verbs are declared as required, which is checked after the rest. */
function checkRules(rules: Fields[] | undefined, namespaced: boolean): { errors: FieldError[]; missing: FieldError[] } {
  const errors: FieldError[] = []
  const missing: FieldError[] = []
  rules?.forEach((rule, i) => {
    const path = index('rules', i)
    errors.push(...validateRule(rule, namespaced, path))
    if (!rule.verbs?.length) missing.push(required(child(path, 'verbs')))
  })
  return { errors, missing }
}

function validateRule(rule: Fields, namespaced: boolean, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { nonResourceURLs: urls, apiGroups, resources, resourceNames } = rule
  if (urls?.length) {
    const at = child(path, 'nonResourceURLs')
    if (namespaced) errors.push(invalid(at, urls, 'namespaced rules cannot apply to non-resource URLs'))
    if (apiGroups?.length || resources?.length || resourceNames?.length) {
      errors.push(invalid(at, urls, 'rules cannot apply to both regular resources and non-resource URLs'))
    }
    return errors
  }
  if (!apiGroups?.length) {
    errors.push(required(child(path, 'apiGroups'), 'resource rules must supply at least one api group'))
  }
  if (!resources?.length) {
    errors.push(required(child(path, 'resources'), 'resource rules must supply at least one resource'))
  }
  return errors
}
