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
import { whenConverted } from '../../registry/when-converted.ts'
import type { MaybePromise } from '../../storage/interface.ts'
import type { ResourceExchange } from '../exchange.ts'
import { isTrue } from '../request-info.ts'
import { sendList, sendObject } from '../respond.ts'

export function get(exchange: ResourceExchange): MaybePromise<void> {
  const { store, info, registry } = exchange
  const wanted = parseResourceVersion(exchange.query.get('resourceVersion') ?? undefined)
  if (wanted > registry.storage.revision) throw newTooLargeResourceVersion(wanted, registry.storage.revision)
  if (store.definition.hooks.virtual) return getVirtual(exchange)
  const found = whenConverted(() => store.get(info.namespace, info.name))
  return found instanceof Promise ? found.then((object) => sendFound(exchange, object)) : sendFound(exchange, found)
}

function sendFound(exchange: ResourceExchange, object: DynamicObject): MaybePromise<void> {
  const { store, info } = exchange
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
  const found = whenConverted(() => store.list(listOptions(exchange)))
  return sendList(exchange, found instanceof Promise ? await found : found)
}

/** The query of a list, watch or deletecollection. Throws 400 for numbers that are none. */
export function listOptions({ query, info }: ResourceExchange): ListOptions {
  const initial = query.get('sendInitialEvents')
  timeoutSeconds(query)
  const limit = query.get('limit')
  const name = info.isLegacyWatch && info.name !== '' ? `metadata.name=${info.name}` : undefined
  return {
    namespace: info.namespace,
    labelSelector: query.get('labelSelector') ?? undefined,
    fieldSelector: name ?? query.get('fieldSelector') ?? undefined,
    limit: limit === null ? undefined : parseInteger(limit),
    continue: query.get('continue') ?? undefined,
    resourceVersion: query.get('resourceVersion') ?? undefined,
    resourceVersionMatch: query.get('resourceVersionMatch') ?? undefined,
    sendInitialEvents: initial === null ? undefined : isTrue(initial),
  }
}

/** How long a watch may last; 0 when the client leaves it to the server. Throws 400. */
export function timeoutSeconds(query: URLSearchParams): number {
  const text = query.get('timeoutSeconds')
  return text === null ? 0 : parseInteger(text)
}

const MAX_INT64 = 2n ** 63n - 1n

/** An int64 in decimal. Throws 400 with Go's text. */
export function parseInteger(text: string): number {
  const problem = !/^[-+]?\d+$/.test(text)
    ? 'invalid syntax'
    : BigInt(text.replace('+', '')) > MAX_INT64 || BigInt(text.replace('+', '')) < -MAX_INT64 - 1n
      ? 'value out of range'
      : undefined
  if (problem) throw newBadRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: ${problem}`)
  return Number(text)
}
