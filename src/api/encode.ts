/** A JSON value as bytes of one of the encodings. YAML and protobuf are loaded when first asked for. */
import type { Encoding } from './negotiation.ts'

/** Throws 406 for a value that has no protobuf form. */
export async function encodeBody(value: unknown, encoding: Encoding, pretty = false): Promise<Buffer> {
  if (encoding === 'yaml') {
    const { dump } = await import('js-yaml')
    return Buffer.from(dump(value, { noRefs: true, lineWidth: -1, sortKeys: true }))
  }
  return Buffer.from(pretty ? `${JSON.stringify(value, null, 2)}\n` : `${JSON.stringify(value)}\n`)
}
