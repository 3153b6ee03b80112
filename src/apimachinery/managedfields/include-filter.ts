/** Filters of doors that write only a few fields, wherever they are. Mirrors structured-merge-diff/fieldpath/set.go (SetMatcher). */
import type { FieldFilter } from './compare.ts'
import { isLeaf, withSelf } from './field-set.ts'
import { SELF } from './path-element.ts'
import { type FieldSet, LEAF, noMembers, setOfPrefix, withMember } from './set-prefix.ts'

/** `*` stands for any one element; what is below the end of a pattern is included. */
export type Pattern = readonly string[]

/** Keeps what patterns match, and what is on the way there. */
export function includeFilter(patterns: readonly Pattern[]): FieldFilter {
  return (set) => included(set, patterns)
}

function included(set: FieldSet | undefined, patterns: readonly Pattern[]): FieldSet | undefined {
  if (set === undefined || patterns.some((pattern) => pattern.length === 0)) return set
  let all = noMembers()
  for (const element in set) {
    const below = element === SELF ? [] : belowElement(patterns, element)
    const node = set[element]!
    const kept = below.length > 0 ? keptNode(node, below) : undefined
    if (kept !== undefined) all = withMember(all, element, kept)
  }
  return setOfPrefix(all)
}

/** A member stays one; one that is only on the way stays only with something below. */
function keptNode(node: FieldSet, patterns: readonly Pattern[]): FieldSet | undefined {
  if (isLeaf(node)) return node
  const { [SELF]: self, ...children } = node
  const kept = included(children, patterns)
  if (self === undefined) return kept
  return kept === undefined ? LEAF : withSelf(kept)
}

function belowElement(patterns: readonly Pattern[], element: string): Pattern[] {
  return patterns.filter(([first]) => first === '*' || first === element).map(([, ...rest]) => rest)
}
