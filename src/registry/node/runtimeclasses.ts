/** runtimeclasses. Mirrors pkg/registry/node/runtimeclass/strategy.go and pkg/apis/node/validation. */
import { type FieldError, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { validateResourceRequirements } from '../core/compute-resources.validation.ts'
import { validateTolerations } from '../core/scheduling.validation.ts'
import { declaredImmutable } from '../declarative.ts'
import { defineResource } from '../definition.ts'
import { validateDns1123Label, validateLabels } from '../validation.ts'

export const runtimeclasses = defineResource('node.k8s.io/v1', 'runtimeclasses', {
  validate: (runtimeClass) => validateRuntimeClass(runtimeClass),
  validateUpdate: (runtimeClass, old) => declaredImmutable(runtimeClass['handler'], old['handler'], 'handler'),
  row: (runtimeClass, context) => [
    runtimeClass.metadata.name ?? '',
    runtimeClass['handler'] ?? '',
    age(runtimeClass, context),
  ],
})

function validateRuntimeClass({ handler, overhead, scheduling }: DynamicObject): FieldError[] {
  const errors: FieldError[] = []
  // Upstream checks the overhead as if it were a container's limits, and its path says so.
  if (overhead) errors.push(...validateResourceRequirements({ limits: overhead.podFixed }, 'overhead'))
  if (scheduling) {
    errors.push(
      ...validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector'),
      ...validateTolerations(scheduling.tolerations, 'scheduling.tolerations'),
    )
  }
  return [...errors, ...(handler ? validateDns1123Label(handler, 'handler') : [required('handler')])]
}
