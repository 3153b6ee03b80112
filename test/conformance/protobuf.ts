/** Bodies in protobuf, as the corpus keeps them: the objects that they hold. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { parseGroupVersion } from '../../src/apimachinery/meta.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'
import { decodeProtobuf, encodeProtobuf, readEnvelope } from '../../src/apimachinery/schema/protobuf.ts'
import { type Schema, Schemas } from '../../src/apimachinery/schema/schema.ts'

const schemas = new Schemas(loadFacts())

function schemaOf(apiVersion: string | undefined, kind: string | undefined): Schema | undefined {
  const { group, version } = parseGroupVersion(apiVersion ?? '')
  return schemas.forKind(group, version, kind ?? '')
}

/** Kinds that have no protobuf form are sent as their JSON: the answer says what is wrong with that. */
export function toProtobuf(object: DynamicObject): Buffer {
  const schema = schemaOf(object.apiVersion, object.kind)
  if (!schema) return Buffer.from(JSON.stringify(object))
  return encodeProtobuf(schema, schema.decodeValue(object).object)
}

/** `{ protobuf: object }`, a list of events from a watch, or what could not be read. */
export function fromProtobuf(bytes: Buffer): unknown {
  if (bytes.length === 0) return ''
  return readEnvelope(bytes) ? { protobuf: objectOf(bytes) } : events(bytes)
}

function objectOf(bytes: Uint8Array): unknown {
  const envelope = readEnvelope(bytes)
  const schema = envelope && schemaOf(envelope.apiVersion, envelope.kind)
  if (!schema) return { unreadable: envelope?.kind ?? Buffer.from(bytes).toString('base64') }
  return decodeProtobuf(schema, envelope.raw)
}

/** Frames of a watch: four bytes of length, then a WatchEvent (1: its type, 2: the object, raw). */
function events(bytes: Buffer): unknown {
  const found: unknown[] = []
  for (let at = 0; at + 4 <= bytes.length; ) {
    const end = at + 4 + bytes.readUInt32BE(at)
    found.push(eventOf(bytes.subarray(at + 4, end)))
    at = end
  }
  return found
}

function eventOf(frame: Buffer): unknown {
  const [type, raw] = fieldsOf(frame)
  const object = raw && fieldsOf(raw)[0]
  return { type: type?.toString(), protobuf: object ? objectOf(object) : null }
}

/** The length-delimited fields of a message, by number from 1. */
function fieldsOf(message: Buffer): (Buffer | undefined)[] {
  const fields: (Buffer | undefined)[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let shift = 0; at < message.length; shift += 7) {
      const byte = message[at++] as number
      value += (byte & 0x7f) * 2 ** shift
      if (byte < 0x80) break
    }
    return value
  }
  while (at < message.length) {
    const number = varint() >>> 3
    const length = varint()
    fields[number - 1] = message.subarray(at, at + length)
    at += length
  }
  return fields
}
