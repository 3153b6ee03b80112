/** What decoders have in common, and how single values are decoded: checked against the Go type and brought to the form that the server prints. */
import { deepCopy } from '../equality.ts'
import { canonicalBase64 } from './base64.ts'
import type { ScalarNode } from './nodes.ts'

/** What one walk learns besides its result. */
export interface Walk {
  /** Keys met in objects: compared with the keys in the text to find duplicates. */
  keys: number
  /** Unknown fields met. */
  unknown: number
  /** The decoded value at this place that the one in hand was made from: what is the same in both is as decoding would make it. */
  like?: unknown
  /** Nulls that a custom resource's schema does not allow stay, for validation to speak of. */
  keepsNulls?: boolean
}

/** Answers the canonical value; throws WRONG_TYPE, or a 400 of a value's own reader, when the value is not of this type. Never changes its input. */
export type Decode = (value: unknown, walk: Walk) => unknown

/** Thrown by the fast walker: the value does not fit its type somewhere. Carries nothing, since diagnose.ts finds the first place by itself. */
export const WRONG_TYPE: unique symbol = Symbol('wrong type')

/** Decodes a member of an object or an item of a list. What stands at the same place in `walk.like` is taken as it is. */
export function decodeAt(place: string | number, given: unknown, walk: Walk, decode: Decode): unknown {
  const { like } = walk
  if (like === undefined) return decode(given, walk)
  const before =
    typeof like === 'object' && like !== null ? (like as Record<string | number, unknown>)[place] : undefined
  if (before === given) return given
  walk.like = before
  const value = decode(given, walk)
  walk.like = like
  return value
}

const INT32 = 2 ** 31

/** Counts the keys of a value that has no type. */
export function countKeys(value: unknown, walk: Walk): void {
  if (typeof value !== 'object' || value === null) return
  if (Array.isArray(value)) {
    for (const child of value) countKeys(child, walk)
    return
  }
  for (const key in value) {
    walk.keys++
    countKeys((value as Record<string, unknown>)[key], walk)
  }
}

const integer =
  (limit: number): Decode =>
  (value) => {
    if (typeof value !== 'number' || !Number.isInteger(value) || value >= limit || value < -limit) throw WRONG_TYPE
    return value === 0 ? 0 : value
  }

export const SCALARS: Record<ScalarNode['kind'], Decode> = {
  string: (value) => {
    if (typeof value !== 'string') throw WRONG_TYPE
    return value
  },
  boolean: (value) => {
    if (typeof value !== 'boolean') throw WRONG_TYPE
    return value
  },
  int32: integer(INT32),
  int64: integer(2 ** 63),
  float32: (value) => {
    if (typeof value !== 'number') throw WRONG_TYPE
    return value
  },
  float64: (value) => {
    if (typeof value !== 'number') throw WRONG_TYPE
    return value
  },
  bytes: (value) => {
    if (Array.isArray(value)) return bytesOfNumbers(value)
    const bytes = typeof value === 'string' ? canonicalBase64(value) : undefined
    if (bytes === undefined) throw WRONG_TYPE
    return bytes
  },
  any: (value, walk) => {
    countKeys(value, walk)
    return value
  },
}

/** Any JSON, kept as it was given: a copy, for whoever gave it may write to its own. */
export const anyOfOwn: Decode = (value, walk) => {
  countKeys(value, walk)
  return deepCopy(value)
}

/** Go takes an array of numbers for bytes, too. */
function bytesOfNumbers(value: unknown[]): string {
  for (const byte of value) if (!Number.isInteger(byte) || Number(byte) < 0 || Number(byte) > 255) throw WRONG_TYPE
  return Buffer.from(value as number[]).toString('base64')
}

/** A text with a canonical form. */
export const text =
  (canonical: (value: string) => unknown): Decode =>
  (value) => {
    if (typeof value !== 'string') throw WRONG_TYPE
    return canonical(value)
  }
