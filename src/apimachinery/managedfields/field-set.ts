/**
 * Sets of fields, in the form in which FieldsV1 carries them, so that nothing is converted: a member without children is `{}`, one with
 * children has `.`, what lacks both is only on the way to its children. Sets are immutable, and equal ones are mostly one object;
 * `undefined` is the empty set. Members are in canonical order. Mirrors structured-merge-diff/fieldpath/set.go.
 */
import { stamp } from '../stamp.ts'
import { canonicalElement, compareElements, elementText, SELF } from './path-element.ts'
import { type FieldSet, LEAF, noMembers, setOfPrefix, withMember } from './set-prefix.ts'

export type { FieldSet } from './set-prefix.ts'

export function isLeaf(node: FieldSet): boolean {
  for (const _ in node) return false
  return true
}

function isMember(node: FieldSet): boolean {
  return SELF in node || isLeaf(node)
}

/** A node of what is known of it; undefined for nothing. `children` has no `.`. */
function nodeOf(member: boolean, children: FieldSet | undefined): FieldSet | undefined {
  if (children === undefined) return member ? LEAF : undefined
  return member ? withSelf(children) : children
}

/** What is below a node. */
export function childrenOf(node: FieldSet): FieldSet | undefined {
  if (isLeaf(node)) return undefined
  return SELF in node ? withoutSelf(node, LEAF) : node
}

const withoutSelf = remembered((node) => {
  let children = noMembers()
  for (const element in node) if (element !== SELF) children = withMember(children, element, node[element]!)
  return setOfPrefix(children)
})

type Operation = (a: FieldSet, b: FieldSet) => FieldSet | undefined

/**
 * The operation, which knows what it answered last for `a`: objects of one kind have the same sets, and the same is done with them again and
 * again.
 */
function remembered(operation: Operation): Operation {
  const last = stamp<{ b: FieldSet; result: FieldSet | undefined }>()
  return (a, b) => {
    const known = last.get(a)
    if (known?.b === b) return known.result
    const result = operation(a, b)
    last.set(a, { b, result })
    return result
  }
}

export function union(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === b || b === undefined) return a
  return a === undefined ? b : unionOf(a, b)
}

const unionOf = remembered((a, b) => {
  const left = Object.keys(a)
  const right = Object.keys(b)
  let all = noMembers()
  let i = 0
  let j = 0
  while (i < left.length || j < right.length) {
    const order = i === left.length ? 1 : j === right.length ? -1 : compareElements(left[i]!, right[j]!)
    if (order < 0) {
      all = withMember(all, left[i]!, a[left[i]!]!)
      i++
    } else if (order > 0) {
      all = withMember(all, right[j]!, b[right[j]!]!)
      j++
    } else {
      all = withMember(all, left[i]!, unionNode(a[left[i]!]!, b[right[j]!]!))
      i++
      j++
    }
  }
  return setOfPrefix(all)
})

function unionNode(a: FieldSet, b: FieldSet): FieldSet {
  if (a === b) return a
  if (isLeaf(a)) return withSelf(b)
  return isLeaf(b) ? withSelf(a) : unionOf(a, b)!
}

/** The node as a member. */
export function withSelf(node: FieldSet): FieldSet {
  if (isMember(node)) return node
  let whole = withMember(noMembers(), SELF, LEAF)
  for (const element in node) whole = withMember(whole, element, node[element]!)
  return setOfPrefix(whole)!
}

export function intersection(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  if (a === undefined || b === undefined) return undefined
  return a === b ? a : meet(a, b) ? intersectionOf(a, b) : undefined
}

/** Whether the two have anything on the same level. Most sets of two managers have not, and that is cheaper to see than to remember. */
function meet(a: FieldSet, b: FieldSet): boolean {
  for (const element in b) if (element in a && element !== SELF) return true
  return false
}

const intersectionOf = remembered((a, b) => {
  let common = noMembers()
  for (const element in a) {
    const other = b[element]
    if (other === undefined || element === SELF) continue
    const node = a[element]!
    const both = nodeOf(isMember(node) && isMember(other), intersection(childrenOf(node), childrenOf(other)))
    if (both !== undefined) common = withMember(common, element, both)
  }
  return setOfPrefix(common)
})

/** Members of a that are none of b. Children of a stay when only their parent is in b. Answers `a` itself when nothing goes. */
export function difference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  return a === undefined || b === undefined || !meet(a, b) ? a : differenceOf(a, b)
}

const differenceOf = remembered((a, b) =>
  subtract(a, b, (node, other) =>
    nodeOf(isMember(node) && !isMember(other), difference(childrenOf(node), childrenOf(other))),
  ),
)

/** As difference, and what is below a member of b goes with it. */
export function recursiveDifference(a: FieldSet | undefined, b: FieldSet | undefined): FieldSet | undefined {
  return a === undefined || b === undefined || !meet(a, b) ? a : recursiveDifferenceOf(a, b)
}

const recursiveDifferenceOf = remembered((a, b) =>
  subtract(a, b, (node, other) =>
    isMember(other) ? undefined : nodeOf(isMember(node), recursiveDifference(childrenOf(node), childrenOf(other))),
  ),
)

function subtract(a: FieldSet, b: FieldSet, rest: Operation): FieldSet | undefined {
  let kept = noMembers()
  for (const element in a) {
    const other = b[element]
    const left = other === undefined || element === SELF ? a[element] : rest(a[element]!, other)
    if (left !== undefined) kept = withMember(kept, element, left)
  }
  return setOfPrefix(kept)
}

/** The node at an element; undefined when the set has nothing there. */
export function nodeAt(set: FieldSet | undefined, element: string): FieldSet | undefined {
  return set?.[element]
}

export function hasMember(set: FieldSet | undefined, element: string): boolean {
  const node = set?.[element]
  return node !== undefined && isMember(node)
}

/** What is below an element, as a set of its own. */
export function subset(set: FieldSet | undefined, element: string): FieldSet | undefined {
  const node = set?.[element]
  return node === undefined ? undefined : childrenOf(node)
}

export function hasPath(set: FieldSet | undefined, path: readonly string[]): boolean {
  let at = set
  for (let i = 0; i < path.length - 1; i++) at = subset(at, path[i]!)
  return hasMember(at, path[path.length - 1]!)
}

/** The set of one path. */
export function setOfPath(path: readonly string[]): FieldSet {
  let node: FieldSet = LEAF
  for (let i = path.length - 1; i >= 0; i--) node = setOfPrefix(withMember(noMembers(), path[i]!, node))!
  return node
}

/** Paths as messages print them, in upstream's order: the members of a level before what is below it. */
export function pathTexts(set: FieldSet | undefined, prefix = ''): string[] {
  const paths: string[] = []
  for (const element in set) {
    if (element !== SELF && isMember(set[element]!)) paths.push(prefix + elementText(element))
  }
  for (const element in set) {
    if (element !== SELF) paths.push(...pathTexts(childrenOf(set[element]!), prefix + elementText(element)))
  }
  return paths
}

/** A set that a client wrote, in canonical form. Throws SyntaxError or TypeError on what is no FieldsV1. */
export function canonicalSet(value: unknown): FieldSet | undefined {
  const node = canonicalNode(value)
  return node === undefined ? undefined : childrenOf(node)
}

function canonicalNode(value: unknown): FieldSet | undefined {
  if (value === null) return LEAF
  if (typeof value !== 'object' || Array.isArray(value)) throw new TypeError('a field set must be an object')
  const members = new Map<string, FieldSet>()
  for (const [name, child] of Object.entries(value)) {
    if (name === SELF) members.set(SELF, LEAF)
    else {
      const element = canonicalElement(name)
      const node = element === undefined ? undefined : canonicalNode(child)
      if (element !== undefined && node !== undefined) members.set(element, node)
    }
  }
  if (members.size === 0 || (members.size === 1 && members.has(SELF))) return LEAF
  let all = noMembers()
  for (const element of [...members.keys()].sort(compareElements)) all = withMember(all, element, members.get(element)!)
  return setOfPrefix(all)
}
