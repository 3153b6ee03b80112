/** What `x-kubernetes-*` may say where. Mirrors the second half of ValidateCustomResourceDefinitionOpenAPISchema. */
import {
  child,
  type FieldError,
  forbidden,
  index,
  invalid,
  key,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import { fieldAt } from '../../apimachinery/schema/custom/field-path.ts'
import { itemsOf, type JsonSchema, type ValidationRule } from '../../apimachinery/schema/custom/json-schema.ts'

const LIST_TYPE = 'x-kubernetes-list-type'
const MAP_TYPE = 'x-kubernetes-map-type'
const MAP_KEYS = 'x-kubernetes-list-map-keys'
const PRESERVE = 'x-kubernetes-preserve-unknown-fields'
const RULES = 'x-kubernetes-validations'
const REASONS = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

export function extensionErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (schema[PRESERVE] === false) errors.push(invalid(child(path, PRESERVE), false, 'must be true or undefined'))
  errors.push(...typeErrors(schema, MAP_TYPE, 'object', path))
  const mapType = schema[MAP_TYPE]
  if (mapType !== undefined && mapType !== 'atomic' && mapType !== 'granular') {
    errors.push(notSupported(child(path, MAP_TYPE), mapType, ['atomic', 'granular']))
  }
  errors.push(...listErrors(schema, path), ...mapItemErrors(schema, path))
  schema[RULES]?.forEach((rule, i) => {
    errors.push(...ruleErrors(rule, schema, index(child(path, RULES), i)))
  })
  return errors
}

function typeErrors(schema: JsonSchema, extension: string, type: string, path: string): FieldError[] {
  if (schema[extension as typeof LIST_TYPE] === undefined || schema.type === type) return []
  const why = `must be ${type} if ${extension} is specified`
  const at = child(path, 'type')
  return [schema.type ? invalid(at, schema.type, why) : required(at, why)]
}

function listErrors(schema: JsonSchema, path: string): FieldError[] {
  const type = schema[LIST_TYPE]
  const errors = typeErrors(schema, LIST_TYPE, 'array', path)
  if (errors.length === 0 && type === 'set') errors.push(...setItemErrors(schema, path))
  if (type !== undefined && !['atomic', 'set', 'map'].includes(type)) {
    errors.push(notSupported(child(path, LIST_TYPE), type, ['atomic', 'set', 'map']))
  }
  if (schema[MAP_KEYS]?.length && type !== 'map') {
    const why = `must be map if ${MAP_KEYS} is non-empty`
    errors.push(type === undefined ? required(child(path, LIST_TYPE), why) : invalid(child(path, LIST_TYPE), type, why))
  }
  if (type === 'map') errors.push(...mapErrors(schema, path))
  return errors
}

/** Items of sets are compared as a whole. */
function setItemErrors(schema: JsonSchema, path: string): FieldError[] {
  const items = itemsOf(schema)
  const why = 'must be atomic as item of a list with x-kubernetes-list-type=set'
  const own = items?.[LIST_TYPE]
  if (items?.type === 'array' && own !== undefined && own !== 'atomic') {
    return [invalid(child(child(path, 'items'), LIST_TYPE), own, why)]
  }
  if (items?.type === 'object' && items[MAP_TYPE] !== 'atomic') {
    return [invalid(child(child(path, 'items'), MAP_TYPE), own ?? null, why)]
  }
  return []
}

function mapErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const keys = schema[MAP_KEYS] ?? []
  const items = itemsOf(schema)
  const at = child(path, 'items')
  if (keys.length === 0) {
    errors.push(required(child(path, MAP_KEYS), `must not be empty if ${LIST_TYPE} is map`))
  }
  if (schema.items === undefined) {
    errors.push(required(at, `must have a schema if ${LIST_TYPE} is map`))
    return errors
  }
  if (!items) {
    const shown = { Schema: null, JSONSchemas: Array.isArray(schema.items) ? schema.items : null }
    errors.push(invalid(at, shown, `must only have a single schema if ${LIST_TYPE} is map`))
    return errors
  }
  if (items.type !== 'object') {
    const why = `must be object if parent array's ${LIST_TYPE} is map`
    errors.push(invalid(child(at, 'type'), items.type ?? '', why))
    return errors
  }
  keys.forEach((name, i) => {
    const property = items.properties?.[name]
    if (!property) errors.push(invalid(child(path, MAP_KEYS), keys, 'entries must all be names of item properties'))
    else if (property.type === 'array' || property.type === 'object') {
      const why = `must be a scalar type if parent array's ${LIST_TYPE} is map`
      errors.push(invalid(child(key(child(at, 'properties'), name), 'type'), items.type, why))
    }
    if (keys.indexOf(name) < i) {
      errors.push(invalid(child(path, MAP_KEYS), keys, 'must not contain duplicate entries'))
    }
  })
  return errors
}

function mapItemErrors(schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const items = itemsOf(schema)
  const type = schema[LIST_TYPE]
  if (!items || (type !== 'set' && type !== 'map')) return errors
  const at = child(path, 'items')
  if (items.nullable) errors.push(forbidden(child(at, 'nullable'), `cannot be nullable when ${LIST_TYPE} is ${type}`))
  if (type === 'set') return errors
  for (const name of schema[MAP_KEYS] ?? []) {
    const property = items.properties?.[name]
    if (!property) continue
    const here = key(child(at, 'properties'), name)
    const why = `this property is in ${MAP_KEYS}, so it`
    if (!items.required?.includes(name) && property.default === undefined) {
      errors.push(required(child(here, 'default'), `${why} must have a default or be a required property`))
    }
    if (property.nullable) errors.push(forbidden(child(here, 'nullable'), `${why} cannot be nullable`))
  }
  return errors
}

const NEWLINE = /[\n\r]/

function ruleErrors(rule: ValidationRule, schema: JsonSchema, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const text = rule.rule.trim()
  if (text === '') errors.push(required(child(path, 'rule'), 'rule is not specified'))
  else if (message !== '' && message.trim() === '') {
    errors.push(invalid(child(path, 'message'), message, 'must be non-empty if specified'))
  } else if (NEWLINE.test(message.trim())) {
    errors.push(invalid(child(path, 'message'), message, 'must not contain line breaks'))
  } else if (NEWLINE.test(text) && message.trim() === '') {
    errors.push(required(child(path, 'message'), 'message must be specified if rule contains line breaks'))
  }
  if (messageExpression !== '' && messageExpression.trim() === '') {
    const why = 'messageExpression must be non-empty if specified'
    errors.push(required(child(path, 'messageExpression'), why))
  }
  if (reason !== undefined && !REASONS.includes(reason)) {
    errors.push(notSupported(child(path, 'reason'), reason, REASONS))
  }
  if (fieldPath !== '' && fieldPath.trim() === '') {
    errors.push(invalid(child(path, 'fieldPath'), fieldPath, 'must be non-empty if specified'))
  }
  if (NEWLINE.test(fieldPath)) {
    errors.push(invalid(child(path, 'fieldPath'), fieldPath, 'must not contain line breaks'))
  }
  if (fieldPath !== '' && typeof fieldAt(schema, fieldPath) === 'string') {
    errors.push(invalid(child(path, 'fieldPath'), fieldPath, 'must be a valid path'))
  }
  return errors
}
