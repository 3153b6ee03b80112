/** delete and deletecollection. Mirrors endpoints/handlers/delete.go. */
import { newMethodNotSupported } from '../../apimachinery/errors.ts'
import type { DeleteOptions } from '../../registry/delete.ts'
import type { WriteRequest } from '../../registry/environment.ts'
import { type ResourceExchange, warn, writeRequest } from '../exchange.ts'
import { sendList, sendObject } from '../respond.ts'
import { successStatus } from '../status.ts'
import { deleteOptions } from './options.ts'
import { listOptions } from './read.ts'

export async function deleteOne(exchange: ResourceExchange): Promise<void> {
  const { store, info } = exchange
  const { definition } = store
  if (definition.hooks.virtual || info.subresource !== '') throw newMethodNotSupported(store.qualified, 'delete')
  const { options, dryRun } = await deleteOptions(exchange)
  const request = writeRequest(exchange)
  for (const text of definition.hooks.deleteWarnings?.(options) ?? []) warn(exchange, text)
  const { object, deleted } = await store.delete(info.name, options, { ...request, ...operation(options, dryRun) })
  if (!deleted || definition.returnDeletedObject) return sendObject(exchange, 200, object)
  const { name, uid } = object.metadata
  return sendObject(
    exchange,
    200,
    successStatus({ name, ...(definition.group ? { group: definition.group } : {}), kind: definition.resource, uid }),
  )
}

export async function deleteCollection(exchange: ResourceExchange): Promise<void> {
  const { store } = exchange
  if (store.definition.hooks.virtual) throw newMethodNotSupported(store.qualified, 'deletecollection')
  const { options, dryRun } = await deleteOptions(exchange)
  const request = writeRequest(exchange)
  const deleted = await store.deleteCollection(listOptions(exchange), options, {
    ...request,
    ...operation(options, dryRun),
  })
  if (deleted.objects.length > 0) {
    for (const text of store.definition.hooks.deleteWarnings?.(options) ?? []) warn(exchange, text)
  }
  return sendList(exchange, deleted)
}

function operation(options: DeleteOptions, dryRun: boolean): Pick<WriteRequest, 'dryRun' | 'options'> {
  return { dryRun, options: { ...options, ...(dryRun ? { dryRun: ['All'] } : {}) } }
}
