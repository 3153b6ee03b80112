/** Fields taken out of a value, and the set that says which. Mirrors structured-merge-diff/{typed/remove,merge/update}.go. */
import { difference, type FieldSet, hasMember, intersection, isLeaf, subset, union, withSelf } from './field-set.ts'
import { type Members, saidFields } from './field-sets-of-values.ts'
import { itemElement } from './list-elements.ts'
import { deduced, type MergeNode, type MergeStruct, memberOf } from './merge-node.ts'
import { fieldElement, SELF } from './path-element.ts'

/** The value without the members of the set. A list or map that loses all it had becomes null. Shares what it does not touch. */
export function removeFields(value: unknown, fields: FieldSet | undefined, node: MergeNode): unknown {
  if (fields === undefined || node.kind === 'scalar') return value
  if (node.kind === 'any') return removeFields(value, fields, deduced(value))
  if (typeof value !== 'object' || value === null) return null
  if (node.kind === 'list') return node.relation === 'atomic' ? null : removeItems(value as unknown[], fields, node)
  if (node.atomic) return null
  const out: Members = {}
  let left = 0
  for (const [name, child] of Object.entries(value)) {
    const element = fieldElement(name)
    if (child === undefined || hasMember(fields, element)) continue
    const below = subset(fields, element)
    const of = memberOf(node, name)
    out[name] = below === undefined || of === undefined ? child : removeFields(child, below, of)
    left++
  }
  return left > 0 ? out : null
}

function removeItems(value: unknown[], fields: FieldSet, node: MergeNode & { kind: 'list' }): unknown {
  const out: unknown[] = []
  for (const item of value) {
    const element = itemElement(node, item)
    if (hasMember(fields, element)) continue
    const below = subset(fields, element)
    out.push(below === undefined ? item : removeFields(item, below, node.of))
  }
  return out.length > 0 ? out : null
}

/** Fields of structs that are only on the way to a member become members: so a struct goes when all that was in it goes. */
export function withNamedFields(set: FieldSet | undefined, node: MergeNode | undefined): FieldSet | undefined {
  if (set === undefined) return undefined
  const out: Record<string, FieldSet> = {}
  for (const element in set) {
    const below = set[element]!
    if (element === SELF || isLeaf(below)) {
      out[element] = below
      continue
    }
    const child = withNamedFields(below, nodeBelow(node, element)) as FieldSet
    const isNamed = node?.kind === 'struct' && node.byName.has(element.slice(2)) && element[0] === 'f'
    out[element] = isNamed ? withSelf(child) : child
  }
  return out
}

function nodeBelow(node: MergeNode | undefined, element: string): MergeNode | undefined {
  if (node === undefined) return undefined
  if (element[0] === 'f') {
    if (node.kind === 'struct' || node.kind === 'map') return memberOf(node, element.slice(2))
    return node.kind === 'any' ? node : undefined
  }
  return element[0] === 'k' && node.kind === 'list' ? node.of : undefined
}

/** What was removed from `merged` to make `bare`, as far as someone owns it, comes back. */
export function addBackOwned(merged: unknown, bare: unknown, owned: FieldSet | undefined, node: MergeStruct): unknown {
  const gone = difference(namedFields(merged, node), union(namedFields(bare, node), withNamedFields(owned, node)))
  return removeFields(merged, gone, node)
}

/** What went although its applier never owned it (`last`) comes back. */
export function addBackDangling(
  merged: unknown,
  bare: unknown,
  last: FieldSet | undefined,
  node: MergeStruct,
): unknown {
  const gone = difference(namedFields(merged, node), namedFields(bare, node))
  return removeFields(merged, intersection(gone, withNamedFields(last, node)), node)
}

function namedFields(value: unknown, node: MergeStruct): FieldSet | undefined {
  return withNamedFields(saidFields(value ?? {}, node), node)
}
