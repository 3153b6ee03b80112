/**
 * Strategic merge patch: a merge patch that knows from the types which lists are merged, and by which key. Mirrors mergeMap and its callees in
 * apimachinery/pkg/util/strategicpatch/patch.go. Where upstream walks a Go map in random order, members are taken in the order of the patch.
 */
import { newBadRequest, newPatchRejected, newUnknownError, type StatusError } from '../errors.ts'
import { formatAny } from '../go-text.ts'
import type { TypeFact, TypeRef } from '../schema/facts.ts'
import {
  deleteMatching,
  dropDirectives,
  dropNulls,
  findByKey,
  mergeKeyOf,
  orderElements,
  partition,
} from './strategic-lists.ts'
import { type FieldSchema, lookupField, lookupListField } from './strategic-schema.ts'
import { goJsonType, goType, isMap, type JsonMap, type JsonValue, setMember } from './values.ts'

const DELETE_PREFIX = '$deleteFromPrimitiveList'
const ORDER_PREFIX = '$setElementOrder'

export type TypeLookup = (ref: string) => TypeFact

/**
 * The patched object. Neither argument is modified; untouched parts are shared. `type` is the object's model name.
 * Throws 400, 422 or 500 as upstream does.
 */
export function applyStrategicMergePatch(object: JsonMap, patch: unknown, type: string, lookup: TypeLookup): JsonMap {
  if (patch === null) return object
  if (!isMap(patch)) {
    throw newBadRequest(`json: cannot unmarshal ${goJsonType(patch)} into Go value of type map[string]interface {}`)
  }
  return mergeMap(object, patch, { ref: type }, lookup)
}

function mergeMap(original: JsonMap, patch: JsonMap, type: TypeRef, lookup: TypeLookup): JsonMap {
  if (Object.hasOwn(patch, '$patch')) return replaceOrDelete(patch)
  const rest = { ...patch }
  const merged = retainKeys(original, rest)
  applyElementOrders(merged, rest, type, lookup)
  for (const [name, value] of Object.entries(rest)) mergeMember(merged, name, value, type, lookup)
  return merged
}

function replaceOrDelete(patch: JsonMap): JsonMap {
  const { $patch: directive, ...rest } = patch
  if (directive === 'replace') return rest
  if (directive === 'delete') return {}
  throw badPatchType(directive, patch)
}

function badPatchType(directive: JsonValue, patch: JsonMap): StatusError {
  const text = typeof directive === 'string' ? directive : `%!s(${goType(directive)}=${formatAny(directive)})`
  const shown = directive === null ? '%!s(<nil>)' : text
  return newUnknownError(`unknown patch type: ${shown} in map: ${formatAny(patch)}`)
}

/** A copy of the original, without what `$retainKeys` does not name; takes the directive out of the patch. */
function retainKeys(original: JsonMap, patch: JsonMap): JsonMap {
  if (!Object.hasOwn(patch, '$retainKeys')) return { ...original }
  const wrong = newBadRequest('invalid patch format of retainKeys')
  const list = patch.$retainKeys
  delete patch.$retainKeys
  if (!Array.isArray(list)) throw wrong
  const retained = new Set(list)
  for (const [name, value] of Object.entries(patch)) {
    const directive = name.startsWith(DELETE_PREFIX) || name.startsWith(ORDER_PREFIX)
    if (value !== null && !directive && !retained.has(name)) throw wrong
  }
  return Object.fromEntries(Object.entries(original).filter(([name]) => retained.has(name)))
}

function mergeMember(merged: JsonMap, name: string, value: JsonValue, type: TypeRef, lookup: TypeLookup): void {
  const deletes = name.startsWith(DELETE_PREFIX)
  const target = deletes ? targetOf(name, DELETE_PREFIX, 'invalid patch format of primitive list') : name
  if (value === null) {
    delete merged[target]
    return
  }
  const current = Object.hasOwn(merged, target) ? merged[target] : undefined
  if (isMap(current) && isMap(value)) {
    const field = lookupField(type, target, lookup)
    setMember(merged, target, field.strategy === 'replace' ? value : mergeMap(current, value, field.type, lookup))
  } else if (Array.isArray(current) && Array.isArray(value)) {
    merged[target] = mergeList(current, value, lookupListField(type, target, lookup), deletes, lookup)
  } else if (!deletes || (current !== undefined && goType(current) === goType(value))) {
    setWithoutDirectives(merged, target, value)
  }
}

/** What is new loses its nulls; a map that is a directive for something absent is dropped. */
function setWithoutDirectives(merged: JsonMap, name: string, value: JsonValue): void {
  const kept = dropDirectives(dropNulls(value))
  if (kept === undefined) delete merged[name]
  else setMember(merged, name, kept)
}

function targetOf(name: string, prefix: string, message: string): string {
  if (!name.startsWith(`${prefix}/`)) throw newBadRequest(message)
  return name.slice(prefix.length + 1)
}

function mergeList(
  original: JsonValue[],
  patch: JsonValue[],
  field: FieldSchema,
  deletes: boolean,
  lookup: TypeLookup,
): JsonValue[] {
  if (field.strategy !== 'merge' && !deletes) return patch
  if (original.length === 0 && patch.length === 0) return original
  if (elementType(original, patch) !== 'map[string]interface {}') {
    if (deletes) return original.filter((value) => !patch.includes(value))
    const merged = [...new Set([...original, ...patch])]
    return orderElements(partition(merged, patch, ''), patch, original, '')
  }
  if (field.mergeKey === '') throw newUnknownError('cannot merge lists without merge key for struct')
  return mergeListOfMaps(original as JsonMap[], patch as JsonMap[], field, lookup)
}

function mergeListOfMaps(original: JsonMap[], patch: JsonMap[], field: FieldSchema, lookup: TypeLookup): JsonValue[] {
  const key = field.mergeKey
  // 1. Directives among the elements: deletions, and replacement of the whole list.
  let kept = original
  let replace = false
  const plain: JsonMap[] = []
  for (const element of patch) {
    if (!Object.hasOwn(element, '$patch')) plain.push(element)
    else if (element.$patch === 'delete') kept = deleteMatching(kept, key, mergeKeyOf(element, key))
    else if (element.$patch === 'replace') replace = true
    else if (element.$patch === 'merge') throw newUnknownError('merging lists cannot yet be specified in the patch')
    else throw badPatchType(element.$patch, element)
  }
  // 2. Merge by key; what is new goes to the end. A replacement merges nothing into the patch's elements.
  const server = replace ? plain : [...kept]
  const wanted = replace ? [] : plain
  const merged = [...server]
  for (const element of wanted) {
    const at = findByKey(merged, key, mergeKeyOf(element, key))
    if (at < 0) merged.push(element)
    else merged[at] = mergeMap(merged[at], element, field.type, lookup)
  }
  // 3. Put into the patch's order what the patch names.
  const serverOrder = merged.slice(0, server.length)
  return orderElements(partition(merged, wanted, key), wanted, serverOrder, key)
}

/** The common Go type of all elements. */
function elementType(...lists: JsonValue[][]): string {
  const all = lists.flat()
  if (all.length === 0) throw newUnknownError('no elements in any of the given slices')
  const types = new Set(all.map(goType))
  if (goType(all[0]) === '[]interface {}') throw newPatchRejected()
  if (types.size > 1) throw newUnknownError(`list element types are not identical: ${formatAny(lists)}`)
  return goType(all[0])
}

/** Merges every list that has a `$setElementOrder` and orders it so; takes the directives and those lists out of the patch. */
function applyElementOrders(merged: JsonMap, patch: JsonMap, type: TypeRef, lookup: TypeLookup): void {
  for (const [name, order] of Object.entries(patch)) {
    if (!name.startsWith(ORDER_PREFIX)) continue
    delete patch[name]
    const orderList = asList(order)
    const target = targetOf(name, ORDER_PREFIX, 'invalid patch format of setElementOrder list')
    const original = Object.hasOwn(merged, target) ? asList(merged[target]) : undefined
    const wanted = Object.hasOwn(patch, target) ? asList(patch[target]) : undefined
    const field = lookupListField(type, target, lookup)
    checkOrder(wanted ?? [], orderList, field.mergeKey)
    let list: JsonValue[]
    if (original && wanted) list = mergeList(original, wanted, field, false, lookup)
    else if (wanted) list = dropDirectives(wanted) as JsonValue[]
    else if (original) list = original
    else continue
    elementType(original ?? [], wanted ?? [])
    const parts = partition(list, orderList, field.mergeKey)
    merged[target] = orderElements(parts, orderList, original ?? [], field.mergeKey)
    delete patch[target]
  }
}

function asList(value: JsonValue): JsonValue[] {
  if (Array.isArray(value)) return value
  throw newUnknownError(`expected a []interface {}, but received a ${goType(value)}`)
}

/** Elements of the patch, deletions apart, must appear in the order list in the same order. */
function checkOrder(patch: JsonValue[], order: JsonValue[], mergeKey: string): void {
  if (order.length === 0 || patch.length === 0) return
  const value = (element: JsonValue): JsonValue => (mergeKey === '' ? element : mergeKeyOf(element, mergeKey))
  const remaining = patch.filter((element) => !(mergeKey !== '' && isMap(element) && Object.hasOwn(element, '$patch')))
  let matched = 0
  for (const element of order) {
    if (matched === remaining.length) return
    if (value(remaining[matched]) === value(element)) matched++
  }
  if (matched === remaining.length) return
  throw newUnknownError(
    `The order in patch list:\n${formatAny(patch)}\n doesn't match ${ORDER_PREFIX} list:\n${formatAny(order)}\n`,
  )
}
