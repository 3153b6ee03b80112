/** Items of sets and of lists with keys as path elements. Mirrors structured-merge-diff/typed/helpers.go. */
import type { MergeList } from './merge-node.ts'
import { keyElement, nameElement, sortElements, valueElement } from './path-element.ts'

/** An item that cannot be named: its keys are missing, or it is of another shape. */
export class ElementError extends Error {}

/** The path element of an item. Throws ElementError. */
export function itemElement(node: MergeList, item: unknown): string {
  return node.relation === 'map' ? keyedElement(node, item) : setElement(item)
}

function keyedElement(node: MergeList, item: unknown): string {
  if (item === null) throw new ElementError('associative list with keys may not have a null element')
  if (typeof item !== 'object' || Array.isArray(item)) {
    throw new ElementError('associative list with keys may not have non-map elements')
  }
  if (node.keys.length === 1) {
    const { name } = node.keys[0]!
    const value = (item as Record<string, unknown>)[name]
    if (typeof value === 'string') return nameElement(name, value)
  }
  const fields: [string, unknown][] = []
  for (const key of node.keys) {
    const value = (item as Record<string, unknown>)[key.name] ?? key.default
    if (value !== undefined) fields.push([key.name, value])
  }
  if (fields.length === 0) {
    const names = node.keys.map(({ name }) => JSON.stringify(name)).join(' ')
    throw new ElementError(
      `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
    )
  }
  return keyElement(fields)
}

function setElement(item: unknown): string {
  if (item === null) throw new ElementError("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw new ElementError('not supported: associative list with lists as elements')
  if (typeof item === 'object') throw new ElementError("associative list without keys has an element that's a map type")
  return valueElement(item)
}

/** Items by their element, in the order of the list; those that share one, together. */
export function itemsByElement(node: MergeList, list: readonly unknown[]): Map<string, unknown[]> {
  const items = new Map<string, unknown[]>()
  for (const item of list) {
    const element = itemElement(node, item)
    const same = items.get(element)
    if (same === undefined) items.set(element, [item])
    else same.push(item)
  }
  return items
}

export function sortedElements(elements: Iterable<string>): string[] {
  return sortElements([...elements])
}
