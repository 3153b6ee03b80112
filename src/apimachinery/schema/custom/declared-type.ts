/** What CEL knows of a schema: types, sizes, and how JSON becomes values. Mirrors apiserver/pkg/cel/{types.go,common/schemas.go,common/valuesunstructured.go}. */
import type { StructDeclaration } from '../../cel/environment.ts'
import { escapedName, JsonMap } from '../../cel/json-values.ts'
import { parseDate, parseInstant, parseSpan } from '../../cel/times.ts'
import * as T from '../../cel/types.ts'
import { CelError, CelList, type Convert, type ListRule, type Value } from '../../cel/values.ts'
import { additionalOf, itemsOf, type JsonSchema } from './json-schema.ts'

export interface DeclaredType {
  readonly type: T.CelType
  /** How many characters, items or entries there can be. */
  readonly maxElements: number
  /** The least that a value takes in a request. */
  readonly minSize: number
  /** Of objects: by the names that expressions use. */
  readonly fields?: ReadonlyMap<string, DeclaredType>
  /** Of lists and maps. */
  readonly element?: DeclaredType
  readonly convert: Convert
}

/** What a request can hold. */
export const MAX_REQUEST_BYTES = 3 * 1024 * 1024
const MAX_TEXT = MAX_REQUEST_BYTES - 2
const MAX_NAME = 253

/** Structs by the names that types were given. */
export type Structs = Map<string, StructDeclaration>

/** The type of what the schema describes; undefined when expressions cannot speak of it. Structs below are declared under `name`. */
export function declaredType(
  schema: JsonSchema,
  isResource: boolean,
  name: string,
  structs: Structs,
): DeclaredType | undefined {
  if (schema['x-kubernetes-int-or-string']) {
    return scalar(T.DYN, 1, maxCharacters(schema) ?? MAX_TEXT, nullable(schema, intOrString))
  }
  switch (schema.type) {
    case 'array':
      return listDeclaration(schema, name, structs)
    case 'object':
      return objectDeclaration(isResource ? withMetadata(schema) : schema, name, structs)
    case 'string':
      return textDeclaration(schema)
    case 'boolean':
      return scalar(T.BOOL, 4, 0, nullable(schema, ofType('boolean', 'bool')))
    case 'number':
      return scalar(T.DOUBLE, 1, 0, nullable(schema, ofType('number', 'float')))
    case 'integer':
      return scalar(T.INT, 1, 0, nullable(schema, integer))
    default:
      return undefined
  }
}

function scalar(type: T.CelType, minSize: number, maxElements: number, convert: Convert): DeclaredType {
  return { type, minSize, maxElements, convert }
}

const NULL = new CelError('invalid data, got null for schema with nullable=false')

function nullable({ nullable: allowed }: JsonSchema, convert: Convert): Convert {
  const none = allowed ? null : NULL
  return (raw) => (raw === null || raw === undefined ? none : convert(raw))
}

const wrong = (expected: string): CelError => new CelError(`invalid data, expected ${expected}`)

const ofType =
  (type: string, expected: string): Convert =>
  (raw) =>
    typeof raw === type ? (raw as Value) : wrong(expected)

const integer: Convert = (raw) => (typeof raw === 'number' && Number.isInteger(raw) ? BigInt(raw) : wrong('int'))

const intOrString: Convert = (raw) =>
  typeof raw === 'string' ? raw : typeof raw === 'number' ? integer(raw) : wrong('XIntOrString value')

const maxCharacters = ({ maxLength }: JsonSchema): number | undefined =>
  maxLength === undefined ? undefined : Math.max(maxLength, 0) * 4

function textDeclaration(schema: JsonSchema): DeclaredType {
  const text = ofType('string', 'string')
  const parsed = (parse: (text: string) => Value | undefined, kind: string): Convert =>
    nullable(schema, (raw) =>
      typeof raw === 'string' ? (parse(raw) ?? new CelError(`Invalid ${kind} ${raw}`)) : text(raw),
    )
  switch (schema.format) {
    case 'byte': {
      const bytes = parsed((raw) => Buffer.from(raw, 'base64'), 'byte formatted string')
      return scalar(T.BYTES, 2, schema.maxLength === undefined ? MAX_TEXT : Math.max(schema.maxLength, 0), bytes)
    }
    case 'duration':
      return scalar(T.DURATION, 3, 32, parsed(parseSpan, 'duration'))
    case 'date':
      return scalar(T.TIMESTAMP, 12, 12, parsed(parseDate, 'date formatted string'))
    case 'date-time':
      return scalar(T.TIMESTAMP, 21, 32, parsed(parseInstant, 'date-time formatted string'))
    default:
      return scalar(T.STRING, 2, maxCharacters(schema) ?? longestChoice(schema) ?? MAX_TEXT, nullable(schema, text))
  }
}

function longestChoice({ enum: choices }: JsonSchema): number | undefined {
  if (!choices?.length) return undefined
  return Math.max(0, ...choices.map((choice) => (typeof choice === 'string' ? Buffer.byteLength(choice) : 0)))
}

function listDeclaration(schema: JsonSchema, name: string, structs: Structs): DeclaredType | undefined {
  const items = itemsOf(schema)
  const element = items && declaredType(items, isEmbedded(items), `${name}.@idx`, structs)
  if (!element) return undefined
  const most = schema.maxItems === undefined ? undefined : Math.max(schema.maxItems, 0)
  const rule = listRule(schema)
  return {
    type: T.listType(element.type),
    maxElements: most ?? Math.floor(MAX_TEXT / (element.minSize + 1)),
    minSize: 2,
    element,
    convert: nullable(schema, (raw) =>
      Array.isArray(raw) ? new CelList(raw, element.convert, rule) : wrong('an array'),
    ),
  }
}

function listRule(schema: JsonSchema): ListRule | undefined {
  const type = schema['x-kubernetes-list-type']
  if (type !== 'set' && type !== 'map') return undefined
  return { type, keys: (schema['x-kubernetes-list-map-keys'] ?? []).map((key) => escapedName(key) ?? key) }
}

const isEmbedded = (schema: JsonSchema): boolean => schema['x-kubernetes-embedded-resource'] === true

function objectDeclaration(schema: JsonSchema, name: string, structs: Structs): DeclaredType | undefined {
  const additional = additionalOf(schema)
  if (additional) return mapDeclaration(schema, additional, name, structs)
  const fields = new Map<string, DeclaredType>()
  const converts = new Map<string, Convert>()
  let minSize = 2
  for (const [property, below] of Object.entries(schema.properties ?? {})) {
    const escaped = escapedName(property)
    const field = declaredType(below, isEmbedded(below), `${name}.${escaped}`, structs)
    if (!field) continue
    converts.set(property, field.convert)
    if (escaped !== undefined) fields.set(escaped, field)
    const isSaid = schema.required?.includes(property) && (below.default === undefined || below.default === null)
    if (isSaid) minSize += Buffer.byteLength(property) + field.minSize + 4
  }
  structs.set(name, { name, field: (field) => fields.get(field)?.type })
  const isObject = schema.properties !== undefined
  return {
    type: T.structType(name),
    maxElements: 0,
    minSize,
    fields,
    convert: nullable(schema, (raw) =>
      isRecord(raw) ? new JsonMap(raw, (property) => converts.get(property), isObject) : wrong('a map'),
    ),
  }
}

function mapDeclaration(
  schema: JsonSchema,
  values: JsonSchema,
  name: string,
  structs: Structs,
): DeclaredType | undefined {
  const element = declaredType(values, isEmbedded(values), `${name}.@elem`, structs)
  if (!element) return undefined
  const most = schema.maxProperties === undefined ? undefined : Math.max(schema.maxProperties, 0)
  return {
    type: T.mapType(T.STRING, element.type),
    maxElements: most ?? Math.floor(MAX_TEXT / (element.minSize + 6)),
    minSize: 2,
    element,
    convert: nullable(schema, (raw) => (isRecord(raw) ? new JsonMap(raw, () => element.convert) : wrong('a map'))),
  }
}

const isRecord = (raw: unknown): raw is Record<string, unknown> =>
  typeof raw === 'object' && raw !== null && !Array.isArray(raw)

/** Of resources, kind, apiVersion and the names are known. */
export function withMetadata(schema: JsonSchema): JsonSchema {
  const names = schema.properties?.['metadata']?.properties
  const capped = (name: string, most: number): JsonSchema => ({
    type: 'string',
    maxLength: Math.min(names?.[name]?.maxLength ?? most, most),
  })
  const metadata: JsonSchema = {
    type: 'object',
    properties: { name: capped('name', MAX_NAME), generateName: capped('generateName', MAX_NAME - 1) },
  }
  const text: JsonSchema = { type: 'string' }
  return { ...schema, properties: { ...schema.properties, kind: text, apiVersion: text, metadata } }
}

/** Entries that a value of this type can have, when a request holds nothing else. */
export const maxCardinality = ({ minSize }: DeclaredType): number => Math.floor(MAX_REQUEST_BYTES / (minSize + 1))
