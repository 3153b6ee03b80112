/**
 * Says what is wrong with a document, in document order and with Go's texts: duplicate and unknown fields, and the error that ends decoding.
 * Runs only when the fast walker met something. Mirrors sigs.k8s.io/json: the first type error is kept while reading on, and an error of a
 * type with its own reader (quantities, times) ends it at once.
 */
import { canonicalDuration } from '../duration.ts'
import { StatusError } from '../errors.ts'
import { quote } from '../go-text.ts'
import { canonicalQuantity } from '../quantity.ts'
import { canonicalMicroTime, canonicalTime } from '../time.ts'
import { base64ErrorAt, canonicalBase64 } from './base64.ts'
import type { FieldFact } from './facts.ts'
import type { JsonNode } from './go-json.ts'
import { type Node, type SpecialNode, type StructNode, shortGoName } from './nodes.ts'

export interface Diagnosis {
  /** `duplicate field "a"` and `unknown field "b"`, in document order; at most 100, none twice. */
  strict: string[]
  /** Text of the error that makes the document unusable. */
  error?: string
}

const MAX_STRICT = 100

export function diagnose(root: JsonNode, node: StructNode): Diagnosis {
  const reader = new Reader()
  try {
    reader.read(root, node, node.type.go)
  } catch (error) {
    if (!(error instanceof Aborted)) throw error
    return { strict: [], error: error.message }
  }
  return reader.saved === undefined ? { strict: [...reader.strict] } : { strict: [], error: reader.saved }
}

/** Ends the reading: what upstream's custom readers do with an error of theirs. */
export class Aborted extends Error {}

class Reader {
  readonly strict = new Set<string>()
  saved: string | undefined
  #struct = ''
  #goPath: string[] = []
  #path = ''

  read(json: JsonNode, node: Node, go: string): undefined {
    if (json.type === 'null') return
    switch (node.kind) {
      case 'struct':
        return json.type === 'object' ? this.#fields(json.entries, node) : this.#mismatch(json, node.type.go)
      case 'list':
        return json.type === 'array' ? this.#items(json.items, node.of, go) : this.#mismatch(json, go)
      case 'map':
        return json.type === 'object' ? this.#members(json.entries, node.of, go) : this.#mismatch(json, go)
      case 'special':
        return this.#special(json, node)
      case 'any':
        return this.#any(json)
      case 'bytes':
        return this.#bytes(json, go)
      case 'string':
        return json.type === 'string' ? undefined : this.#mismatch(json, go)
      case 'boolean':
        return json.type === 'bool' ? undefined : this.#mismatch(json, go)
      default:
        return this.#number(json, node.kind, go)
    }
  }

  #fields(entries: [string, JsonNode][], node: StructNode): undefined {
    const path = this.#path
    const struct = this.#struct
    const depth = this.#goPath.length
    const seen = new Set<string>()
    for (const [key, value] of entries) {
      const at = node.byName.get(key)
      if (at === undefined) {
        this.#issue('unknown', path, key)
        continue
      }
      if (seen.has(key)) this.#issue('duplicate', path, key)
      seen.add(key)
      const field = node.fields[at]
      this.#struct = shortGoName(node.type)
      this.#goPath.push(...embeddedIn(node, field.fact), key)
      this.#path = path === '' ? key : `${path}.${key}`
      this.read(value, field.node, field.fact.go)
      this.#goPath.length = depth
      this.#struct = struct
    }
    this.#path = path
  }

  #items(items: JsonNode[], of: Node, go: string): undefined {
    const path = this.#path
    items.forEach((item, i) => {
      this.#path = `${path}[${i}]`
      this.read(item, of, elementGo(go, of))
    })
    this.#path = path
  }

  #members(entries: [string, JsonNode][], of: Node, go: string): undefined {
    const path = this.#path
    const seen = new Set<string>()
    for (const [key, value] of entries) {
      if (seen.has(key)) this.#issue('duplicate', path, key)
      seen.add(key)
      this.#path = path === '' ? key : `${path}.${key}`
      this.read(value, of, elementGo(go, of))
    }
    this.#path = path
  }

  /** Untyped values: Go keeps integers of 64 bits, which a JavaScript number cannot. */
  #any(json: JsonNode): undefined {
    if (json.type === 'number') refuseUnsafe(json.literal)
    else if (json.type === 'array') for (const item of json.items) this.#any(item)
    else if (json.type === 'object') for (const [, value] of json.entries) this.#any(value)
  }

  #bytes(json: JsonNode, go: string): undefined {
    if (json.type === 'array') return this.#byteItems(json.items)
    if (json.type !== 'string') return this.#mismatch(json, go)
    if (canonicalBase64(json.value) === undefined) {
      this.#save(`illegal base64 data at input byte ${base64ErrorAt(json.value)}`)
    }
  }

  #byteItems(items: JsonNode[]): undefined {
    for (const item of items) {
      if (item.type === 'null') continue
      if (item.type !== 'number') this.#mismatch(item, 'uint8')
      else if (!/^\d+$/.test(item.literal) || Number(item.literal) > 255)
        this.#cannot(`number ${item.literal}`, 'uint8')
    }
  }

  #number(json: JsonNode, kind: 'int32' | 'int64' | 'float32' | 'float64', go: string): undefined {
    if (json.type !== 'number') return this.#mismatch(json, go)
    if (kind.startsWith('float')) return
    const bits = kind === 'int32' ? 32 : 64
    if (!/^-?\d+$/.test(json.literal) || BigInt.asIntN(bits, BigInt(json.literal)) !== BigInt(json.literal)) {
      return this.#cannot(`number ${json.literal}`, go)
    }
    refuseUnsafe(json.literal)
  }

  #special(json: JsonNode, node: SpecialNode): undefined {
    switch (node.special) {
      case 'Quantity':
        return this.#quantity(json)
      case 'Time':
        return this.#text(json, canonicalTime)
      case 'MicroTime':
        return this.#text(json, canonicalMicroTime)
      case 'Duration':
        return this.#text(json, canonicalDuration)
      case 'IntOrString':
        return json.type === 'string' ? undefined : this.#own(json, { kind: 'int32' }, 'int32')
      case 'Verbs':
      case 'ExtraValue':
        return json.type === 'array'
          ? this.#items(json.items, { kind: 'string' }, '[]string')
          : this.#mismatch(json, node.type.go)
      case 'JSONSchemaPropsOrBool':
      case 'JSONSchemaPropsOrArray':
      case 'JSONSchemaPropsOrStringArray':
        return this.#schemaHolder(json, node)
      default:
        return this.#any(json)
    }
  }

  #quantity(json: JsonNode): undefined {
    readOwn(canonicalQuantity, json.type === 'string' ? json.value : json.type === 'number' ? json.literal : '')
  }

  #text(json: JsonNode, canonical: (text: string) => unknown): undefined {
    if (json.type !== 'string') return this.#own(json, { kind: 'string' }, 'string')
    readOwn(canonical, json.value)
  }

  #schemaHolder(json: JsonNode, node: SpecialNode): undefined {
    const { special } = node
    const inner = node.inner!
    // These readers start a decoder of their own: unknown fields below are dropped without a word, and errors end everything.
    const below = new Reader()
    below.#struct = this.#struct
    below.#goPath = [...this.#goPath]
    if (json.type === 'object') below.read(json, inner, inner.type.go)
    else if (special === 'JSONSchemaPropsOrBool') {
      if (json.type !== 'bool') throw new Aborted('boolean or JSON schema expected')
    } else if (json.type === 'array') {
      if (special === 'JSONSchemaPropsOrArray') below.#items(json.items, inner, '[]')
      else below.#items(json.items, { kind: 'string' }, '[]string')
    }
    if (below.saved !== undefined) throw new Aborted(below.saved)
  }

  /** A value read by the type's own reader: a mismatch ends everything, but is told with the place it was met at. */
  #own(json: JsonNode, node: Node, go: string): undefined {
    const saved = this.saved
    this.saved = undefined
    this.read(json, node, go)
    if (this.saved !== undefined) throw new Aborted(this.saved)
    this.saved = saved
  }

  #mismatch(json: JsonNode, go: string): undefined {
    this.#cannot(json.type, go)
  }

  #cannot(what: string, go: string): undefined {
    const into = this.#struct === '' ? 'value' : `struct field ${this.#struct}.${this.#goPath.join('.')}`
    this.#save(`json: cannot unmarshal ${what} into Go ${into} of type ${go}`)
  }

  #save(text: string): undefined {
    this.saved ??= text
  }

  #issue(what: 'unknown' | 'duplicate', path: string, key: string): undefined {
    if (this.strict.size >= MAX_STRICT) return
    this.strict.add(`${what} field ${quote(path === '' ? key : `${path}.${key}`)}`)
  }
}

function readOwn(canonical: (text: string) => unknown, text: string): void {
  try {
    canonical(text)
  } catch (error) {
    throw error instanceof StatusError ? new Aborted(error.message) : error
  }
}

// DEVIATION(int64-precision): integers between 2^53 and 2^63 are refused; a JavaScript number would change them silently.
export function refuseUnsafe(literal: string): undefined {
  if (!/^-?\d{16,}$/.test(literal) || Number.isSafeInteger(Number(literal))) return
  if (BigInt.asIntN(64, BigInt(literal)) !== BigInt(literal)) return
  throw new Aborted(`kubemu cannot hold the integer ${literal} exactly: it is beyond 2^53`)
}

/** Go type of a list's or map's element: its own name, or the rest of `[]T` and `map[K]T`. */
function elementGo(go: string, of: Node): string {
  if (of.kind === 'struct' || of.kind === 'special') return of.type.go
  const rest = go.replace(/^(?:\[\]|map\[[^\]]*\])/, '')
  return rest === go ? (GO_SCALAR[of.kind] ?? go) : rest.replace(/^\*/, '')
}

const GO_SCALAR: Record<string, string> = {
  string: 'string',
  boolean: 'bool',
  int32: 'int32',
  int64: 'int64',
  bytes: '[]uint8',
}

/** JSON-inline structs print in Go's paths; the facts have them flattened, so their Go names are told here by wire number. */
const EMBEDDED: Record<string, Record<string, string[]>> = {
  Volume: { 2: ['VolumeSource'] },
  PersistentVolumeSpec: { 2: ['PersistentVolumeSource'] },
  Probe: { 1: ['ProbeHandler'] },
  EphemeralContainer: { 1: ['EphemeralContainerCommon'] },
  IngressRule: { 2: ['IngressRuleValue'] },
  RuleWithOperations: { 2: ['Rule'] },
  NamedRuleWithOperations: { 2: ['RuleWithOperations'], '2,2': ['RuleWithOperations', 'Rule'] },
  DeviceAllocationConfiguration: { 3: ['DeviceConfiguration'] },
  DeviceClaimConfiguration: { 2: ['DeviceConfiguration'] },
  DeviceClassConfiguration: { 1: ['DeviceConfiguration'] },
}

function embeddedIn(node: StructNode, { pb }: FieldFact): string[] {
  if (!Array.isArray(pb)) return []
  const outer = pb.slice(0, -1).join(',')
  return EMBEDDED[shortGoName(node.type)]?.[outer] ?? ['LocalObjectReference']
}
