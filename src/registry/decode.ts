/** From a JSON value to a typed draft: kind checked, unknown fields handled as `fieldValidation` says, defaults applied. Mirrors endpoints/handlers/create.go. */
import { newBadRequest, newInternalError } from '../apimachinery/errors.ts'
import type { DynamicObject } from '../apimachinery/meta.ts'
import { strictErrors } from '../apimachinery/schema/decode.ts'
import type { Registry } from './registry.ts'

/** `Warn` unless the client says otherwise. */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore'

export interface Decoded {
  /** A draft of its own: shares nothing that hooks may change with the value it was made from. */
  object: DynamicObject
  /** Texts for `Warning` headers. */
  warnings: string[]
}

export interface Kind {
  group: string
  version: string
  kind: string
}

/** A missing kind or apiVersion means the expected one. Throws 400. `duplicates`: duplicate fields that the parser found in the text. */
export function decodeFor(
  expected: Kind,
  registry: Registry,
  value: unknown,
  fieldValidation: FieldValidation,
  duplicates: readonly string[] = [],
): Decoded {
  const schema = registry.schemas.forKind(expected.group, expected.version, expected.kind)
  if (!schema) throw newInternalError(`no schema for kind ${expected.kind}`)
  const apiVersion = expected.group === '' ? expected.version : `${expected.group}/${expected.version}`
  const typed = checkKind(value, apiVersion, expected.kind)
  const { object, unknown } = schema.decode(typed, { now: registry.clock.now() })
  schema.applyDefaults(object, { now: registry.clock.now() })
  if (fieldValidation === 'Ignore' || (unknown.length === 0 && duplicates.length === 0)) return { object, warnings: [] }
  const errors = strictErrors(duplicates, unknown)
  if (fieldValidation === 'Strict') {
    throw newBadRequest(
      `${expected.kind} in version ${JSON.stringify(expected.version)} cannot be handled as a ${expected.kind}: strict decoding error: ${errors.join(', ')}`,
    )
  }
  return { object, warnings: errors }
}

/** The kind with nothing set and no defaults. */
export function zeroOf(expected: Kind & { apiVersion: string }, registry: Registry): DynamicObject {
  const schema = registry.schemas.forKind(expected.group, expected.version, expected.kind)
  if (!schema) throw newInternalError(`no schema for kind ${expected.kind}`)
  const { apiVersion, kind } = expected
  return schema.decode({ kind, apiVersion, metadata: {} }, { now: 0 }).object
}

function checkKind(value: unknown, apiVersion: string, kind: string): Record<string, unknown> {
  const body = value as Record<string, unknown>
  if (body.apiVersion === apiVersion && body.kind === kind) return body
  if (body.apiVersion !== undefined && body.apiVersion !== '' && body.apiVersion !== apiVersion) {
    throw newBadRequest(
      `the API version in the data (${body.apiVersion}) does not match the expected API version (${apiVersion})`,
    )
  }
  if (body.kind !== undefined && body.kind !== '' && body.kind !== kind) {
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1)
    throw newBadRequest(
      `${body.kind} in version ${JSON.stringify(version)} cannot be handled as a ${kind}: the kind in the data is not the one this path serves`,
    )
  }
  return { ...body, kind, apiVersion }
}
