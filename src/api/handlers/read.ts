/** get and list. Mirrors endpoints/handlers/get.go. */
import {
  newBadRequest,
  newMethodNotSupported,
  newNotFound,
  newTooLargeResourceVersion,
} from '../../apimachinery/errors.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { ListOptions } from '../../registry/list.ts'
import { parseResourceVersion } from '../../registry/list.ts'
import type { ResourceExchange } from '../exchange.ts'
import { sendList, sendObject } from '../respond.ts'

export async function get(exchange: ResourceExchange): Promise<void> {
  const { store, info, registry } = exchange
  const wanted = parseResourceVersion(exchange.query.get('resourceVersion') ?? undefined)
  if (wanted > registry.storage.revision) throw newTooLargeResourceVersion(wanted, registry.storage.revision)
  if (store.definition.hooks.virtual) return getVirtual(exchange)
  const object = store.get(info.namespace, info.name)
  const projection = store.definition.hooks.subresources?.[info.subresource]?.projection
  return sendObject(exchange, 200, projection ? projection.read(object) : object)
}

async function getVirtual(exchange: ResourceExchange): Promise<void> {
  const { store, info, registry } = exchange
  const { virtual } = store.definition.hooks
  if (!virtual?.get) throw newMethodNotSupported(store.qualified, 'get')
  const context = registry.writeContext({ namespace: info.namespace, user: exchange.user })
  const object = await virtual.get(info.namespace, info.name, context)
  if (!object) throw newNotFound(store.qualified, info.name)
  return sendObject(exchange, 200, object)
}

export async function list(exchange: ResourceExchange): Promise<void> {
  const { store, info, registry } = exchange
  const { virtual } = store.definition.hooks
  if (virtual) {
    if (!virtual.list) throw newMethodNotSupported(store.qualified, 'list')
    const context = registry.writeContext({ namespace: info.namespace, user: exchange.user })
    const objects: DynamicObject[] = await virtual.list(info.namespace || undefined, context)
    return sendList(exchange, { objects, resourceVersion: '' })
  }
  return sendList(exchange, store.list(listOptions(exchange)))
}

/** The query of a list, watch or deletecollection. Throws 400 for numbers that are none. */
export function listOptions({ query, info }: ResourceExchange): ListOptions {
  const limit = query.get('limit')
  return {
    namespace: info.namespace,
    labelSelector: query.get('labelSelector') ?? undefined,
    fieldSelector: query.get('fieldSelector') ?? undefined,
    limit: limit ? parseInteger(limit, 'limit') : undefined,
    continue: query.get('continue') ?? undefined,
    resourceVersion: query.get('resourceVersion') ?? undefined,
    resourceVersionMatch: query.get('resourceVersionMatch') ?? undefined,
  }
}

export function parseInteger(text: string, _name: string): number {
  if (!/^[-+]?\d+$/.test(text)) {
    throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  }
  return Number(text)
}
