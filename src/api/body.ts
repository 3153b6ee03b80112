/** The request body as an object or a patch, whatever it is written in. */
import { newBadRequest } from '../apimachinery/errors.ts'
import { type DynamicObject, parseGroupVersion } from '../apimachinery/meta.ts'
import { parseBody, unrecognized } from '../apimachinery/schema/body.ts'
import { decodeText, decodeValue, type FieldValidation, type Kind, schemaOf } from '../registry/decode.ts'
import type { Exchange } from './exchange.ts'
import { bodyEncoding } from './negotiation.ts'

/** The body as a draft of `kind`. Throws 400 and 415; what is only worth a warning becomes one. */
export async function readObject(
  exchange: Exchange,
  kind: Kind,
  fieldValidation: FieldValidation,
): Promise<DynamicObject> {
  const { registry, body, warnings } = exchange
  const format = bodyEncoding(exchange.req.headers['content-type'])
  if (format === 'protobuf') return readProtobuf(exchange, kind)
  return decodeText(registry, kind, { bytes: body, format }, fieldValidation, (text) => warnings.add(text))
}

async function readProtobuf({ registry, body }: Exchange, expected: Kind): Promise<DynamicObject> {
  const { decodeProtobuf, readEnvelope } = await import('../apimachinery/schema/protobuf.ts')
  try {
    const envelope = readEnvelope(body)
    if (!envelope) throw unrecognized(expected.kind, body, 'provided data does not appear to be a protobuf message')
    const given = { ...parseGroupVersion(envelope.apiVersion), kind: envelope.kind }
    if (given.kind !== expected.kind || given.group !== expected.group || given.version !== expected.version) {
      throw newBadRequest(
        `the object in the body is ${envelope.apiVersion}, Kind=${given.kind}, which is not what this path takes: ${expected.kind}`,
      )
    }
    return decodeValue(registry, expected, decodeProtobuf(schemaOf(registry, expected), envelope.raw)).object
  } catch (error) {
    if (error instanceof RangeError)
      throw newBadRequest(`the protobuf message in the body cannot be read: ${error.message}`)
    throw error
  }
}

/** The body as a JSON value of whatever shape. Throws 400 and 415. */
export async function readValue(exchange: Exchange, expected: Kind): Promise<unknown> {
  const format = bodyEncoding(exchange.req.headers['content-type'])
  if (format === 'protobuf') return readProtobuf(exchange, expected)
  return parseBody(exchange.body, format, expected.kind).value
}

/** A patch document: any JSON value. Throws 400. */
export function parsePatch(body: Buffer, kind: Kind): unknown {
  return parseBody(body, 'json', kind.kind).value
}
