/** Schemas of the built-in types, in the two forms of OpenAPI. Mirrors kube-openapi's generated definitions and builder3/util WrapRefs. */
import type { OpenAPIV2, OpenAPIV3 } from 'openapi-types'
import type { FieldFact, SpecialType, TypeFact, TypeRef } from '../../apimachinery/schema/facts.ts'

export type Form = 'v2' | 'v3'

export interface Extensions {
  [extension: `x-kubernetes-${string}`]: unknown
}
export type SchemaV2 = OpenAPIV2.SchemaObject
export type SchemaV3 = (OpenAPIV3.SchemaObject | OpenAPIV3.ReferenceObject) & Extensions
/** Both forms share all that facts say but references, defaults and the specials. */
export type Schema = SchemaV2 | SchemaV3

export type Types = Readonly<Record<string, TypeFact>>

const ROOT: Record<Form, string> = { v2: '#/definitions/', v3: '#/components/schemas/' }

export const reference = (form: Form, model: string): Schema => ({ $ref: ROOT[form] + model }) as Schema

const SCALARS: Record<Extract<TypeRef, string>, Schema> = {
  string: { type: 'string' },
  boolean: { type: 'boolean' },
  int32: { type: 'integer', format: 'int32' },
  int64: { type: 'integer', format: 'int64' },
  float32: { type: 'number', format: 'float' },
  float64: { type: 'number', format: 'double' },
  bytes: { type: 'string', format: 'byte' },
  any: { type: 'object' },
}

const OBJECT: Schema = { type: 'object' }
const STRING: Schema = { type: 'string' }
const DATE_TIME: Schema = { type: 'string', format: 'date-time' }
const STRINGS: Schema = { type: 'array', items: STRING } as Schema

const SPECIALS: Record<SpecialType, Record<Form, Schema>> = {
  Quantity: { v2: STRING, v3: { oneOf: [{ type: 'string' }, { type: 'number' }] } },
  Time: { v2: DATE_TIME, v3: DATE_TIME },
  MicroTime: { v2: DATE_TIME, v3: DATE_TIME },
  Duration: { v2: STRING, v3: STRING },
  IntOrString: {
    v2: { type: 'string', format: 'int-or-string' },
    v3: { format: 'int-or-string', oneOf: [{ type: 'integer' }, { type: 'string' }] },
  },
  RawExtension: { v2: OBJECT, v3: OBJECT },
  FieldsV1: { v2: OBJECT, v3: OBJECT },
  JSON: { v2: {}, v3: {} },
  JSONSchemaPropsOrBool: { v2: {}, v3: {} },
  JSONSchemaPropsOrArray: { v2: {}, v3: {} },
  JSONSchemaPropsOrStringArray: { v2: {}, v3: {} },
  Verbs: { v2: STRINGS, v3: STRINGS },
  ExtraValue: { v2: STRINGS, v3: STRINGS },
}

/** Named lists have no definition of their own: they are written where they are used. */
const isInline = (type: TypeFact): boolean => type.special === 'Verbs' || type.special === 'ExtraValue'

function typeSchema(types: Types, type: TypeRef, form: Form): Schema {
  if (typeof type === 'string') return SCALARS[type]
  if ('list' in type) return { type: 'array', items: typeSchema(types, type.list, form) } as Schema
  if ('map' in type) return { type: 'object', additionalProperties: typeSchema(types, type.map, form) } as Schema
  const special = types[type.ref].special
  return special && isInline(types[type.ref]) ? SPECIALS[special][form] : reference(form, type.ref)
}

function extensions(field: FieldFact): Extensions {
  return {
    ...(field.lk ? { 'x-kubernetes-list-map-keys': field.lk } : {}),
    ...(field.lt ? { 'x-kubernetes-list-type': field.lt } : {}),
    ...(field.mt ? { 'x-kubernetes-map-type': field.mt } : {}),
    ...(field.mk ? { 'x-kubernetes-patch-merge-key': field.mk } : {}),
    ...(field.ms ? { 'x-kubernetes-patch-strategy': field.ms.join(',') } : {}),
  }
}

const ZERO: Partial<Record<Extract<TypeRef, string>, unknown>> = {
  string: '',
  boolean: false,
  int32: 0,
  int64: 0,
  float32: 0,
  float64: 0,
}

/**
 * What a Go decoder would leave in the field: the zero value of a field that is always printed.
 * DEVIATION(openapi-zero-defaults): ten optional fields are marked upstream with a zero value as their default; it is not repeated.
 */
function openApiDefault(types: Types, field: FieldFact): unknown {
  if (field.od !== undefined) return field.od
  if (field.ptr || typeof field.t === 'object') {
    const struct = !field.ptr && typeof field.t === 'object' && 'ref' in field.t && types[field.t.ref]
    return struct && !struct.special ? {} : undefined
  }
  return field.omit ? undefined : ZERO[field.t]
}

/** The values are those of the scalar, be it in a list or a map. */
function withEnum(schema: Schema, values: string[] | undefined): Schema {
  if (!values) return schema
  if ('items' in schema) return { ...schema, items: { ...schema.items, enum: values } } as Schema
  const { additionalProperties } = schema as SchemaV2
  if (typeof additionalProperties === 'object') {
    return { ...schema, additionalProperties: { ...additionalProperties, enum: values } } as Schema
  }
  return { ...schema, enum: values } as Schema
}

function propertySchema(types: Types, field: FieldFact, form: Form): Schema {
  const schema = withEnum(typeSchema(types, field.t, form), field.enum)
  const more = extensions(field)
  if (form === 'v2') return { ...schema, ...more } as Schema
  const value = openApiDefault(types, field)
  const described = { ...(value === undefined ? {} : { default: value }), ...more }
  // A reference has no siblings in OpenAPI 3, so it is wrapped.
  return ('$ref' in schema ? { ...described, allOf: [schema] } : { ...schema, ...described }) as Schema
}

const byName = (a: FieldFact, b: FieldFact): number => (a.n < b.n ? -1 : 1)

/**
 * The definition of a model.
 * DEVIATION(openapi-no-descriptions): descriptions are upstream's prose; none is given, and `kubectl explain` prints `<empty>`.
 * DEVIATION(openapi-no-unions): nor is x-kubernetes-unions, which nothing reads.
 */
export function definition(types: Types, model: string, form: Form): Schema {
  const type = types[model]
  const more: Extensions = {
    ...(type.gvk?.length
      ? { 'x-kubernetes-group-version-kind': type.gvk.map(([group, version, kind]) => ({ group, kind, version })) }
      : {}),
    ...(type.atomic ? { 'x-kubernetes-map-type': 'atomic' } : {}),
  }
  if (type.special) return { ...SPECIALS[type.special][form], ...more } as Schema
  const fields = [...(type.fields ?? [])].sort(byName)
  const required = (type.fields ?? []).filter((field) => field.req).map((field) => field.n)
  const properties = Object.fromEntries(fields.map((field) => [field.n, propertySchema(types, field, form)]))
  return {
    type: 'object',
    ...(required.length ? { required } : {}),
    ...(fields.length ? { properties } : {}),
    ...more,
  } as Schema
}

function referencedModel(type: TypeRef): string | undefined {
  if (typeof type === 'string') return undefined
  if ('list' in type) return referencedModel(type.list)
  return 'map' in type ? referencedModel(type.map) : type.ref
}

/** The models and all that they refer to, sorted. */
export function reachableModels(types: Types, roots: Iterable<string>): string[] {
  const found = new Set<string>()
  const pending = [...roots]
  for (let model = pending.pop(); model !== undefined; model = pending.pop()) {
    if (found.has(model) || !types[model] || isInline(types[model])) continue
    found.add(model)
    for (const field of types[model].fields ?? []) {
      const next = referencedModel(field.t)
      if (next) pending.push(next)
    }
  }
  return [...found].sort()
}
