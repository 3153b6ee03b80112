/** Lists under a strategic merge patch: keys, directives and the order of elements. Mirrors apimachinery/pkg/util/strategicpatch/patch.go. */
import { newUnknownError } from '../errors.ts'
import { formatAny } from '../go-text.ts'
import { goType, isMap, type JsonMap, type JsonValue, setMember } from './values.ts'

/** The element's merge key; 500 without one, as upstream answers. */
export function mergeKeyOf(element: JsonValue, key: string): JsonValue {
  if (!isMap(element)) {
    throw newUnknownError(`expected a map[string]interface {}, but received a ${goType(element)}`)
  }
  if (Object.hasOwn(element, key)) return element[key]
  throw newUnknownError(`map: ${formatAny(element)} does not contain declared merge key: ${key}`)
}

/** Index of the element whose key has this value, or -1. */
export function findByKey(list: readonly JsonMap[], key: string, value: JsonValue): number {
  return list.findIndex((element) => Object.hasOwn(element, key) && element[key] === value)
}

export function deleteMatching(list: JsonMap[], key: string, value: JsonValue): JsonMap[] {
  return list.filter((element) => !(Object.hasOwn(element, key) && element[key] === value))
}

/** Without null members of maps, at any depth; null elements of lists stay. */
export function dropNulls(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(dropNulls)
  if (!isMap(value)) return value
  const kept = Object.entries(value).filter(([, member]) => member !== null)
  return Object.fromEntries(kept.map(([name, member]) => [name, dropNulls(member)]))
}

/** Without the maps that carry `$patch`, at any depth; undefined when the value is one. Other directives stay, as upstream leaves them. */
export function dropDirectives(value: JsonValue): JsonValue | undefined {
  if (Array.isArray(value)) return value.map(dropDirectives).filter((element) => element !== undefined)
  if (!isMap(value)) return value
  if (Object.hasOwn(value, '$patch')) return undefined
  const kept: JsonMap = {}
  for (const [name, member] of Object.entries(value)) {
    const without = dropDirectives(member)
    if (without !== undefined) setMember(kept, name, without)
  }
  return kept
}

interface Parts {
  named: JsonValue[]
  others: JsonValue[]
}

/** Splits by whether `by` names the element; without a merge key by value. */
export function partition(list: readonly JsonValue[], by: readonly JsonValue[], key: string): Parts {
  // Upstream scans up to the match, so that what is no map is an error only for what is not found before it.
  const stop = key === '' ? -1 : by.findIndex((one) => !isMap(one))
  const scanned = stop < 0 ? by : by.slice(0, stop)
  const values = new Set(scanned.map((one) => (key === '' ? one : (one as JsonMap)[key])))
  const parts: Parts = { named: [], others: [] }
  for (const element of list) {
    const value = key === '' ? element : mergeKeyOf(element, key)
    if (values.has(value)) parts.named.push(element)
    else if (stop < 0) parts.others.push(element)
    else throw newUnknownError(`value for key ${stop} is not a map`)
  }
  return parts
}

/**
 * Named elements in the order of the patch, the others in the order of the server, woven together: a named element comes before one that
 * only the server has, unless the server has both and the other first.
 */
export function orderElements(
  { named, others }: Parts,
  patchOrder: readonly JsonValue[],
  serverOrder: readonly JsonValue[],
  key: string,
): JsonValue[] {
  const rankInPatch = ranks(patchOrder, key)
  const rankInServer = ranks(serverOrder, key)
  const left = sortByRank(others, rankInServer)
  const right = sortByRank(named, rankInPatch)
  const woven: JsonValue[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    const l = rankInServer(left[i])
    const r = rankInServer(right[j])
    if (l >= 0 && r >= 0 && l < r) woven.push(left[i++])
    else woven.push(right[j++])
  }
  return [...woven, ...left.slice(i), ...right.slice(j)]
}

type Rank = (element: JsonValue) => number

/** First position of the element's key (or value) in the order, -1 when it is not there. Every element of the order must have the key. */
function ranks(order: readonly JsonValue[], key: string): Rank {
  const positions = new Map<JsonValue, number>()
  order.forEach((element, i) => {
    const value = key === '' ? element : mergeKeyOf(element, key)
    if (!positions.has(value)) positions.set(value, i)
  })
  return (element) => positions.get(key === '' ? element : (element as JsonMap)[key]) ?? -1
}

/** Insertion sort, for upstream's order is no order: an element of unknown rank counts as smaller than any before it. */
function sortByRank(elements: readonly JsonValue[], rank: Rank): JsonValue[] {
  const sorted = [...elements]
  const less = (a: JsonValue, b: JsonValue): boolean => {
    const [x, y] = [rank(a), rank(b)]
    return x >= 0 && y >= 0 ? x < y : true
  }
  for (let i = 1; i < sorted.length; i++) {
    for (let j = i; j > 0 && less(sorted[j], sorted[j - 1]); j--)
      [sorted[j], sorted[j - 1]] = [sorted[j - 1], sorted[j]]
  }
  return sorted
}
