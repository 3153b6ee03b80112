/** Values and bodies become typed drafts: decoded, pruned, with defaults. Mirrors what the codec factory does for endpoints/handlers. */
import type { Clock } from '../apimachinery/clock.ts'
import { newInternalError } from '../apimachinery/errors.ts'
import { type DynamicObject, formatGroupVersion } from '../apimachinery/meta.ts'
import { decodeBody, type TextFormat } from '../apimachinery/schema/body.ts'
import { parsedValue } from '../apimachinery/schema/parse.ts'
import {
  type GroupVersionKind,
  hasIssues,
  type Schema,
  type Schemas,
  type StrictIssues,
  strictWarnings,
} from '../apimachinery/schema/schema.ts'

/** `Warn` unless the client says otherwise. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export type Kind = GroupVersionKind

export interface Decoded {
  /** A draft of its own: shares nothing that hooks may change with the value it was made from. */
  object: DynamicObject
  strict: StrictIssues
}

/** What decoding needs of its surroundings. */
export interface Decoding {
  schemas: Schemas
  clock: Clock
}

/** The kind's schema. Every served kind has one. */
export function schemaOf({ schemas }: Decoding, { group, version, kind }: Kind): Schema {
  const schema = schemas.forKind(group, version, kind)
  if (!schema) throw newInternalError(`no schema for ${kind} in ${formatGroupVersion({ group, version })}`)
  return schema
}

/** A value made in this process (a patch's result, a controller's object). Throws 400. */
export function decodeValue(decoding: Decoding, kind: Kind, value: unknown): Decoded {
  return schemaOf(decoding, kind).decodeWithDefaults(parsedValue(value), decoding.clock)
}

/** As decodeValue, for what server-side apply merged: its managedFields are known as they are. */
export function decodeMerged(decoding: Decoding, kind: Kind, merged: DynamicObject): DynamicObject {
  const draft = schemaOf(decoding, kind).decodeMerged(merged, decoding.clock)
  const { managedFields } = merged.metadata
  if (managedFields) draft.metadata.managedFields = managedFields
  return draft
}

/** As decodeValue, with what Strict refuses: unknown fields are a 400. */
export function decodeStrictValue(decoding: Decoding, kind: Kind, value: unknown): DynamicObject {
  const { object, strict } = decodeValue(decoding, kind, value)
  if (hasIssues(strict)) throw schemaOf(decoding, kind).strictError(strict)
  return object
}

/**
 * A client's JSON or YAML body. A missing kind or apiVersion means the expected one. Throws 400, also for what Strict refuses; what Warn tells
 * goes to `warn`.
 */
export function decodeText(
  decoding: Decoding,
  expected: Kind,
  body: { bytes: Buffer; format: TextFormat },
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
): DynamicObject {
  const schema = schemaOf(decoding, expected)
  const { object, strict } = decodeBody(decoding.schemas, schema, body.bytes, body.format, decoding.clock)
  if (fieldValidation !== 'Ignore' && hasIssues(strict)) {
    if (fieldValidation === 'Strict') throw schema.strictError(strict)
    for (const text of strictWarnings(strict)) warn(text)
  }
  return object
}

/** The kind with nothing set and no defaults. */
export function zeroOf(decoding: Decoding, kind: Kind): DynamicObject {
  return schemaOf(decoding, kind).decodeValue({ metadata: {} }).object
}
