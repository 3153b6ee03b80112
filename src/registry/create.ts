/** Creation: names, system metadata, admission, validation, storage. Mirrors generic/registry/store.go (Create) and rest/create.go. */
import { formatTime } from '../apimachinery/clock.ts'
import { newAlreadyExists, newForbidden, newGenerateNameConflict, newUnknownError } from '../apimachinery/errors.ts'
import type { DynamicObject, ObjectMeta } from '../apimachinery/meta.ts'
import { mayBeCommitted, StorageError } from '../storage/interface.ts'
import { prepareForCreate, validateCreate } from './before.ts'
import type { ResourceDefinition, WriteContext } from './definition.ts'
import type { Environment, WriteRequest } from './environment.ts'
import { trackFields } from './managed-fields.ts'
import type { ObjectStore } from './object-store.ts'
import { asIfStored } from './unconverted.ts'
import { whenConverted } from './when-converted.ts'

const MAX_NAME_LENGTH = 63
const SUFFIX_LENGTH = 5
const GENERATE_NAME_ATTEMPTS = 8

/** `draft` is the caller's gift: decoded, defaulted, changed in place here. Answers the stored object. */
export async function createObject(
  store: ObjectStore,
  draft: DynamicObject,
  request: WriteRequest,
): Promise<DynamicObject> {
  const context = store.environment.writeContext(request)
  const { metadata } = draft
  placeIn(request.namespace, metadata, store.definition)
  if (store.definition.custom?.terminating) {
    const why = 'create not allowed while custom resource definition is terminating'
    throw newForbidden(store.qualified, metadata.name ?? '', why)
  }
  wipeSystemMetadata(draft)
  store.definition.hooks.internalize?.(draft)
  trackFields(store, store.empty(), draft, request, true)
  const admission = {
    operation: 'CREATE' as const,
    definition: store.definition,
    subresource: '',
    namespace: request.namespace,
    name: metadata.name ?? '',
    object: draft,
  }
  const admitted = store.environment.admission.admit(admission, context)
  if (admitted) await admitted
  fillSystemMetadata(draft, context)
  const base = draft.metadata.name ? undefined : draft.metadata.generateName
  if (base) draft.metadata.name = generateName(base, context)
  prepareForCreate(store.definition, draft, store.empty(), context)
  for (let attempt = 1; ; attempt++) {
    try {
      return await createOnce(store, draft, admission, context)
    } catch (error) {
      if (!(error instanceof StorageError) || error.code !== 'Exists') throw error
      const { name = '', namespace = '' } = draft.metadata
      if (!base) throw existsError(store, namespace, name)
      if (attempt === GENERATE_NAME_ATTEMPTS) throw newGenerateNameConflict(store.qualified, name)
      draft.metadata.name = generateName(base, context)
    }
  }
}

type AdmissionArguments = Parameters<Environment['admission']['admit']>[0]

async function createOnce(
  store: ObjectStore,
  draft: DynamicObject,
  admission: AdmissionArguments,
  context: WriteContext,
): Promise<DynamicObject> {
  const begun = store.definition.hooks.begin?.(draft, undefined, context)
  const finish = begun instanceof Promise ? await begun : begun
  let committed: boolean | undefined = false
  try {
    validateCreate(store.definition, draft, context)
    const validated = store.environment.admission.validate({ ...admission, name: draft.metadata.name ?? '' }, context)
    if (validated) await validated
    const { storage } = store.environment
    const name = store.name(draft.metadata.namespace ?? '', draft.metadata.name ?? '')
    if (!context.dryRun && Number(draft.metadata.resourceVersion ?? 0) > 0) {
      throw newUnknownError('resourceVersion should not be set on objects to be created')
    }
    if (context.dryRun) {
      if (storage.get(store.definition.storagePrefix, name)) throw new StorageError('Exists', name)
      return asIfStored(store, draft)
    }
    delete draft.metadata.resourceVersion
    const form = whenConverted(() => store.toStored(draft))
    const written = storage.create(store.definition.storagePrefix, name, form instanceof Promise ? await form : form)
    const stored = written instanceof Promise ? await written : written
    committed = true
    store.environment.committed(store.definition, stored)
    return whenConverted(() => store.view(stored))
  } catch (error) {
    if (mayBeCommitted(error)) committed = undefined
    throw error
  } finally {
    if (finish) await finish(committed)
  }
}

function existsError(store: ObjectStore, namespace: string, name: string): Error {
  const existing = store.environment.storage.get(store.definition.storagePrefix, store.name(namespace, name))
  const error = newAlreadyExists(store.qualified, name)
  if (existing?.metadata.deletionTimestamp) {
    const message = `object is being deleted: ${error.message}`
    error.status.message = message
    error.message = message
  }
  return error
}

/** Mutating admission sees a new object without what the server gives it. */
/** What is of the cluster has no namespace, whatever it says. Mirrors rest.EnsureObjectNamespaceMatchesRequestNamespace. */
export function placeIn(namespace: string, metadata: ObjectMeta, { namespaced }: ResourceDefinition): void {
  if (namespaced) metadata.namespace ||= namespace
  else if (metadata.namespace !== undefined) delete metadata.namespace
}

function wipeSystemMetadata({ metadata }: DynamicObject): void {
  delete metadata.uid
  delete metadata.creationTimestamp
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete metadata.selfLink
}

function fillSystemMetadata({ metadata }: DynamicObject, context: WriteContext): void {
  metadata.uid = context.random.uuid()
  metadata.creationTimestamp = formatTime(context.clock.now())
}

function generateName(base: string, context: WriteContext): string {
  return base.slice(0, MAX_NAME_LENGTH - SUFFIX_LENGTH) + context.random.suffix(SUFFIX_LENGTH)
}
