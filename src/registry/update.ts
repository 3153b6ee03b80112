/** Every change of an object that is there: PUT, PATCH, writes of subresources. Mirrors generic/registry/store.go (Update) and rest/update.go. */
import { deepEqual } from '../apimachinery/equality.ts'
import { newConflict, newInvalid, newNotFound, newStaleWrite, newUnknownError } from '../apimachinery/errors.ts'
import { invalid } from '../apimachinery/field-error.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import { mayBeCommitted, StorageError } from '../storage/interface.ts'
import { prepareForUpdate, validateUpdate } from './before.ts'
import { createObject, placeIn } from './create.ts'
import type { WriteContext } from './definition.ts'
import { removeObject } from './delete.ts'
import type { Environment, WriteRequest } from './environment.ts'
import { keepTimes, trackFields } from './managed-fields.ts'
import type { ObjectStore } from './object-store.ts'
import { asIfStored } from './unconverted.ts'
import { whenConverted } from './when-converted.ts'

export interface UpdateResult {
  object: DynamicObject
  created: boolean
}

type AdmissionArguments = Parameters<Environment['admission']['admit']>[0]

/**
 * PUT, PATCH and writes of status are all this: `change` makes the next object from the present one (a draft of its own; undefined when there is
 * none and the kind allows creation by PUT, or `createIfAbsent` says so). Called again when another write came in between. An equal result
 * keeps its resourceVersion and makes no event.
 */
export async function updateObject(
  store: ObjectStore,
  name: string,
  change: (old: DynamicObject | undefined) => DynamicObject | Promise<DynamicObject>,
  request: WriteRequest,
  options: { createIfAbsent?: boolean } = {},
): Promise<UpdateResult> {
  const context = store.environment.writeContext(request)
  for (;;) {
    const stored = store.environment.storage.get(store.definition.storagePrefix, store.name(request.namespace, name))
    if (!stored) {
      if (!options.createIfAbsent) throw newNotFound(store.qualified, name)
      const changed = change(undefined)
      const draft = changed instanceof Promise ? await changed : changed
      delete draft.metadata.resourceVersion
      return { object: await createObject(store, draft, request), created: true }
    }
    try {
      return { object: await updateOnce(store, stored, name, change, context, request), created: false }
    } catch (error) {
      // Somebody wrote between our read and our write: look again. A stale client finds its 409 on the way.
      if (!(error instanceof StorageError) || (error.code !== 'Conflict' && error.code !== 'NotFound')) throw error
    }
  }
}

async function updateOnce(
  store: ObjectStore,
  stored: KubeObject,
  name: string,
  change: (old: DynamicObject) => DynamicObject | Promise<DynamicObject>,
  context: WriteContext,
  request: WriteRequest,
): Promise<DynamicObject> {
  const shown = whenConverted(() => store.view(stored))
  const old = shown instanceof Promise ? await shown : shown
  const changed = change(old)
  const draft = changed instanceof Promise ? await changed : changed
  if (draft === old) return old
  placeIn(request.namespace, draft.metadata, store.definition)
  store.definition.hooks.internalize?.(draft)
  const tracked = whenConverted(() => trackFields(store, old, draft, request))
  if (tracked instanceof Promise) await tracked
  const admission: AdmissionArguments = {
    operation: 'UPDATE',
    definition: store.definition,
    subresource: context.subresource,
    namespace: request.namespace,
    name,
    object: draft,
    old,
  }
  const admitted = store.environment.admission.admit(admission, context)
  if (admitted) await admitted
  checkIdentity(store, draft, old, name, request.uidIsPrecondition !== false)
  prepareForUpdate(store.definition, draft, old, context)
  const { begin } = store.definition.hooks
  const begun = context.subresource === '' ? begin?.(draft, old, context) : undefined
  const finish = begun instanceof Promise ? await begun : begun
  let committed: boolean | undefined = false
  try {
    validateUpdate(store.definition, draft, old, context)
    const validated = store.environment.admission.validate(admission, context)
    if (validated) await validated
    const result = await commitUpdate(store, stored, draft, old, context)
    committed = !context.dryRun
    return result
  } catch (error) {
    if (mayBeCommitted(error)) committed = undefined
    throw error
  } finally {
    if (finish) await finish(committed)
  }
}

/** Optimistic locking and identity, in upstream's order. Fills the resourceVersion of an unconditional update. */
function checkIdentity(
  store: ObjectStore,
  draft: DynamicObject,
  old: DynamicObject,
  name: string,
  uidIsPrecondition: boolean,
): void {
  const { metadata } = draft
  if (uidIsPrecondition && metadata.uid && metadata.uid !== old.metadata.uid) {
    const key = store.definition.storagePrefix + store.name(old.metadata.namespace ?? '', name)
    const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.metadata.uid}`
    throw newConflict(
      store.qualified,
      name,
      `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
    )
  }
  const version = metadata.resourceVersion
  if (version && !/^\d+$/.test(version)) {
    throw newUnknownError(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
  }
  if (!version || version === '0') {
    if (store.definition.allowUnconditionalUpdate === false) {
      throw newInvalid(store.qualified, name, [
        invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
      ])
    }
    metadata.resourceVersion = old.metadata.resourceVersion
  } else if (version !== old.metadata.resourceVersion) throw newStaleWrite(store.qualified, name)
  metadata.name ||= old.metadata.name
  if (store.definition.namespaced) metadata.namespace ||= old.metadata.namespace
}

async function commitUpdate(
  store: ObjectStore,
  stored: KubeObject,
  draft: DynamicObject,
  old: DynamicObject,
  context: WriteContext,
): Promise<DynamicObject> {
  if (isDeletedBy(store, draft, old)) {
    await removeObject(store, stored, old, context)
    // As upstream: the writer gets back what it sent, watchers the state before, at the deletion's revision.
    return draft
  }
  keepTimes(draft, old)
  if (deepEqual(draft, old)) return old
  if (context.dryRun) return asIfStored(store, draft)
  const name = store.name(old.metadata.namespace ?? '', old.metadata.name ?? '')
  const version = stored.metadata.resourceVersion ?? ''
  const form = whenConverted(() => store.toStored(draft))
  const toWrite = form instanceof Promise ? await form : form
  const written = store.environment.storage.update(store.definition.storagePrefix, name, toWrite, version)
  const next = written instanceof Promise ? await written : written
  store.environment.committed(store.definition, next)
  return whenConverted(() => store.view(next))
}

/** The last finalizer of a deleted object is gone: the update is its deletion. */
function isDeletedBy(store: ObjectStore, draft: DynamicObject, old: DynamicObject): boolean {
  if (!old.metadata.deletionTimestamp || draft.metadata.finalizers?.length) return false
  if ((old.metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false
  return store.definition.hooks.deletesDuringUpdate?.(draft, old) ?? true
}
