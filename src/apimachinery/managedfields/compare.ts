/** What differs between two values of a type, as sets of fields. Mirrors structured-merge-diff/typed/compare.go. */
import { deepEqual } from '../equality.ts'
import { type Draft, type FieldSet, LEAF, recursiveDifference, union } from './field-set.ts'
import { everyField, everyItem, fits, isEmptyValue, type Members } from './field-sets-of-values.ts'
import { itemsByElement, sortedElements } from './list-elements.ts'
import {
  deduced,
  type MergeList,
  type MergeMap,
  type MergeNode,
  type MergeStruct,
  presentFields,
} from './merge-node.ts'
import { compareText, fieldElement, SELF } from './path-element.ts'

/** Nothing in it: the values are the same. */
export interface Comparison {
  added?: FieldSet
  modified?: FieldSet
  removed?: FieldSet
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
  return out.made
}

class Differences {
  made: Comparison = SAME

  /** One child: absent before means added. */
  child(element: string, before: unknown, after: unknown, node: MergeNode): void {
    if (before === after) return
    if (before === undefined) this.put('added', element, everyField(after, node))
    else if (after === undefined) this.put('removed', element, everyField(before, node))
    else {
      const { added, modified, removed } = compareValues(before, after, node)
      if (added) this.put('added', element, added)
      if (modified) this.put('modified', element, modified)
      if (removed) this.put('removed', element, removed)
    }
  }

  /** A list where none was. */
  allItems(after: unknown[], node: MergeList): void {
    const added: Draft = {}
    everyItem(after, node, added)
    for (const element in added) this.put('added', element, added[element]!)
  }

  put(what: keyof Comparison, element: string, set: FieldSet): void {
    if (this.made === SAME) this.made = {}
    const sets = this.made as Record<string, Draft>
    const draft = sets[what]
    if (draft === undefined) sets[what] = { [element]: set }
    else draft[element] = set
  }
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
  const was = itemsByElement(node, before ?? [])
  const is = itemsByElement(node, after ?? [])
  for (const element of sortedElements(new Set([...was.keys(), ...is.keys()]))) {
    compareItems(element, was.get(element) ?? [], is.get(element) ?? [], node, out)
  }
}

/** Items that share an element are one thing: it is there, or not, or another. */
function compareItems(element: string, was: unknown[], is: unknown[], { of }: MergeList, out: Differences): void {
  if (was.length < 2 && is.length < 2) out.child(element, was[0], is[0], of)
  else if (was.length > 1 && is.length > 1) {
    if (!deepEqual(was, is)) out.put('modified', element, LEAF)
  } else if (was.length > 1) {
    if (is.length > 0) out.put('added', element, everyField(is[0], of))
    out.put('removed', element, LEAF)
  } else {
    if (was.length > 0) out.put('removed', element, everyField(was[0], of))
    out.put('added', element, LEAF)
  }
}

/** Another shape is a modification, and all that is in the shapes comes and goes. */
function compareAny(before: unknown, after: unknown): Comparison {
  const was = deduced(before)
  const is = deduced(after)
  if (before === null || after === null || was.kind === is.kind) {
    return compareValues(before, after, before === null ? is : was)
  }
  const added = is.kind === 'map' ? withoutSelf(everyField(after, is)) : undefined
  const removed = was.kind === 'map' ? withoutSelf(everyField(before, was)) : undefined
  return { modified: LEAF, ...(added ? { added } : {}), ...(removed ? { removed } : {}) }
}

function withoutSelf({ [SELF]: _, ...children }: FieldSet): FieldSet | undefined {
  return Object.keys(children).length > 0 ? children : undefined
}

/** Without the fields that a door resets. */
export function filterComparison(comparison: Comparison, filter: FieldFilter | undefined): Comparison {
  if (filter === undefined || isSame(comparison)) return comparison
  const added = filter(comparison.added)
  const modified = filter(comparison.modified)
  const removed = filter(comparison.removed)
  return { ...(added && { added }), ...(modified && { modified }), ...(removed && { removed }) }
}

/** Leaves of a set what a door can write. */
export type FieldFilter = (set: FieldSet | undefined) => FieldSet | undefined

export function excludeFilter(excluded: FieldSet): FieldFilter {
  return (set) => recursiveDifference(set, excluded)
}

/** What a write takes: fields that are new or other than before. */
export function changedFields({ added, modified }: Comparison): FieldSet | undefined {
  return union(added, modified)
}
