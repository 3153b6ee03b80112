/** One handler for all resources: finds the store, checks the verb, calls the verb's handler. Stands where upstream's installer.go makes routes. */
import type { RequestHandler } from 'express'
import { newMethodNotSupported, newNotImplemented, newPathNotFound } from '../../apimachinery/errors.ts'
import type { ResourceExchange } from '../exchange.ts'
import { exchangeOf } from '../filters/with-exchange.ts'
import { negotiate, WATCH_ENCODINGS } from '../negotiation.ts'
import { create } from './create.ts'
import { deleteCollection, deleteOne } from './delete.ts'
import { get, list } from './read.ts'
import { patch, update } from './update.ts'
import { watch } from './watch.ts'

const HANDLERS: Record<string, (exchange: ResourceExchange) => Promise<void>> = {
  get,
  list,
  watch,
  create,
  update,
  patch,
  delete: deleteOne,
  deletecollection: deleteCollection,
}

/** Doors to a node or a container, which need something to stand behind them. */
const CONNECTS = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])

export function serveResource(): RequestHandler {
  return async (req, _res, next) => {
    const exchange = exchangeOf(req)
    if (!exchange.info.isResourceRequest) return next()
    const found = findResource(exchange)
    await found.handle(found.exchange)
  }
}

/** Throws 404 for what is not served, 405 for a verb it has not, 406, 501. */
export function findResource(base: ReturnType<typeof exchangeOf>): {
  exchange: ResourceExchange
  handle(exchange: ResourceExchange): Promise<void>
} {
  const { info, registry } = base
  const store = registry.lookup(info.group, info.version, info.resource)
  if (!store || (info.prefix === 'api') !== (info.group === '') || info.rest !== '') throw newPathNotFound()
  const { definition } = store
  if (info.namespace !== '' && !definition.namespaced && info.resource !== 'namespaces') throw newPathNotFound()
  const subresource = info.subresource && definition.subresources?.find(({ name }) => name === info.subresource)
  if (info.subresource !== '' && !subresource) throw newPathNotFound()
  if (CONNECTS.has(info.subresource)) throw newNotImplemented(`${definition.resource}/${info.subresource} yet`)
  const verbs = subresource ? subresource.verbs : definition.verbs
  const handle = HANDLERS[info.verb]
  if (!handle || !verbs.includes(info.verb) || !hasPlace(base)) throw newMethodNotSupported(store.qualified, info.verb)
  if (definition.hooks.deprecation) base.warnings.add(definition.hooks.deprecation)
  const encodings = info.verb === 'watch' ? WATCH_ENCODINGS : undefined
  const accept = negotiate(base.req.headers.accept, true, encodings)
  return { exchange: { ...base, store, accept }, handle }
}

/** Collections of namespaced resources are written to in a namespace; single objects have a name. */
function hasPlace({ info, registry }: ReturnType<typeof exchangeOf>): boolean {
  const namespaced = registry.lookup(info.group, info.version, info.resource)?.definition.namespaced
  const inNamespace = !namespaced || info.namespace !== ''
  switch (info.verb) {
    case 'create':
      return inNamespace && (info.name === '') === (info.subresource === '')
    case 'list':
    case 'watch':
      return info.name === ''
    case 'deletecollection':
      return inNamespace
    default:
      return inNamespace && info.name !== ''
  }
}
