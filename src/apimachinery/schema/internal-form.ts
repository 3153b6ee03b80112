/**
 * Values as upstream's validation prints them: it works on internal types, whose JSON has Go's field names, all of them, in the order of the
 * struct. `facts/internal-1.37.json` has the shapes. Runs only when an error is made.
 */
import { readPackageFile } from '../package-root.ts'
import { emptied } from './emptied.ts'

/** Key, JSON name of the served field, what a zero value prints (true: the struct below), internal type: behind `[]` in a list, `{}` in a map. */
type InternalField = [key: string, from: string, zero: unknown, type: string]

let shapes: Record<string, InternalField[]> | undefined

/**
 * `value` as the internal type (`core.Toleration`) prints; absent: null. `stored`: storage keeps no empty lists and maps. Throws for a type
 * that no served kind has.
 */
export function internalForm(type: string, value: unknown, stored = false): unknown {
  if (value === undefined || value === null) return null
  const below = (member: unknown) => internalForm(type.slice(2), member ?? {}, stored)
  if (type.startsWith('[]')) return (value as unknown[]).map(below)
  if (type.startsWith('{}')) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, below(member)])) as unknown
  }
  shapes ??= JSON.parse(readPackageFile('facts/internal-1.37.json')) as Record<string, InternalField[]>
  const fields = shapes[type]
  if (fields === undefined) throw new Error(`no internal type ${type} in the API facts`)
  return struct(fields, value as Record<string, unknown>, stored)
}

function struct(
  fields: readonly InternalField[],
  value: Record<string, unknown>,
  stored: boolean,
): Record<string, unknown> {
  const out: Record<string, unknown> = {}
  for (const [key, from, zero, type] of fields) {
    const given = value[from] ?? (stored ? undefined : emptied(value, from))
    if (key === '') Object.assign(out, given)
    else if (given === undefined || given === null) out[key] = zero === true ? internalForm(type, {}, stored) : zero
    else out[key] = type === '' ? given : internalForm(type, given, stored)
  }
  return out
}
