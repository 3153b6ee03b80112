/** An object as bytes of one of the encodings. YAML and protobuf are loaded when first asked for. */
import { newNotAcceptable } from '../apimachinery/errors.ts'
import { type DynamicObject, parseGroupVersion } from '../apimachinery/meta.ts'
import type { Schemas } from '../apimachinery/schema/schema.ts'
import type { Encoding } from './negotiation.ts'

/** Throws 406 for a value that has no protobuf form. */
export async function encodeBody(
  value: unknown,
  encoding: Encoding,
  schemas: Schemas,
  pretty = false,
): Promise<Buffer> {
  if (encoding === 'yaml') {
    const { encodeYaml } = await import('../apimachinery/schema/yaml-encode.ts')
    return Buffer.from(encodeYaml(value))
  }
  if (encoding === 'protobuf') {
    const object = value as DynamicObject
    const { group, version } = parseGroupVersion(object.apiVersion)
    const schema = schemas.forKind(group, version, object.kind)
    if (!schema) throw newNotAcceptable(`${object.kind} has no protobuf form`)
    const { encodeProtobuf } = await import('../apimachinery/schema/protobuf.ts')
    return encodeProtobuf(schema, object)
  }
  // As Go's encoder and its MarshalIndent: only the first ends the line.
  return Buffer.from(pretty ? JSON.stringify(value, null, 2) : `${JSON.stringify(value)}\n`)
}
