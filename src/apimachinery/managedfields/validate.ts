/** Whether an applied configuration fits its type. Mirrors structured-merge-diff/typed/validate.go, with its texts. */
import { formatAny } from '../go-text.ts'
import type { Members } from './field-sets-of-values.ts'
import { ElementError, itemElement } from './list-elements.ts'
import { deduced, type MergeList, type MergeNode, type MergeScalar, memberOf } from './merge-node.ts'
import { elementText, fieldElement } from './path-element.ts'

/** Each as `.spec.replicas: expected numeric (int or float), got string`; none when it fits. */
export function validateConfiguration(value: unknown, node: MergeNode, path = ''): string[] {
  if (value === null || value === undefined) return []
  switch (node.kind) {
    case 'any':
      return validateConfiguration(value, deduced(value), path)
    case 'scalar':
      return validateScalar(value, node, path)
    case 'list':
      return Array.isArray(value)
        ? validateItems(value, node, path)
        : [at(path, `expected list, got ${reflectText(value)}`)]
    default:
      if (typeof value !== 'object' || Array.isArray(value))
        return [at(path, `expected map, got ${reflectText(value)}`)]
      return validateMembers(value as Members, node, path)
  }
}

function at(path: string, message: string): string {
  return path === '' ? message : `${path}: ${message}`
}

/** Go's `%v` of the wrapper that upstream keeps a value in. */
function reflectText(value: unknown): string {
  return `&{${formatAny(value)}}`
}

const GO_TYPES: Record<string, string> = { string: 'string', boolean: 'bool' }

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return GO_TYPES[typeof value] ?? 'map[string]interface {}'
}

function validateScalar(value: unknown, { type }: MergeScalar, path: string): string[] {
  switch (type) {
    case 'numeric':
      return typeof value === 'number' ? [] : [at(path, `expected numeric (int or float), got ${goType(value)}`)]
    case 'string':
      return typeof value === 'string'
        ? []
        : [at(path, `expected string, got &value.valueUnstructured{Value:${goSyntax(value)}}`)]
    case 'boolean':
      return typeof value === 'boolean' ? [] : [at(path, `expected boolean, got ${reflectText(value)}`)]
    default:
      return typeof value === 'object' ? [at(path, `expected any scalar, got ${reflectText(value)}`)] : []
  }
}

/** Go's `%#v` of a decoded JSON value. */
function goSyntax(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(goSyntax).join(', ')}}`
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
    return `map[string]interface {}{${members.map(([name, child]) => `${JSON.stringify(name)}:${goSyntax(child)}`).join(', ')}}`
  }
  return value === null ? 'interface {}(nil)' : JSON.stringify(value)
}

function validateMembers(value: Members, node: MergeNode & { kind: 'struct' | 'map' }, path: string): string[] {
  const errors: string[] = []
  for (const name of Object.keys(value).sort()) {
    if (value[name] === undefined) continue
    const below = `${path}${elementText(fieldElement(name))}`
    const of = memberOf(node, name)
    if (of === undefined) errors.push(at(below, 'field not declared in schema'))
    else errors.push(...validateConfiguration(value[name], of, below))
  }
  return errors
}

function validateItems(value: unknown[], node: MergeList, path: string): string[] {
  if (node.relation === 'atomic') {
    return value.flatMap((item, i) => validateConfiguration(item, node.of, `${path}[${i}]`))
  }
  const errors: string[] = []
  const seen = new Set<string>()
  for (const [i, item] of value.entries()) {
    try {
      const element = itemElement(node, item)
      const text = elementText(element)
      if (seen.has(element)) errors.push(at(path, `duplicate entries for key ${text}`))
      seen.add(element)
      errors.push(...validateConfiguration(item, node.of, path + text))
    } catch (error) {
      if (!(error instanceof ElementError)) throw error
      errors.push(at(path, `element ${i}: ${error.message}`))
      return errors
    }
  }
  return errors
}

/** As Go prints several errors. */
export function validationText(errors: readonly string[]): string {
  return errors.length === 1 ? errors[0]! : ['errors:', ...errors.map((error) => `  ${error}`)].join('\n')
}
