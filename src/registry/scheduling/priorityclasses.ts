/** priorityclasses. Mirrors pkg/registry/scheduling/priorityclass and pkg/apis/scheduling/validation. */
import { newForbidden } from '../../apimachinery/errors.ts'
import { type FieldError, forbidden, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { validateImmutable } from '../validation.ts'

const SYSTEM_PREFIX = 'system-'
const SYSTEM_CLASSES: Record<string, number> = {
  'system-node-critical': 2000001000,
  'system-cluster-critical': 2000000000,
}
const HIGHEST_OF_USERS = 1000000000
const PREEMPTION_POLICIES = ['PreemptLowerPriority', 'Never']

export const priorityclasses = defineResource('scheduling.k8s.io/v1', 'priorityclasses', {
  generationChanges: () => false,
  validate: (priority) => validatePriorityClass(priority),
  validateUpdate: (priority, old) => [
    ...((priority['value'] ?? 0) === (old['value'] ?? 0)
      ? []
      : [forbidden('value', 'may not be changed in an update.')]),
    ...validateImmutable(priority['preemptionPolicy'], old['preemptionPolicy'], 'preemptionPolicy'),
  ],
  beforeDelete({ metadata: { name = '' } }) {
    if (!Object.hasOwn(SYSTEM_CLASSES, name)) return
    const of = { group: 'scheduling.k8s.io', resource: 'priorityclasses' }
    throw newForbidden(of, name, 'this is a system priority class and cannot be deleted')
  },
  row: (priority, context) => [
    priority.metadata.name ?? '',
    priority['value'] ?? 0,
    priority['globalDefault'] ?? false,
    age(priority, context),
    priority['preemptionPolicy'] ?? '',
  ],
})

function validatePriorityClass(priority: DynamicObject): FieldError[] {
  const { value = 0, preemptionPolicy } = priority
  const { name = '' } = priority.metadata
  const errors: FieldError[] = []
  if (name.startsWith(SYSTEM_PREFIX)) {
    const why = systemClassProblem(priority)
    if (why) {
      const lead = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: `
      errors.push(forbidden('metadata.name', lead + why))
    }
  } else if (value > HIGHEST_OF_USERS) {
    errors.push(forbidden('value', `maximum allowed value of a user defined priority is ${HIGHEST_OF_USERS}`))
  }
  if (preemptionPolicy === '') errors.push(required('preemptionPolicy'))
  else if (preemptionPolicy !== undefined && !PREEMPTION_POLICIES.includes(preemptionPolicy)) {
    errors.push(notSupported('preemptionPolicy', preemptionPolicy, PREEMPTION_POLICIES))
  }
  return errors
}

function systemClassProblem(priority: DynamicObject): string | undefined {
  const { name = '' } = priority.metadata
  const known = Object.hasOwn(SYSTEM_CLASSES, name) ? SYSTEM_CLASSES[name] : undefined
  if (known === undefined) return `${name} is not a known system priority class`
  if (priority['value'] !== known) return `value of ${name} PriorityClass must be ${known}`
  return priority['globalDefault'] ? `globalDefault of ${name} PriorityClass must be false` : undefined
}
