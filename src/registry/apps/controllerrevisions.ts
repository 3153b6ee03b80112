/** controllerrevisions. Mirrors pkg/registry/apps/controllerrevision/strategy.go and pkg/apis/apps/validation. */
import { type FieldError, required } from '../../apimachinery/field-error.ts'
import { controllerOf, type DynamicObject, formatGroupResource, parseGroupVersion } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { validateImmutable, validateNonnegative } from '../validation.ts'

export const controllerrevisions = defineResource('apps/v1', 'controllerrevisions', {
  validate: (revision) => [...validateNonnegative(revision['revision'], 'revision'), ...validatePayload(revision)],
  validateUpdate: (revision, old) => [
    ...validateNonnegative(revision['revision'], 'revision'),
    ...validateImmutable(revision['data'], old['data'], 'data'),
  ],
  row: (revision, context) => [
    revision.metadata.name ?? '',
    controllerName(revision),
    revision['revision'] ?? 0,
    age(revision, context),
  ],
})

function validatePayload({ data }: DynamicObject): FieldError[] {
  if (data === undefined || data === null) return [required('data', 'data is mandatory')]
  return typeof data === 'object' && !Array.isArray(data) ? [] : [required('data', 'data must be a valid JSON object')]
}

function controllerName(revision: DynamicObject): string {
  const controller = controllerOf(revision)
  if (!controller) return '<none>'
  const { group } = parseGroupVersion(controller.apiVersion)
  return `${formatGroupResource(group, controller.kind).toLowerCase()}/${controller.name}`
}
