/** Whether a schema is structural: every field has a type outside of logic, and logic only restricts values. Mirrors apiextensions-apiserver/pkg/apiserver/schema/{validation,complete}.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import {
  child,
  type FieldError,
  fieldErrorMessage,
  forbidden,
  index,
  invalid,
  key,
  required,
} from '../../apimachinery/field-error.ts'
import { patternError } from '../../apimachinery/regular-expression.ts'
import { additionalOf, itemsOf, type JsonSchema } from '../../apimachinery/schema/custom/json-schema.ts'

type Level = 'root' | 'item' | 'field'

const EMBEDDED = 'x-kubernetes-embedded-resource'
const PRESERVE = 'x-kubernetes-preserve-unknown-fields'
const INT_OR_STRING = 'x-kubernetes-int-or-string'
const INT_OR_STRING_TYPES = [{ type: 'integer' }, { type: 'string' }]

/** Sorted by their texts. */
export function structuralErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors = [...structure(schema, 'root', path), ...completeness(schema, schema, path, path)]
  return errors
    .map((error) => ({ error, text: fieldErrorMessage(error) }))
    .sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0))
    .map(({ error }) => error)
}

function structure(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = []
  const items = itemsOf(schema)
  if (schema.type === 'array' && !items) errors.push(required(child(path, 'items'), 'must be specified'))
  if (items) errors.push(...structure(items, 'item', child(path, 'items')))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...structure(property, 'field', key(child(path, 'properties'), name)))
  }
  const additional = additionalOf(schema)
  if (schema.additionalProperties !== undefined && level === 'root') {
    errors.push(forbidden(child(path, 'additionalProperties'), 'must not be used at the root'))
  }
  if (additional) errors.push(...structure(additional, 'field', child(path, 'additionalProperties')))
  errors.push(...extensionErrors(schema, path))
  const skipsAnyOf = deepEqual(schema.anyOf, INT_OR_STRING_TYPES)
  const skipsFirst = deepEqual(schema.allOf?.[0]?.anyOf, INT_OR_STRING_TYPES)
  errors.push(...valueErrors(schema, skipsAnyOf, skipsFirst, path), ...typeErrors(schema, level, path))
  errors.push(...metaErrors(schema, level, path))
  if (schema[EMBEDDED] && !schema[PRESERVE] && Object.keys(schema.properties ?? {}).length === 0) {
    const why = `must not be empty if ${EMBEDDED} is true without ${PRESERVE}`
    errors.push(required(child(path, 'properties'), why))
  }
  return errors
}

function extensionErrors(schema: JsonSchema, path: string): FieldError[] {
  if (!schema[INT_OR_STRING]) return []
  const why = `must be false if ${INT_OR_STRING} is true`
  return [PRESERVE, EMBEDDED]
    .filter((name) => schema[name as typeof PRESERVE] === true)
    .map((name) => invalid(child(path, name), true, why))
}

const NO_TYPE: Record<Level, string> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function typeErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = []
  const at = child(path, 'type')
  const { type } = schema
  if (schema[EMBEDDED] && type !== 'object') {
    const why = `must be object if ${EMBEDDED} is true`
    errors.push(type ? invalid(at, type, why) : required(at, why))
  } else if (!type && !schema[INT_OR_STRING] && !schema[PRESERVE]) errors.push(required(at, NO_TYPE[level]))
  if (schema[EMBEDDED] && schema.additionalProperties !== undefined) {
    errors.push(forbidden(child(path, 'additionalProperties'), `must not be used if ${EMBEDDED} is set`))
  }
  if (level === 'root' && type && type !== 'object') errors.push(invalid(at, type, 'must be object at the root'))
  return errors
}

/** kind, apiVersion and metadata are described by nobody but the server. */
function metaErrors(schema: JsonSchema, level: Level, path: string): FieldError[] {
  const errors: FieldError[] = []
  const isResource = level === 'root' || schema[EMBEDDED] === true
  for (const name of ['kind', 'apiVersion']) {
    const property = schema.properties?.[name]
    if (property && isResource && property.type !== 'string') {
      errors.push(invalid(child(key(child(path, 'properties'), name), 'type'), property.type ?? '', 'must be string'))
    }
  }
  const metadata = schema.properties?.['metadata']
  if (!metadata) return errors
  const at = key(child(path, 'properties'), 'metadata')
  if (isResource && metadata.type !== 'object') {
    errors.push(invalid(child(at, 'type'), metadata.type ?? '', 'must be object'))
  }
  if (level === 'root' && !restrictsNameOnly(metadata)) {
    const why = 'must not specify anything other than name and generateName, but metadata is implicitly specified'
    errors.push(forbidden(at, why))
  }
  return errors
}

function restrictsNameOnly({ type: _, default: __, properties = {}, ...rest }: JsonSchema): boolean {
  const others = Object.keys(properties).filter((name) => name !== 'name' && name !== 'generateName')
  return others.length === 0 && Object.keys(rest).length === 0
}

function valueErrors(schema: JsonSchema, skipsAnyOf: boolean, skipsFirst: boolean, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { anyOf = [], allOf = [], oneOf = [], not, pattern } = schema
  if (!skipsAnyOf) {
    anyOf.forEach((one, i) => {
      errors.push(...nestedErrors(one, false, index(child(path, 'anyOf'), i)))
    })
  }
  allOf.forEach((one, i) => {
    errors.push(...nestedErrors(one, skipsFirst && i === 0, index(child(path, 'allOf'), i)))
  })
  oneOf.forEach((one, i) => {
    errors.push(...nestedErrors(one, false, index(child(path, 'oneOf'), i)))
  })
  if (not) errors.push(...nestedErrors(not, false, child(path, 'not')))
  const wrong = pattern ? patternError(pattern) : undefined
  if (wrong !== undefined) {
    errors.push(invalid(child(path, 'pattern'), pattern, `must be a valid regular expression, but isn't: ${wrong}`))
  }
  return errors
}

/** What logic may not say, and how that is put. */
const FORBIDDEN: [field: keyof JsonSchema, why: string][] = [
  ['type', 'must be empty to be structural'],
  ['additionalProperties', 'must be undefined to be structural'],
  ['default', 'must be undefined to be structural'],
  ['title', 'must be empty to be structural'],
  ['description', 'must be empty to be structural'],
  ['nullable', 'must be false to be structural'],
  [PRESERVE, 'must be false to be structural'],
  [EMBEDDED, 'must be false to be structural'],
  [INT_OR_STRING, 'must be false to be structural'],
  ['x-kubernetes-list-map-keys', 'must be empty to be structural'],
  ['x-kubernetes-list-type', 'must be undefined to be structural'],
  ['x-kubernetes-map-type', 'must be undefined to be structural'],
  ['x-kubernetes-validations', 'must be empty to be structural'],
]

function isSaid(value: unknown): boolean {
  if (value === undefined || value === '' || value === null) return false
  return !Array.isArray(value) || value.length > 0
}

function nestedErrors(schema: JsonSchema, skipsAnyOf: boolean, path: string): FieldError[] {
  const errors = valueErrors(schema, skipsAnyOf, false, path)
  const items = itemsOf(schema)
  if (items) errors.push(...nestedErrors(items, false, child(path, 'items')))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...nestedErrors(property, false, key(child(path, 'properties'), name)))
  }
  for (const [field, why] of FORBIDDEN) {
    if (isSaid(schema[field]) && (schema[field] !== false || field === 'additionalProperties')) {
      errors.push(forbidden(child(path, field), why))
    }
  }
  if (schema.properties?.['metadata']) {
    errors.push(forbidden(key(child(path, 'properties'), 'metadata'), 'must not be specified in a nested context'))
  }
  return errors
}

/** Fields that logic restricts are described outside of it, too. */
function completeness(logic: JsonSchema, schema: JsonSchema | undefined, at: string, path: string): FieldError[] {
  if (!schema) return [required(at, `because it is defined in ${path}`)]
  const { not, allOf = [], anyOf = [], oneOf = [] } = logic
  const each = (name: string, all: JsonSchema[]): FieldError[] =>
    all.flatMap((one, i) => nestedCompleteness(one, schema, at, index(child(path, name), i)))
  return [
    ...(not ? nestedCompleteness(not, schema, at, child(path, 'not')) : []),
    ...each('allOf', allOf),
    ...each('anyOf', anyOf),
    ...each('oneOf', oneOf),
  ]
}

function nestedCompleteness(
  nested: JsonSchema,
  schema: JsonSchema | undefined,
  at: string,
  path: string,
): FieldError[] {
  if (!schema) return [required(at, `because it is defined in ${path}`)]
  const items = itemsOf(nested)
  return [
    ...completeness(nested, schema, at, path),
    ...(items ? nestedCompleteness(items, itemsOf(schema), child(at, 'items'), child(path, 'items')) : []),
    ...Object.entries(nested.properties ?? {}).flatMap(([name, property]) => {
      const below = key(child(at, 'properties'), name)
      const from = key(child(path, 'properties'), name)
      return nestedCompleteness(property, schema.properties?.[name], below, from)
    }),
  ]
}
