/** The Go types of values, which some messages of cel-go name. */
import { CelList, CelMap, Duration, Opaque, Optional, Timestamp, TypeValue, Uint, type Value } from './values.ts'

/** As Go prints them by `%T`. */
export function goType(value: Value): string {
  switch (typeof value) {
    case 'boolean':
      return 'types.Bool'
    case 'string':
      return 'types.String'
    case 'number':
      return 'types.Double'
    case 'bigint':
      return 'types.Int'
    default:
      return goTypeOfObject(value)
  }
}

function goTypeOfObject(value: Exclude<Value, boolean | string | number | bigint>): string {
  if (value === null) return 'types.Null'
  if (value instanceof CelList) return '*types.baseList'
  if (value instanceof CelMap) return '*types.baseMap'
  if (value instanceof Uint) return 'types.Uint'
  if (value instanceof Duration) return 'types.Duration'
  if (value instanceof Timestamp) return 'types.Timestamp'
  if (value instanceof Optional) return '*types.Optional'
  if (value instanceof Uint8Array) return 'types.Bytes'
  if (value instanceof TypeValue) return '*types.Type'
  return value instanceof Opaque ? `cel.${value.type.name.slice(value.type.name.lastIndexOf('.') + 1)}` : '*types.Err'
}
