/** One handler for all resources: finds the store, checks the verb, calls the verb's handler. Stands where upstream's installer.go makes routes. */
import type { RequestHandler } from 'express'
import {
  newBadRequest,
  newMethodNotAllowed,
  newMethodNotSupported,
  newNotFound,
  newPathNotFound,
} from '../../apimachinery/errors.ts'
import type { ResourceDefinition } from '../../registry/definition.ts'
import type { Store } from '../../registry/store.ts'
import type { MaybePromise } from '../../storage/interface.ts'
import { type Exchange, type ResourceExchange, warn } from '../exchange.ts'
import { exchangeOf } from '../filters/with-exchange.ts'
import { checkAccept, JSON_ANSWER, type Negotiated, negotiate, WATCH_ENCODINGS } from '../negotiation.ts'
import type { RequestInfo } from '../request-info.ts'
import { CONNECTS, connect } from './connect.ts'
import { create } from './create.ts'
import { deleteCollection, deleteOne } from './delete.ts'
import { get, list } from './read.ts'
import { patch, update } from './update.ts'
import { watch } from './watch.ts'

type Handle = (exchange: ResourceExchange) => MaybePromise<void>

const HANDLERS: Record<string, Handle> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: deleteOne,
  deletecollection: deleteCollection,
}

export function serveResource(): RequestHandler {
  return (req, _res, next) => {
    const exchange = exchangeOf(req)
    locate(exchange)
    if (!exchange.info.isResourceRequest || isElsewhere(exchange)) return next()
    const { exchange: found, handle } = findResource(exchange)
    const { storage } = exchange.registry
    const fresh = storage.shared && !maySeeOld(exchange) ? storage.fresh() : undefined
    return fresh instanceof Promise ? fresh.then(() => handle(found)) : handle(found)
  }
}

/** Reads that say how old their answer may be, as upstream's watch cache takes it. All else sees what others have written before. */
function maySeeOld({ info, query, registry }: Exchange): boolean {
  const version = query.get('resourceVersion')
  const isRead = info.verb === 'get' || info.verb === 'list' || info.verb === 'watch'
  if (!isRead || !version || query.has('continue')) return false
  // A watch waits for a revision that is still to come.
  return info.verb === 'watch' || Number(version) <= registry.storage.revision
}

/** Looks for the store of the path. When the body is read: what is served may have changed in between. */
export function locate(exchange: Exchange): void {
  const { info, registry } = exchange
  exchange.store = registry.lookup(info.group, info.version, info.resource)
}

/** Paths of no group that is served, and those that the handler of custom resources passes on: answered as any unknown path. */
function isElsewhere({ info, registry, store }: Exchange): boolean {
  const definition = store?.definition
  if (!definition) return !registry.facts.groups.some(({ name }) => name === info.group)
  if (!definition.custom) return false
  if (!definition.namespaced) return info.inNamespace
  return !info.inNamespace && !ANYWHERE.has(info.verb)
}

const ANYWHERE = new Set(['list', 'watch', 'deletecollection'])

/** Of an exchange that is located. Throws 404 for what is not served, 405 for a verb it has not, 406, 501. */
export function findResource(base: Exchange): { exchange: ResourceExchange; handle: Handle } {
  const { info, store } = base
  if (!store || (info.prefix === 'api') !== (info.group === '') || (info.rest !== '' && info.subresource !== 'proxy')) {
    throw newPathNotFound()
  }
  if (store.definition.custom) return findCustom(base, store)
  const methods = verbsAt(info, store.definition)
  if (methods.length === 0) throw newPathNotFound()
  if (CONNECTS.has(info.subresource) && methods.includes(info.verb)) {
    return { exchange: settled(base, store, JSON_ANSWER), handle: connect }
  }
  const handle = HANDLERS[info.verb]
  if (!handle || !methods.includes(info.verb)) throw newMethodNotAllowed()
  if (store.definition.namespaced && info.inNamespace && info.namespace === '' && info.name !== '') {
    throw newBadRequest('Namespace parameter required.')
  }
  checkAccept(base.req.headers.accept, info.name === '' && base.req.method === 'GET')
  const encodings = info.verb === 'watch' ? WATCH_ENCODINGS : undefined
  const accept = negotiate(base.req.headers.accept, true, encodings)
  const { deprecation } = store.definition.hooks
  if (deprecation && info.subresource === '') warn(base, deprecation)
  return { exchange: settled(base, store, accept), handle }
}

/** Custom resources have no routes: one handler looks at verb and door by itself, and never at a name that a POST has in its path. */
function findCustom(base: Exchange, store: Store): { exchange: ResourceExchange; handle: Handle } {
  const { info } = base
  const { definition } = store
  const door = info.subresource ? definition.subresources?.find(({ name }) => name === info.subresource) : undefined
  if (info.subresource !== '' && !door) throw newNotFound(store.qualified, info.name)
  const handle = HANDLERS[info.verb]
  if (!handle || !(door ?? definition).verbs.includes(info.verb)) {
    throw newMethodNotSupported(store.qualified, info.verb)
  }
  const accept = negotiate(base.req.headers.accept, true, info.verb === 'watch' ? WATCH_ENCODINGS : undefined, true)
  if (definition.hooks.deprecation) warn(base, definition.hooks.deprecation)
  return { exchange: settled(base, store, accept), handle }
}

function settled(exchange: Exchange, store: Store, accept: Negotiated): ResourceExchange {
  exchange.store = store
  exchange.accept = accept
  return exchange as ResourceExchange
}

const ON_COLLECTIONS = new Set(['create', 'list', 'watch', 'deletecollection'])
const ACROSS_NAMESPACES = new Set(['list', 'watch'])

/** Verbs by place, made once for each definition. */
interface Verbs {
  ofObject: readonly string[]
  ofCollection: readonly string[]
  acrossNamespaces: readonly string[]
}

const known = new WeakMap<ResourceDefinition, Verbs>()

function verbsOf(definition: ResourceDefinition): Verbs {
  let verbs = known.get(definition)
  if (!verbs) {
    verbs = {
      ofObject: definition.verbs.filter((verb) => !ON_COLLECTIONS.has(verb)),
      ofCollection: definition.verbs.filter((verb) => ON_COLLECTIONS.has(verb)),
      acrossNamespaces: definition.verbs.filter((verb) => ACROSS_NAMESPACES.has(verb)),
    }
    known.set(definition, verbs)
  }
  return verbs
}

/** The verbs of the path that was asked for: none where upstream has no such route. */
function verbsAt(info: RequestInfo, definition: ResourceDefinition): readonly string[] {
  const { namespaced } = definition
  if (info.inNamespace && !namespaced) return []
  if (info.isLegacyWatch) return legacyWatchAt(info, definition)
  const acrossNamespaces = namespaced && !info.inNamespace
  if (info.subresource !== '') {
    if (acrossNamespaces) return []
    return definition.subresources?.find(({ name }) => name === info.subresource)?.verbs ?? []
  }
  const { ofObject, ofCollection, acrossNamespaces: ofAll } = verbsOf(definition)
  if (info.name !== '') return acrossNamespaces ? [] : ofObject
  return acrossNamespaces ? ofAll : ofCollection
}

function legacyWatchAt(info: RequestInfo, { namespaced, verbs }: ResourceDefinition): readonly string[] {
  const acrossNamespaces = namespaced && !info.inNamespace
  if (!verbs.includes('watch') || info.subresource !== '' || (acrossNamespaces && info.name !== '')) return []
  return ['watch']
}
