/** What a mutation makes of an object: an apply configuration or a JSON patch. Mirrors apiserver/pkg/admission/plugin/policy/mutating/patch. */
import { toJson } from '../../../apimachinery/cel/json-values.ts'
import { misnamedStructs, StructValue } from '../../../apimachinery/cel/patch-types.ts'
import type { CelList, Value } from '../../../apimachinery/cel/values.ts'
import { newInternalError, StatusError } from '../../../apimachinery/errors.ts'
import { mergeValues } from '../../../apimachinery/managedfields/merge.ts'
import { deduced, type MergeNode } from '../../../apimachinery/managedfields/merge-node.ts'
import { validateConfiguration, validationText } from '../../../apimachinery/managedfields/validate.ts'
import type { DynamicObject } from '../../../apimachinery/meta.ts'
import { decodeStrictValue, schemaOf } from '../../decode.ts'
import { mergeRulesOf } from '../../merge-rules.ts'
import type { AdmissionEnvironment } from '../plugin.ts'
import type { VersionedRequest } from '../versioned.ts'
import { applyPatch } from '../webhook/patch.ts'

/** A mutation cannot be done; `failurePolicy` says what that means. */
export class MutationError extends Error {}

/** The object with the configuration put over it, undecoded. Throws a MutationError. */
export function applyObject(shown: VersionedRequest, value: Value, environment: AdmissionEnvironment): unknown {
  const config = toJson(checked(value)) as DynamicObject
  const object = shown.object as DynamicObject
  const node = mergeRulesOf(schemaOf(environment, shown.kind))
  const whole = { ...config, apiVersion: object.apiVersion, kind: object.kind }
  const failed = (why: string): MutationError => new MutationError(`error applying patch: ${why}`)
  const problems = validateConfiguration(whole, node)
  if (problems.length > 0) throw failed(`failed to convert patch object to typed object: ${validationText(problems)}`)
  const atomics = atomicPaths(whole, node, '')
  if (atomics.length > 0) {
    throw failed(`invalid ApplyConfiguration: may not mutate atomic arrays, maps or structs: ${atomics.join(', ')}`)
  }
  return mergeValues(object, whole, node)
}

function checked(value: Value): Value {
  const problems = misnamedStructs(value)
  if (problems.length > 0) throw new MutationError(`type mismatch: ${problems.join('\n')}`)
  return value
}

/** A configuration that names only a part of these would replace the rest. */
function atomicPaths(value: unknown, node: MergeNode, path: string): string[] {
  if (node.kind === 'any') return typeof value === 'object' ? atomicPaths(value, deduced(value), path) : []
  if (node.kind === 'list') {
    if (!Array.isArray(value)) return []
    const below = value.flatMap((item, i) => atomicPaths(item, node.of, `${path}[${i}]`))
    return node.relation === 'atomic' ? [path, ...below] : below
  }
  if (node.kind === 'scalar' || typeof value !== 'object' || value === null) return []
  const own = node.atomic ? [path] : []
  if (node.kind === 'map') return own
  const below = Object.entries(value).flatMap(([name, member]) => {
    const field = node.byName.get(name)
    return field ? atomicPaths(member, field.node, `${path}.${name}`) : []
  })
  return [...own, ...below]
}

/** The object with the patch applied; undefined when a test in it fails, which is no error. Throws a MutationError, 500 for what is no object of its kind. */
export function patchObject(shown: VersionedRequest, value: Value, environment: AdmissionEnvironment): unknown {
  const operations = (value as CelList).values().map(operationOf)
  let patched: unknown
  try {
    patched = applyPatch(shown.object as DynamicObject, operations)
  } catch (error) {
    const { message } = error as Error
    if (message.endsWith(': test failed')) return undefined
    throw new MutationError(`JSON Patch: ${message}`)
  }
  try {
    return decodeStrictValue(environment, shown.kind, patched)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    throw newInternalError(error.message.replace(/^\w+ in version "[^"]*" cannot be handled as a \w+: /, ''))
  }
}

function operationOf(value: Value): object {
  if (!(value instanceof StructValue))
    throw new MutationError('type mismatch: JSONPatchType.expression should evaluate to array of JSONPatch')
  const text = (field: string): string => (value.get(field) as string | undefined) ?? ''
  const [from, given] = [text('from'), value.get('value')]
  if (given instanceof StructValue) checked(given)
  return {
    op: text('op'),
    path: text('path'),
    ...(from ? { from } : {}),
    ...(given === undefined ? {} : { value: json(given) }),
  }
}

function json(value: Value): unknown {
  try {
    return toJson(value)
  } catch (error) {
    const why = 'JSONPath valueExpression evaluated to a type that could not marshal to JSON'
    throw new MutationError(`${why}: ${(error as Error).message}`)
  }
}
