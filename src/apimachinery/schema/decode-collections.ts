/** How lists and maps are decoded, whatever they hold. `zero` makes what stands for a null in them. */
import { type Decode, decodeAt, type Walk, WRONG_TYPE } from './decode-scalars.ts'
import { isPlainObject } from './go-json.ts'

/** Throws WRONG_TYPE. */
export function asObject(value: unknown): Record<string, unknown> {
  if (!isPlainObject(value)) throw WRONG_TYPE
  return value
}

export function list(element: Decode, zero: (walk: Walk) => unknown): Decode {
  return (value, walk) => {
    if (!Array.isArray(value)) throw WRONG_TYPE
    const out = new Array<unknown>(value.length)
    for (let i = 0; i < value.length; i++) {
      const given = value[i] as unknown
      if (given === null || given === undefined) out[i] = zero(walk)
      else out[i] = decodeAt(i, given, walk, element)
    }
    return out
  }
}

/** Keys come out sorted, as Go prints maps. */
export function map(element: Decode, zero: (walk: Walk) => unknown): Decode {
  return (value, walk) => {
    const source = asObject(value)
    const keys = sortedKeys(source)
    walk.keys += keys.length
    const out: Record<string, unknown> = {}
    for (const key of keys) {
      const given = source[key]
      const decoded = given === null || given === undefined ? zero(walk) : decodeAt(key, given, walk, element)
      if (key === '__proto__')
        Object.defineProperty(out, key, { value: decoded, enumerable: true, configurable: true, writable: true })
      else out[key] = decoded
    }
    return out
  }
}

function sortedKeys(source: Record<string, unknown>): string[] {
  const keys = Object.keys(source)
  for (let i = 1; i < keys.length; i++) if (keys[i - 1] > keys[i]) return keys.sort()
  return keys
}
