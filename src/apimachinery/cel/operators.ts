/** Arithmetic, order and membership of values. Mirrors cel-go common/types/{int,uint,double,string,overflow}.go. */
import { toJson } from './json-values.ts'
import { span, timestamp } from './times.ts'
import { CelError, CelList, CelMap, Duration, equals, NO_SUCH_OVERLOAD, Timestamp, Uint, type Value } from './values.ts'

/** What a function says of a first argument that it does not know; of types with functions of their own it says less. */
export const notTaken = (name: string, value: Value): CelError =>
  typeof value === 'string' || value instanceof Timestamp || value instanceof Duration
    ? NO_SUCH_OVERLOAD
    : new CelError(`no such overload: ${name}`)

const INT_OVERFLOW = new CelError('integer overflow')
const UINT_OVERFLOW = new CelError('unsigned integer overflow')
const DIVISION_BY_ZERO = new CelError('division by zero')
const MODULUS_BY_ZERO = new CelError('modulus by zero')

export const int = (value: bigint): Value => (BigInt.asIntN(64, value) === value ? value : INT_OVERFLOW)
export const uint = (value: bigint): Value =>
  value >= 0n && BigInt.asUintN(64, value) === value ? new Uint(value) : UINT_OVERFLOW

export function add(a: Value, b: Value): Value {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? int(a + b) : NO_SUCH_OVERLOAD
  if (typeof a === 'string') return typeof b === 'string' ? a + b : NO_SUCH_OVERLOAD
  if (typeof a === 'number') return typeof b === 'number' ? a + b : NO_SUCH_OVERLOAD
  if (a instanceof CelList) return b instanceof CelList ? addLists(a, b) : NO_SUCH_OVERLOAD
  if (a instanceof Uint) return b instanceof Uint ? uint(a.value + b.value) : NO_SUCH_OVERLOAD
  if (a instanceof Uint8Array) return b instanceof Uint8Array ? Buffer.concat([a, b]) : NO_SUCH_OVERLOAD
  if (a instanceof Duration) {
    if (b instanceof Duration) return span(a.nanos + b.nanos)
    return b instanceof Timestamp ? timestamp(a.nanos + b.nanos, b.offsetMinutes) : NO_SUCH_OVERLOAD
  }
  if (!(a instanceof Timestamp)) return notTaken('_+_', a)
  return b instanceof Duration ? timestamp(a.nanos + b.nanos, a.offsetMinutes) : NO_SUCH_OVERLOAD
}

/** Sets take what they lack; list maps have items replaced where the key is theirs; other lists are joined. */
function addLists(a: CelList, b: CelList): CelList {
  if (!a.rule) return new CelList([...a.values(), ...b.values()])
  const sum = [...a.values()]
  if (a.rule.type === 'set') {
    for (const item of b.values()) if (!sum.some((present) => equals(present, item))) sum.push(item)
    return new CelList(sum, undefined, a.rule)
  }
  const { keys } = a.rule
  const places = new Map(sum.map((item, i) => [itemKey(item, keys), i]))
  for (const item of b.values()) {
    const key = itemKey(item, keys)
    const place = places.get(key)
    if (place !== undefined) sum[place] = item
    else {
      places.set(key, sum.length)
      sum.push(item)
    }
  }
  return new CelList(sum, undefined, a.rule)
}

function itemKey(item: Value, keys: readonly string[]): string {
  if (!(item instanceof CelMap)) return ''
  return JSON.stringify(keys.map((key) => toJson(item.get(key) ?? null)))
}

export function subtract(a: Value, b: Value): Value {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? int(a - b) : NO_SUCH_OVERLOAD
  if (typeof a === 'number') return typeof b === 'number' ? a - b : NO_SUCH_OVERLOAD
  if (a instanceof Uint) return b instanceof Uint ? uint(a.value - b.value) : NO_SUCH_OVERLOAD
  if (a instanceof Duration) return b instanceof Duration ? span(a.nanos - b.nanos) : NO_SUCH_OVERLOAD
  if (!(a instanceof Timestamp)) return notTaken('_-_', a)
  if (b instanceof Timestamp) return span(a.nanos - b.nanos)
  return b instanceof Duration ? timestamp(a.nanos - b.nanos, a.offsetMinutes) : NO_SUCH_OVERLOAD
}

export function multiply(a: Value, b: Value): Value {
  if (typeof a === 'bigint') return typeof b === 'bigint' ? int(a * b) : NO_SUCH_OVERLOAD
  if (typeof a === 'number') return typeof b === 'number' ? a * b : NO_SUCH_OVERLOAD
  if (!(a instanceof Uint)) return notTaken('_*_', a)
  return b instanceof Uint ? uint(a.value * b.value) : NO_SUCH_OVERLOAD
}

export function divide(a: Value, b: Value): Value {
  if (typeof a === 'number') return typeof b === 'number' ? a / b : NO_SUCH_OVERLOAD
  if (typeof a === 'bigint' && typeof b === 'bigint') return b === 0n ? DIVISION_BY_ZERO : int(a / b)
  if (typeof a !== 'bigint' && !(a instanceof Uint)) return notTaken('_/_', a)
  if (!(a instanceof Uint && b instanceof Uint)) return NO_SUCH_OVERLOAD
  return b.value === 0n ? DIVISION_BY_ZERO : new Uint(a.value / b.value)
}

export function modulo(a: Value, b: Value): Value {
  if (typeof a === 'bigint' && typeof b === 'bigint') return b === 0n ? MODULUS_BY_ZERO : int(a % b)
  if (typeof a !== 'bigint' && !(a instanceof Uint)) return notTaken('_%_', a)
  if (!(a instanceof Uint && b instanceof Uint)) return NO_SUCH_OVERLOAD
  return b.value === 0n ? MODULUS_BY_ZERO : new Uint(a.value % b.value)
}

export function negate(a: Value): Value {
  if (typeof a === 'bigint') return int(-a)
  if (typeof a === 'number') return -a
  if (typeof a === 'boolean') return NO_SUCH_OVERLOAD
  return a instanceof Duration ? span(-a.nanos) : notTaken('-_', a)
}

/** Negative, zero or positive. */
export function compare(a: Value, b: Value): number | CelError {
  const [x, y] = [scalar(a), scalar(b)]
  if (x === undefined || y === undefined || !comparable(a, b)) return NO_SUCH_OVERLOAD
  if (x < y) return -1
  if (x > y) return 1
  return Number.isNaN(x) || Number.isNaN(y) ? new CelError('NaN values cannot be ordered') : 0
}

/** What JavaScript orders as Go does. */
function scalar(value: Value): bigint | number | string | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return value
  if (typeof value === 'string') return /[\ud800-\udfff]/.test(value) ? Buffer.from(value).toString('latin1') : value
  if (typeof value === 'boolean') return Number(value)
  if (value instanceof Uint) return value.value
  if (value instanceof Duration || value instanceof Timestamp) return value.nanos
  return value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : undefined
}

const isNumber = (value: Value): boolean =>
  typeof value === 'bigint' || typeof value === 'number' || value instanceof Uint

function comparable(a: Value, b: Value): boolean {
  if (isNumber(a)) return isNumber(b)
  if (typeof a !== 'object' || a === null) return typeof a === typeof b
  return typeof b === 'object' && b !== null && a.constructor === b.constructor
}

/** A condition on the order of two values, as `<` and the like are. */
export function ordered(operator: string, holds: (order: number) => boolean): (a: Value, b: Value) => Value {
  return (a, b) => {
    const order = compare(a, b)
    if (typeof order === 'number') return holds(order)
    return scalar(a) === undefined ? notTaken(`_${operator}_`, a) : order
  }
}

export function contains(item: Value, aggregate: Value): Value {
  if (aggregate instanceof CelList) {
    for (let i = 0; i < aggregate.size; i++) if (equals(aggregate.at(i), item)) return true
    return false
  }
  if (!(aggregate instanceof CelMap)) return NO_SUCH_OVERLOAD
  const found = aggregate.get(item)
  return found instanceof CelError ? found : found !== undefined
}
