/** Kubernetes' protobuf form to plain values, driven by the field numbers in the facts. The result is what a JSON body would have held. */
import type protobuf from 'protobufjs/minimal.js'
import { canonicalMicroTime, canonicalTime } from '../time.ts'
import type { FieldNode, Node, SpecialNode, StructNode } from './nodes.ts'
import { LENGTH, type WireEntry, wireEntries } from './protobuf-encode.ts'

export type Reader = protobuf.Reader
type Fields = Record<string, unknown>

const lookups = new WeakMap<WireEntry[], Map<number, WireEntry>>()

export function readStruct(reader: Reader, end: number, node: StructNode): Fields {
  const out: Fields = {}
  readInto(out, reader, end, wireEntries(node))
  return out
}

function readInto(out: Fields, reader: Reader, end: number, entries: WireEntry[]): void {
  const lookup = lookupOf(entries)
  while (reader.pos < end) {
    const tag = reader.uint32()
    const entry = lookup.get(tag >>> 3)
    if (entry === undefined) reader.skipType(tag & 7)
    else if (entry.inner !== undefined) readInto(out, reader, reader.uint32() + reader.pos, entry.inner)
    else readField(out, reader, entry.field!, tag & 7)
  }
}

function lookupOf(entries: WireEntry[]): Map<number, WireEntry> {
  let lookup = lookups.get(entries)
  if (lookup === undefined) {
    lookup = new Map(entries.map((entry) => [entry.number, entry]))
    lookups.set(entries, lookup)
  }
  return lookup
}

function readField(out: Fields, reader: Reader, { fact, node }: FieldNode, wire: number): void {
  if (node.kind === 'list') {
    out[fact.n] ??= []
    readItems(out[fact.n] as unknown[], reader, node.of, wire)
  } else if (node.kind === 'map') {
    out[fact.n] ??= {}
    readMember(out[fact.n] as Fields, reader, node.of)
  } else {
    const value = readValue(reader, node)
    if (value !== undefined) out[fact.n] = value
  }
}

const NUMBERS = new Set<string>(['int32', 'int64', 'boolean', 'float32', 'float64'])

/** Writers may pack numbers, although the server never does. */
function readItems(items: unknown[], reader: Reader, of: Node, wire: number): void {
  if (wire !== LENGTH || !NUMBERS.has(of.kind)) {
    items.push(readValue(reader, of) ?? null)
    return
  }
  const end = reader.uint32() + reader.pos
  while (reader.pos < end) items.push(readValue(reader, of))
}

function readMember(members: Fields, reader: Reader, of: Node): void {
  const end = reader.uint32() + reader.pos
  let key = ''
  let value: unknown
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) key = reader.string()
    else if (tag >>> 3 === 2) value = readValue(reader, of)
    else reader.skipType(tag & 7)
  }
  Object.defineProperty(members, key, { value: value ?? null, enumerable: true, configurable: true, writable: true })
}

function readValue(reader: Reader, node: Node): unknown {
  switch (node.kind) {
    case 'string':
      return reader.string()
    case 'boolean':
      return reader.bool()
    case 'int32':
      return reader.int32()
    case 'int64':
      return Number(reader.int64())
    case 'float32':
      return reader.float()
    case 'float64':
      return reader.double()
    case 'bytes':
      return Buffer.from(reader.bytes()).toString('base64')
    case 'struct':
      return readStruct(reader, reader.uint32() + reader.pos, node)
    case 'special':
      return readSpecial(reader, reader.uint32() + reader.pos, node)
    default:
      throw new Error(`a ${node.kind} has no protobuf form here`)
  }
}

/** undefined: the zero value. */
function readSpecial(reader: Reader, end: number, node: SpecialNode): unknown {
  switch (node.special) {
    case 'Quantity':
      return messageOf(reader, end)[1]?.at(-1) ?? '0'
    case 'Time':
      return timeOf(messageOf(reader, end), canonicalTime)
    case 'MicroTime':
      return timeOf(messageOf(reader, end), canonicalMicroTime)
    case 'IntOrString': {
      const [, type, int, text] = messageOf(reader, end)
      return type?.at(-1) === 1 ? (text?.at(-1) ?? '') : (int?.at(-1) ?? 0)
    }
    case 'Verbs':
    case 'ExtraValue':
      return messageOf(reader, end)[1] ?? []
    case 'JSONSchemaPropsOrBool':
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrStringArray':
      return schemaHolder(reader, end, node)
    default: {
      const raw = messageOf(reader, end)[1]?.at(-1)
      return raw === undefined || raw === '' ? undefined : JSON.parse(raw as string)
    }
  }
}

/** Small messages of numbers and texts: the values by field number. */
function messageOf(reader: Reader, end: number): (string | number)[][] {
  const fields: (string | number)[][] = []
  while (reader.pos < end) {
    const tag = reader.uint32()
    fields[tag >>> 3] ??= []
    fields[tag >>> 3].push((tag & 7) === LENGTH ? reader.string() : Number(reader.int64()))
  }
  return fields
}

function timeOf([, seconds, nanos]: (string | number)[][], canonical: (text: string) => string | null): unknown {
  if (seconds === undefined) return undefined
  const second = new Date(Number(seconds.at(-1)) * 1000).toISOString().slice(0, 19)
  const micros = Math.floor(Number(nanos?.at(-1) ?? 0) / 1000)
  return canonical(`${second}.${String(micros).padStart(6, '0')}Z`)
}

function schemaHolder(reader: Reader, end: number, node: SpecialNode): unknown {
  const schemaNumber = node.special === 'JSONSchemaPropsOrBool' ? 2 : 1
  const items: unknown[] = []
  let allows: boolean | undefined
  let schema: unknown
  while (reader.pos < end) {
    const tag = reader.uint32()
    if ((tag & 7) !== LENGTH) allows = reader.bool()
    else if (tag >>> 3 === schemaNumber) schema = readStruct(reader, reader.uint32() + reader.pos, node.inner!)
    else if (node.special === 'JSONSchemaPropsOrArray')
      items.push(readStruct(reader, reader.uint32() + reader.pos, node.inner!))
    else items.push(reader.string())
  }
  return items.length > 0 ? items : (schema ?? allows)
}
