/** poddisruptionbudgets. Mirrors pkg/registry/policy/poddisruptionbudget/strategy.go and pkg/apis/policy/validation. */

import { type FieldError, invalid, notSupported } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import {
  validateCounts,
  validateNotMoreThan100Percent,
  validatePositiveIntOrPercent,
} from '../apps/workload.validation.ts'
import { age } from '../cells.ts'
import { validateConditions } from '../conditions.validation.ts'
import { defineResource } from '../definition.ts'
import { validateLabelSelector } from '../validation.ts'

const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget']
const STATUS_COUNTS = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']

export const poddisruptionbudgets = defineResource('policy/v1', 'poddisruptionbudgets', {
  prepareForCreate(budget) {
    budget['status'] = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  },
  // Upstream checks no more of the name than that a path may hold it.
  validateName: () => [],
  metadataLast: true,
  validate: ({ spec }) => validateSpec(spec ?? {}),
  validateUpdate: ({ spec }) => validateSpec(spec ?? {}),
  row: (budget, context) => [
    budget.metadata.name ?? '',
    String(budget['spec']?.minAvailable ?? 'N/A'),
    String(budget['spec']?.maxUnavailable ?? 'N/A'),
    budget['status']?.disruptionsAllowed ?? 0,
    age(budget, context),
  ],
  subresources: {
    status: {
      validateUpdate: ({ status }) => [
        ...validateConditions(status?.conditions, 'status.conditions'),
        ...validateCounts(status, 'status', STATUS_COUNTS),
      ],
    },
  },
})

function validateSpec(spec: DynamicObject['spec']): FieldError[] {
  const { minAvailable, maxUnavailable, selector, unhealthyPodEvictionPolicy: policy } = spec
  const errors: FieldError[] = []
  if (minAvailable !== undefined && maxUnavailable !== undefined) {
    const printed = internalForm('policy.PodDisruptionBudgetSpec', spec)
    errors.push(invalid('spec', printed, 'minAvailable and maxUnavailable cannot be both set'))
  }
  for (const [name, value] of Object.entries({ minAvailable, maxUnavailable })) {
    if (value === undefined) continue
    errors.push(
      ...validatePositiveIntOrPercent(value, `spec.${name}`),
      ...validateNotMoreThan100Percent(value, `spec.${name}`),
    )
  }
  errors.push(...validateLabelSelector(selector, 'spec.selector'))
  if (policy !== undefined && !EVICTION_POLICIES.includes(policy)) {
    errors.push(notSupported('spec.unhealthyPodEvictionPolicy', policy, EVICTION_POLICIES))
  }
  return errors
}
