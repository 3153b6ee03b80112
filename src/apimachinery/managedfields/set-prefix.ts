/**
 * Sets are made member by member, along prefixes that all sets which begin alike share. So objects of one shape get the same set: it is made
 * once, kept once, and printed once.
 */
import { stamp } from '../stamp.ts'

export interface FieldSet {
  readonly [element: string]: FieldSet
}

/** The first members of a set, in canonical order. */
export interface SetPrefix {
  readonly before: SetPrefix | undefined
  readonly element: string
  readonly node: FieldSet
  /** Made when it is asked for: most prefixes are no set's end. */
  set: FieldSet | undefined
  /** What came behind it first, which is nearly always what comes. */
  next: SetPrefix | undefined
  others: Map<string, SetPrefix> | undefined
  /** The same element with other nodes, of a prefix that is one of `others`. */
  alike: Map<FieldSet, SetPrefix> | undefined
}

/** A member without children. */
export const LEAF: FieldSet = Object.freeze({})

/** Prefixes kept at once. Then all are forgotten: sets that are in use stay as they are, and new ones are made anew. */
const MAX_PREFIXES = 50_000

let root = prefixOf(undefined, '', LEAF)
let count = 0
/** Of sets that were made along prefixes; empty until it is asked for. */
const texts = stamp<string>()

function prefixOf(before: SetPrefix | undefined, element: string, node: FieldSet): SetPrefix {
  return { before, element, node, set: undefined, next: undefined, others: undefined, alike: undefined }
}

/** Where every set begins. */
export function noMembers(): SetPrefix {
  if (count > MAX_PREFIXES) {
    root = prefixOf(undefined, '', LEAF)
    count = 0
  }
  return root
}

/** One member more, which has to come behind the others in canonical order. */
export function withMember(prefix: SetPrefix, element: string, node: FieldSet): SetPrefix {
  const { next } = prefix
  if (next === undefined) {
    count++
    prefix.next = prefixOf(prefix, element, node)
    return prefix.next
  }
  return next.node === node && next.element === element ? next : otherMember(prefix, element, node)
}

function otherMember(prefix: SetPrefix, element: string, node: FieldSet): SetPrefix {
  prefix.others ??= new Map()
  const first = prefix.others.get(element)
  if (first?.node === node) return first
  const known = first?.alike?.get(node)
  if (known !== undefined) return known
  count++
  const other = prefixOf(prefix, element, node)
  if (first === undefined) prefix.others.set(element, other)
  else {
    first.alike ??= new Map()
    first.alike.set(node, other)
  }
  return other
}

/** The set of a prefix's members; undefined for none. */
export function setOfPrefix(prefix: SetPrefix): FieldSet | undefined {
  if (prefix.set === undefined && prefix.before !== undefined) prefix.set = makeSet(prefix)
  return prefix.set
}

function makeSet(last: SetPrefix): FieldSet {
  const members: SetPrefix[] = []
  for (let at = last; at.before !== undefined; at = at.before) members.push(at)
  const set: Record<string, FieldSet> = {}
  for (let i = members.length - 1; i >= 0; i--) set[members[i]!.element] = members[i]!.node
  texts.set(set, '')
  return set
}

/** The same set along prefixes, if it was not made so: it was read from a file, say. */
export function sharedSet(set: FieldSet): FieldSet {
  if (set === LEAF || texts.get(set) !== undefined) return set
  let prefix = noMembers()
  for (const element in set) prefix = withMember(prefix, element, sharedSet(set[element]!))
  return setOfPrefix(prefix) ?? LEAF
}

/** The set as JSON. Kept for sets that were made along prefixes. */
export function setText(set: FieldSet): string {
  const known = texts.get(set)
  if (known) return known
  const text = JSON.stringify(set)
  if (known !== undefined) texts.set(set, text)
  return text
}
