/** JSON values as the patches see them, and how Go names their types. */

export type JsonValue = string | number | boolean | null | JsonValue[] | JsonMap
export interface JsonMap {
  [member: string]: JsonValue
}

export function isMap(value: unknown): value is JsonMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** As json.UnmarshalTypeError names a value. */
export function goJsonType(value: unknown): string {
  if (typeof value === 'boolean') return 'bool'
  if (typeof value !== 'object') return typeof value
  return Array.isArray(value) ? 'array' : 'object'
}

/** As reflect names the type of a decoded value. */
export function goType(value: unknown): string {
  if (value === null || value === undefined) return '%!s(<nil>)'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'string') return 'string'
  return Array.isArray(value) ? '[]interface {}' : 'map[string]interface {}'
}

/** Sets a member of any name: plain assignment to `__proto__` would make none. */
export function setMember(container: JsonMap, key: string, value: JsonValue): void {
  if (key !== '__proto__') container[key] = value
  else Object.defineProperty(container, key, { value, writable: true, enumerable: true, configurable: true })
}
