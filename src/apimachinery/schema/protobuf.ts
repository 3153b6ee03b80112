/** The protobuf media type: the `k8s` envelope around an object, and the object in it. Mirrors runtime/serializer/protobuf. */
import protobuf from 'protobufjs/minimal.js'
import type { DynamicObject } from '../meta.ts'
import { readStruct } from './protobuf-decode.ts'
import { LENGTH, wireEntries, writeStruct } from './protobuf-encode.ts'
import type { Schema } from './schema.ts'

export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf'

const MAGIC = Buffer.from('k8s\0')

export interface Envelope {
  apiVersion: string
  kind: string
  raw: Uint8Array
}

/** An object with its envelope. The object must be of the schema's kind and decoded. */
export function encodeProtobuf(schema: Schema, object: DynamicObject): Buffer {
  const inner = protobuf.Writer.create()
  writeStruct(inner, object, wireEntries(schema.node))
  return encodeEnvelope({ apiVersion: schema.apiVersion, kind: schema.gvk.kind, raw: inner.finish() })
}

export function encodeEnvelope({ apiVersion, kind, raw }: Envelope): Buffer {
  const writer = protobuf.Writer.create()
  writer.uint32((1 << 3) | LENGTH).fork()
  writer.uint32((1 << 3) | LENGTH).string(apiVersion)
  writer.uint32((2 << 3) | LENGTH).string(kind)
  writer.ldelim()
  writer.uint32((2 << 3) | LENGTH).bytes(raw)
  writer.uint32((3 << 3) | LENGTH).string('')
  writer.uint32((4 << 3) | LENGTH).string('')
  return Buffer.concat([MAGIC, writer.finish()])
}

/** What reading throws when the bytes are no protobuf: they end too early, say nonsense, or hold JSON that is none. */
export function isWireError(error: unknown): error is Error {
  if (error instanceof RangeError || error instanceof SyntaxError) return true
  return error instanceof Error && /^(invalid|illegal|max depth)/.test(error.message)
}

/** undefined when the bytes are no envelope. Throws a wire error when they cannot be read. */
export function readEnvelope(bytes: Uint8Array): Envelope | undefined {
  if (bytes.length < MAGIC.length || !MAGIC.equals(bytes.subarray(0, MAGIC.length))) return undefined
  const envelope: Envelope = { apiVersion: '', kind: '', raw: new Uint8Array() }
  const reader = protobuf.Reader.create(bytes.subarray(MAGIC.length))
  while (reader.pos < reader.len) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) readTypeMeta(reader, reader.uint32() + reader.pos, envelope)
    else if (tag >>> 3 === 2) envelope.raw = reader.bytes()
    else reader.skipType(tag & 7)
  }
  return envelope
}

function readTypeMeta(reader: protobuf.Reader, end: number, envelope: Envelope): void {
  while (reader.pos < end) {
    const tag = reader.uint32()
    if (tag >>> 3 === 1) envelope.apiVersion = reader.string()
    else if (tag >>> 3 === 2) envelope.kind = reader.string()
    else reader.skipType(tag & 7)
  }
}

/** The object of an envelope, canonical and in order as if it had come as JSON. Throws a wire error when the bytes cannot be read. */
export function decodeProtobuf(schema: Schema, raw: Uint8Array): DynamicObject {
  const reader = protobuf.Reader.create(raw)
  return schema.decodeValue(readStruct(reader, reader.len, schema.node)).object
}
