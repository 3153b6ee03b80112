/** JSON as values, and values as JSON. Mirrors apiserver/pkg/cel/{escaping.go,common/valuesunstructured.go}. */
import { CelList, CelMap, type Convert, NO_SUCH_OVERLOAD, typeOfValue, Uint, type Value } from './values.ts'

/** A JSON object; `convertOf` says what is known of a member, undefined hides it. */
export class JsonMap extends CelMap {
  readonly raw: Readonly<Record<string, unknown>>
  private readonly convertOf: (name: string) => Convert | undefined
  /** Of a schema with properties: names are written escaped, and null counts as absent. */
  private readonly isObject: boolean
  constructor(
    raw: Readonly<Record<string, unknown>>,
    convertOf: (name: string) => Convert | undefined,
    isObject = false,
  ) {
    super()
    this.raw = raw
    this.convertOf = convertOf
    this.isObject = isObject
  }
  get size(): number {
    return Object.keys(this.raw).length
  }
  get(key: Value): Value | undefined {
    if (typeof key !== 'string') return NO_SUCH_OVERLOAD
    const name = this.isObject ? unescapeName(key) : key
    if (!Object.hasOwn(this.raw, name)) return undefined
    const raw = this.raw[name]
    if (this.isObject && (raw === null || raw === undefined)) return undefined
    return this.convertOf(name)?.(raw)
  }
  keys(): Value[] {
    const known = Object.keys(this.raw).filter((name) => this.convertOf(name) !== undefined)
    return this.isObject ? known.map(escapeName) : known
  }
}

const RESERVED = new Set([
  ...['true', 'false', 'null', 'in', 'as', 'break', 'const', 'continue', 'else', 'for', 'function', 'if', 'import'],
  ...['let', 'loop', 'package', 'namespace', 'return', 'var', 'void', 'while'],
])
const ESCAPES: Record<string, string> = { __: '__underscores__', '.': '__dot__', '-': '__dash__', '/': '__slash__' }
const UNESCAPES = new Map(Object.entries(ESCAPES).map(([plain, escaped]) => [escaped, plain]))

/** How expressions write a property's name; undefined when they cannot. */
export function escapedName(name: string): string | undefined {
  if (RESERVED.has(name)) return `__${name}__`
  if (!/^[A-Za-z_.\-/][A-Za-z0-9_.\-/]*$/.test(name)) return undefined
  const escaped = name.replace(/__|[.\-/]/g, (part) => ESCAPES[part])
  return escaped
}

const escapeName = (name: string): string => escapedName(name) ?? name

function unescapeName(name: string): string {
  if (!name.includes('__')) return name
  const reserved = /^__([a-z]+)__$/.exec(name)
  if (reserved && RESERVED.has(reserved[1])) return reserved[1]
  return name.replace(/__(?:underscores|dot|dash|slash)__/g, (part) => UNESCAPES.get(part)!)
}

/** A JSON value of which nothing is known: whole numbers are int. */
export function fromJson(raw: unknown): Value {
  if (raw === undefined) return null
  if (typeof raw === 'number') return Number.isInteger(raw) ? BigInt(raw) : raw
  if (Array.isArray(raw)) return new CelList(raw, fromJson)
  if (typeof raw === 'object' && raw !== null) return new JsonMap(raw as Record<string, unknown>, anyMember)
  return raw as Value
}

const anyMember = (): Convert => fromJson

/** The value as JSON. Throws an Error for what has no JSON form. */
export function toJson(value: Value): unknown {
  if (value instanceof CelList) return value.values().map(toJson)
  if (value instanceof CelMap) {
    return Object.fromEntries(value.keys().map((key) => [String(key), toJson(value.get(key)!)]))
  }
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint) return Number(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  if (value === null || typeof value !== 'object') return value
  throw new Error(`unsupported native conversion from ${typeOfValue(value).name} to JSON`)
}
