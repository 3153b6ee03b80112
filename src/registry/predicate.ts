/** Label and field selectors of a list or watch, compiled to one question about an object. Mirrors apiserver/pkg/storage/selection_predicate.go. */
import { newBadRequest } from '../apimachinery/errors.ts'
import { type FieldRequirement, parseFieldSelector } from '../apimachinery/fields.ts'
import { parseSelector, type Selector } from '../apimachinery/labels.ts'
import type { DynamicObject } from '../apimachinery/meta.ts'
import type { ResourceDefinition } from './definition.ts'

export interface Predicate {
  matches(object: DynamicObject): boolean
  /** Nothing is asked: everything matches. */
  empty: boolean
  /** The one name that can match, when the field selector says `metadata.name=x`. */
  name?: string
  /** The one namespace that can match, when the field selector says `metadata.namespace=x`. */
  namespace?: string
  /** One value that an object must have to match, and where it has it: what watchers can be found by. */
  demand?: { key: string; read(object: DynamicObject): string | undefined; value: string; isLabel: boolean }
}

const EVERYTHING: Predicate = { matches: () => true, empty: true }

/** Throws 400 for selectors that do not parse or ask for a field this kind cannot be asked for. */
export function compilePredicate(
  definition: ResourceDefinition,
  labelSelector?: string,
  fieldSelector?: string,
): Predicate {
  if (!labelSelector && !fieldSelector) return EVERYTHING
  const labels = labelSelector ? parseSelector(labelSelector) : undefined
  const fields = fieldSelector
    ? parseFieldSelector(fieldSelector, (field, value) => convertLabel(definition, field, value))
    : undefined
  const asked = fields?.requirements.map((one) => ({ ...one, read: fieldReader(definition, one.field) })) ?? []
  return {
    demand: fieldDemand(asked) ?? labelDemand(labels),
    empty: (labels?.empty ?? true) && asked.length === 0,
    name: fields?.exactValue('metadata.name'),
    namespace: fields?.exactValue('metadata.namespace'),
    matches(object) {
      if (labels && !labels.matches(object.metadata.labels)) return false
      for (const { read, operator, value } of asked) {
        if ((read(object) === value) !== (operator === '=')) return false
      }
      return true
    },
  }
}

type AskedField = FieldRequirement & { read(object: DynamicObject): string }

/** Name and namespace are left out: where an object is stored says them. */
function fieldDemand(asked: readonly AskedField[]): Predicate['demand'] {
  const one = asked.find(({ field, operator }) => operator === '=' && !field.startsWith('metadata.'))
  return one && { key: `field ${one.field}`, read: one.read, value: one.value, isLabel: false }
}

function labelDemand(labels: Selector | undefined): Predicate['demand'] {
  const one = labels?.requirements.find(({ operator, values }) => EQUALITIES.has(operator) && values.length === 1)
  if (!one) return undefined
  const { key } = one
  return { key: `label ${key}`, read: ({ metadata }) => metadata.labels?.[key], value: one.values[0]!, isLabel: true }
}

const EQUALITIES = new Set(['=', '==', 'in'])

/** The kind's label conversion: accepted label -> the key it is matched by. */
function convertLabel(definition: ResourceDefinition, label: string, value: string): readonly [string, string] {
  if (label === 'metadata.name') return [label, value]
  const key = definition.fieldLabels?.[label]
  if (key !== undefined) return [key, value]
  if (label === 'metadata.namespace' && !definition.ownFieldLabels) return [label, value]
  throw newBadRequest(
    definition.ownFieldLabels
      ? unsupportedLabel(definition, label)
      : `${JSON.stringify(label)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
  )
}

/** Each conversion has its own words. */
function unsupportedLabel({ apiVersion, kind }: ResourceDefinition, label: string): string {
  if (kind === 'Job') return `field label ${JSON.stringify(label)} not supported for Job`
  const of = kind === 'ResourceSlice' ? ` for ${apiVersion}, Kind=${kind}` : ''
  return `field label not supported${of}: ${label}`
}

/** How a matched key is read off an object; one that is accepted but never matched reads as ''. */
function fieldReader(definition: ResourceDefinition, key: string): (object: DynamicObject) => string {
  if (key === 'metadata.name') return (object) => object.metadata.name ?? ''
  if (key === 'metadata.namespace') return (object) => object.metadata.namespace ?? ''
  return definition.hooks.selectableFields?.[key] ?? (() => '')
}
