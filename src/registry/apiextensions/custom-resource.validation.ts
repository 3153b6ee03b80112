/** Validation of custom resources by their definition. Mirrors apiextensions-apiserver/pkg/registry/customresource/{strategy,validator}.go. */
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isQualifiedName } from '../../apimachinery/names.ts'
import { fieldErrors } from '../../apimachinery/schema/custom/findings.ts'
import type { JsonSchema } from '../../apimachinery/schema/custom/json-schema.ts'
import { type StructuralNode, structuralNode } from '../../apimachinery/schema/custom/structural.ts'
import { validateBySchema } from '../../apimachinery/schema/custom/validate.ts'
import { type RuleTree, ruleTree, validateRules } from '../../apimachinery/schema/custom/validate-rules.ts'
import type { WriteContext } from '../definition.ts'
import type { ScalePaths } from './crd.ts'
import { embeddedErrors } from './embedded.validation.ts'
import { listTypeErrors } from './list-types.validation.ts'
import { valueAt, wrongParent } from './scale.ts'

export interface ResourceRules {
  validate(object: DynamicObject, context: WriteContext): FieldError[]
  validateUpdate(object: DynamicObject, old: DynamicObject, context: WriteContext): FieldError[]
  validateStatusUpdate(object: DynamicObject, old: DynamicObject, context: WriteContext): FieldError[]
}

export function resourceRules(schema: JsonSchema, scale: ScalePaths | undefined): ResourceRules {
  const root: StructuralNode = structuralNode(schema)
  const statusSchema = schema.properties?.['status']
  let tree: RuleTree | undefined | null = null
  const withRules = (
    errors: FieldError[],
    object: DynamicObject,
    old: DynamicObject | undefined,
    context: WriteContext,
  ): FieldError[] => {
    // Compiled when the first object is written, not when the definition is.
    if (tree === null) tree = ruleTree(schema, true)
    return tree ? [...errors, ...ruleErrors(tree, errors, object, old, context)] : errors
  }
  return {
    validate(object, context) {
      const errors = [
        ...fieldErrors(validateBySchema(object, schema), ''),
        ...scaleErrors(object, scale),
        ...embeddedErrors(object, root, ''),
        ...listTypeErrors(object, root, ''),
      ]
      return withRules(errors, object, undefined, context)
    },
    validateUpdate(object, old, context) {
      const errors = [
        ...fieldErrors(validateBySchema(object, schema, old), ''),
        ...scaleErrors(object, scale),
        ...embeddedErrors(object, root, ''),
        ...newListErrors(object, old, root),
      ]
      return withRules(errors, object, old, context)
    },
    validateStatusUpdate(object, old, context) {
      const { status } = object
      const errors =
        status !== undefined && statusSchema
          ? fieldErrors(validateBySchema(status, statusSchema, old['status']), 'status')
          : []
      const all = [...errors, ...scaleStatusErrors(object, scale), ...newListErrors(object, old, root)]
      return withRules(all, object, old, context)
    },
  }
}

const BLOCKING = new Set(['NotSupported', 'Required', 'TooLong', 'TooMany', 'TypeInvalid'])
const BLOCKED =
  'some validation rules were not checked because the object was invalid; correct the existing errors to complete validation'

/** Rules are asked only of values that have the shape they were written for. */
function ruleErrors(
  tree: RuleTree,
  errors: readonly FieldError[],
  object: DynamicObject,
  old: DynamicObject | undefined,
  context: WriteContext,
): FieldError[] {
  // A name that is missing is told with metadata, and counts.
  if (!object.metadata.name || errors.some(({ type }) => BLOCKING.has(type))) return [invalid('', null, BLOCKED)]
  return validateRules(tree, object, old, (message) => context.warn(message))
}

/** Lists that were wrong before may stay wrong. */
function newListErrors(object: DynamicObject, old: DynamicObject, root: StructuralNode): FieldError[] {
  const errors = listTypeErrors(object, root, '')
  return errors.length > 0 && listTypeErrors(old, root, '').length === 0 ? errors : []
}

const MAX_INT32 = 2 ** 31 - 1

function scaleErrors(object: DynamicObject, scale: ScalePaths | undefined): FieldError[] {
  return scale ? [...replicaErrors(object, scale.specReplicasPath), ...scaleStatusErrors(object, scale)] : []
}

function scaleStatusErrors(object: DynamicObject, scale: ScalePaths | undefined): FieldError[] {
  if (!scale) return []
  const errors = replicaErrors(object, scale.statusReplicasPath)
  const { labelSelectorPath } = scale
  const selector = labelSelectorPath ? valueAt(object, labelSelectorPath) : undefined
  if (labelSelectorPath && selector !== undefined && typeof selector !== 'string') {
    errors.push(invalid(labelSelectorPath, '', wrongType(labelSelectorPath, selector, 'string')))
  }
  return errors
}

function replicaErrors(object: DynamicObject, path: string): FieldError[] {
  const parent = wrongParent(object, path)
  if (parent !== undefined) return [invalid(path, 0, wrongType(path, parent, 'map[string]interface{}'))]
  const value = valueAt(object, path)
  if (value === undefined) return []
  if (typeof value !== 'number' || !Number.isInteger(value)) return [invalid(path, 0, wrongType(path, value, 'int64'))]
  if (value < 0) return [invalid(path, value, 'should be a non-negative integer')]
  return value > MAX_INT32 ? [invalid(path, value, `should be less than or equal to ${MAX_INT32}`)] : []
}

function wrongType(path: string, value: unknown, expected: string): string {
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value)
  return `${path} accessor error: ${shown} is of the type ${goType(value)}, expected ${expected}`
}

function goType(value: unknown): string {
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  if (typeof value === 'boolean') return 'bool'
  return typeof value === 'string' ? 'string' : 'map[string]interface {}'
}

const STANDARD_FINALIZERS = new Set(['orphan', 'foregroundDeletion', 'kubernetes'])

/** What finalizers that are new should be called instead. */
export function finalizerWarnings(object: DynamicObject, old: DynamicObject | undefined): string[] {
  const before = old?.metadata.finalizers ?? []
  const added = (object.metadata.finalizers ?? []).filter((name) => !before.includes(name))
  return [...new Set(added)].sort().flatMap((name) => {
    const lead = `metadata.finalizers: ${quote(name)}:`
    const warnings = isQualifiedName(name).map((message) => `${lead} ${message}`)
    if (!name.includes('/') && !STANDARD_FINALIZERS.has(name)) {
      const path = name.includes('.') ? ' including a path (/)' : ''
      const why = 'to avoid accidental conflicts with other finalizer writers'
      warnings.push(`${lead} prefer a domain-qualified finalizer name${path} ${why}`)
    }
    return warnings
  })
}
