/** What a patch made of an object, decoded. What is wrong with it is 422 and shows the patch. Mirrors endpoints/handlers/patch.go and runtime/converter.go. */
import { isStatusError, newInvalid, type StatusError } from '../../apimachinery/errors.ts'
import { invalid } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { formatGroupVersion } from '../../apimachinery/meta.ts'
import { isPlainObject } from '../../apimachinery/schema/go-json.ts'
import { hasIssues, strictDecodingError, strictWarnings } from '../../apimachinery/schema/schema.ts'
import { type Decoded, decodeText, decodeValue, type FieldValidation, type Kind } from '../../registry/decode.ts'
import { bareCause } from '../body.ts'
import { type Exchange, warn } from '../exchange.ts'

export interface PatchedOptions {
  fieldValidation: FieldValidation
  /** The patch document where it is a strategic one: upstream shows that then, not the patched object. */
  strategicPatch?: unknown
  /** The patch document where it is a merge patch: what it touched is shown with its keys in order. */
  mergePatch?: unknown
}

/** Throws 422. */
export function decodePatched(
  exchange: Exchange,
  kind: Kind,
  patched: DynamicObject,
  { fieldValidation, strategicPatch, mergePatch }: PatchedOptions,
): DynamicObject {
  const refuse = (why: string): StatusError => {
    const shown =
      strategicPatch === undefined ? JSON.stringify(inOrder(patched, mergePatch ?? {})) : goText(strategicPatch)
    return newInvalid({ group: '', resource: '' }, '', [invalid('patch', shown, why)])
  }
  let decoded: Decoded
  try {
    if (strategicPatch === undefined) checkType(exchange, kind, patched)
    decoded = decodeValue(exchange.registry, kind, patched)
  } catch (error) {
    if (!isStatusError(error, 'BadRequest')) throw error
    const cause = bareCause(error.message)
    throw refuse(strategicPatch === undefined ? cause : converterText(cause))
  }
  const { object, strict } = decoded
  if (fieldValidation === 'Ignore' || !hasIssues(strict)) return object
  if (fieldValidation === 'Strict') throw refuse(strictDecodingError(strict))
  for (const text of strictWarnings(strict)) warn(exchange, text)
  return object
}

/** Go's maps, which a merge makes of the objects it touches, are written with their keys sorted; what it left alone is as it was. */
function inOrder(value: unknown, patch: unknown): unknown {
  if (!isPlainObject(value) || !isPlainObject(patch)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([name, member]) => [name, inOrder(member, patch[name])]))
}

/** A patch may have changed what the object says it is: then it is read as a body of that type, which throws. */
function checkType({ registry }: Exchange, kind: Kind, patched: DynamicObject): void {
  if (patched.kind === kind.kind && patched.apiVersion === formatGroupVersion(kind)) return
  decodeText(registry, kind, { bytes: Buffer.from(JSON.stringify(patched)), format: 'json' }, 'Ignore', () => {})
}

const GO_KINDS: Record<string, string> = {
  number: 'int64',
  string: 'string',
  bool: 'bool',
  array: 'slice',
  object: 'map',
}

/** The text of encoding/json, in the words of upstream's conversion from maps, which strategic patches go through. */
function converterText(text: string): string {
  const found = /^json: cannot unmarshal (\w+)(?: [^ ]+)? into Go (?:struct field [^ ]+|value) of type (.*)$/.exec(text)
  if (!found) return text
  const [, json = '', type = ''] = found
  const from = GO_KINDS[json] ?? json
  if (type.startsWith('map[')) return `cannot restore map from ${from}`
  if (type.startsWith('[]')) return `cannot restore slice from ${from}`
  if (type === 'string') return json === 'number' ? `cannot convert ${from} to string` : 'unrecognized type: string'
  if (/^(u?int|float)\d*$|^bool$/.test(type)) return `unrecognized type: ${type}`
  return `cannot restore struct from: ${from}`
}

/** A value as fmt's %+v prints maps and slices. */
function goText(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(goText).join(' ')}]`
  if (typeof value !== 'object') return String(value)
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `map[${fields.map(([name, field]) => `${name}:${goText(field)}`).join(' ')}]`
}
