/**
 * What the creation of an object adds, without looking for it each time: objects of a kind mostly have the same fields, and to see that costs
 * a fifth of naming them.
 */
import { deepCopy, deepEqual } from '../equality.ts'
import { type Comparison, compare, type FieldFilter, filterComparison } from './compare.ts'
import { fits, isEmptyValue, type Members } from './field-sets-of-values.ts'
import type { MergeList, MergeMap, MergeNode, MergeStruct } from './merge-node.ts'

/** An object that was compared, as it was then: the writer goes on working on his. */
interface Known {
  object: Members
  filter: FieldFilter | undefined
  comparison: Comparison
}

/** Of each kind, by what an object of it is before anything is set. The last one that was met comes first. */
const known = new WeakMap<object, Known[]>()
const KNOWN_OF_A_KIND = 4

/** As `compare` and `filterComparison`, for an object where there was none: `zero` is its kind with nothing set, always the same object. */
export function compareNew(
  zero: object,
  object: object,
  node: MergeStruct,
  filter: FieldFilter | undefined,
): Comparison {
  let recent = known.get(zero)
  if (recent === undefined) {
    recent = []
    known.set(zero, recent)
  }
  for (const [i, one] of recent.entries()) {
    if (one.filter !== filter || !areAlike(object, one.object, zero, node)) continue
    if (i > 0) recent.unshift(...recent.splice(i, 1))
    return one.comparison
  }
  const comparison = filterComparison(compare(zero, object, node), filter)
  recent.unshift({ object: deepCopy(object) as Members, filter, comparison })
  if (recent.length > KNOWN_OF_A_KIND) recent.pop()
  return comparison
}

/** Whether both differ from `before` in the same fields. May say no where it is so. */
function areAlike(a: unknown, b: unknown, before: unknown, node: MergeNode): boolean {
  if (a === b) return true
  if (node.kind === 'any') return before === undefined && isLeaf(a) && isLeaf(b)
  if (node.kind === 'scalar' || (node.kind === 'list' ? node.relation === 'atomic' : node.atomic)) {
    return before === undefined || deepEqual(a, before) === deepEqual(b, before)
  }
  if (isEmptyValue(a) || isEmptyValue(b)) return deepEqual(a, b)
  if (!fits(a, node) || !fits(b, node)) return false
  if (node.kind === 'list') return isEmptyValue(before) && areListsAlike(a as unknown[], b as unknown[], node)
  return areMembersAlike(a as Members, b as Members, before as Members | null | undefined, node)
}

/** Whatever it holds, it is one field. */
function isLeaf(value: unknown): boolean {
  return value === null || typeof value !== 'object' || Array.isArray(value)
}

function areMembersAlike(
  a: Members,
  b: Members,
  before: Members | null | undefined,
  node: MergeStruct | MergeMap,
): boolean {
  let count = 0
  for (const name in a) {
    const value = a[name]
    if (value === undefined) continue
    count++
    const other = member(b, name)
    if (other === undefined) return false
    const of = trackedMember(node, name)
    if (of !== undefined && !areAlike(value, other, before ? member(before, name) : undefined, of)) return false
  }
  for (const name in b) if (b[name] !== undefined) count--
  return count === 0
}

/** Not what every object inherits: keys of maps can have any name. */
function member(of: Members, name: string): unknown {
  const value = of[name]
  const mayBeInherited = typeof value === 'function' || name === '__proto__'
  return mayBeInherited && !Object.hasOwn(of, name) ? undefined : value
}

/** undefined: nobody owns it. */
function trackedMember(node: MergeStruct | MergeMap, name: string): MergeNode | undefined {
  if (node.kind === 'map') return node.of
  const field = node.byName.get(name)
  return field === undefined ? node.rest : field.rank < 0 ? undefined : field.node
}

/** Items in the same order, with the same keys. */
function areListsAlike(a: readonly unknown[], b: readonly unknown[], node: MergeList): boolean {
  if (a.length !== b.length) return false
  return a.every((item, i) => {
    const other = b[i]
    if (node.relation === 'set') return item === other
    if (isLeaf(item) || isLeaf(other)) return false
    for (const { name } of node.keys) if ((item as Members)[name] !== (other as Members)[name]) return false
    return areAlike(item, other, undefined, node.of)
  })
}
