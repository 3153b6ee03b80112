/** update and patch: two ways to make the next object from the present one. Mirrors endpoints/handlers/{update,patch}.go. */
import {
  newBadRequest,
  newInvalid,
  newMethodNotSupported,
  newStaleWrite,
  newUnsupportedMediaType,
} from '../../apimachinery/errors.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { applyJsonPatch } from '../../apimachinery/patch/json.ts'
import { applyMergePatch } from '../../apimachinery/patch/merge.ts'
import { applyStrategicMergePatch } from '../../apimachinery/patch/strategic.ts'
import { type Kind, schemaOf } from '../../registry/decode.ts'
import type { Projection } from '../../registry/definition.ts'
import type { WriteRequest } from '../../registry/environment.ts'
import { trackScale, withScaleManagers } from '../../registry/managed-fields.ts'
import { parsePatch, readObject } from '../body.ts'
import { type ResourceExchange, writeRequest } from '../exchange.ts'
import { requireAccess } from '../filters/with-authorization.ts'
import { mediaType } from '../negotiation.ts'
import { sendObject } from '../respond.ts'
import { APPLY_PATCH, applyChange } from './apply.ts'
import { checkNamespace } from './create.ts'
import { writeOptions } from './options.ts'
import { decodePatched } from './patched.ts'

/** From the object as this door shows it to the next one: a draft. */
type Change = (old: DynamicObject | undefined) => DynamicObject | Promise<DynamicObject>

export async function update(exchange: ResourceExchange): Promise<void> {
  const fieldValidation = writeOptions(exchange, 'UpdateOptions')
  const { info, store } = exchange
  const kind = doorKind(exchange)
  const read = async (): Promise<DynamicObject> => {
    const body = await readObject(exchange, kind, fieldValidation)
    checkName(body, info.name)
    checkNamespace(body, store.definition.namespaced, info.namespace)
    return body
  }
  // Read before anything is looked up: a bad body is 400, also for an object that is not there.
  let first: DynamicObject | undefined = await read()
  return write(exchange, store.definition.allowCreateOnUpdate === true && info.subresource === '', () => {
    const body = first
    first = undefined
    // Decoded anew for a retry: the first draft was prepared against a state that is gone.
    return body ?? read()
  })
}

/** A strategic merge needs types that the server knows. */
const CUSTOM_PATCH_TYPES = 'application/json-patch+json, application/merge-patch+json, application/apply-patch+yaml'

export async function patch(exchange: ResourceExchange): Promise<void> {
  const { store, info } = exchange
  const type = mediaType(exchange.req.headers['content-type'] ?? '')
  if (type === APPLY_PATCH) return apply(exchange)
  const change = patchFunction(exchange, type)
  const fieldValidation = writeOptions(exchange, 'PatchOptions')
  const kind = doorKind(exchange)
  const value = parsePatch(exchange.body, kind)
  return write(exchange, false, (old) => {
    const patched = change(old as DynamicObject, value) as DynamicObject
    const next = decodePatched(exchange, kind, patched, {
      fieldValidation,
      strategicPatch: type === 'application/strategic-merge-patch+json' ? value : undefined,
      mergePatch: type === 'application/merge-patch+json' ? value : undefined,
    })
    checkName(next, info.name)
    checkNamespace(next, store.definition.namespaced, info.namespace)
    return next
  })
}

async function apply(exchange: ResourceExchange): Promise<void> {
  const { store, info } = exchange
  const fieldValidation = writeOptions(exchange, 'PatchOptions', true)
  const change = applyChange(exchange, doorKind(exchange), fieldValidation)
  const request = { ...writeRequest(exchange), managesFields: true }
  const named: Change = (old) => {
    const next = change(old) as DynamicObject
    checkNamespace(next, store.definition.namespaced, info.namespace)
    checkName(next, info.name)
    return next
  }
  return write(exchange, info.subresource === '', named, request)
}

function patchFunction(exchange: ResourceExchange, type: string): (old: DynamicObject, value: unknown) => unknown {
  const { registry } = exchange
  if (type === 'application/json-patch+json') return applyJsonPatch as never
  if (type === 'application/merge-patch+json') return applyMergePatch as never
  if (type === 'application/strategic-merge-patch+json' && !exchange.store.definition.custom) {
    const model = schemaOf(registry, doorKind(exchange)).node.name
    return (old, value) => applyStrategicMergePatch(old as never, value as never, model, registry.lookupType)
  }
  if (exchange.store.definition.custom) {
    throw newUnsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${CUSTOM_PATCH_TYPES}`,
    )
  }
  throw newUnsupportedMediaType('415: Unsupported Media Type', {})
}

/** The kind that is read and written through this door. */
function doorKind({ store, info }: ResourceExchange): Kind {
  const fact = store.definition.subresources?.find((candidate) => candidate.name === info.subresource)
  return fact?.kind ?? store.definition
}

async function write(
  exchange: ResourceExchange,
  createIfAbsent: boolean,
  change: Change,
  request = writeRequest(exchange),
): Promise<void> {
  const { store, info } = exchange
  const door = info.subresource === '' ? undefined : store.definition.hooks.subresources?.[info.subresource]
  const projection = door?.projection
  if (store.definition.hooks.virtual) throw newMethodNotSupported(store.qualified, info.verb)
  const result = await store.update(
    info.name,
    (old) => {
      if (!old) requireAccess(exchange, 'create')
      return projection && old ? projected(exchange, projection, old, change, request) : change(old)
    },
    {
      ...request,
      uidIsPrecondition: info.verb !== 'patch',
      ...(projection ? { managesFields: true } : {}),
    },
    { createIfAbsent },
  )
  return sendObject(exchange, result.created ? 201 : 200, projection ? projection.read(result.object) : result.object)
}

/** A write of a view (scale): the view changes, is validated, and is carried over to the object. */
async function projected(
  exchange: ResourceExchange,
  projection: Projection,
  old: DynamicObject,
  change: Change,
  request: WriteRequest,
): Promise<DynamicObject> {
  const { store, info } = exchange
  const before = withScaleManagers(store, projection.start?.(old) ?? projection.read(old), old)
  const view = await change(before)
  const version = view.metadata.resourceVersion
  if (version && version !== old.metadata.resourceVersion) throw newStaleWrite(store.qualified, info.name)
  const errors = projection.validate?.(view, before) ?? []
  if (errors.length > 0) throw newInvalid({ group: 'autoscaling', resource: view.kind }, info.name, errors)
  const draft = store.decode(projection.write(view, old))
  trackScale(store, doorKind(exchange), before, view, old, draft, request)
  return draft
}

function checkName(object: DynamicObject, name: string): void {
  if (!object.metadata.name) {
    throw newBadRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  }
  if (object.metadata.name !== name) {
    throw newBadRequest(`the name of the object (${object.metadata.name}) does not match the name on the URL (${name})`)
  }
}
