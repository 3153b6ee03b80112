/** What differs between two values of a type, as sets of fields. Mirrors structured-merge-diff/typed/compare.go. */
import { deepEqual } from '../equality.ts'
import { childrenOf, recursiveDifference } from './field-set.ts'
import { everyField, everyItem, fits, isEmptyValue, type Members } from './field-sets-of-values.ts'
import { itemElement, itemsByElement, sortedElements } from './list-elements.ts'
import {
  deduced,
  type MergeList,
  type MergeMap,
  type MergeNode,
  type MergeStruct,
  presentFields,
} from './merge-node.ts'
import { compareElements, compareText, fieldElement } from './path-element.ts'
import { type FieldSet, LEAF, noMembers, type SetPrefix, setOfPrefix, withMember } from './set-prefix.ts'

/** Nothing in it: the values are the same. */
export interface Comparison {
  added?: FieldSet | undefined
  modified?: FieldSet | undefined
  removed?: FieldSet | undefined
}

const SAME: Comparison = Object.freeze({})
const MODIFIED: Comparison = Object.freeze({ modified: LEAF })

export function isSame(comparison: Comparison): boolean {
  return !comparison.added && !comparison.modified && !comparison.removed
}

/** Parts that both share are not looked into. */
export function compare(before: unknown, after: unknown, node: MergeNode): Comparison {
  return before === after ? SAME : compareValues(before, after, node)
}

/** Both are there. */
function compareValues(before: unknown, after: unknown, node: MergeNode): Comparison {
  if (node.kind === 'any') return compareAny(before, after)
  const isAtomic = node.kind === 'scalar' || (node.kind === 'list' ? node.relation === 'atomic' : node.atomic)
  if (isAtomic || (isEmptyValue(before) && isEmptyValue(after))) return deepEqual(before, after) ? SAME : MODIFIED
  if (!fits(before, node) || !fits(after, node)) return deepEqual(before, after) ? SAME : MODIFIED
  const out = new Differences()
  if (node.kind === 'struct') compareStructs(before as Members | null, after as Members | null, node, out)
  else if (node.kind === 'map') compareMaps(before as Members | null, after as Members | null, node, out)
  else compareLists(before as unknown[] | null, after as unknown[] | null, node, out)
  return out.comparison()
}

/** In the making. Children come in canonical order. */
class Differences {
  #added: SetPrefix | undefined
  #modified: SetPrefix | undefined
  #removed: SetPrefix | undefined

  /** One child: absent before means added. */
  child(element: string, before: unknown, after: unknown, node: MergeNode): void {
    if (before === after) return
    if (before === undefined) this.add(element, everyField(after, node))
    else if (after === undefined) this.remove(element, everyField(before, node))
    else {
      const { added, modified, removed } = compareValues(before, after, node)
      if (added) this.add(element, added)
      if (modified) this.modify(element, modified)
      if (removed) this.remove(element, removed)
    }
  }

  /** A list where none was. */
  allItems(after: unknown[], node: MergeList): void {
    this.#added = everyItem(after, node, noMembers())
  }

  add(element: string, set: FieldSet): void {
    this.#added = withMember(this.#added ?? noMembers(), element, set)
  }

  modify(element: string, set: FieldSet): void {
    this.#modified = withMember(this.#modified ?? noMembers(), element, set)
  }

  remove(element: string, set: FieldSet): void {
    this.#removed = withMember(this.#removed ?? noMembers(), element, set)
  }

  comparison(): Comparison {
    return comparisonOf(
      this.#added && setOfPrefix(this.#added),
      this.#modified && setOfPrefix(this.#modified),
      this.#removed && setOfPrefix(this.#removed),
    )
  }
}

function comparisonOf(
  added: FieldSet | undefined,
  modified: FieldSet | undefined,
  removed: FieldSet | undefined,
): Comparison {
  return added || modified || removed ? { added, modified, removed } : SAME
}

function compareStructs(before: Members | null, after: Members | null, node: MergeStruct, out: Differences): void {
  for (const { name, element, node: of } of presentFields(node, before, after)) {
    const was = before?.[name]
    const is = after?.[name]
    if (was !== is) out.child(element, was, is, of)
  }
}

function compareMaps(before: Members | null, after: Members | null, node: MergeMap, out: Differences): void {
  const names = new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])
  for (const name of [...names].sort(compareText)) out.child(fieldElement(name), before?.[name], after?.[name], node.of)
}

function compareLists(before: unknown[] | null, after: unknown[] | null, node: MergeList, out: Differences): void {
  // Most lists are as they were, and to see that is cheaper than to name their items.
  if (deepEqual(before, after)) return
  if (isEmptyValue(before)) {
    out.allItems(after as unknown[], node)
    return
  }
  if (compareInPlace(before as unknown[], after ?? [], node, out)) return
  const was = itemsByElement(node, before ?? [])
  const is = itemsByElement(node, after ?? [])
  for (const element of sortedElements(new Set([...was.keys(), ...is.keys()]))) {
    compareItems(element, was.get(element) ?? [], is.get(element) ?? [], node, out)
  }
}

/** Lists of more items are looked up. */
const MAX_IN_PLACE = 16

/** Lists whose items stand where they stood: only those that changed are named. Answers false, and did nothing, for others. */
function compareInPlace(before: unknown[], after: unknown[], node: MergeList, out: Differences): boolean {
  if (node.relation !== 'map' || before.length !== after.length || before.length > MAX_IN_PLACE) return false
  const changed: [element: string, i: number][] = []
  for (let i = 0; i < after.length; i++) {
    if (!haveSameKeys(before[i], after[i], node)) return false
    for (let other = 0; other < i; other++) if (haveSameKeys(after[other], after[i], node)) return false
    if (!deepEqual(before[i], after[i])) changed.push([itemElement(node, after[i]), i])
  }
  if (changed.length > 1) changed.sort(([a], [b]) => compareElements(a, b))
  for (const [element, i] of changed) out.child(element, before[i], after[i], node.of)
  return true
}

/** Both are said, all of them: what a key's default would make of it is not asked. */
function haveSameKeys(a: unknown, b: unknown, { keys }: MergeList): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  for (const { name } of keys) {
    const value = (a as Members)[name]
    if (value === undefined || value === null || value !== (b as Members)[name]) return false
  }
  return true
}

/** Items that share an element are one thing: it is there, or not, or another. */
function compareItems(element: string, was: unknown[], is: unknown[], { of }: MergeList, out: Differences): void {
  if (was.length < 2 && is.length < 2) out.child(element, was[0], is[0], of)
  else if (was.length > 1 && is.length > 1) {
    if (!deepEqual(was, is)) out.modify(element, LEAF)
  } else if (was.length > 1) {
    if (is.length > 0) out.add(element, everyField(is[0], of))
    out.remove(element, LEAF)
  } else {
    if (was.length > 0) out.remove(element, everyField(was[0], of))
    out.add(element, LEAF)
  }
}

/** Another shape is a modification, and all that is in the shapes comes and goes. */
function compareAny(before: unknown, after: unknown): Comparison {
  const was = deduced(before)
  const is = deduced(after)
  if (before === null || after === null || was.kind === is.kind) {
    return compareValues(before, after, before === null ? is : was)
  }
  const added = is.kind === 'map' ? childrenOf(everyField(after, is)) : undefined
  const removed = was.kind === 'map' ? childrenOf(everyField(before, was)) : undefined
  return comparisonOf(added, LEAF, removed)
}

/** Without the fields that a door resets. */
export function filterComparison(comparison: Comparison, filter: FieldFilter | undefined): Comparison {
  if (filter === undefined || isSame(comparison)) return comparison
  return comparisonOf(filter(comparison.added), filter(comparison.modified), filter(comparison.removed))
}

/** Leaves of a set what a door can write. */
export type FieldFilter = (set: FieldSet | undefined) => FieldSet | undefined

export function excludeFilter(excluded: FieldSet): FieldFilter {
  return (set) => recursiveDifference(set, excluded)
}
