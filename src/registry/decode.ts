/** From a parsed body to a typed draft: kind checked, unknown fields handled as `fieldValidation` says, defaults applied. Mirrors endpoints/handlers/create.go. */

import type { Clock } from '../apimachinery/clock.ts'
import { newBadRequest, newInternalError } from '../apimachinery/errors.ts'
import { type DynamicObject, formatGroupVersion } from '../apimachinery/meta.ts'
import { type Parsed, parsedValue } from '../apimachinery/schema/parse.ts'
import {
  bodyKind,
  hasIssues,
  type Schema,
  type Schemas,
  type StrictIssues,
  strictWarnings,
} from '../apimachinery/schema/schema.ts'

/** `Warn` unless the client says otherwise. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface Kind {
  group: string
  version: string
  kind: string
}

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
  const schema = schemaOf(decoding, kind)
  const { object, strict } = schema.decodeValue(value)
  return { object: schema.applyDefaults(object, decoding.clock), strict }
}

/**
 * A client's body. A missing kind or apiVersion means the expected one. Throws 400, also for what Strict refuses; what Warn tells goes to
 * `warn`.
 */
export function decodeBody(
  decoding: Decoding,
  expected: Kind,
  parsed: Parsed,
  body: Buffer,
  fieldValidation: FieldValidation,
  warn: (text: string) => void,
): DynamicObject {
  const given = bodyKind(parsed, body, expected)
  const wanted = formatGroupVersion(expected)
  if (given.kind === expected.kind && (given.group !== expected.group || given.version !== expected.version)) {
    throw newBadRequest(
      `the API version in the data (${formatGroupVersion(given)}) does not match the expected API version (${wanted})`,
    )
  }
  if (given.kind !== expected.kind) throw wrongKind(decoding, given, expected)
  const schema = schemaOf(decoding, expected)
  const { object, strict } = schema.decode(parsed)
  if (fieldValidation !== 'Ignore' && hasIssues(strict)) {
    if (fieldValidation === 'Strict') throw schema.strictError(strict)
    for (const text of strictWarnings(strict)) warn(text)
  }
  return schema.applyDefaults(object, decoding.clock)
}

function wrongKind(decoding: Decoding, given: Kind, expected: Kind): Error {
  const version = formatGroupVersion(given)
  const known = decoding.schemas.forKind(given.group, given.version, given.kind) !== undefined
  const why = known
    ? `converting (${given.version}.${given.kind}) to (${expected.group || 'core'}.${expected.kind}): unknown conversion`
    : `no kind ${JSON.stringify(given.kind)} is registered for version ${JSON.stringify(version)} in scheme "pkg/api/legacyscheme/scheme.go:30"`
  return newBadRequest(
    `${given.kind} in version ${JSON.stringify(given.version)} cannot be handled as a ${expected.kind}: ${why}`,
  )
}

/** The kind with nothing set and no defaults. */
export function zeroOf(decoding: Decoding, kind: Kind): DynamicObject {
  return schemaOf(decoding, kind).decode(parsedValue({ metadata: {} })).object
}
