/** Lists that are sets or maps hold nothing twice. Mirrors apiextensions-apiserver/pkg/apiserver/schema/listtype/validation.go. */
import { child, duplicate, type FieldError, index, invalid, key } from '../../apimachinery/field-error.ts'
import type { StructuralNode } from '../../apimachinery/schema/custom/structural.ts'
import { isPlainObject } from '../../apimachinery/schema/go-json.ts'

export function listTypeErrors(value: unknown, node: StructuralNode | null | undefined, path: string): FieldError[] {
  if (!node) return []
  if (Array.isArray(value)) {
    const below = value.flatMap((item, i) => listTypeErrors(item, node.items, index(path, i)))
    return [...ownErrors(value, node, path), ...below]
  }
  if (!isPlainObject(value)) return []
  return Object.entries(value).flatMap(([name, member]) => {
    const property = node.properties.get(name)
    if (property) return listTypeErrors(member, property, child(path, name))
    return listTypeErrors(member, node.additional, key(path, name))
  })
}

function ownErrors(items: unknown[], { schema }: StructuralNode, path: string): FieldError[] {
  const type = schema['x-kubernetes-list-type']
  if (type === 'set') return repeated(items).map((i) => duplicate(index(path, i), items[i]))
  if (type !== 'map') return []
  const wrong = items.findIndex((item) => item !== null && !isPlainObject(item))
  if (wrong >= 0) {
    return [invalid(index(path, wrong), items[wrong], 'must be an object for an array of list-type map')]
  }
  const names = schema['x-kubernetes-list-map-keys'] ?? []
  const keys = items.map((item) => keysOf(item, names))
  return repeated(keys).map((i) => duplicate(index(path, i), keys[i]))
}

function keysOf(item: unknown, names: readonly string[]): object {
  const fields = isPlainObject(item) ? item : {}
  return Object.fromEntries(names.filter((name) => Object.hasOwn(fields, name)).map((name) => [name, fields[name]]))
}

/** Where a value stands for the second time; later times are not told. */
function repeated(values: readonly unknown[]): number[] {
  const times = new Map<string, number>()
  const found: number[] = []
  values.forEach((value, i) => {
    const text = JSON.stringify(value)
    const seen = times.get(text) ?? 0
    times.set(text, seen + 1)
    if (seen === 1) found.push(i)
  })
  return found
}
