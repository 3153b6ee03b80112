/** Lists and sets. Mirrors apiserver/pkg/cel/library/lists.go and cel-go ext/{lists,sets}.go. */
import type { Declaration } from '../functions.ts'
import { add, compare, contains, notTaken } from '../operators.ts'
import { CelError, CelList, Duration, equals, typeOfValue, Uint, type Value } from '../values.ts'

const COMPARABLE = ['int', 'uint', 'double', 'bool', 'duration', 'timestamp', 'string', 'bytes']
const TYPE_NAMES: Record<string, string> = {
  duration: 'google.protobuf.Duration',
  timestamp: 'google.protobuf.Timestamp',
}
const SUMMABLE: [type: string, zero: Value][] = [
  ['int', 0n],
  ['uint', new Uint(0n)],
  ['double', 0],
  ['duration', new Duration(0n)],
]

function isSorted(list: Value): Value {
  const values = (list as CelList).values()
  for (let i = 1; i < values.length; i++) {
    const order = compare(values[i - 1], values[i])
    if (typeof order === 'number' && order > 0) return false
  }
  return true
}

function sum(list: Value, zero: Value): Value {
  let total = zero
  for (const value of (list as CelList).values()) {
    total = add(total, value)
    if (total instanceof CelError) return total
  }
  return total
}

/** The value that no other exceeds in the given direction. */
function extreme(name: string, sign: 1 | -1): (list: Value) => Value {
  return (list) => {
    const values = (list as CelList).values()
    if (values.length === 0) return new CelError(`${name} called on empty list`)
    return values.reduce((best, value) => {
      const order = compare(best, value)
      return typeof order === 'number' && order * sign < 0 ? value : best
    })
  }
}

const indexOf = (list: Value, item: Value): Value =>
  BigInt((list as CelList).values().findIndex((value) => equals(value, item)))
const lastIndexOf = (list: Value, item: Value): Value =>
  BigInt((list as CelList).values().findLastIndex((value) => equals(value, item)))

function slice(list: Value, start: Value, end: Value): Value {
  const [from, to] = [start as bigint, end as bigint]
  const { size } = list as CelList
  const call = `cannot slice(${from}, ${to})`
  if (from < 0n || to < 0n) return new CelError(`${call}, negative indexes not supported`)
  if (from > to) return new CelError(`${call}, start index must be less than or equal to end index`)
  if (BigInt(size) < to) return new CelError(`${call}, list is length ${size}`)
  return new CelList((list as CelList).values().slice(Number(from), Number(to)))
}

function flatten(list: Value, depth: Value): Value {
  if (!(list instanceof CelList)) return new CelError(`no such overload: ${typeOfValue(list).name}.flatten()`)
  if ((depth as bigint) < 0n) return new CelError('level must be non-negative')
  return new CelList(flat(list, Number(depth)))
}

const flat = (list: CelList, depth: number): Value[] =>
  list.values().flatMap((value) => (value instanceof CelList && depth > 0 ? flat(value, depth - 1) : [value]))

/** The list in the order of the keys that stand at the same places. */
function sortByKeys(list: Value, keys: Value): Value {
  if (!(list instanceof CelList)) return notTaken('@sortByAssociatedKeys', list)
  const [items, by] = [list.values(), (keys as CelList).values()]
  if (items.length !== by.length) {
    const sizes = `${items.length} and ${by.length} elements respectively`
    const message = `expected a list of the same size as the associated keys list, but got ${sizes}`
    return new CelError(`@sortByAssociatedKeys() ${message}`)
  }
  if (items.length === 0) return list
  if (compare(by[0], by[0]) instanceof CelError) return new CelError('list elements must be comparable')
  const type = typeOfValue(by[0])
  if (by.some((key) => typeOfValue(key) !== type)) return new CelError('list elements must have the same type')
  const order = by.map((_, i) => i).sort((a, b) => compare(by[a], by[b]) as number)
  return new CelList(order.map((i) => items[i]))
}

const sort = (list: Value): Value => (list instanceof CelList ? sortByKeys(list, list) : notTaken('sort', list))

function distinct(list: Value): Value {
  const unique: Value[] = []
  for (const value of (list as CelList).values()) if (!unique.some((one) => equals(one, value))) unique.push(value)
  return new CelList(unique)
}

const MAX_RANGE = 1_000_000

function range(count: Value): Value {
  const size = count as bigint
  if (size < 0n) return new CelError(`lists.range: size must be non-negative, got ${size}`)
  if (size > MAX_RANGE) return new CelError(`lists.range: size ${size} exceeds maximum allowed (${MAX_RANGE})`)
  return new CelList(Array.from({ length: Number(size) }, (_, i) => BigInt(i)))
}

const allIn = (list: Value, part: Value): boolean =>
  (part as CelList).values().every((value) => contains(value, list) === true)

/** They answer for every type of argument. */
export const UNGUARDED_LIST_MEMBERS: Declaration[] = [
  ['list_flatten', 'list<list<T>>.flatten() list<T>', (list) => flatten(list, 1n)],
  ...COMPARABLE.map(
    (type): Declaration => [`list_${TYPE_NAMES[type] ?? type}_sort`, `list<${type}>.sort() list<${type}>`, sort],
  ),
  ...COMPARABLE.map(
    (type): Declaration => [
      `list_${TYPE_NAMES[type] ?? type}_sortByAssociatedKeys`,
      `list<T>.@sortByAssociatedKeys(list<${type}>) list<T>`,
      sortByKeys,
    ],
  ),
]

export const LIST_MEMBERS: Declaration[] = [
  ...COMPARABLE.map((type): Declaration => [`list_${type}_is_sorted_bool`, `list<${type}>.isSorted() bool`, isSorted]),
  ...SUMMABLE.map(
    ([type, zero]): Declaration => [
      `list_${type}_sum_${type}`,
      `list<${type}>.sum() ${type}`,
      (list) => sum(list, zero),
    ],
  ),
  ...COMPARABLE.map(
    (type): Declaration => [`list_${type}_max_${type}`, `list<${type}>.max() ${type}`, extreme('max', 1)],
  ),
  ...COMPARABLE.map(
    (type): Declaration => [`list_${type}_min_${type}`, `list<${type}>.min() ${type}`, extreme('min', -1)],
  ),
  ['list_a_index_of_int', 'list<A>.indexOf(A) int', indexOf],
  ['list_a_last_index_of_int', 'list<A>.lastIndexOf(A) int', lastIndexOf],
  ['list_slice', 'list<T>.slice(int, int) list<T>', slice],
  ['list_flatten_int', 'list<dyn>.flatten(int) list<dyn>', flatten],
  ['list_reverse', 'list<T>.reverse() list<T>', (list) => new CelList((list as CelList).values().toReversed())],
  ['list_distinct', 'list<T>.distinct() list<T>', distinct],
]

export const LIST_FUNCTIONS: Declaration[] = [
  ['lists_range', 'lists.range(int) list<int>', range],
  ['list_sets_contains_list', 'sets.contains(list<T>, list<T>) bool', allIn],
  ['list_sets_equivalent_list', 'sets.equivalent(list<T>, list<T>) bool', (a, b) => allIn(a, b) && allIn(b, a)],
  [
    'list_sets_intersects_list',
    'sets.intersects(list<T>, list<T>) bool',
    (a, b) => (a as CelList).values().some((value) => contains(value, b) === true),
  ],
]

/** Only for expressions that are stored already: older servers in the cluster would not know them. */
export const NEWEST_MEMBERS: Declaration[] = [
  [
    'list_includes_dyn_dyn',
    'dyn.includes(dyn) bool',
    (list, item) => (list instanceof CelList ? contains(item, list) : equals(list, item)),
  ],
]
