/** Routes and definitions of custom resources. Mirrors apiextensions-apiserver/pkg/controller/openapi/{builder,v2}. */
import type { ServedResource } from '../source.ts'
import {
  inPath,
  META,
  type Method,
  operationName,
  optionParameters,
  type Parameter,
  PRETTY,
  type Route,
  tagName,
} from './route.ts'
import { type Form, reference, type Schema, type Types } from './schemas.ts'

const FORMATS = ['application/json', 'application/yaml']
const PATCHES = ['application/json-patch+json', 'application/merge-patch+json', 'application/apply-patch+yaml']
const SCALE = 'io.k8s.api.autoscaling.v1.Scale'

/** `example.com`, `v1`, `Widget` become `com.example.v1.Widget`. */
export function customModel({ group, version }: ServedResource, kind: string): string {
  return [...group.split('.').reverse(), version, kind].join('.')
}

interface Call {
  /** Below the collection's path. */
  below: string
  method: Method
  action: string
  verb: string
  responses: Record<number, string>
  parameters: Parameter[]
  body?: Route['body']
}

/** read, replace and patch of an object or of one of its subresources. */
function objectCalls(types: Types, below: string, model: string): Call[] {
  const version = optionParameters(types, `${META}GetOptions`)
  const write = optionParameters(types, `${META}UpdateOptions`)
  const patch = optionParameters(types, `${META}PatchOptions`)
  const patchBody = { model: `${META}Patch`, required: true }
  return [
    { below, method: 'get', action: 'get', verb: 'read', responses: { 200: model }, parameters: version },
    {
      below,
      method: 'put',
      action: 'put',
      verb: 'replace',
      responses: { 200: model, 201: model },
      parameters: write,
      body: { model, required: true },
    },
    {
      below,
      method: 'patch',
      action: 'patch',
      verb: 'patch',
      responses: { 200: model },
      parameters: patch,
      body: patchBody,
    },
  ]
}

function collectionCalls(types: Types, model: string, listModel: string): Call[] {
  const list = optionParameters(types, `${META}ListOptions`)
  const create = optionParameters(types, `${META}CreateOptions`)
  const remove = optionParameters(types, `${META}DeleteOptions`)
  const status = `${META}Status`
  return [
    { below: '', method: 'get', action: 'list', verb: 'list', responses: { 200: listModel }, parameters: list },
    {
      below: '',
      method: 'post',
      action: 'post',
      verb: 'create',
      responses: { 200: model, 201: model, 202: model },
      parameters: create,
      body: { model, required: true },
    },
    {
      below: '',
      method: 'delete',
      action: 'deletecollection',
      verb: 'deletecollection',
      responses: { 200: status },
      parameters: list,
    },
    {
      below: '/{name}',
      method: 'delete',
      action: 'delete',
      verb: 'delete',
      responses: { 200: status, 202: status },
      parameters: remove,
      body: { model: `${META}DeleteOptions`, required: false },
    },
  ]
}

function operationOf(resource: ServedResource, { below, verb }: Call): string {
  const subresource = below.split('/')[2] ?? ''
  const place = `${resource.namespaced ? 'Namespaced' : ''}${resource.kind}`
  const suffix = subresource.charAt(0).toUpperCase() + subresource.slice(1)
  if (verb === 'deletecollection') return operationName('delete', resource, `Collection${place}`)
  return operationName(verb, resource, place + suffix)
}

function customRoute(resource: ServedResource, root: string, call: Call): Route {
  const { group, version, kind, namespaced } = resource
  const path = [...(call.below ? [inPath('name')] : []), ...(namespaced ? [inPath('namespace')] : [])]
  return {
    path: root + call.below,
    method: call.method,
    operationId: operationOf(resource, call),
    tag: tagName(resource),
    action: call.action,
    kind: { group, version, kind },
    consumes: call.action === 'patch' ? PATCHES : FORMATS,
    produces: FORMATS,
    parameters: [...path, PRETTY, ...call.parameters],
    body: call.body,
    responses: call.responses,
  }
}

export function customRoutes(types: Types, resource: ServedResource): Route[] {
  const { group, version, namespaced } = resource
  const base = `/apis/${group}/${version}/`
  const root = `${base}${namespaced ? 'namespaces/{namespace}/' : ''}${resource.resource}`
  const model = customModel(resource, resource.kind)
  const listModel = customModel(resource, resource.custom?.listKind ?? `${resource.kind}List`)
  const calls = [...collectionCalls(types, model, listModel), ...objectCalls(types, '/{name}', model)]
  for (const { name } of resource.subresources ?? []) {
    calls.push(...objectCalls(types, `/{name}/${name}`, name === 'scale' ? SCALE : model))
  }
  const routes = calls.map((call) => customRoute(resource, root, call))
  if (!namespaced) return routes
  const everywhere = routes[0].parameters.filter(({ name }) => name !== 'namespace')
  const operationId = operationName('list', resource, `${resource.kind}ForAllNamespaces`)
  return [...routes, { ...routes[0], path: base + resource.resource, operationId, parameters: everywhere }]
}

type Json = Record<string, unknown>
const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const mapValues = (value: Json, change: (member: Json) => Json): Json =>
  Object.fromEntries(Object.entries(value).map(([key, member]) => [key, isObject(member) ? change(member) : member]))

/** In the v3 form, integers or strings are said in words that generic clients know too. */
function toV3(schema: Json): Json {
  return {
    ...schema,
    ...(isObject(schema.properties) ? { properties: mapValues(schema.properties, toV3) } : {}),
    ...(isObject(schema.items) ? { items: toV3(schema.items) } : {}),
    ...(isObject(schema.additionalProperties) ? { additionalProperties: toV3(schema.additionalProperties) } : {}),
    ...(schema['x-kubernetes-int-or-string'] === true && !schema.anyOf && !schema.allOf
      ? { anyOf: [{ type: 'integer' }, { type: 'string' }] }
      : {}),
  }
}

const NOT_IN_V2 = ['default', 'nullable', 'allOf', 'anyOf', 'oneOf', 'not', 'x-kubernetes-validations']

/**
 * Clients of the v2 form check types before they send: where a value may be null, or have any type or any field, the type (and what
 * depends on it) is left out.
 */
function toV2(schema: Json): Json {
  const result: Json = { ...schema }
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  for (const key of NOT_IN_V2) delete result[key]
  if (schema.nullable === true || open) for (const key of ['type', 'items', 'properties']) delete result[key]
  if (schema.nullable === true) delete result.additionalProperties
  if (schema['x-kubernetes-int-or-string'] === true) delete result.type
  if (isObject(result.properties)) result.properties = mapValues(result.properties, toV2)
  if (isObject(result.items)) result.items = toV2(result.items)
  if (isObject(result.additionalProperties)) result.additionalProperties = toV2(result.additionalProperties)
  return result
}

function wrapped(form: Form, model: string): Schema {
  return form === 'v2' ? reference(form, model) : ({ allOf: [reference(form, model)] } as Schema)
}

function typeMeta(form: Form, metadata: string): Json {
  return { apiVersion: { type: 'string' }, kind: { type: 'string' }, metadata: wrapped(form, META + metadata) }
}

const gvk = ({ group, version }: ServedResource, kind: string): Json => ({
  'x-kubernetes-group-version-kind': [{ group, kind, version }],
})

function objectDefinition(resource: ServedResource, form: Form): Schema {
  const own = gvk(resource, resource.kind)
  const schema = resource.custom?.schema
  if (!schema)
    return { type: 'object', ...own, ...(form === 'v3' ? { 'x-kubernetes-preserve-unknown-fields': true } : {}) }
  const open = schema['x-kubernetes-preserve-unknown-fields'] === true
  if (form === 'v2' && open) return { type: 'object', ...own }
  const converted = form === 'v2' ? toV2(schema) : toV3(schema)
  const properties = {
    ...(isObject(converted.properties) ? converted.properties : {}),
    ...typeMeta(form, 'ObjectMeta'),
  }
  const sorted = Object.fromEntries(Object.entries(properties).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { ...converted, type: 'object', properties: sorted, ...own } as Schema
}

/** The definitions of the kind and of its list. */
export function customDefinitions(resource: ServedResource, form: Form): Record<string, Schema> {
  const listKind = resource.custom?.listKind ?? `${resource.kind}List`
  const model = customModel(resource, resource.kind)
  const items = { type: 'array', items: reference(form, model) }
  const { apiVersion, kind, metadata } = typeMeta(form, 'ListMeta')
  const list = {
    type: 'object',
    required: ['items'],
    properties: { apiVersion, items, kind, metadata },
    ...gvk(resource, listKind),
  }
  return { [model]: objectDefinition(resource, form), [customModel(resource, listKind)]: list as Schema }
}
