/**
 * Equal parts of objects are kept once: what many objects say alike (the volumes and tolerations of replicas, conditions that became true in the
 * same second) is one value in memory, however many were decoded. Possible because objects that went to storage never change.
 */
import { type FieldSet, sharedSet } from './managedfields/set-prefix.ts'

/** A field's place in objects of a kind, all elements of a list being one place, and what stood there last. */
interface Place {
  parts: Part[]
  /** The part that makes room for the next one. */
  oldest: number
  /** By field; of a list under ELEMENT. */
  children: Map<string, Place> | undefined
}

interface Part {
  value: Container
  /** Of a list undefined. */
  keys: readonly string[] | undefined
  members: readonly unknown[]
}

type Container = Record<string, unknown> | unknown[]

/** So many parts of a place are remembered: conditions of five types, say, at the end of one second and the beginning of the next. */
const REMEMBERED = 8
/** Places known at once. Then all are forgotten: shared parts stay shared, and new ones are learnt anew. */
const MAX_PLACES = 10_000
const ELEMENT = '[]'
/** Sets of managedFields have their own way of being kept once: their members are no fields. */
const SETS = 'fieldsV1'

let count = 0
let root = newPlace()

function newPlace(): Place {
  count++
  return { parts: [], oldest: 0, children: undefined }
}

/**
 * Puts parts of earlier objects in the place of equal ones of `object`, in it: it reads, and prints, as before. `old`: its predecessor; what
 * the two share is not looked at again.
 */
export function shareParts(object: { kind: string }, old?: object): void {
  if (count > MAX_PLACES) {
    count = 0
    root = newPlace()
  }
  shareMembers(object as Container, old as Container | undefined, childOf(root, object.kind), Object.keys(object))
}

function childOf(place: Place, key: string): Place {
  place.children ??= new Map()
  let child = place.children.get(key)
  if (!child) {
    child = newPlace()
    place.children.set(key, child)
  }
  return child
}

function share(value: Container, old: unknown, place: Place): Container {
  if (value === old) return value
  for (const part of place.parts) if (part.value === value) return value
  const before = isContainer(old) ? old : undefined
  if (Array.isArray(value)) {
    shareElements(value, before, place)
    return known(value, undefined, value, place)
  }
  const keys = Object.keys(value)
  return known(value, keys, shareMembers(value, before, place, keys), place)
}

function isContainer(value: unknown): value is Container {
  return typeof value === 'object' && value !== null
}

function shareElements(list: unknown[], old: Container | undefined, place: Place): void {
  for (let i = 0; i < list.length; i++) {
    const element = list[i]
    if (!isContainer(element)) continue
    const shared = share(element, (old as unknown[] | undefined)?.[i], childOf(place, ELEMENT))
    if (shared !== element) list[i] = shared
  }
}

/** Answers the members, in the order of `keys`. */
function shareMembers(value: Container, old: Container | undefined, place: Place, keys: readonly string[]): unknown[] {
  const struct = value as Record<string, unknown>
  const members = new Array<unknown>(keys.length)
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i] as string
    const member = struct[key]
    members[i] = member
    if (!isContainer(member)) continue
    const shared =
      key === SETS
        ? sharedSet(member as FieldSet)
        : share(member, (old as typeof struct | undefined)?.[key], childOf(place, key))
    if (shared === member) continue
    struct[key] = shared
    members[i] = shared
  }
  return members
}

/** The part that says the same, or `value`, which is one from now on. Its own parts are shared already, so they are the same where they are equal. */
function known(
  value: Container,
  keys: readonly string[] | undefined,
  members: readonly unknown[],
  place: Place,
): Container {
  for (const part of place.parts) if (isSame(part, keys, members)) return part.value
  const part = { value, keys, members }
  if (place.parts.length < REMEMBERED) place.parts.push(part)
  else {
    place.parts[place.oldest] = part
    place.oldest = (place.oldest + 1) % REMEMBERED
  }
  return value
}

function isSame(part: Part, keys: readonly string[] | undefined, members: readonly unknown[]): boolean {
  if (part.members.length !== members.length || (keys === undefined) !== (part.keys === undefined)) return false
  for (let i = 0; i < members.length; i++) {
    if (members[i] !== part.members[i] || keys?.[i] !== part.keys?.[i]) return false
  }
  return true
}
