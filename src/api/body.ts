/** The request body as a value, whatever it is written in. */

import type { DynamicObject } from '../apimachinery/meta.ts'
import { type Parsed, parseJson, parseYamlBody } from '../apimachinery/schema/parse.ts'
import { decodeBody, type FieldValidation, type Kind } from '../registry/decode.ts'
import type { Exchange } from './exchange.ts'
import { bodyEncoding } from './negotiation.ts'

/** Throws 415 for a content type that is not read here, 400 for a body that does not parse. */
export async function parseBody(exchange: Exchange): Promise<Parsed> {
  const encoding = bodyEncoding(exchange.req.headers['content-type'])
  return encoding === 'yaml' ? parseYamlBody(exchange.body) : parseJson(exchange.body)
}

/** The body as a draft of `kind`. Throws 400 and 415; what is only worth a warning becomes one. */
export function readObject(
  exchange: Exchange,
  kind: Kind,
  parsed: Parsed,
  fieldValidation: FieldValidation,
): DynamicObject {
  const warn = (text: string) => exchange.warnings.add(text)
  return decodeBody(exchange.registry, kind, parsed, exchange.body, fieldValidation, warn)
}

/** A patch document: any JSON value. Throws 400. */
export function parsePatch(body: Buffer): unknown {
  return parseJson(body).value
}
