/** ConfigMaps. Mirrors pkg/registry/core/configmap/strategy.go and ValidateConfigMap. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { type FieldError, forbidden, invalid, key, tooLong } from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import { isConfigMapKey } from '../../apimachinery/names.ts'
import type { ConfigMap } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { invalids } from '../validation.ts'
import { ageCell } from './cells.ts'

/** Of the values together, for ConfigMaps and Secrets. */
export const MAX_DATA_BYTES = 1024 * 1024
const FROZEN = 'field is immutable when `immutable` is set'

export const configmaps = defineResource<ConfigMap>('v1', 'configmaps', {
  validate: validateConfigMap,
  validateUpdate: (map, old) => [...validateFrozen(map, old, ['data', 'binaryData']), ...validateConfigMap(map)],
  row: (map, { now }) => [
    map.metadata.name ?? '',
    Object.keys(map.data ?? {}).length + Object.keys(map.binaryData ?? {}).length,
    ageCell(map.metadata.creationTimestamp, now),
  ],
})

function validateConfigMap(map: ConfigMap): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [name, value] of Object.entries(map.data ?? {})) {
    const path = key('data', name)
    errors.push(...invalids(path, name, isConfigMapKey(name)))
    if (map.binaryData?.[name] !== undefined) {
      errors.push(invalid(path, name, 'duplicate of key present in binaryData'))
    }
    bytes += byteLength(value)
  }
  for (const [name, value] of Object.entries(map.binaryData ?? {})) {
    errors.push(...invalids(key('binaryData', name), name, isConfigMapKey(name)))
    bytes += base64Bytes(value)
  }
  // How upstream prints the path of a field without a name.
  if (bytes > MAX_DATA_BYTES) errors.push(tooLong('[]', MAX_DATA_BYTES))
  return errors
}

/** How many bytes a canonical base64 text stands for. */
export function base64Bytes(text: string): number {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0
  return (text.length / 4) * 3 - padding
}

/** Once `immutable` is set it stays, and so do the fields. */
export function validateFrozen<T extends { immutable?: boolean }>(
  object: T,
  old: T,
  fields: readonly (keyof T & string)[],
): FieldError[] {
  if (!old.immutable) return []
  const errors = object.immutable ? [] : [forbidden('immutable', FROZEN)]
  for (const field of fields)
    if (!deepEqual(object[field] ?? {}, old[field] ?? {})) errors.push(forbidden(field, FROZEN))
  return errors
}
