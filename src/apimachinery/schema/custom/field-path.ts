/** JSON paths into a structural schema, as rules and selectable fields name fields. Mirrors ValidFieldPath of apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go. */
import { child, key } from '../../field-error.ts'
import { additionalOf, type JsonSchema } from './json-schema.ts'

export interface FoundField {
  schema: JsonSchema
  /** As errors name the field: `spec.map[key]`. */
  path: string
}

/** A quoted text, one of the three delimiters, or what is between them. */
const TOKEN = /'(?:\\.|[^'\\])*'|[.[\]]|[^.[\]]+/gs

/** The field that `.spec.color` or `.spec['color']` leads to, or what is wrong with the path. */
export function fieldAt(root: JsonSchema, text: string, options: { arrays?: boolean } = {}): FoundField | string {
  const tokens = text.match(TOKEN) ?? []
  let found: FoundField = { schema: root, path: '' }
  for (let i = 0; i < tokens.length; ) {
    const start = tokens[i++]
    if (start !== '.' && start !== '[') return `expected [ or . but got: ${start}`
    if (start === '[' && options.arrays === false) return 'array notation is not allowed'
    const token = tokens[i++]
    if (token === undefined) return 'unexpected end of JSON path'
    if (start === '[' && !/^'.*'$/s.test(token)) return `expected single quoted string but got ${token}`
    const next = step(found, start === '[' ? unquoted(token) : token)
    if (next === undefined) return 'does not refer to a valid field'
    found = next
    if (start !== '[') continue
    const end = tokens[i++]
    if (end === undefined) return 'unexpected end of JSON path'
    if (end !== ']') return `expected ] but got ${end}`
  }
  return found
}

function step({ schema, path }: FoundField, name: string): FoundField | undefined {
  if (schema.properties && Object.keys(schema.properties).length > 0) {
    const property = Object.hasOwn(schema.properties, name) ? schema.properties[name] : undefined
    return property && { schema: property, path: child(path, name) }
  }
  if (schema.additionalProperties === undefined) return undefined
  return { schema: additionalOf(schema) ?? {}, path: key(path, name) }
}

const unquoted = (text: string): string => text.slice(1, -1).replace(/\\(.)/gs, '$1')
