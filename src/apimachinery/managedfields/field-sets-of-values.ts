/**
 * The fields that a value has, as a set: all of them for a value that was added or removed, those that count as said for an applied
 * configuration. Mirrors structured-merge-diff/typed/{compare,tofieldset}.go.
 */
import { withSelf } from './field-set.ts'
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
import { type FieldSet, LEAF, noMembers, type SetPrefix, setOfPrefix, withMember } from './set-prefix.ts'

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
  const self = withMember(noMembers(), SELF, LEAF)
  const all =
    node.kind === 'list'
      ? everyItem(value as unknown[], node, self)
      : node.kind === 'struct'
        ? everyStructField(value as Members, node, self)
        : everyMapField(value as Members, node, self)
  return all === self ? LEAF : setOfPrefix(all)!
}

function everyStructField(value: Members, node: MergeStruct, prefix: SetPrefix): SetPrefix {
  for (const { name, element, node: of } of presentFields(node, value)) {
    const child = value[name]
    if (child !== undefined) prefix = withMember(prefix, element, everyField(child, of))
  }
  return prefix
}

function everyMapField(value: Members, node: MergeMap, prefix: SetPrefix): SetPrefix {
  for (const name of sortedNames(value)) {
    if (value[name] !== undefined) prefix = withMember(prefix, fieldElement(name), everyField(value[name], node.of))
  }
  return prefix
}

/** Most maps are sorted: they are decoded that way. */
function sortedNames(value: Members): string[] {
  const names = Object.keys(value)
  for (let i = 1; i < names.length; i++) if (names[i - 1]! > names[i]!) return names.sort(compareText)
  return names
}

/** Items that share an element are one member, without what is below them. */
export function everyItem(value: readonly unknown[], node: MergeList, prefix: SetPrefix): SetPrefix {
  const items = value.map((item): [element: string, item: unknown] => [itemElement(node, item), item])
  if (items.length > 1) items.sort(([a], [b]) => compareElements(a, b))
  items.forEach(([element, item], i) => {
    if (element === items[i - 1]?.[0]) return
    const isShared = element === items[i + 1]?.[0]
    prefix = withMember(prefix, element, isShared ? LEAF : everyField(item, node.of))
  })
  return prefix
}

/** What an applied configuration says, and so owns: leaves, keys of maps, items of lists. Structs only when they are empty. */
export function saidFields(value: unknown, node: MergeStruct): FieldSet | undefined {
  return setOfPrefix(saidInStruct(value as Members, node))
}

/** undefined: nothing is said (an empty list). */
function saidBelow(value: unknown, node: MergeNode): FieldSet | undefined {
  if (node.kind === 'scalar') return LEAF
  if (node.kind === 'any') return saidBelow(value, deduced(value))
  if (node.kind === 'list' ? node.relation === 'atomic' : node.atomic) return LEAF
  if (value === null) return undefined
  if (node.kind === 'list') return setOfPrefix(saidItems(value as unknown[], node))
  if (node.kind === 'struct') return setOfPrefix(saidInStruct(value as Members, node))
  return setOfPrefix(saidInMap(value as Members, node))
}

function saidInStruct(value: Members, node: MergeStruct): SetPrefix {
  let said = noMembers()
  for (const { name, element, node: of } of presentFields(node, value)) {
    const child = value[name]
    if (child === undefined) continue
    const below = saidBelow(child, of)
    if (!node.byName.has(name)) said = withMember(said, element, withSelf(below ?? LEAF))
    else if (below !== undefined) said = withMember(said, element, below)
    else if (isEmptyMap(child)) said = withMember(said, element, LEAF)
  }
  return said
}

function isEmptyMap(value: unknown): boolean {
  return value === null || (typeof value === 'object' && !Array.isArray(value) && isEmptyValue(value))
}

function saidInMap(value: Members, node: MergeMap): SetPrefix {
  let said = noMembers()
  for (const name of sortedNames(value)) {
    if (value[name] === undefined) continue
    said = withMember(said, fieldElement(name), withSelf(saidBelow(value[name], node.of) ?? LEAF))
  }
  return said
}

function saidItems(value: unknown[], node: MergeList): SetPrefix {
  let said = noMembers()
  const items = itemsByElement(node, value)
  for (const element of sortedElements(items.keys())) {
    const same = items.get(element)!
    said = withMember(said, element, same.length > 1 ? LEAF : withSelf(saidBelow(same[0], node.of) ?? LEAF))
  }
  return said
}
