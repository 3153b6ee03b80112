/** Routes of built-in resources. Mirrors apiserver/pkg/endpoints/installer.go. */
import type { SubresourceFact } from '../../apimachinery/schema/facts.ts'
import type { ServedResource } from '../source.ts'
import {
  inPath,
  type Kind,
  MEDIA_TYPES,
  META,
  type Method,
  operationName,
  optionParameters,
  type Parameter,
  PRETTY,
  type Route,
  tagName,
} from './route.ts'
import type { Types } from './schemas.ts'

export interface RouteContext {
  types: Types
  /** Model of a registered kind. */
  modelOf(kind: Kind): string
}

const STREAMS = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']
const PATCHES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const PROXY_METHODS: Method[] = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']

/** One place of a resource's paths: its URL, the parameters in it, and how operations there are named. */
interface Place {
  path: string
  parameters: Parameter[]
  /** `NamespacedPod`, `Node`. */
  name: string
}

/** Fills in what all routes of a resource have in common. */
type Build = (place: Place, method: Method, action: string, verb: string, more: Partial<Route>) => Route

function builder(resource: ServedResource, kind: Kind): Build {
  return (place, method, action, verb, more) => ({
    path: place.path,
    method,
    operationId: operationName(verb, resource, place.name),
    tag: tagName(resource),
    action,
    kind: { group: kind.group, version: kind.version, kind: kind.kind },
    consumes: ['*/*'],
    produces: MEDIA_TYPES,
    responses: {},
    ...more,
    parameters: [...place.parameters, ...(action === 'connect' ? [] : [PRETTY]), ...(more.parameters ?? [])],
  })
}

const isProxied = (subresource: SubresourceFact): boolean => subresource.kind?.kind.endsWith('Options') ?? false

function writeParameters(types: Types, model: 'CreateOptions' | 'UpdateOptions' | 'PatchOptions'): Parameter[] {
  return optionParameters(types, META + model)
}

/** GET, PUT, PATCH, POST of one object or subresource. */
function objectRoutes(
  { types }: RouteContext,
  build: Build,
  place: Place,
  verbs: readonly string[],
  model: string,
): Route[] {
  const routes: Route[] = []
  if (verbs.includes('get')) routes.push(build(place, 'get', 'get', 'read', { responses: { 200: model } }))
  if (verbs.includes('update')) {
    const parameters = writeParameters(types, 'UpdateOptions')
    const body = { model, required: true }
    routes.push(build(place, 'put', 'put', 'replace', { parameters, body, responses: { 200: model, 201: model } }))
  }
  if (verbs.includes('create')) {
    const parameters = writeParameters(types, 'CreateOptions')
    const responses = { 200: model, 201: model, 202: model }
    routes.push(build(place, 'post', 'post', 'create', { parameters, body: { model, required: true }, responses }))
  }
  if (verbs.includes('patch')) {
    const parameters = writeParameters(types, 'PatchOptions')
    const body = { model: `${META}Patch`, required: true }
    const responses = { 200: model, 201: model }
    routes.push(build(place, 'patch', 'patch', 'patch', { parameters, body, responses, consumes: PATCHES }))
  }
  return routes
}

function deleteRoutes({ types }: RouteContext, build: Build, resource: ServedResource, places: Places): Route[] {
  const options = optionParameters(types, `${META}DeleteOptions`)
  const body = { model: `${META}DeleteOptions`, required: false }
  const routes: Route[] = []
  if (resource.verbs.includes('delete')) {
    // Namespaces answer the object too, but their storage does not say so.
    const saysObject = resource.returnDeletedObject && resource.resource !== 'namespaces'
    const model = saysObject ? resource.type : `${META}Status`
    const responses = { 200: model, 202: model }
    routes.push(build(places.one, 'delete', 'delete', 'delete', { parameters: options, body, responses }))
  }
  if (resource.verbs.includes('deletecollection')) {
    const selecting = optionParameters(types, `${META}ListOptions`).filter(
      ({ name }) => name !== 'watch' && name !== 'allowWatchBookmarks',
    )
    const parameters = [...options, ...selecting]
    const responses = { 200: `${META}Status` }
    const route = build(places.all, 'delete', 'deletecollection', 'delete', { parameters, body, responses })
    routes.push({ ...route, operationId: operationName('delete', resource, `Collection${places.all.name}`) })
  }
  return routes
}

interface Places {
  root: string
  all: Place
  one: Place
}

/** `watch` is `watch/` for the deprecated paths of watches. */
function placesOf(resource: ServedResource, watch: '' | 'watch/'): Places {
  const { group, version } = resource
  const root = `${group ? `/apis/${group}` : '/api'}/${version}/${watch}`
  const parameters = resource.namespaced ? [inPath('namespace')] : []
  const path = `${root}${resource.namespaced ? 'namespaces/{namespace}/' : ''}${resource.resource}`
  const name = `${resource.namespaced ? 'Namespaced' : ''}${resource.kind}`
  return {
    root,
    all: { path, parameters, name },
    one: { path: `${path}/{name}`, parameters: [inPath('name'), ...parameters], name },
  }
}

function listRoutes(context: RouteContext, build: Build, resource: ServedResource): Route[] {
  const { kind, group, version, namespaced } = resource
  const parameters = optionParameters(context.types, `${META}ListOptions`)
  const produces = [...MEDIA_TYPES, ...STREAMS]
  const routes: Route[] = []
  if (resource.verbs.includes('list')) {
    const { root, all } = placesOf(resource, '')
    const more = { parameters, produces, responses: { 200: context.modelOf({ group, version, kind: `${kind}List` }) } }
    routes.push(build(all, 'get', 'list', 'list', more))
    const everywhere = { path: root + resource.resource, parameters: [], name: `${kind}ForAllNamespaces` }
    if (namespaced) routes.push(build(everywhere, 'get', 'list', 'list', more))
  }
  if (resource.verbs.includes('watch')) {
    const { root, all, one } = placesOf(resource, 'watch/')
    const more = { parameters, produces, responses: { 200: `${META}WatchEvent` } }
    routes.push(build(one, 'get', 'watch', 'watch', more))
    routes.push(build({ ...all, name: `${all.name}List` }, 'get', 'watchlist', 'watch', more))
    const everywhere = { path: root + resource.resource, parameters: [], name: `${kind}ListForAllNamespaces` }
    if (namespaced) routes.push(build(everywhere, 'get', 'watchlist', 'watch', more))
  }
  return routes
}

const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

/** A door that is passed through to the kubelet or to an address: exec, attach, port-forward, proxy. */
function connectRoutes(context: RouteContext, build: Build, place: Place, subresource: SubresourceFact): Route[] {
  const options = context.modelOf(subresource.kind as Kind)
  const parameters = optionParameters(context.types, options)
  const methods: Method[] = subresource.verbs.includes('update') ? PROXY_METHODS : ['get', 'post']
  const connect = (at: Place): Route[] =>
    methods.map((method) => {
      const named = { ...at, name: capitalized(method) + at.name }
      return build(named, method, 'connect', 'connect', { parameters, produces: ['*/*'], responses: { 200: 'string' } })
    })
  if (methods.length === 2) return connect(place)
  const below = {
    path: `${place.path}/{path}`,
    parameters: [...place.parameters, inPath('path')],
    name: `${place.name}WithPath`,
  }
  return [...connect(place), ...connect(below)]
}

function subresourceRoutes(context: RouteContext, resource: ServedResource, subresource: SubresourceFact): Route[] {
  const kind: Kind = subresource.kind ?? resource
  const build = builder(resource, kind)
  const { one } = placesOf(resource, '')
  const place = { ...one, path: `${one.path}/${subresource.name}`, name: one.name + capitalized(subresource.name) }
  if (isProxied(subresource)) return connectRoutes(context, build, place, subresource)
  if (resource.resource === 'pods' && subresource.name === 'log') {
    const parameters = optionParameters(
      context.types,
      context.modelOf({ group: '', version: 'v1', kind: 'PodLogOptions' }),
    )
    const produces = ['text/plain', ...MEDIA_TYPES]
    return [build(place, 'get', 'get', 'read', { parameters, produces, responses: { 200: 'string' } })]
  }
  return objectRoutes(context, build, place, subresource.verbs, context.modelOf(kind))
}

export function builtInRoutes(context: RouteContext, resource: ServedResource): Route[] {
  const places = placesOf(resource, '')
  const build = builder(resource, resource)
  const { verbs, type } = resource
  const onObject = verbs.filter((verb) => verb !== 'create')
  return [
    ...objectRoutes(context, build, places.all, verbs.includes('create') ? ['create'] : [], type),
    ...objectRoutes(context, build, places.one, onObject, type),
    ...deleteRoutes(context, build, resource, places),
    ...listRoutes(context, build, resource),
    ...(resource.subresources ?? []).flatMap((subresource) => subresourceRoutes(context, resource, subresource)),
  ]
}
