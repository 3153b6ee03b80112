/** `/openapi/v2`: one document of everything. Mirrors kube-openapi/pkg/builder. */
import { createHash } from 'node:crypto'
import type { OpenAPIV2 } from 'openapi-types'
import {
  type ApiDescription,
  definitionsFor,
  groupByPath,
  METHODS,
  type PathRoutes,
  PHRASES,
  UNAUTHORIZED,
} from './api-description.ts'
import type { Parameter, Route } from './route.ts'
import { reference, type SchemaV2 } from './schemas.ts'

type Parameters = (OpenAPIV2.Parameter | OpenAPIV2.ReferenceObject)[]

/** Collects parameters that many operations share and answers references to them. */
class SharedParameters {
  readonly byName: Record<string, OpenAPIV2.Parameter> = {}

  /** kubectl up to 1.27 looks for `dryRun` and `fieldValidation` and does not follow references. */
  place(parameter: OpenAPIV2.Parameter): OpenAPIV2.Parameter | OpenAPIV2.ReferenceObject {
    const { name } = parameter
    const own = name === 'name' || name === 'fieldValidation' || name === 'dryRun'
    const model = parameter.in === 'body' ? (parameter.schema as { $ref: string }).$ref : ''
    if (own || (model && !model.startsWith('#/definitions/io.k8s.apimachinery'))) return parameter
    const hash = createHash('sha256').update(JSON.stringify(parameter)).digest('base64url').slice(0, 8)
    this.byName[`${name}-${hash}`] = parameter
    return { $ref: `#/parameters/${name}-${hash}` }
  }

  sorted(): Record<string, OpenAPIV2.Parameter> {
    return Object.fromEntries(Object.entries(this.byName).sort(([a], [b]) => (a < b ? -1 : 1)))
  }
}

const plainParameter = ({ name, in: place, type }: Parameter): OpenAPIV2.Parameter => ({
  uniqueItems: true,
  type,
  name,
  in: place,
  ...(place === 'path' ? { required: true } : {}),
})

const schemaOf = (model: string): SchemaV2 =>
  (model === 'string' ? { type: 'string' } : reference('v2', model)) as SchemaV2

function responses(route: Route): OpenAPIV2.ResponsesObject {
  const answers = Object.entries(route.responses).map(([code, model]) => [
    code,
    { description: PHRASES[Number(code)], schema: schemaOf(model) },
  ])
  return { ...Object.fromEntries(answers), [UNAUTHORIZED]: { description: PHRASES[UNAUTHORIZED] } }
}

function operation(route: Route, shared: SharedParameters): OpenAPIV2.OperationObject {
  const { body } = route
  const parameters: Parameters = route.parameters.map((parameter) => shared.place(plainParameter(parameter)))
  if (body) {
    const required = body.required ? { required: true } : {}
    // Parameters are sorted by name; only `allowWatchBookmarks` would come before `body`, and no operation has both.
    parameters.unshift(shared.place({ name: 'body', in: 'body', ...required, schema: schemaOf(body.model) }))
  }
  return {
    ...(route.consumes ? { consumes: [...route.consumes] } : {}),
    produces: [...route.produces],
    schemes: ['https'],
    tags: [route.tag],
    operationId: route.operationId,
    ...(parameters.length ? { parameters } : {}),
    responses: responses(route),
    ...(route.action ? { 'x-kubernetes-action': route.action } : {}),
    ...(route.kind ? { 'x-kubernetes-group-version-kind': route.kind } : {}),
  }
}

function pathItem({ common, operations }: PathRoutes, shared: SharedParameters): OpenAPIV2.PathItemObject {
  const byMethod = new Map(operations.map((route) => [route.method, operation(route, shared)]))
  const present = METHODS.filter((method) => byMethod.has(method))
  return {
    ...Object.fromEntries(present.map((method) => [method, byMethod.get(method)])),
    ...(common.length ? { parameters: common.map((parameter) => shared.place(plainParameter(parameter))) } : {}),
  }
}

/** `version` is the server's minor: `1.37`. */
export function documentV2(api: ApiDescription, version: string): OpenAPIV2.Document {
  const routes = api.routes.map(({ route }) => route)
  const shared = new SharedParameters()
  const paths = [...groupByPath(routes)].map(([path, item]) => [path, pathItem(item, shared)])
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version },
    paths: Object.fromEntries(paths),
    definitions: definitionsFor(api, routes, 'v2') as OpenAPIV2.DefinitionsObject,
    parameters: shared.sorted(),
    securityDefinitions: { BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' } },
    security: [{ BearerToken: [] }],
  }
}
