/** The request body as an object or a patch, whatever it is written in. */
import { isStatusError, newBadRequest } from '../apimachinery/errors.ts'
import { type DynamicObject, formatGroupVersion, parseGroupVersion } from '../apimachinery/meta.ts'
import { bodyKind, parseBody, unrecognized } from '../apimachinery/schema/body.ts'
import { decodeText, decodeValue, type FieldValidation, type Kind, schemaOf } from '../registry/decode.ts'
import type { DeleteOptions } from '../registry/delete.ts'
import { type Exchange, warn } from './exchange.ts'
import { bodyEncoding } from './negotiation.ts'

/** The body as a draft of `kind`. Throws 400 and 415; what is only worth a warning becomes one. */
export async function readObject(
  exchange: Exchange,
  kind: Kind,
  fieldValidation: FieldValidation,
): Promise<DynamicObject> {
  const { registry, body } = exchange
  const format = bodyEncoding(exchange.req.headers['content-type'])
  if (format === 'protobuf') return readProtobuf(exchange, kind)
  return decodeText(registry, kind, { bytes: body, format }, fieldValidation, (text) => warn(exchange, text))
}

/** `inAnyGroup`: the kind is known in every group and version, as options are; clients of Go send it in that of the resource. */
async function readProtobuf({ registry, body }: Exchange, expected: Kind, inAnyGroup = false): Promise<DynamicObject> {
  const { decodeProtobuf, isWireError, readEnvelope } = await import('../apimachinery/schema/protobuf.ts')
  try {
    const envelope = readEnvelope(body)
    if (!envelope)
      throw unrecognized(
        expected.kind,
        body,
        'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
      )
    const given = { ...parseGroupVersion(envelope.apiVersion), kind: envelope.kind }
    const isOfGroup = inAnyGroup || (given.group === expected.group && given.version === expected.version)
    if (given.kind !== expected.kind || !isOfGroup) {
      throw newBadRequest(
        `the object in the body is ${envelope.apiVersion}, Kind=${given.kind}, which is not what this path takes: ${expected.kind}`,
      )
    }
    return decodeValue(registry, expected, decodeProtobuf(schemaOf(registry, expected), envelope.raw)).object
  } catch (error) {
    if (isWireError(error) && !isStatusError(error))
      throw newBadRequest(`the protobuf message in the body cannot be read: ${error.message}`)
    throw error
  }
}

export type RawDeleteOptions = DeleteOptions & { dryRun?: string[] }

const DELETE_OPTIONS = { group: '', version: 'v1', kind: 'DeleteOptions' }

/** DeleteOptions of whatever version they say they are. Throws 400 with shorter texts than other bodies get, and 415. */
export async function readDeleteOptions(exchange: Exchange): Promise<RawDeleteOptions> {
  const format = bodyEncoding(exchange.req.headers['content-type'])
  if (format === 'protobuf') return (await readProtobuf(exchange, DELETE_OPTIONS, true)) as RawDeleteOptions
  try {
    const parsed = parseBody(exchange.body, format, DELETE_OPTIONS.kind)
    const { group, version, kind } = bodyKind(parsed, exchange.body, DELETE_OPTIONS)
    if (kind !== DELETE_OPTIONS.kind) {
      throw newBadRequest(
        `no kind ${JSON.stringify(kind)} is registered for version "${formatGroupVersion({ group, version })}" in scheme "pkg/runtime/scheme.go:111"`,
      )
    }
    return schemaOf(exchange.registry, DELETE_OPTIONS).decode(parsed).object as RawDeleteOptions
  } catch (error) {
    throw isStatusError(error, 'BadRequest') ? newBadRequest(bareCause(error.message)) : error
  }
}

/** What went wrong with a body, without the words that say which body it was. */
export function bareCause(message: string): string {
  return message
    .replace(/^the object provided is unrecognized \(must be of type \w+\): (.*) \([^()]*\)$/s, '$1')
    .replace(/^\w+ in version "[^"]*" cannot be handled as a \w+: /, '')
}

/** A patch document: any JSON value. Throws 400. */
export function parsePatch(body: Buffer, kind: Kind): unknown {
  try {
    return parseBody(body, 'json', kind.kind).value
  } catch (error) {
    throw isStatusError(error, 'BadRequest') ? newBadRequest('invalid JSON patch') : error
  }
}
