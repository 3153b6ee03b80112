/** volumeattributesclasses. Mirrors pkg/registry/storage/volumeattributesclass/strategy.go and pkg/apis/storage/validation. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { type FieldError, forbidden, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { validateParameters, validateProvisioner } from './parameters.validation.ts'

export const volumeattributesclasses = defineResource('storage.k8s.io/v1', 'volumeattributesclasses', {
  validate: (attributes) => validateClass(attributes),
  validateUpdate: (attributes, old) => [
    ...['driverName', 'parameters']
      .filter((name) => !deepEqual(attributes[name], old[name]))
      .map((name) => forbidden(name, `updates to ${name} are forbidden.`)),
    ...validateClass(attributes),
  ],
  row: (attributes, context) => [
    attributes.metadata.name ?? '',
    attributes['driverName'] ?? '',
    age(attributes, context),
  ],
})

function validateClass({ driverName, parameters }: DynamicObject): FieldError[] {
  return [
    ...validateProvisioner(driverName, 'driverName'),
    ...(driverName ? [] : [required('driverName')]),
    ...validateParameters(parameters, false),
  ]
}
