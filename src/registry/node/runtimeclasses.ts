/** runtimeclasses. Mirrors pkg/registry/node/runtimeclass/strategy.go and pkg/apis/node/validation. */
import { duplicate, type FieldError, index, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import type { Toleration } from '../../types/core-v1.ts'
import { age } from '../cells.ts'
import { validateResourceRequirements } from '../core/compute-resources.validation.ts'
import { validateTolerations } from '../core/scheduling.validation.ts'
import { declaredImmutable } from '../declarative.ts'
import { defineResource } from '../definition.ts'
import { labelKeysWarnings } from '../node-labels.warnings.ts'
import { validateDns1123Label, validateLabels } from '../validation.ts'

export const runtimeclasses = defineResource('node.k8s.io/v1', 'runtimeclasses', {
  warnings: (runtimeClass) =>
    labelKeysWarnings(runtimeClass['scheduling']?.nodeSelector, () => 'scheduling.nodeSelector'),
  validate: (runtimeClass) => [...validateContent(runtimeClass), ...validateHandler(runtimeClass['handler'])],
  validateUpdate: (runtimeClass, old) => [
    ...validateContent(runtimeClass),
    ...declaredImmutable(runtimeClass['handler'], old['handler'], 'handler'),
    ...validateHandler(runtimeClass['handler']),
  ],
  row: (runtimeClass, context) => [
    runtimeClass.metadata.name ?? '',
    runtimeClass['handler'] ?? '',
    age(runtimeClass, context),
  ],
})

/** Their seconds do not tell tolerations apart. */
function validateUniqueTolerations(tolerations: readonly Toleration[], path: string): FieldError[] {
  const seen = new Set<string>()
  return tolerations.flatMap((toleration, i) => {
    const { key, operator, value, effect } = toleration
    const text = JSON.stringify([key ?? '', operator ?? '', value ?? '', effect ?? ''])
    if (!seen.has(text)) return seen.add(text) && []
    return [duplicate(index(path, i), internalForm('core.Toleration', toleration))]
  })
}

function validateContent({ overhead, scheduling }: DynamicObject): FieldError[] {
  const errors: FieldError[] = []
  // Upstream checks the overhead as if it were a container's limits, and its path says so.
  if (overhead) errors.push(...validateResourceRequirements({ limits: overhead.podFixed }, 'overhead'))
  if (scheduling) {
    errors.push(
      ...validateLabels(scheduling.nodeSelector, 'scheduling.nodeSelector'),
      ...validateTolerations(scheduling.tolerations, 'scheduling.tolerations'),
      ...validateUniqueTolerations(scheduling.tolerations ?? [], 'scheduling.tolerations'),
    )
  }
  return errors
}

/** A declared rule: the length is in bytes. */
function validateHandler(handler: string | undefined): FieldError[] {
  if (!handler) return [required('handler')]
  return validateDns1123Label(handler, 'handler').map((error) => ({
    ...error,
    detail: error.detail.replace('63 characters', '63 bytes'),
  }))
}
