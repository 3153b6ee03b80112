/** Validation of `openAPIV3Schema` itself. Mirrors validateCustomResourceDefinitionValidation of apiextensions-apiserver/pkg/apis/apiextensions/validation/validation.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { child, type FieldError, forbidden, index, invalid, key, notSupported } from '../../apimachinery/field-error.ts'
import { pruneValue } from '../../apimachinery/schema/custom/decode.ts'
import { fieldErrors } from '../../apimachinery/schema/custom/findings.ts'
import { additionalOf, hasSchemaWith, itemsOf, type JsonSchema } from '../../apimachinery/schema/custom/json-schema.ts'
import { META_FIELDS, structuralNode } from '../../apimachinery/schema/custom/structural.ts'
import { validateBySchema } from '../../apimachinery/schema/custom/validate.ts'
import { NO_HISTORY, type RuleHistory, rulesErrors } from './rules.validation.ts'
import { extensionErrors } from './schema-extensions.validation.ts'
import { structuralErrors } from './structural.validation.ts'

const TYPES = ['array', 'boolean', 'integer', 'number', 'object', 'string']
const UNSUPPORTED = ['id', 'additionalItems', 'patternProperties', 'definitions', 'dependencies', '$ref'] as const

/** With a status door, the schema of status is looked at alone: the root may say nothing that spans fields. */
const AT_ROOT_WITH_STATUS = new Set<string>(
  (
    'description type format title maximum exclusiveMaximum minimum exclusiveMinimum maxLength minLength pattern maxItems ' +
    'minItems uniqueItems multipleOf required items properties externalDocs example x-kubernetes-preserve-unknown-fields x-kubernetes-validations'
  ).split(' '),
)
const AT_ROOT_TEXT =
  '[Description Type Format Title Maximum ExclusiveMaximum Minimum ExclusiveMinimum MaxLength MinLength Pattern MaxItems MinItems UniqueItems MultipleOf Required Items Properties ExternalDocs Example XPreserveUnknownFields XValidations]'

/** `history`: what an update knows of the rules before. */
export function validateSchema(
  schema: JsonSchema,
  hasStatus: boolean,
  path: string,
  history: RuleHistory = NO_HISTORY,
): FieldError[] {
  const at = child(path, 'openAPIV3Schema')
  const errors = hasStatus ? rootErrors(schema, at) : []
  if (schema.nullable) errors.push(forbidden(child(at, 'nullable'), 'nullable cannot be true at the root'))
  const before = errors.length
  let isSound = false
  if (!hasSchemaWith(schema, isUnsupported)) {
    const structural = structuralErrors(schema, at)
    errors.push(...(structural.length > 0 ? structural : defaultErrors(schema, at)))
    isSound = errors.length === before
  }
  const others = openApiErrors(schema, at, { isRoot: true, insideMeta: false })
  return [...errors, ...others, ...(isSound ? rulesErrors(schema, at, others, history) : [])]
}

function rootErrors(schema: JsonSchema, path: string): FieldError[] {
  const tail = 'if the status subresource is enabled'
  if (schema.type && schema.type !== 'object') {
    const why = `only "object" is allowed as the type at the root of the schema ${tail}`
    return [invalid(child(path, 'type'), schema.type, why)]
  }
  const wrong = Object.entries(schema).some(([name, value]) => value && !AT_ROOT_WITH_STATUS.has(name))
  if (!wrong) return []
  return [invalid(path, schema, `only ${AT_ROOT_TEXT} fields are allowed at the root of the schema ${tail}`)]
}

const isUnsupported = (schema: JsonSchema): boolean =>
  UNSUPPORTED.some((field) => schema[field] !== undefined) || Array.isArray(schema.items)

/** Defaults are pruned and valid themselves. */
function defaultErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const at = child(path, 'default')
  const { default: value } = schema
  if (value !== undefined && value !== null) {
    if (!deepEqual(pruneValue(value, structuralNode(schema)), value)) {
      errors.push(invalid(at, value, 'must not have unknown fields'))
    }
    errors.push(...fieldErrors(validateBySchema(value, schema), at))
  }
  const items = itemsOf(schema)
  if (items) errors.push(...defaultErrors(items, child(path, 'items')))
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    errors.push(...defaultErrors(property, key(child(path, 'properties'), name)))
  }
  return errors
}

interface Place {
  isRoot: boolean
  /** In kind, apiVersion or metadata of a resource. */
  insideMeta: boolean
  /** Why there can be no default here. */
  noDefault?: string
}

function openApiErrors(schema: JsonSchema, path: string, place: Place): FieldError[] {
  const errors = standardErrors(schema, path, place)
  const below: Place = { ...place, isRoot: false }
  const visit = (one: JsonSchema | undefined, at: string, where = below): void => {
    if (one) errors.push(...openApiErrors(one, at, where))
  }
  if (schema.uniqueItems) {
    const why = 'uniqueItems cannot be set to true since the runtime complexity becomes quadratic'
    errors.push(forbidden(child(path, 'uniqueItems'), why))
  }
  const additional = additionalOf(schema)
  const hasProperties = Object.keys(schema.properties ?? {}).length > 0
  if (hasProperties && (additional || schema.additionalProperties === false)) {
    const why = 'additionalProperties and properties are mutual exclusive'
    errors.push(forbidden(child(path, 'additionalProperties'), why))
  }
  const inMetadata = 'inside additionalProperties applying to object metadata'
  visit(additional, child(path, 'additionalProperties'), place.insideMeta ? { ...below, noDefault: inMetadata } : below)
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const isMeta = (place.isRoot || schema['x-kubernetes-embedded-resource'] === true) && META_FIELDS.has(name)
    const meta = place.isRoot ? { insideMeta: true, noDefault: `in top-level ${name}` } : { insideMeta: true }
    visit(property, key(child(path, 'properties'), name), isMeta ? { ...below, ...meta } : below)
  }
  visit(schema.not, child(path, 'not'))
  for (const field of ['allOf', 'oneOf', 'anyOf'] as const) {
    schema[field]?.forEach((one, i) => {
      visit(one, index(child(path, field), i))
    })
  }
  visit(itemsOf(schema), child(path, 'items'))
  errors.push(...extensionErrors(schema, path))
  return errors
}

function standardErrors(schema: JsonSchema, path: string, { insideMeta, noDefault }: Place): FieldError[] {
  const errors: FieldError[] = []
  const { type, default: value } = schema
  if (type && !TYPES.includes(type)) errors.push(notSupported(child(path, 'type'), type, TYPES.toSorted()))
  if (value !== undefined && value !== null && noDefault !== undefined) {
    errors.push(forbidden(child(path, 'default'), `must not be set ${noDefault}`))
  }
  for (const field of UNSUPPORTED) {
    if (schema[field] !== undefined) errors.push(forbidden(child(path, field), `${field} is not supported`))
  }
  if (type === 'null') {
    const why = 'type cannot be set to null, use nullable as an alternative'
    errors.push(forbidden(child(path, 'type'), why))
  }
  if (Array.isArray(schema.items)) {
    errors.push(forbidden(child(path, 'items'), 'items must be a schema object and not an array'))
  }
  if (insideMeta && schema['x-kubernetes-embedded-resource']) {
    const why = 'must not be used inside of resource meta'
    errors.push(forbidden(child(path, 'x-kubernetes-embedded-resource'), why))
  }
  return errors
}
