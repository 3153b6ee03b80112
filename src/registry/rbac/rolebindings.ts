/** rolebindings and clusterrolebindings. Mirrors pkg/registry/rbac/{rolebinding,clusterrolebinding} and pkg/apis/rbac/validation. */

import { deepEqual } from '../../apimachinery/equality.ts'
import { child, type FieldError, index, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain, isPathSegmentName } from '../../apimachinery/names.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { checkBindingEscalation } from '../authorization/escalation.ts'
import { age } from '../cells.ts'
import { defineResource, type ResourceHooks } from '../definition.ts'
import { IMMUTABLE, invalids } from '../validation.ts'

type Fields = DynamicObject['spec']

const GROUP = 'rbac.authorization.k8s.io'
const SUBJECT_KINDS = ['ServiceAccount', 'User', 'Group']

export const rolebindings = defineResource('rbac.authorization.k8s.io/v1', 'rolebindings', hooks(true))
export const clusterrolebindings = defineResource('rbac.authorization.k8s.io/v1', 'clusterrolebindings', hooks(false))

function hooks(namespaced: boolean): ResourceHooks {
  const resource = namespaced ? 'rolebindings' : 'clusterrolebindings'
  return {
    prepareForCreate: (binding, context) => checkBindingEscalation(resource, binding, undefined, context),
    prepareForUpdate: (binding, old, context) => checkBindingEscalation(resource, binding, old, context),
    validateName: isPathSegmentName,
    validate: (binding) => validateBinding(binding, namespaced),
    validateUpdate: (binding, old) => [
      ...validateBinding(binding, namespaced),
      ...validateRoleUnchanged(binding['roleRef'], old['roleRef']),
    ],
    row: (binding, context) => [
      binding.metadata.name ?? '',
      `${binding['roleRef'].kind}/${binding['roleRef'].name}`,
      age(binding, context),
      ...['User', 'Group', 'ServiceAccount'].map((kind) => subjectsCell(binding['subjects'] ?? [], kind)),
    ],
  }
}

function subjectsCell(subjects: Fields[], wanted: string): string {
  const matching = subjects.filter(({ kind }) => kind === wanted)
  return matching
    .map(({ namespace, name }) => (wanted === 'ServiceAccount' ? `${namespace ?? ''}/${name}` : name))
    .join(', ')
}

function validateBinding({ roleRef = {}, subjects = [] }: DynamicObject, namespaced: boolean): FieldError[] {
  const { apiGroup = '', kind = '', name = '' } = roleRef
  const kinds = namespaced ? ['Role', 'ClusterRole'] : ['ClusterRole']
  const errors: FieldError[] = []
  const missing: FieldError[] = []
  if (apiGroup !== GROUP) errors.push(notSupported('roleRef.apiGroup', apiGroup, [GROUP]))
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds))
  if (name === '') missing.push(required('roleRef.name'))
  else errors.push(...invalids('roleRef.name', name, isPathSegmentName(name)))
  subjects.forEach((subject: Fields, i: number) => {
    const path = index('subjects', i)
    errors.push(...validateSubject(subject, namespaced, path))
    if (!subject.name) missing.push(required(child(path, 'name')))
  })
  return [...errors, ...missing]
}

function validateSubject(subject: Fields, namespaced: boolean, path: string): FieldError[] {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject
  if (!SUBJECT_KINDS.includes(kind)) return [notSupported(child(path, 'kind'), kind, SUBJECT_KINDS)]
  if (kind !== 'ServiceAccount') {
    return apiGroup === GROUP ? [] : [notSupported(child(path, 'apiGroup'), apiGroup, [GROUP])]
  }
  const errors = name === '' ? [] : invalids(child(path, 'name'), name, isDns1123Subdomain(name))
  if (apiGroup !== '') errors.push(notSupported(child(path, 'apiGroup'), apiGroup, ['']))
  if (!namespaced && namespace === '') errors.push(required(child(path, 'namespace')))
  return errors
}

function validateRoleUnchanged(roleRef: Fields, old: Fields): FieldError[] {
  if (deepEqual(roleRef, old)) return []
  return [invalid('roleRef', internalForm('rbac.RoleRef', roleRef ?? {}), IMMUTABLE)]
}
