/**
 * The fields that a value has, as a set: all of them for a value that was added or removed, those that count as said for an applied
 * configuration. Mirrors structured-merge-diff/typed/{compare,tofieldset}.go.
 */
import { type Draft, type FieldSet, isLeaf, LEAF, withSelf } from './field-set.ts'
import { itemElement, itemsByElement, sortedElements } from './list-elements.ts'
import {
  deduced,
  type MergeList,
  type MergeMap,
  type MergeNode,
  type MergeStruct,
  presentFields,
} from './merge-node.ts'
import { compareElements, compareText, fieldElement, SELF } from './path-element.ts'

export type Members = Record<string, unknown>

/** null, {} and []: leaves, so that the difference between them is kept. */
export function isEmptyValue(value: unknown): boolean {
  if (value === null || value === undefined) return true
  if (Array.isArray(value)) return value.length === 0
  for (const name in value as Members) if ((value as Members)[name] !== undefined) return false
  return true
}

/** Custom resources come here before their schema has refused a list that is none. */
export function fits(value: unknown, node: MergeNode): boolean {
  return value == null || Array.isArray(value) === (node.kind === 'list')
}

/** Every field of a value that was not there before (or is no more), the value itself included. */
export function everyField(value: unknown, node: MergeNode): FieldSet {
  if (node.kind === 'scalar') return LEAF
  if (node.kind === 'any') return everyField(value, deduced(value))
  if (value === null || (node.kind === 'list' ? node.relation === 'atomic' : node.atomic)) return LEAF
  if (!fits(value, node)) return LEAF
  const out: Draft = { [SELF]: LEAF }
  const found =
    node.kind === 'list'
      ? everyItem(value as unknown[], node, out)
      : node.kind === 'struct'
        ? everyStructField(value as Members, node, out)
        : everyMapField(value as Members, node, out)
  return found ? out : LEAF
}

function everyStructField(value: Members, node: MergeStruct, out: Draft): boolean {
  let found = false
  for (const { name, element, node: of } of presentFields(node, value)) {
    const child = value[name]
    if (child === undefined) continue
    out[element] = everyField(child, of)
    found = true
  }
  return found
}

function everyMapField(value: Members, node: MergeMap, out: Draft): boolean {
  const names = Object.keys(value)
  for (const name of names.length > 1 ? names.sort(compareText) : names) {
    if (value[name] !== undefined) out[fieldElement(name)] = everyField(value[name], node.of)
  }
  return names.length > 0
}

/** Items that share an element are one member, without what is below them. Answers whether there are any. */
export function everyItem(value: unknown[], node: MergeList, out: Draft): boolean {
  const items = value.map((item): [element: string, item: unknown] => [itemElement(node, item), item])
  if (items.length > 1) items.sort(([a], [b]) => compareElements(a, b))
  items.forEach(([element, item], i) => {
    const isShared = element === items[i - 1]?.[0] || element === items[i + 1]?.[0]
    out[element] = isShared ? LEAF : everyField(item, node.of)
  })
  return items.length > 0
}

/** What an applied configuration says, and so owns: leaves, keys of maps, items of lists. Structs only when they are empty. */
export function saidFields(value: unknown, node: MergeStruct): FieldSet | undefined {
  const out: Draft = {}
  saidInStruct(value as Members, node, out)
  return isLeaf(out) ? undefined : out
}

/** undefined: nothing is said (an empty list). */
function saidBelow(value: unknown, node: MergeNode): FieldSet | undefined {
  if (node.kind === 'scalar') return LEAF
  if (node.kind === 'any') return saidBelow(value, deduced(value))
  if (node.kind === 'list' ? node.relation === 'atomic' : node.atomic) return LEAF
  if (value === null) return undefined
  const out: Draft = {}
  if (node.kind === 'list') saidItems(value as unknown[], node, out)
  else if (node.kind === 'struct') saidInStruct(value as Members, node, out)
  else saidInMap(value as Members, node, out)
  return isLeaf(out) ? undefined : out
}

function saidInStruct(value: Members, node: MergeStruct, out: Draft): void {
  for (const { name, element, node: of } of presentFields(node, value)) {
    const child = value[name]
    if (child === undefined) continue
    const below = saidBelow(child, of)
    if (!node.byName.has(name)) out[element] = withSelf(below ?? LEAF)
    else if (below !== undefined) out[element] = below
    else if (isEmptyMap(child)) out[element] = LEAF
  }
}

function isEmptyMap(value: unknown): boolean {
  return value === null || (typeof value === 'object' && !Array.isArray(value) && isEmptyValue(value))
}

function saidInMap(value: Members, node: MergeMap, out: Draft): void {
  for (const name of Object.keys(value).sort(compareText)) {
    if (value[name] !== undefined) out[fieldElement(name)] = withSelf(saidBelow(value[name], node.of) ?? LEAF)
  }
}

function saidItems(value: unknown[], node: MergeList, out: Draft): void {
  const items = itemsByElement(node, value)
  for (const element of sortedElements(items.keys())) {
    const same = items.get(element)!
    out[element] = same.length > 1 ? LEAF : withSelf(saidBelow(same[0], node.of) ?? LEAF)
  }
}
