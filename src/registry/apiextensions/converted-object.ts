/** What a conversion webhook may change of an object: anything but its identity and most of its metadata. Mirrors validateConvertedObject and restoreObjectMeta of webhook_converter.go. */
import { aggregate } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isPlainObject } from '../../apimachinery/schema/go-json.ts'
import { validateAnnotations, validateLabels } from '../object-meta.ts'

/** What is wrong with the converted object, or undefined. */
export function checkConverted(
  original: DynamicObject,
  converted: Record<string, unknown>,
  apiVersion: string,
  index: number,
): string | undefined {
  const { apiVersion: got = '', kind = '', metadata } = converted
  if (got !== apiVersion) {
    return `invalid object at index ${index}: invalid groupVersion (expected ${apiVersion}, received ${got})`
  }
  if (kind !== original.kind) {
    return `invalid object at index ${index}: invalid kind (expected ${original.kind}, received ${kind})`
  }
  const own = isPlainObject(metadata) ? metadata : {}
  for (const [field, name] of IDENTITY) {
    const wanted = original.metadata[field] ?? ''
    const found = own[field] ?? ''
    if (wanted !== found) return `invalid object: must have the same ${name}: ${wanted} != ${found}`
  }
  return undefined
}

const IDENTITY = [
  ['name', 'name'],
  ['namespace', 'namespace'],
  ['uid', 'UID'],
] as const

/** The converted object with the original's metadata, but for its own labels and annotations; or what is wrong with these. */
export function restoreMetadata(original: DynamicObject, converted: DynamicObject): DynamicObject | string {
  const given = converted.metadata as unknown
  if (given === undefined) return 'missing metadata in converted object'
  if (!isPlainObject(given)) return `invalid metadata of type ${goType(given)} in converted object`
  const metadata: Record<string, unknown> = { ...original.metadata }
  for (const field of ['labels', 'annotations'] as const) {
    const value = given[field]
    delete metadata[field]
    if (value === undefined || value === null) continue
    if (!isPlainObject(value)) return `invalid metadata.${field} of type ${goType(value)} in converted object`
    const problem = checkStrings(field, value)
    if (problem) return problem
    metadata[field] = value
  }
  return { ...converted, metadata: metadata as DynamicObject['metadata'] }
}

function checkStrings(field: 'labels' | 'annotations', values: Record<string, unknown>): string | undefined {
  for (const [key, value] of Object.entries(values)) {
    if (typeof value !== 'string') {
      return `metadata.${field}[${key}] must be a string, but is ${goType(value)} in converted object`
    }
  }
  const strings = values as Record<string, string>
  const errors =
    field === 'labels'
      ? validateLabels(strings, 'metadata.labels')
      : validateAnnotations(strings, 'metadata.annotation')
  return errors.length > 0 ? aggregate(errors) : undefined
}

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map[string]interface {}'
}
