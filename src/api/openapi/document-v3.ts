/** `/openapi/v3/<path>`: a document for each group version. Mirrors kube-openapi/pkg/builder3. */
import type { OpenAPIV3 } from 'openapi-types'
import {
  type ApiDescription,
  definitionsFor,
  groupByPath,
  METHODS,
  type PathRoutes,
  PHRASES,
  UNAUTHORIZED,
} from './api-description.ts'
import { type Kind, META, type Parameter, type Route } from './route.ts'
import { reference, type SchemaV3 } from './schemas.ts'

const parameterObject = ({ name, in: place, type }: Parameter): OpenAPIV3.ParameterObject => ({
  name,
  in: place,
  ...(place === 'path' ? { required: true } : {}),
  schema: { type, uniqueItems: true },
})

const schemaOf = (model: string): SchemaV3 =>
  (model === 'string' ? { type: 'string' } : reference('v3', model)) as SchemaV3

function content(mediaTypes: readonly string[], model: string): Record<string, OpenAPIV3.MediaTypeObject> {
  return Object.fromEntries([...mediaTypes].sort().map((mediaType) => [mediaType, { schema: schemaOf(model) }]))
}

function responses(route: Route): OpenAPIV3.ResponsesObject {
  const answers = Object.entries(route.responses).map(([code, model]) => [
    code,
    { description: PHRASES[Number(code)], content: content(route.produces, model) },
  ])
  return { ...Object.fromEntries(answers), [UNAUTHORIZED]: { description: PHRASES[UNAUTHORIZED] } }
}

function operation(route: Route): OpenAPIV3.OperationObject {
  const { body } = route
  const required = body?.required ? { required: true } : {}
  return {
    tags: [route.tag],
    operationId: route.operationId,
    ...(route.parameters.length ? { parameters: route.parameters.map(parameterObject) } : {}),
    ...(body ? { requestBody: { content: content(route.consumes ?? [], body.model), ...required } } : {}),
    responses: responses(route),
    ...(route.action ? { 'x-kubernetes-action': route.action } : {}),
    ...(route.kind ? { 'x-kubernetes-group-version-kind': route.kind } : {}),
  }
}

function pathItem({ common, operations }: PathRoutes): OpenAPIV3.PathItemObject {
  const byMethod = new Map(operations.map((route) => [route.method, operation(route)]))
  const present = METHODS.filter((method) => byMethod.has(method))
  return {
    ...Object.fromEntries(present.map((method) => [method, byMethod.get(method)])),
    ...(common.length ? { parameters: common.map(parameterObject) } : {}),
  }
}

/** Names of the documents (`api/v1`, `apis/apps/v1`, `version`), sorted. */
export function documentNames(api: ApiDescription): string[] {
  return [...new Set(api.routes.map(({ document }) => document))].sort()
}

/** Kinds that every group version registers. */
const REGISTERED_EVERYWHERE = [`${META}DeleteOptions`, `${META}WatchEvent`]

/** A built-in group version's document names only its own registration of those, and the core group's. */
function keepOwnKinds(schemas: Record<string, SchemaV3>, name: string): void {
  const [root, ...groupVersion] = name.split('/')
  const own = (root === 'api' ? ['', ...groupVersion] : groupVersion).join('/')
  for (const model of REGISTERED_EVERYWHERE) {
    const kinds = schemas[model]?.['x-kubernetes-group-version-kind'] as Kind[] | undefined
    const kept = kinds?.filter(({ group, version }) => ['/v1', own].includes(`${group}/${version}`))
    if (kept) schemas[model] = { ...schemas[model], 'x-kubernetes-group-version-kind': kept }
  }
}

const isCustom = ({ source }: ApiDescription, name: string): boolean =>
  source.resources.some((resource) => resource.custom && name === `apis/${resource.group}/${resource.version}`)

export function documentV3(api: ApiDescription, name: string, version: string): OpenAPIV3.Document {
  const routes = api.routes.filter(({ document }) => document === name).map(({ route }) => route)
  const schemas = definitionsFor(api, routes, 'v3') as Record<string, SchemaV3>
  if (!isCustom(api, name)) keepOwnKinds(schemas, name)
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries([...groupByPath(routes)].map(([path, item]) => [path, pathItem(item)])),
    components: {
      ...(Object.keys(schemas).length ? { schemas } : {}),
      securitySchemes: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    },
  }
}
