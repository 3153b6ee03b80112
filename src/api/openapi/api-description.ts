/** All routes and definitions of a source: what both forms of OpenAPI are written from. */
import { formatGroupVersion } from '../../apimachinery/meta.ts'
import type { ApiSource } from '../source.ts'
import { customDefinitions, customRoutes } from './custom-resources.ts'
import { builtInRoutes, type RouteContext } from './resource-routes.ts'
import { META, type Parameter, type Route } from './route.ts'
import { definition, type Form, reachableModels, type Schema } from './schemas.ts'
import { type PlacedRoute, serverRoutes } from './server-routes.ts'

export interface ApiDescription {
  source: ApiSource
  routes: PlacedRoute[]
}

export function describeApi(source: ApiSource): ApiDescription {
  const models = new Map<string, string>()
  for (const [model, type] of Object.entries(source.types)) {
    for (const kind of type.gvk ?? []) models.set(kind.join('/'), model)
  }
  const context: RouteContext = {
    types: source.types,
    modelOf: ({ group, version, kind }) => models.get(`${group}/${version}/${kind}`) ?? META + kind,
  }
  const resourceRoutes = source.resources.flatMap((resource) => {
    const document = `${resource.group ? 'apis' : 'api'}/${formatGroupVersion(resource)}`
    const routes = resource.custom ? customRoutes(source.types, resource) : builtInRoutes(context, resource)
    return routes.map((route) => ({ document, route }))
  })
  return { source, routes: [...serverRoutes(source), ...resourceRoutes] }
}

/** Definitions that the routes need, by model name, sorted. */
export function definitionsFor(
  { source }: ApiDescription,
  routes: readonly Route[],
  form: Form,
): Record<string, Schema> {
  const roots = new Set(routes.flatMap((route) => [route.body?.model ?? 'string', ...Object.values(route.responses)]))
  const custom: Record<string, Schema> = {}
  for (const resource of source.resources) {
    if (!resource.custom) continue
    const definitions = customDefinitions(resource, form)
    if (!Object.keys(definitions).some((model) => roots.has(model))) continue
    Object.assign(custom, definitions)
    roots.add(`${META}ObjectMeta`).add(`${META}ListMeta`)
  }
  const builtIn = reachableModels(source.types, roots).map((model) => [model, definition(source.types, model, form)])
  return Object.fromEntries([...builtIn, ...Object.entries(custom)].sort(([a], [b]) => (a < b ? -1 : 1)))
}

const byNameThenPlace = (a: Parameter, b: Parameter): number => {
  const [left, right] = [`${a.name}\0${a.in}`, `${b.name}\0${b.in}`]
  return left < right ? -1 : left > right ? 1 : 0
}

export interface PathRoutes {
  /** Parameters of every operation on the path. */
  common: Parameter[]
  /** The operations with the parameters that are their own. */
  operations: Route[]
}

/** Routes by path, sorted; what all operations of a path share is taken out of them. */
export function groupByPath(routes: readonly Route[]): Map<string, PathRoutes> {
  const paths = new Map<string, Route[]>()
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route])
  const sorted = [...paths].sort(([a], [b]) => (a < b ? -1 : 1))
  return new Map(
    sorted.map(([path, operations]) => {
      const shared = (parameter: Parameter) =>
        operations.every((route) => route.parameters.some((p) => p.name === parameter.name && p.in === parameter.in))
      const common = operations[0].parameters.filter(shared).sort(byNameThenPlace)
      const own = operations.map((route) => ({
        ...route,
        parameters: route.parameters.filter((parameter) => !shared(parameter)).sort(byNameThenPlace),
      }))
      return [path, { common, operations: own }]
    }),
  )
}

/** Phrases of HTTP, which OpenAPI requires. */
export const PHRASES: Record<number, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted', 401: 'Unauthorized' }

/** What the server may answer besides: anybody can be turned away. */
export const UNAUTHORIZED = 401

export const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch'] as const
