/** What a strategic merge patch has to know of a field. Mirrors apimachinery/pkg/util/strategicpatch/meta.go. */
import { newUnknownError } from '../errors.ts'
import { quote } from '../go-text.ts'
import type { TypeFact, TypeRef } from '../schema/facts.ts'

export interface FieldSchema {
  /** Of the field, or of its elements when it was looked up as a list. */
  type: TypeRef
  strategy: '' | 'merge' | 'replace'
  mergeKey: string
}

export function lookupField(type: TypeRef, name: string, lookup: (ref: string) => TypeFact): FieldSchema {
  if (typeof type === 'string' || !('ref' in type)) {
    throw newUnknownError(`merging an object in json but data type is not struct, instead is: ${kindOf(type)}`)
  }
  const fact = lookup(type.ref)
  const field = fact.fields?.find((one) => one.n === name)
  if (!field) {
    const struct = fact.go.slice(fact.go.lastIndexOf('.') + 1)
    throw newUnknownError(`unable to find api field in struct ${struct} for the json field ${quote(name)}`)
  }
  const strategy = field.ms?.find((word) => word !== 'retainKeys') ?? ''
  return { type: field.t, strategy, mergeKey: field.mk ?? '' }
}

export function lookupListField(type: TypeRef, name: string, lookup: (ref: string) => TypeFact): FieldSchema {
  const field = lookupField(type, name, lookup)
  if (typeof field.type === 'object' && 'list' in field.type) return { ...field, type: field.type.list }
  throw newUnknownError('expected slice or array type, but got: struct')
}

function kindOf(type: TypeRef): string {
  if (typeof type === 'object') return 'map' in type ? 'map' : 'slice'
  return type === 'bytes' ? 'slice' : type === 'boolean' ? 'bool' : type === 'any' ? 'interface' : type
}
