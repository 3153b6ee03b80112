/**
 * Objects to Kubernetes' protobuf form, driven by the field numbers in the facts. As gogo/protobuf writes it: fields by number, scalars that
 * are no pointers even when zero, maps sorted, lists never packed. Mirrors the generated.pb.go files.
 */
import type protobuf from 'protobufjs/minimal.js'
import { parseMicroTime, parseTime } from '../time.ts'
import type { FieldNode, Node, SpecialNode, StructNode } from './nodes.ts'

export type Writer = protobuf.Writer
type Fields = Record<string, unknown>

const VARINT = 0
const FIXED64 = 1
export const LENGTH = 2
const FIXED32 = 5

/** One number on the wire: a field, or a JSON-inline struct with its fields. */
export interface WireEntry {
  number: number
  field?: FieldNode
  inner?: WireEntry[]
}

const plans = new WeakMap<StructNode, WireEntry[]>()

/** The wire numbers of a struct in ascending order; fields without one (kind, apiVersion) are left out. */
export function wireEntries(node: StructNode): WireEntry[] {
  let entries = plans.get(node)
  if (entries === undefined) {
    entries = []
    for (const field of node.fields) {
      const { pb } = field.fact
      if (pb !== undefined) place(entries, Array.isArray(pb) ? pb : [pb], field)
    }
    plans.set(node, sorted(entries))
  }
  return entries
}

function place(entries: WireEntry[], [number, ...rest]: number[], field: FieldNode): void {
  if (rest.length === 0) {
    entries.push({ number, field })
    return
  }
  let group = entries.find((entry) => entry.number === number)
  if (group === undefined) {
    group = { number, inner: [] }
    entries.push(group)
  }
  place(group.inner!, rest, field)
}

function sorted(entries: WireEntry[]): WireEntry[] {
  for (const { inner } of entries) if (inner) sorted(inner)
  return entries.sort((a, b) => a.number - b.number)
}

export function writeStruct(writer: Writer, value: Fields, entries: WireEntry[]): void {
  for (const { number, field, inner } of entries) {
    if (inner !== undefined) {
      open(writer, number)
      writeStruct(writer, value, inner)
      writer.ldelim()
    } else writeField(writer, number, field!, value[field!.fact.n])
  }
}

function writeField(writer: Writer, number: number, { fact, node }: FieldNode, value: unknown): void {
  if (value === undefined || value === null) {
    if (!fact.ptr && node.kind !== 'list' && node.kind !== 'map' && node.kind !== 'bytes')
      writeZero(writer, number, node)
  } else if (node.kind === 'list') {
    for (const item of value as unknown[]) writeValue(writer, number, node.of, item)
  } else if (node.kind === 'map') {
    writeMap(writer, number, node.of, value as Fields)
  } else writeValue(writer, number, node, value)
}

/** A message without bytes for everything that is a message, an empty one for the rest. */
function writeZero(writer: Writer, number: number, node: Node): void {
  if (node.kind === 'struct') writeValue(writer, number, node, {})
  else if (node.kind === 'special') {
    if (LISTS.has(node.special)) return
    if (node.special === 'IntOrString') writeValue(writer, number, node, 0)
    else writer.uint32((number << 3) | LENGTH).uint32(0)
  } else writeValue(writer, number, node, node.kind === 'string' ? '' : node.kind === 'boolean' ? false : 0)
}

const LISTS = new Set<string>(['Verbs', 'ExtraValue'])

function writeMap(writer: Writer, number: number, of: Node, value: Fields): void {
  for (const key of Object.keys(value).sort()) {
    open(writer, number)
    writer.uint32((1 << 3) | LENGTH).string(key)
    writeValue(writer, 2, of, value[key])
    writer.ldelim()
  }
}

function writeValue(writer: Writer, number: number, node: Node, value: unknown): void {
  switch (node.kind) {
    case 'string':
      writer.uint32((number << 3) | LENGTH).string((value ?? '') as string)
      break
    case 'boolean':
      writer.uint32((number << 3) | VARINT).bool(value as boolean)
      break
    case 'int32':
    case 'int64':
      writer.uint32((number << 3) | VARINT).int64(value as number)
      break
    case 'float32':
      writer.uint32((number << 3) | FIXED32).float(value as number)
      break
    case 'float64':
      writer.uint32((number << 3) | FIXED64).double(value as number)
      break
    case 'bytes':
      writer.uint32((number << 3) | LENGTH).bytes(Buffer.from((value ?? '') as string, 'base64'))
      break
    case 'struct':
      open(writer, number)
      writeStruct(writer, (value ?? {}) as Fields, wireEntries(node))
      writer.ldelim()
      break
    case 'special':
      open(writer, number)
      writeSpecial(writer, node, value)
      writer.ldelim()
      break
    default:
      throw new Error(`a ${node.kind} has no protobuf form here`)
  }
}

function open(writer: Writer, number: number): void {
  writer.uint32((number << 3) | LENGTH).fork()
}

function writeSpecial(writer: Writer, node: SpecialNode, value: unknown): void {
  switch (node.special) {
    case 'Quantity':
      writer.uint32((1 << 3) | LENGTH).string(value as string)
      break
    case 'Time':
      if (value !== null) writeTimestamp(writer, Math.floor(parseTime(value as string) / 1000), 0)
      break
    case 'MicroTime':
      if (value !== null) writeMicroTime(writer, value as string)
      break
    case 'IntOrString':
      writeIntOrString(writer, value as string | number)
      break
    case 'Verbs':
    case 'ExtraValue':
      for (const item of (value ?? []) as string[]) writer.uint32((1 << 3) | LENGTH).string(item)
      break
    case 'JSONSchemaPropsOrBool':
    case 'JSONSchemaPropsOrArray':
    case 'JSONSchemaPropsOrStringArray':
      writeSchemaHolder(writer, node, value)
      break
    default:
      if (value !== null && value !== undefined)
        writer.uint32((1 << 3) | LENGTH).bytes(Buffer.from(JSON.stringify(value)))
  }
}

function writeMicroTime(writer: Writer, text: string): void {
  writeTimestamp(writer, Math.floor(parseMicroTime(text) / 1000), Number(text.slice(20, 26)) * 1000)
}

function writeTimestamp(writer: Writer, seconds: number, nanos: number): void {
  writer.uint32((1 << 3) | VARINT).int64(seconds)
  writer.uint32((2 << 3) | VARINT).int32(nanos)
}

function writeIntOrString(writer: Writer, value: string | number): void {
  const isText = typeof value === 'string'
  writer.uint32((1 << 3) | VARINT).int64(isText ? 1 : 0)
  writer.uint32((2 << 3) | VARINT).int32(isText ? 0 : value)
  writer.uint32((3 << 3) | LENGTH).string(isText ? value : '')
}

function writeSchemaHolder(writer: Writer, node: SpecialNode, value: unknown): void {
  const orBool = node.special === 'JSONSchemaPropsOrBool'
  if (orBool) writer.uint32((1 << 3) | VARINT).bool(value !== false)
  if (Array.isArray(value)) {
    const of: Node = node.special === 'JSONSchemaPropsOrArray' ? node.inner! : { kind: 'string' }
    for (const item of value) writeValue(writer, 2, of, item)
  } else if (typeof value === 'object' && value !== null) writeValue(writer, orBool ? 2 : 1, node.inner!, value)
}
