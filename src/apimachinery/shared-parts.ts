/**
 * Equal parts of objects are kept once: what many objects say alike (the volumes and tolerations of replicas, conditions that became true in the
 * same second) is one value in memory, however many were decoded. Possible because objects that went to storage never change.
 */
import { type FieldSet, sharedSet } from './managedfields/set-prefix.ts'

/** A field's place in objects of a kind, all elements of a list being one place, and what stood there last. */
interface Place {
  /** Values that stood here, each another. */
  parts: Container[]
  /** In their order; of a list undefined. Parts of one shape have one. */
  keys: (readonly string[] | undefined)[]
  /** The part that makes room for the next one. */
  oldest: number
  /** Values in a row that were like no part. */
  misses: number
  /** By field; of a list under ELEMENT. */
  children: Map<string, Place> | undefined
  /** Entries of managedFields: their sets have their own way of being kept once, for their members are no fields. */
  hasSets: boolean
}

type Struct = Record<string, unknown>
type Container = Struct | unknown[]

/** So many parts of a place are remembered: conditions of five types, say, false and true, at the end of one second and the beginning of the next. */
const REMEMBERED = 20
/** After so many misses a place is passed by, and after so many more values it is tried again: names and addresses make many parts unlike all others. */
const MAX_MISSES = 64
const PASSED_BY = 1000
/** Places known at once. Then all are forgotten: shared parts stay shared, and new ones are learnt anew. */
const MAX_PLACES = 10_000
const ELEMENT = '[]'
const SETS = 'fieldsV1'

let count = 0
let root = newPlace()

function newPlace(): Place {
  count++
  return { parts: [], keys: [], oldest: 0, misses: 0, children: undefined, hasSets: false }
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
  shareMembers(object as Struct, old as Struct | undefined, placeOfKind(object.kind))
}

function placeOfKind(kind: string): Place {
  const place = childOf(root, kind)
  if (!place.children) childOf(childOf(childOf(place, 'metadata'), 'managedFields'), ELEMENT).hasSets = true
  return place
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
  for (const part of place.parts) if (part === value) return value
  const before = isContainer(old) ? old : undefined
  if (Array.isArray(value)) shareElements(value, before, place)
  else shareMembers(value, before as Struct | undefined, place)
  return known(value, place)
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

function shareMembers(struct: Struct, old: Struct | undefined, place: Place): void {
  for (const key in struct) {
    const member = struct[key]
    if (!isContainer(member)) continue
    const shared =
      place.hasSets && key === SETS ? sharedSet(member as FieldSet) : share(member, old?.[key], childOf(place, key))
    if (shared !== member) struct[key] = shared
  }
}

/** The part that says the same, or `value`, which is one from now on. Its own parts are shared already, so they are the same where they are equal. */
function known(value: Container, place: Place): Container {
  if (place.misses < MAX_MISSES) {
    const { parts, keys } = place
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as Container
      const shape = keys[i]
      if (shape === undefined ? !isSameList(part, value) : !isSameStruct(part as Struct, shape, value)) continue
      place.misses = 0
      return part
    }
    remember(value, place)
  }
  place.misses++
  if (place.misses === MAX_MISSES) forget(place)
  else if (place.misses > MAX_MISSES + PASSED_BY) place.misses = MAX_MISSES - REMEMBERED
  return value
}

function remember(value: Container, place: Place): void {
  place.parts[place.oldest] = value
  place.keys[place.oldest] = Array.isArray(value) ? undefined : keysOf(value, place)
  place.oldest = (place.oldest + 1) % REMEMBERED
}

function forget(place: Place): void {
  place.parts = []
  place.keys = []
  place.oldest = 0
}

function keysOf(value: Struct, place: Place): readonly string[] {
  for (const keys of place.keys) if (keys !== undefined && hasKeys(value, keys)) return keys
  return Object.keys(value)
}

function hasKeys(value: Struct, keys: readonly string[]): boolean {
  let i = 0
  for (const key in value) if (key !== keys[i++]) return false
  return i === keys.length
}

function isSameList(part: Container, value: Container): boolean {
  if (!Array.isArray(part) || !Array.isArray(value) || part.length !== value.length) return false
  for (let i = 0; i < part.length; i++) if (part[i] !== value[i]) return false
  return true
}

function isSameStruct(part: Struct, keys: readonly string[], value: Container): boolean {
  if (Array.isArray(value)) return false
  let i = 0
  for (const key in value) if (key !== keys[i++] || value[key] !== part[key]) return false
  return i === keys.length
}
