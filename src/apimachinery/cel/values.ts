/**
 * What expressions evaluate to. int is bigint and double is number; the other JavaScript primitives are themselves, and null is null.
 * Mirrors cel-go common/types.
 */

import * as T from './types.ts'
import { isExactType } from './types.ts'

export type Value =
  | boolean
  | null
  | string
  | number
  | bigint
  | Uint
  | Uint8Array
  | CelList
  | CelMap
  | Timestamp
  | Duration
  | Optional
  | TypeValue
  | Opaque
  | CelError

/** A JSON value as a value: made when it is read, not before. */
export type Convert = (raw: unknown) => Value

/** A failed evaluation; `||`, `&&` and the macros made of them may absorb it. */
export class CelError {
  readonly message: string
  constructor(message: string) {
    this.message = message
  }
}

export const NO_SUCH_OVERLOAD = new CelError('no such overload')

export class Uint {
  readonly value: bigint
  constructor(value: bigint) {
    this.value = value
  }
}

export class Duration {
  readonly nanos: bigint
  constructor(nanos: bigint) {
    this.nanos = nanos
  }
}

/** An instant; the zone only matters where it is printed. */
export class Timestamp {
  readonly nanos: bigint
  readonly offsetMinutes: number
  constructor(nanos: bigint, offsetMinutes = 0) {
    this.nanos = nanos
    this.offsetMinutes = offsetMinutes
  }
}

export class Optional {
  static readonly NONE = new Optional(undefined)
  readonly value: Value | undefined
  constructor(value: Value | undefined) {
    this.value = value
  }
}

export class TypeValue {
  readonly type: T.CelType
  constructor(type: T.CelType) {
    this.type = type
  }
}

/** A value of a Kubernetes type: a quantity, an address, an authorizer. */
export abstract class Opaque {
  abstract readonly type: T.CelType
  abstract equals(other: Value): boolean
  /** What the runtime cost counts as its size. */
  get size(): number {
    return 1
  }
}

/** How a list follows its schema: sets and maps compare without order, and adding to them merges. */
export interface ListRule {
  readonly type: 'set' | 'map'
  readonly keys: readonly string[]
}

/** A list of values, or of JSON values that become values when read. */
export class CelList {
  readonly items: readonly unknown[]
  readonly convert: Convert | undefined
  readonly rule: ListRule | undefined
  constructor(items: readonly unknown[], convert?: Convert, rule?: ListRule) {
    this.items = items
    this.convert = convert
    this.rule = rule
  }
  get size(): number {
    return this.items.length
  }
  at(index: number): Value {
    return this.convert ? this.convert(this.items[index]) : (this.items[index] as Value)
  }
  values(): Value[] {
    return this.convert ? this.items.map(this.convert) : (this.items as Value[])
  }
}

export abstract class CelMap {
  abstract readonly size: number
  /** undefined: there is no such key. */
  abstract get(key: Value): Value | undefined
  abstract keys(): Value[]
}

/** A map made by an expression. */
export class ValueMap extends CelMap {
  private readonly entries: Map<string, [key: Value, value: Value]>
  constructor(entries: Iterable<[key: Value, value: Value]> = []) {
    super()
    this.entries = new Map()
    for (const entry of entries) this.entries.set(mapKey(entry[0]), entry)
  }
  get size(): number {
    return this.entries.size
  }
  get(key: Value): Value | undefined {
    return this.entries.get(mapKey(key))?.[1]
  }
  keys(): Value[] {
    return [...this.entries.values()].map(([key]) => key)
  }
  /** A map with one entry more. */
  with(key: Value, value: Value): ValueMap {
    const more = new ValueMap(this.entries.values())
    more.entries.set(mapKey(key), [key, value])
    return more
  }
}

/** Keys that are equal have the same text: 1, 1u and 1.0 are one key. */
function mapKey(key: Value): string {
  if (key instanceof Uint) return `n${key.value}`
  if (typeof key === 'bigint' || typeof key === 'number') return `n${key}`
  return typeof key === 'string' ? `s${key}` : `b${String(key)}`
}

/** `type(value)`, its parameters left out. */
export function typeOfValue(value: Value): T.CelType {
  switch (typeof value) {
    case 'boolean':
      return T.BOOL
    case 'string':
      return T.STRING
    case 'number':
      return T.DOUBLE
    case 'bigint':
      return T.INT
    default:
      return typeOfObject(value)
  }
}

const ANY_LIST = T.listType(T.DYN)
const ANY_MAP = T.mapType(T.DYN, T.DYN)
const ANY_OPTIONAL = T.optionalType(T.DYN)

function typeOfObject(value: Exclude<Value, boolean | string | number | bigint>): T.CelType {
  if (value === null) return T.NULL
  if (value instanceof CelList) return ANY_LIST
  if (value instanceof CelMap) return ANY_MAP
  if (value instanceof Uint) return T.UINT
  if (value instanceof Duration) return T.DURATION
  if (value instanceof Timestamp) return T.TIMESTAMP
  if (value instanceof Optional) return ANY_OPTIONAL
  if (value instanceof TypeValue) return T.TYPE
  if (value instanceof Opaque) return value.type
  return value instanceof CelError ? T.ERROR : T.BYTES
}

/** Equal as `==` has it: numbers by amount, whatever their type. */
export function equals(a: Value, b: Value): boolean {
  if (a === b) return true
  const [x, y] = [a instanceof Uint ? a.value : a, b instanceof Uint ? b.value : b]
  if (typeof x === 'bigint' || typeof x === 'number') return sameAmount(x, y)
  if (typeof x !== 'object' || x === null || typeof y !== 'object' || y === null) return false
  if (x instanceof CelList) return y instanceof CelList && equalLists(x, y)
  if (x instanceof CelMap) return y instanceof CelMap && equalMaps(x, y)
  if (x instanceof Duration) return y instanceof Duration && x.nanos === y.nanos
  if (x instanceof Timestamp) return y instanceof Timestamp && x.nanos === y.nanos
  if (x instanceof Uint8Array) return y instanceof Uint8Array && Buffer.compare(x, y) === 0
  if (x instanceof Opaque) return x.equals(y)
  if (x instanceof TypeValue) return y instanceof TypeValue && sameType(x.type, y.type)
  if (!(x instanceof Optional) || !(y instanceof Optional)) return false
  return x.value === undefined || y.value === undefined ? x.value === y.value : equals(x.value, y.value)
}

const sameAmount = (a: bigint | number, b: Value): boolean =>
  (typeof b === 'bigint' || typeof b === 'number') && a <= b && a >= b

const sameType = (a: T.CelType, b: T.CelType): boolean => isExactType(a, b) || (a.kind === b.kind && a.name === b.name)

function equalLists(a: CelList, b: CelList): boolean {
  if (a.size !== b.size) return false
  if (!a.rule) return a.items.every((_, i) => equals(a.at(i), b.at(i)))
  const others = b.values()
  return a.values().every((item) => others.some((other) => equals(item, other)))
}

function equalMaps(a: CelMap, b: CelMap): boolean {
  if (a.size !== b.size) return false
  return a.keys().every((key) => {
    const [x, y] = [a.get(key), b.get(key)]
    return x === undefined || y === undefined ? x === y : equals(x, y)
  })
}

/** What the cost of an operation counts: characters, items, entries. */
export function sizeOf(value: Value): number {
  if (typeof value === 'string') return textSize(value)
  if (typeof value !== 'object' || value === null) return 1
  if (value instanceof Uint8Array) return value.length
  if (value instanceof CelList || value instanceof CelMap || value instanceof Opaque) return value.size
  return value instanceof Optional && value.value !== undefined ? sizeOf(value.value) : 1
}

/** Code points. */
export function textSize(text: string): number {
  let size = text.length
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) size--
  return size
}

/** Boolean, text, number or null. */
export const isPrimitive = (value: Value): boolean =>
  value === null || typeof value !== 'object' || value instanceof Uint
