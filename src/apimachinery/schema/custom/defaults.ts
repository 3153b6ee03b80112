/** Defaults that a custom resource's schema states. Mirrors apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go. */
import { isPlainObject } from '../go-json.ts'
import type { StructuralNode } from './structural.ts'

/** Answers the same value when nothing was missing; never changes its input. */
export function applyStructuralDefaults<T>(value: T, node: StructuralNode | null | undefined): T {
  if (!node) return value
  if (Array.isArray(value)) return defaultItems(value, node) as T
  return isPlainObject(value) ? (defaultFields(value, node) as T) : value
}

function defaultFields(fields: Record<string, unknown>, node: StructuralNode): Record<string, unknown> {
  let out: Record<string, unknown> | undefined
  const set = (name: string, value: unknown): void => {
    out ??= { ...fields }
    out[name] = value
  }
  let added = false
  for (const [name, property] of node.properties) {
    if (!property.hasDefault) continue
    const present = fields[name]
    if (present === undefined || (present === null && !property.nullable)) {
      added ||= present === undefined
      set(name, structuredClone(property.schema.default))
    }
  }
  for (const name of Object.keys(out ?? fields)) {
    const below = node.properties.get(name) ?? node.additional
    if (!below) continue
    const present = (out ?? fields)[name]
    const start =
      present === null && !below.nullable && below.hasDefault ? structuredClone(below.schema.default) : present
    const filled = applyStructuralDefaults(start, below)
    if (filled !== present) set(name, filled)
  }
  return out && added ? sortKeys(out) : (out ?? fields)
}

function defaultItems(items: unknown[], node: StructuralNode): unknown[] {
  let out: unknown[] | undefined
  items.forEach((item, i) => {
    const start =
      item === null && node.items && !node.items.nullable && node.items.hasDefault
        ? structuredClone(node.items.schema.default)
        : item
    const filled = applyStructuralDefaults(start, node.items)
    if (filled === item) return
    out ??= [...items]
    out[i] = filled
  })
  return out ?? items
}

/** Go prints maps sorted. */
export function sortKeys(object: Record<string, unknown>): Record<string, unknown> {
  const keys = Object.keys(object)
  if (keys.every((key, i) => i === 0 || (keys[i - 1] as string) < key)) return object
  return Object.fromEntries(keys.sort().map((key) => [key, object[key]]))
}
