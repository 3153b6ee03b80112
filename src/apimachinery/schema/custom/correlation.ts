/** Which old value a new one follows: only where a place keeps its meaning from write to write. Mirrors apiserver/pkg/cel/common/equality.go. */
import { isPlainObject } from '../go-json.ts'
import type { JsonSchema } from './json-schema.ts'

/** There is no old value that this one follows: whatever is wrong with it counts. */
export const NONE: unique symbol = Symbol('no old value')

/** The old member of the same name; NONE where the map is atomic or has none. */
export function correlatedMember(schema: JsonSchema, old: unknown, name: string): unknown {
  if (!isPlainObject(old) || schema['x-kubernetes-map-type'] === 'atomic') return NONE
  return Object.hasOwn(old, name) ? old[name] : NONE
}

/** The old item with the same keys; NONE in lists that are not maps. */
export function correlatedItem(schema: JsonSchema, items: readonly unknown[], old: unknown, index: number): unknown {
  if (!Array.isArray(old) || schema['x-kubernetes-list-type'] !== 'map') return NONE
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const wanted = listMapKey(items[index], keys)
  const found = old.filter((item) => listMapKey(item, keys) === wanted)
  return found.length > 0 ? found[0] : NONE
}

/** Items of a list map are told apart by it. */
export function listMapKey(item: unknown, keys: readonly string[]): string {
  return JSON.stringify(keys.map((key) => (isPlainObject(item) ? item[key] : undefined) ?? null))
}
