/** create: objects, review kinds, and subresources that are posted to. Mirrors endpoints/handlers/create.go. */
import { newBadRequest, newMethodNotSupported } from '../../apimachinery/errors.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { createSubresource } from '../../registry/subresource.ts'
import { readObject } from '../body.ts'
import { type ResourceExchange, writeRequest } from '../exchange.ts'
import { sendObject } from '../respond.ts'
import { writeOptions } from './options.ts'

export async function create(exchange: ResourceExchange): Promise<void> {
  const { store, info, registry } = exchange
  const { definition } = store
  const fieldValidation = writeOptions(exchange, 'CreateOptions')
  if (info.subresource !== '') return createThroughDoor(exchange)
  if (info.name !== '' && !definition.custom) throw newMethodNotSupported(store.qualified, 'create')
  const object = await readObject(exchange, definition, fieldValidation)
  checkNamespace(object, definition.namespaced, info.namespace)
  const { virtual } = definition.hooks
  if (virtual) {
    if (!virtual.create) throw newMethodNotSupported(store.qualified, 'create')
    const answer = await virtual.create(object, info.namespace, registry.writeContext(writeRequest(exchange)))
    return sendObject(exchange, 201, answer)
  }
  return sendObject(exchange, 201, await store.create(object, writeRequest(exchange)))
}

async function createThroughDoor(exchange: ResourceExchange): Promise<void> {
  const { store, info, registry } = exchange
  const kind = store.definition.subresources?.find((candidate) => candidate.name === info.subresource)?.kind
  if (!kind) throw newMethodNotSupported(store.qualified, 'create')
  const object = await readObject(exchange, kind, 'Ignore')
  checkNamespace(object, store.definition.namespaced, info.namespace)
  object.metadata.namespace ||= info.namespace
  const context = registry.writeContext(writeRequest(exchange))
  return sendObject(exchange, 201, await createSubresource(store, info.namespace, info.name, object, context))
}

/** Mirrors rest.EnsureObjectNamespaceMatchesRequestNamespace. */
export function checkNamespace(object: DynamicObject, namespaced: boolean, namespace: string): void {
  const own = object.metadata.namespace
  if (!own) return
  if (!namespaced) {
    delete object.metadata.namespace
    return
  }
  if (own !== namespace) {
    throw newBadRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}
