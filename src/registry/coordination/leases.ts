/** leases. Mirrors pkg/registry/coordination/lease/strategy.go and pkg/apis/coordination/validation. */
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { validateNonnegative } from '../validation.ts'

export const leases = defineResource('coordination.k8s.io/v1', 'leases', {
  validate: (lease) => validateSpec(lease),
  validateUpdate: (lease) => validateSpec(lease),
  row: (lease, context) => [lease.metadata.name ?? '', lease['spec']?.holderIdentity ?? '', age(lease, context)],
})

function validateSpec({ spec }: DynamicObject): FieldError[] {
  const seconds = spec?.leaseDurationSeconds
  const errors = seconds <= 0 ? [invalid('spec.leaseDurationSeconds', seconds, 'must be greater than 0')] : []
  return [...errors, ...validateNonnegative(spec?.leaseTransitions, 'spec.leaseTransitions')]
}
