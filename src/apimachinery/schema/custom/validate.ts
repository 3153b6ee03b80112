/** Values against the schema of a custom resource, with upstream's texts. Mirrors kube-openapi/pkg/validation/validate and apiextensions' ratcheting.go. */
import { deepEqual } from '../../equality.ts'
import { quote } from '../../go-text.ts'
import { isFound, patternError } from '../../regular-expression.ts'
import { isPlainObject } from '../go-json.ts'
import { correlatedItem, correlatedMember, NONE } from './correlation.ts'
import { Findings } from './findings.ts'
import { formatCheck, isSupportedFormat } from './formats.ts'
import { itemsOf, type JsonSchema } from './json-schema.ts'
import { checkNumber } from './validate-number.ts'

/** Findings of `value`; with `old`, those in parts that did not change are passed over. */
export function validateBySchema(value: unknown, schema: JsonSchema, old: unknown = NONE): Findings {
  return ratcheted(value, schema, '', old)
}

function ratcheted(value: unknown, schema: JsonSchema, path: string, old: unknown): Findings {
  const findings = check(value, schema, path, old)
  if (findings.isValid || old === NONE || !deepEqual(value, old)) return findings
  const passed = new Findings()
  passed.matches = findings.matches
  return passed
}

function typesOf(schema: JsonSchema): string[] {
  if (schema['x-kubernetes-int-or-string']) return ['integer', 'string']
  return schema.type ? [schema.type] : []
}

/** The JSON type of a value, and the format that Go's type of it has. */
export function typeOf(value: unknown): [type: string, format: string] {
  if (Array.isArray(value)) return ['array', '']
  switch (typeof value) {
    case 'boolean':
      return ['boolean', '']
    case 'string':
      return ['string', '']
    case 'number':
      return Number.isInteger(value) ? ['integer', 'int64'] : ['number', 'float64']
    default:
      return ['object', '']
  }
}

function check(value: unknown, schema: JsonSchema, path: string, old: unknown): Findings {
  const findings = new Findings()
  const types = typesOf(schema)
  const format = schema.format && isUsed(schema.format, types.length === 1 ? types[0]! : '') ? schema.format : ''
  if (value === null || value === undefined) {
    findings.merge(checkNull(schema, types, path))
    return findings.merge(checkEnum(null, schema, path))
  }
  const steps: Findings[] = []
  if (types.length > 0 || format !== '') steps.push(checkType(value, types, format, path))
  steps.push(checkAlternatives(value, schema, path, old))
  if (typeof value === 'string') {
    steps.push(checkString(value, schema, path))
    if (formatCheck(format)) steps.push(checkFormat(value, format, path))
  }
  if (typeof value === 'number') steps.push(checkNumber(value, schema, types, format, path))
  if (Array.isArray(value)) steps.push(checkItems(value, schema, path, old))
  steps.push(checkEnum(value, schema, path))
  if (isPlainObject(value)) steps.push(checkMembers(value, schema, path, old))
  for (const step of steps) {
    findings.merge(step)
    findings.matches++
  }
  findings.matches++
  return findings
}

const TYPES = new Set(['', 'array', 'boolean', 'integer', 'number', 'object', 'string'])

/** Types that do not exist, which only definitions that are refused have, take no format away. */
const isUsed = (format: string, type: string): boolean => !TYPES.has(type) || isSupportedFormat(format, type)

function wrongType(path: string, expected: string, found: string): Findings {
  return new Findings().add({
    kind: 'type',
    path,
    value: found,
    message: `${path} in body must be of type ${expected}: ${quote(found)}`,
  })
}

const passed = (): Findings => {
  const findings = new Findings()
  findings.matches = 1
  return findings
}

function checkNull({ nullable }: JsonSchema, types: string[], path: string): Findings {
  return types.length > 0 && !nullable ? wrongType(path, types.join(','), 'null') : passed()
}

function checkType(value: unknown, types: string[], format: string, path: string): Findings {
  const [type, own] = typeOf(value)
  const fits = types.includes(type) || (type === 'integer' && types.includes('number'))
  const isText = type === 'string' || type === 'array'
  if (!isText && format !== '' && !fits && own !== format) return wrongType(path, format, own)
  // As upstream: a format speaks for texts, and lists slip through.
  if (format !== '' && isText && !types.includes('number') && !types.includes('integer')) return passed()
  return fits ? passed() : wrongType(path, types.join(','), type)
}

function checkEnum(value: unknown, schema: JsonSchema, path: string): Findings {
  const findings = new Findings()
  const { enum: allowed } = schema
  if (!allowed?.length) return findings
  if (value !== null && allowed.some((one) => deepEqual(one, value))) return findings
  return findings.add({ kind: 'enum', path, value, allowed, message: `${path} in body should be one of` })
}

function checkString(value: string, { maxLength, minLength, pattern }: JsonSchema, path: string): Findings {
  const findings = new Findings()
  const length = maxLength === undefined && minLength === undefined ? 0 : [...value].length
  const at = `${path} in body should`
  if (maxLength !== undefined && length > maxLength) {
    const message = `${at} be at most ${maxLength} chars long`
    return findings.add({ kind: 'too-long', path, value, limit: maxLength, message })
  }
  if (minLength !== undefined && length < minLength) {
    return findings.add({ kind: 'other', path, value, message: `${at} be at least ${minLength} chars long` })
  }
  if (pattern && !isFound(pattern, value)) {
    const error = patternError(pattern)
    const shown = error === undefined ? pattern : `${pattern}, but pattern is invalid: ${error}`
    return findings.add({ kind: 'other', path, value, message: `${at} match '${shown}'` })
  }
  return findings
}

function checkFormat(value: string, format: string, path: string): Findings {
  return formatCheck(format)?.(value) === false ? wrongType(path, format, value) : new Findings()
}

function checkItems(value: unknown[], schema: JsonSchema, path: string, old: unknown): Findings {
  const findings = new Findings()
  const items = itemsOf(schema)
  if (items) {
    value.forEach((item, i) => {
      findings.merge(ratcheted(item, items, `${path}[${i}]`, correlatedItem(schema, value, old, i)))
    })
  }
  const { minItems, maxItems } = schema
  const size = value.length
  const at = `${path} in body should have at`
  if (minItems !== undefined && size < minItems) {
    findings.add({ kind: 'other', path, value: size, message: `${at} least ${minItems} items` })
  }
  if (maxItems !== undefined && size > maxItems) {
    findings.add({ kind: 'too-many', path, value: size, limit: maxItems, message: `${at} most ${maxItems} items` })
  }
  findings.matches++
  return findings
}

function checkMembers(value: Record<string, unknown>, schema: JsonSchema, path: string, old: unknown): Findings {
  const findings = new Findings()
  const { minProperties, maxProperties, properties = {}, additionalProperties: additional, required = [] } = schema
  const size = Object.keys(value).length
  const at = `${path} in body should have at`
  if (minProperties !== undefined && size < minProperties) {
    findings.add({ kind: 'other', path, value: size, message: `${at} least ${minProperties} properties` })
  }
  if (maxProperties !== undefined && size > maxProperties) {
    const message = `${at} most ${maxProperties} properties`
    findings.add({ kind: 'too-many', path, value: size, limit: maxProperties, message })
  }
  for (const name of Object.keys(value)) {
    if (Object.hasOwn(properties, name)) continue
    if (additional === false) {
      const message = `${path}.${name} in body is a forbidden property`
      findings.add({ kind: 'other', path, value: name, message })
    } else if (typeof additional === 'object' && additional !== null) {
      const before = correlatedMember(schema, old, name)
      findings.merge(ratcheted(value[name], additional, `${path}.${name}`, before))
    }
  }
  for (const [name, property] of Object.entries(properties)) {
    if (!Object.hasOwn(value, name)) continue
    const before =
      path === '' && (name === 'kind' || name === 'apiVersion') ? NONE : correlatedMember(schema, old, name)
    findings.merge(ratcheted(value[name], property, path === '' ? name : `${path}.${name}`, before))
  }
  for (const name of required) {
    if (Object.hasOwn(value, name)) continue
    findings.add({ kind: 'required', path: `${path}.${name}`, message: `${path}.${name} in body is required` })
  }
  return findings
}

/** Of alternatives that all fail, the one with the most checks passed tells its findings. */
function checkAlternatives(value: unknown, schema: JsonSchema, path: string, old: unknown): Findings {
  const findings = new Findings()
  const { anyOf = [], oneOf = [], allOf = [], not } = schema
  const composite = (message: string): Findings => findings.add({ kind: 'composite', path, message })
  if (anyOf.length > 0) {
    const results = anyOf.map((one) => check(value, one, path, old))
    const valid = results.find((result) => result.isValid)
    if (!valid) composite(`${quote(path)} must validate at least one schema (anyOf)`)
    findings.merge(valid ?? best(results))
  }
  if (oneOf.length > 0) {
    const results = oneOf.map((one) => check(value, one, path, old))
    const valid = results.filter((result) => result.isValid)
    if (valid.length === 1) findings.merge(valid[0]!)
    else {
      const why = valid.length === 0 ? 'Found none valid' : `Found ${valid.length} valid alternatives`
      composite(`${quote(path)} must validate one and only one schema (oneOf). ${why}`)
      // Upstream forgets failures when it meets a valid one; later ones count only while none was valid.
      if (valid.length === 0) findings.merge(best(results))
    }
  }
  if (allOf.length > 0) {
    const results = allOf.map((one) => check(value, one, path, old))
    for (const result of results) findings.merge(result)
    const valid = results.filter((result) => result.isValid).length
    if (valid < results.length) {
      composite(`${quote(path)} must validate all the schemas (allOf)${valid === 0 ? '. None validated' : ''}`)
    }
  }
  if (not && check(value, not, path, old).isValid) composite(`${quote(path)} must not validate the schema (not)`)
  findings.matches++
  return findings
}

function best(results: Findings[]): Findings {
  return results.reduce((most, result) => (result.matches > most.matches ? result : most))
}
