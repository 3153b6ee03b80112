/** csinodes. Mirrors pkg/registry/storage/csinode/strategy.go and pkg/apis/storage/validation. */

import { deepEqual } from '../../apimachinery/equality.ts'
import { child, duplicate, type FieldError, index, invalid, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { keepEmptied } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'
import { IMMUTABLE, validateNonnegative, validateQualifiedName } from '../validation.ts'
import { validateDriverName } from './driver-name.validation.ts'

type Fields = DynamicObject['spec']

const PATH = 'spec.drivers'
const MAX_NODE_ID_LENGTH = 256

export const csinodes = defineResource('storage.k8s.io/v1', 'csinodes', {
  validate: ({ spec }) => validateDrivers(spec?.drivers ?? []),
  validateUpdate: ({ spec }, old) => [
    ...validateDrivers(spec?.drivers ?? []),
    ...validateDriversUnchanged(spec?.drivers ?? [], old['spec']?.drivers ?? []),
  ],
  row: (node, context) => [node.metadata.name ?? '', node['spec']?.drivers?.length ?? 0, age(node, context)],
})

function validateDrivers(drivers: Fields[]): FieldError[] {
  const seen = new Set<string>()
  return drivers.flatMap((driver, i) => {
    const path = index(PATH, i)
    const { name = '', nodeID = '', allocatable, topologyKeys } = driver
    const errors = validateDriverName(name, child(path, 'name'))
    if (nodeID === '') errors.push(required(child(path, 'nodeID')))
    if (nodeID.length > MAX_NODE_ID_LENGTH) {
      errors.push(invalid(child(path, 'nodeID'), nodeID, `must be ${MAX_NODE_ID_LENGTH} characters or less`))
    }
    errors.push(...validateNonnegative(allocatable?.count, child(path, 'allocatable.count')))
    if (seen.has(name)) errors.push(duplicate(child(path, 'name'), name))
    seen.add(name)
    return [...errors, ...validateTopologyKeys(topologyKeys ?? [], path)]
  })
}

function validateTopologyKeys(keys: string[], path: string): FieldError[] {
  return keys.flatMap((key, i) => [
    ...(key === '' ? [required(path)] : []),
    ...(keys.indexOf(key) === i ? [] : [duplicate(path, key)]),
    ...validateQualifiedName(key, path),
  ])
}

/** Only how many volumes fit may change. */
function validateDriversUnchanged(drivers: Fields[], old: Fields[]): FieldError[] {
  return old.flatMap(({ allocatable: _, ...before }) => {
    const found = drivers.find(({ name }) => name === before.name)
    if (!found) return []
    const { allocatable: __, ...rest } = found
    const now = keepEmptied(rest, found)
    if (deepEqual(now, before)) return []
    return [invalid(PATH, internalForm('storage.CSINodeDriver', now), IMMUTABLE)]
  })
}
