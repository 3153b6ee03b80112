/** CEL's own operators and functions. Mirrors cel-go common/stdlib/standard.go and cel/library.go (optional types). */
import { isFound, patternError } from '../../regular-expression.ts'
import type { Declaration, Implementation } from '../functions.ts'
import { add, contains, divide, modulo, multiply, negate, notTaken, ordered, subtract } from '../operators.ts'
import { type InstantPart, instantPart } from '../times.ts'
import {
  CelError,
  CelList,
  CelMap,
  type Duration,
  equals,
  NO_SUCH_OVERLOAD,
  Optional,
  sizeOf,
  type Timestamp,
  Uint,
  type Value,
  ValueMap,
} from '../values.ts'

/** Evaluated by the interpreter itself. */
const special: Implementation = () => NO_SUCH_OVERLOAD

const ORDERED = ['bool', 'int', 'uint', 'double', 'string', 'bytes', 'timestamp', 'duration']
const NUMBERS = ['int', 'uint', 'double']
const sized = (type: string): string => (type === 'int' || type === 'uint' ? `${type}64` : type)

/** In the order in which cel-go tries them: each type with itself, numbers with the other numbers after it. */
function relation(name: string, operator: string, holds: (order: number) => boolean): Declaration[] {
  const call = ordered(operator, holds)
  return ORDERED.flatMap((type) => {
    const others = NUMBERS.includes(type) ? NUMBERS.filter((other) => other !== type) : []
    const plain: Declaration = [`${name}_${sized(type)}`, `_${operator}_(${type}, ${type}) bool`, call]
    return [
      plain,
      ...others.map(
        (other): Declaration => [
          `${name}_${sized(type)}_${sized(other)}`,
          `_${operator}_(${type}, ${other}) bool`,
          call,
        ],
      ),
    ]
  })
}

const arithmetic = (name: string, operator: string, types: string[], call: Implementation): Declaration[] =>
  types.map((type) => [`${name}_${sized(type)}`, `_${operator}_(${type}, ${type}) ${type}`, call])

function match(text: Value, pattern: Value): Value {
  if (typeof text !== 'string') return notTaken('matches', text)
  if (typeof pattern !== 'string') return NO_SUCH_OVERLOAD
  const error = patternError(pattern)
  return error === undefined
    ? isFound(pattern, text)
    : new CelError(`error parsing regexp: ${error.replace(/^error parsing regexp: /, '')}`)
}

const size = (value: Value): Value =>
  typeof value === 'string' || value instanceof Uint8Array || value instanceof CelList || value instanceof CelMap
    ? BigInt(sizeOf(value))
    : notTaken('size', value)

const ofTexts =
  (call: (text: string, part: string) => boolean): Implementation =>
  (text, part) =>
    typeof text === 'string' && typeof part === 'string' ? call(text, part) : NO_SUCH_OVERLOAD

/** Operators: they answer for every type of argument. */
export const OPERATORS: Declaration[] = [
  ['conditional', '_?_:_(bool, A, A) A', special],
  ['logical_and', '_&&_(bool, bool) bool', special],
  ['logical_or', '_||_(bool, bool) bool', special],
  ['logical_not', '!_(bool) bool', (value) => (typeof value === 'boolean' ? !value : NO_SUCH_OVERLOAD)],
  ['not_strictly_false', '@not_strictly_false(bool) bool', special],
  ['equals', '_==_(A, A) bool', equals],
  ['not_equals', '_!=_(A, A) bool', (a, b) => !equals(a, b)],
  ['add_bytes', '_+_(bytes, bytes) bytes', add],
  ['add_double', '_+_(double, double) double', add],
  ['add_duration_duration', '_+_(duration, duration) duration', add],
  ['add_duration_timestamp', '_+_(duration, timestamp) timestamp', add],
  ['add_timestamp_duration', '_+_(timestamp, duration) timestamp', add],
  ['add_int64', '_+_(int, int) int', add],
  ['add_list', '_+_(list<A>, list<A>) list<A>', add],
  ['add_string', '_+_(string, string) string', add],
  ['add_uint64', '_+_(uint, uint) uint', add],
  ...arithmetic('divide', '/', ['double', 'int', 'uint'], divide),
  ...arithmetic('modulo', '%', ['int', 'uint'], modulo),
  ...arithmetic('multiply', '*', ['double', 'int', 'uint'], multiply),
  ['negate_double', '-_(double) double', negate],
  ['negate_int64', '-_(int) int', negate],
  ['subtract_double', '_-_(double, double) double', subtract],
  ['subtract_duration_duration', '_-_(duration, duration) duration', subtract],
  ['subtract_int64', '_-_(int, int) int', subtract],
  ['subtract_timestamp_duration', '_-_(timestamp, duration) timestamp', subtract],
  ['subtract_timestamp_timestamp', '_-_(timestamp, timestamp) duration', subtract],
  ['subtract_uint64', '_-_(uint, uint) uint', subtract],
  ...relation('less', '<', (order) => order < 0),
  ...relation('less_equals', '<=', (order) => order <= 0),
  ...relation('greater', '>', (order) => order > 0),
  ...relation('greater_equals', '>=', (order) => order >= 0),
  ['index_list', '_[_](list<A>, int) A', special],
  ['index_map', '_[_](map<A, B>, A) B', special],
  ['optional_list_index_int', '_[_](optional<list<V>>, int) optional<V>', special],
  ['optional_map_index_value', '_[_](optional<map<K, V>>, K) optional<V>', special],
  ['in_list', '@in(A, list<A>) bool', contains],
  ['in_map', '@in(A, map<A, B>) bool', contains],
  ['size_bytes', 'size(bytes) int', size],
  ['size_list', 'size(list<A>) int', size],
  ['size_map', 'size(map<A, B>) int', size],
  ['size_string', 'size(string) int', size],
  ['matches', 'matches(string, string) bool', match],
  ['select_optional_field', '_?._(dyn, string) optional<V>', special],
  ['list_optindex_optional_int', '_[?_](list<V>, int) optional<V>', special],
  ['optional_list_optindex_optional_int', '_[?_](optional<list<V>>, int) optional<V>', special],
  ['map_optindex_optional_value', '_[?_](map<K, V>, K) optional<V>', special],
  ['optional_map_optindex_optional_value', '_[?_](optional<map<K, V>>, K) optional<V>', special],
]

export const OPERATOR_MEMBERS: Declaration[] = [
  ['bytes_size', 'bytes.size() int', size],
  ['list_size', 'list<A>.size() int', size],
  ['map_size', 'map<A, B>.size() int', size],
  ['string_size', 'string.size() int', size],
  ['matches_string', 'string.matches(string) bool', match],
  ['contains_string', 'string.contains(string) bool', ofTexts((text, part) => text.includes(part))],
  ['ends_with_string', 'string.endsWith(string) bool', ofTexts((text, part) => text.endsWith(part))],
  ['starts_with_string', 'string.startsWith(string) bool', ofTexts((text, part) => text.startsWith(part))],
  ['optional_or_optional', 'optional<V>.or(optional<V>) optional<V>', special],
  ['optional_orValue_value', 'optional<V>.orValue(V) V', special],
]

const PARTS: [part: InstantPart, id: string, duration?: bigint][] = [
  ['FullYear', 'year'],
  ['Month', 'month'],
  ['DayOfYear', 'day_of_year'],
  ['DayOfMonth', 'day_of_month'],
  ['Date', 'day_of_month_1_based'],
  ['DayOfWeek', 'day_of_week'],
  ['Hours', 'hours', 3_600_000_000_000n],
  ['Minutes', 'minutes', 60_000_000_000n],
  ['Seconds', 'seconds', 1_000_000_000n],
  ['Milliseconds', 'milliseconds', 1_000_000n],
]

const timeParts: Declaration[] = PARTS.flatMap(([part, id, unit]) => {
  const zoned = part === 'Seconds' ? 'timestamp_to_seconds_tz' : `timestamp_to_${id}_with_tz`
  const declarations: Declaration[] = [
    [`timestamp_to_${id}`, `timestamp.get${part}() int`, (time) => instantPart(time as Timestamp, part)],
    [zoned, `timestamp.get${part}(string) int`, (time, zone) => instantPart(time as Timestamp, part, zone as string)],
  ]
  if (unit)
    declarations.push([`duration_to_${id}`, `duration.get${part}() int`, (time) => (time as Duration).nanos / unit])
  return declarations
})

const first = (list: Value, index: number): Value => {
  const { size } = list as CelList
  return size === 0 ? Optional.NONE : new Optional((list as CelList).at(index < 0 ? size - 1 : index))
}

function unwrap(list: Value): Value {
  const values = (list as CelList).values().map((value) => (value instanceof Optional ? value.value : undefined))
  return new CelList(values.filter((value) => value !== undefined))
}

function isZero(value: Value): boolean {
  if (value === null || value === false || value === 0 || value === 0n || value === '') return true
  if (value instanceof Uint) return value.value === 0n
  if (value instanceof Optional) return value.value === undefined
  const isSized = value instanceof CelList || value instanceof CelMap || value instanceof Uint8Array
  return isSized ? sizeOf(value) === 0 : isZeroTime(value)
}

const isZeroTime = (value: Value): boolean =>
  typeof value === 'object' && value !== null && 'nanos' in value && value.nanos === 0n

/** Inserting a key twice fails, as in no literal map. */
function insert(map: CelMap, key: Value, value: Value): Value {
  if (map.get(key) !== undefined) return new CelError(`insert failed: key ${String(key)} already exists`)
  return map instanceof ValueMap ? map.with(key, value) : new ValueMap([...entriesOf(map), [key, value]])
}

const entriesOf = (map: CelMap): [Value, Value][] => map.keys().map((key) => [key, map.get(key)!])

function insertAll(map: Value, entries: Value): Value {
  let sum = map
  for (const [key, value] of entriesOf(entries as CelMap)) {
    sum = insert(sum as CelMap, key, value)
    if (sum instanceof CelError) return sum
  }
  return sum
}

export const FUNCTIONS: Declaration[] = [
  ['optional_of', 'optional.of(V) optional<V>', (value) => new Optional(value)],
  [
    'optional_ofNonZeroValue',
    'optional.ofNonZeroValue(V) optional<V>',
    (value) => (isZero(value) ? Optional.NONE : new Optional(value)),
  ],
  ['optional_none', 'optional.none() optional<V>', () => Optional.NONE],
  ['optional_unwrap', 'optional.unwrap(list<optional<V>>) list<V>', unwrap],
  [
    '@mapInsert_map_key_value',
    'cel.@mapInsert(map<K, V>, K, V) map<K, V>',
    (map, key, value) => insert(map as CelMap, key, value),
  ],
  ['@mapInsert_map_map', 'cel.@mapInsert(map<K, V>, map<K, V>) map<K, V>', insertAll],
]

const NONE_DEREFERENCED = new CelError('optional.none() dereference')

export const MEMBERS: Declaration[] = [
  ...timeParts,
  ['optional_value', 'optional<V>.value() V', (value) => (value as Optional).value ?? NONE_DEREFERENCED],
  ['optional_hasValue', 'optional<V>.hasValue() bool', (value) => (value as Optional).value !== undefined],
  ['list_last', 'list<V>.last() optional<V>', (list) => first(list, -1)],
  ['list_first', 'list<V>.first() optional<V>', (list) => first(list, 0)],
  ['optional_unwrapOpt', 'list<optional<V>>.unwrapOpt() list<V>', unwrap],
]
