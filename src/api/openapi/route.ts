/** An operation of the API, before either form of OpenAPI writes it down. */
import type { GroupVersion } from '../../apimachinery/meta.ts'
import type { FieldFact } from '../../apimachinery/schema/facts.ts'
import type { Types } from './schemas.ts'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'options' | 'head' | 'patch'

export interface Kind extends GroupVersion {
  kind: string
}

export interface Parameter {
  name: string
  in: 'path' | 'query'
  type: 'string' | 'integer' | 'boolean'
}

export interface Route {
  path: string
  method: Method
  operationId: string
  tag: string
  action?: string
  kind?: Kind
  /** Absent where the route says nothing of bodies. */
  consumes?: readonly string[]
  produces: readonly string[]
  parameters: Parameter[]
  body?: { model: string; required: boolean }
  /** Model by status code; `string` where the answer is a text. */
  responses: Record<number, string>
}

export const META = 'io.k8s.apimachinery.pkg.apis.meta.v1.'
export const MEDIA_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

export const PRETTY: Parameter = { name: 'pretty', in: 'query', type: 'string' }
export const inPath = (name: string): Parameter => ({ name, in: 'path', type: 'string' })

function parameterType(field: FieldFact): Parameter['type'] | undefined {
  const type = typeof field.t === 'object' && 'list' in field.t ? field.t.list : field.t
  if (type === 'string' || type === 'boolean') return type
  return type === 'int32' || type === 'int64' ? 'integer' : undefined
}

/** Query parameters of an options type: its scalar fields. */
export function optionParameters(types: Types, model: string): Parameter[] {
  return (types[model]?.fields ?? []).flatMap((field) => {
    const type = parameterType(field)
    if (!type || field.n === 'kind' || field.n === 'apiVersion') return []
    return [{ name: field.n, in: 'query' as const, type }]
  })
}

/** Letters and digits only, each word but the first capitalised; upstream's ToValidOperationID. */
function camel(text: string, capitalizeFirst: boolean): string {
  const joined = text.replace(/[^\p{L}\p{Nd}_]+(.?)/gu, (_, next: string) => next.toUpperCase())
  return capitalizeFirst ? joined.charAt(0).toUpperCase() + joined.slice(1) : joined
}

const trimmed = (group: string): string => (group || 'core').replace(/\.k8s\.io$/, '')

/** `core_v1`, `rbacAuthorization_v1`; `apps` for a path of the group itself. */
export function tagName({ group, version }: GroupVersion): string {
  return camel(trimmed(group), false) + (version ? `_${camel(version, false)}` : '')
}

/** `read` and `NamespacedPod` become `readCoreV1NamespacedPod`. */
export function operationName(verb: string, { group, version }: GroupVersion, rest: string): string {
  return verb + camel(trimmed(group), true) + (version ? camel(version, true) : '') + rest
}
