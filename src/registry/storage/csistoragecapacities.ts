/** csistoragecapacities. Mirrors pkg/registry/storage/csistoragecapacity/strategy.go and pkg/apis/storage/validation. */
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import { parseQuantity, quantitySign } from '../../apimachinery/quantity.ts'
import { defineResource } from '../definition.ts'
import { nodeLabelSelectorWarnings } from '../node-labels.warnings.ts'
import { invalids, NEGATIVE, validateImmutable, validateLabelSelector } from '../validation.ts'

export const csistoragecapacities = defineResource('storage.k8s.io/v1', 'csistoragecapacities', {
  warnings: (capacity) => nodeLabelSelectorWarnings(capacity['nodeTopology'], 'nodeTopology'),
  validate: (capacity) => validateCapacity(capacity),
  validateUpdate: (capacity, old) => [
    ...validateCapacity(capacity),
    ...['nodeTopology', 'storageClassName'].flatMap((name) => validateImmutable(capacity[name], old[name], name)),
  ],
})

function validateCapacity({ nodeTopology, storageClassName = '', capacity }: DynamicObject): FieldError[] {
  const errors = [
    ...validateLabelSelector(nodeTopology, 'nodeTopology'),
    ...invalids('storageClassName', storageClassName, isDns1123Subdomain(storageClassName)),
  ]
  if (capacity !== undefined && quantitySign(parseQuantity(String(capacity))) < 0) {
    errors.push(invalid('capacity', capacity, NEGATIVE))
  }
  return errors
}
