/** The request body as a value, whatever it is written in. */
import { newBadRequest } from '../apimachinery/errors.ts'
import { parseJson, parseYaml, type Parsed } from '../apimachinery/schema/parse.ts'
import type { Exchange } from './exchange.ts'
import { bodyEncoding } from './negotiation.ts'

/** Throws 415 for a content type that is not read here, 400 for a body that does not parse or is no object. */
export async function parseBody(exchange: Exchange): Promise<Parsed> {
  const encoding = bodyEncoding(exchange.req.headers['content-type'])
  if (encoding === 'protobuf') {
    const { decodeProtobuf } = await import('../apimachinery/schema/protobuf.ts')
    return { value: decodeProtobuf(exchange.body), duplicates: [] }
  }
  const parsed = encoding === 'yaml' ? parseYaml(exchange.body) : parseJson(exchange.body)
  if (parsed.value === null || typeof parsed.value !== 'object' || Array.isArray(parsed.value)) {
    throw newBadRequest('the object provided is unrecognized (must be of a registered kind): the body is not an object')
  }
  return parsed
}

/** A patch document: any JSON value, or YAML that kubectl wrote. Throws 400. */
export function parsePatch(body: Buffer): unknown {
  return parseJson(body).value
}
