/** Values as jq sees them: their types, their order, their functions. */
import { deepEqual } from '../equality.ts'

/** An expression that cannot be read, or a value that it cannot be applied to. */
export class JqError extends Error {}

const TYPES = ['null', 'boolean', 'number', 'string', 'array', 'object']

export function typeOf(value: unknown): string {
  if (value === null || value === undefined) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

export const isTrue = (value: unknown): boolean => value !== undefined && value !== null && value !== false

/** Below, at, above 0. Null before booleans before numbers before texts before lists before objects; lists and objects by their JSON. */
export function compare(a: unknown, b: unknown): number {
  const types = TYPES.indexOf(typeOf(a)) - TYPES.indexOf(typeOf(b))
  if (types !== 0 || deepEqual(a ?? null, b ?? null)) return types
  const [left, right] = typeof a === 'object' ? [JSON.stringify(a), JSON.stringify(b)] : [a as string, b as string]
  return left < right ? -1 : 1
}

export function member(of: unknown, key: unknown): unknown {
  if (of === null || of === undefined) return null
  if (Array.isArray(of) && typeof key === 'number') return of.at(key) ?? null
  if (typeof of === 'object' && !Array.isArray(of) && typeof key === 'string') {
    return Object.hasOwn(of, key) ? (of as Record<string, unknown>)[key] : null
  }
  throw new JqError(`cannot index ${typeOf(of)} with ${JSON.stringify(key)}`)
}

export function elements(of: unknown): unknown[] {
  if (Array.isArray(of)) return of
  if (typeof of === 'object' && of !== null) return Object.values(of)
  throw new JqError(`cannot iterate over ${typeOf(of)}`)
}

export function sum(a: unknown, b: unknown): unknown {
  if (a === null || a === undefined) return b
  if (b === null || b === undefined) return a
  if (Array.isArray(a) && Array.isArray(b)) return [...a, ...b]
  const type = typeOf(a)
  if (type !== typeOf(b) || type === 'boolean') throw new JqError(`cannot add ${type} and ${typeOf(b)}`)
  return type === 'object' ? { ...(a as object), ...(b as object) } : (a as number) + (b as number)
}

export function length(value: unknown): number {
  if (value === null || value === undefined) return 0
  if (typeof value === 'number') return Math.abs(value)
  if (typeof value === 'string') return [...value].length
  return elements(value).length
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new JqError(`${typeOf(value)} is no string`)
  return value
}

/** Functions of one value. */
export const PLAIN: Readonly<Record<string, (value: unknown) => unknown>> = {
  length,
  not: (value) => !isTrue(value),
  keys: (value) => (Array.isArray(value) ? [...value.keys()] : Object.keys(value as object).sort()),
  type: typeOf,
  add: (value) => elements(value).reduce(sum, null),
  any: (value) => elements(value).some(isTrue),
  all: (value) => elements(value).every(isTrue),
  first: (value) => member(value, 0),
  last: (value) => member(value, -1),
  min: (value) => elements(value).toSorted(compare)[0] ?? null,
  max: (value) => elements(value).toSorted(compare).at(-1) ?? null,
  sort: (value) => elements(value).toSorted(compare),
  reverse: (value) => elements(value).toReversed(),
  tostring: (value) => (typeof value === 'string' ? value : JSON.stringify(value ?? null)),
  tonumber: (value) => Number(value),
  ascii_downcase: (value) => text(value).toLowerCase(),
  ascii_upcase: (value) => text(value).toUpperCase(),
  to_entries: (value) => Object.entries(value as object).map(([key, each]) => ({ key, value: each })),
}

/** Functions of a value and an argument. */
export const BINARY: Readonly<Record<string, (value: unknown, argument: unknown) => unknown>> = {
  has: (value, key) =>
    Array.isArray(value) ? Number(key) < value.length : Object.hasOwn(value as object, String(key)),
  startswith: (value, part) => text(value).startsWith(text(part)),
  endswith: (value, part) => text(value).endsWith(text(part)),
  test: (value, pattern) => new RegExp(text(pattern)).test(text(value)),
  contains: (value, part) =>
    typeof value === 'string'
      ? value.includes(text(part))
      : elements(part).every((each) => elements(value).some((one) => deepEqual(one, each))),
  join: (value, separator) => elements(value).join(text(separator)),
  split: (value, separator) => text(value).split(text(separator)),
  ltrimstr: (value, prefix) => (text(value).startsWith(text(prefix)) ? text(value).slice(text(prefix).length) : value),
  rtrimstr: (value, suffix) =>
    text(value).endsWith(text(suffix)) ? text(value).slice(0, -text(suffix).length) : value,
}
