/** Objects in objects: kind, apiVersion and metadata of embedded resources. Mirrors apiextensions-apiserver/pkg/apiserver/schema/objectmeta/validation.go. */
import { child, type FieldError, index, invalid, key, required } from '../../apimachinery/field-error.ts'
import { isDns1035Label, isPathSegmentName, isPathSegmentPrefix } from '../../apimachinery/names.ts'
import type { StructuralNode } from '../../apimachinery/schema/custom/structural.ts'
import { isPlainObject } from '../../apimachinery/schema/go-json.ts'
import { validateObjectMeta } from '../object-meta.ts'

export function embeddedErrors(value: unknown, node: StructuralNode | null | undefined, path: string): FieldError[] {
  if (!node) return []
  if (Array.isArray(value)) return value.flatMap((item, i) => embeddedErrors(item, node.items, index(path, i)))
  if (!isPlainObject(value)) return []
  const own = node.embedded ? resourceErrors(value, path) : []
  const below = Object.entries(value).flatMap(([name, member]) => {
    const property = node.properties.get(name)
    if (property) return embeddedErrors(member, property, child(path, name))
    return embeddedErrors(member, node.additional, key(path, name))
  })
  return [...own, ...below]
}

function resourceErrors(resource: Record<string, unknown>, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { apiVersion, kind, metadata } = resource
  if (apiVersion === undefined) errors.push(required(child(path, 'apiVersion')))
  if (kind === undefined) errors.push(required(child(path, 'kind')))
  if (apiVersion === '') errors.push(invalid(child(path, 'apiVersion'), apiVersion, 'must not be empty'))
  else if (typeof apiVersion === 'string' && apiVersion.split('/').length > 2) {
    errors.push(invalid(child(path, 'apiVersion'), apiVersion, `unexpected GroupVersion string: ${apiVersion}`))
  }
  if (kind === '') errors.push(invalid(child(path, 'kind'), kind, 'must not be empty'))
  else if (typeof kind === 'string') {
    const messages = isDns1035Label(kind.toLowerCase())
    if (messages.length > 0) {
      const why = `may have mixed case, but should otherwise match: ${messages.join(',')}`
      errors.push(invalid(child(path, 'kind'), kind, why))
    }
  }
  if (isPlainObject(metadata)) errors.push(...metadataErrors(metadata, path))
  return errors
}

function metadataErrors(metadata: Record<string, unknown>, path: string): FieldError[] {
  // A name is not asked for: one that always passes stands in for it.
  const named = { ...metadata, name: String(metadata['name'] || 'fakename') }
  const rule = (name: string, prefix: boolean): string[] =>
    prefix ? isPathSegmentPrefix(name) : isPathSegmentName(name)
  return validateObjectMeta(named, Boolean(metadata['namespace']), rule).map((error) => ({
    ...error,
    field: child(path, error.field),
  }))
}
