/**
 * The one generic store: what every verb means, for every resource, built-in or custom. Mirrors apiserver/pkg/registry/generic/registry/store.go.
 *
 * No method waits unless admission, allocation or the storage engine does: on the memory engine a whole write runs within one turn of the event loop.
 */

import { formatTime } from '../apimachinery/clock.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import {
  newAlreadyExists,
  newConflict,
  newForbidden,
  newGenerateNameConflict,
  newInvalid,
  newNotFound,
  newStaleWrite,
  newUnknownError,
} from '../apimachinery/errors.ts'
import { invalid } from '../apimachinery/field-error.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import { StorageError } from '../storage/interface.ts'
import { prepareForCreate, prepareForUpdate, validateCreate, validateUpdate } from './before.ts'
import { decodeValue, zeroOf } from './decode.ts'
import type { Finish, ResourceDefinition, WriteContext } from './definition.ts'
import { type DeleteOptions, type DeleteResult, deleteObject, removeObject } from './delete.ts'
import type { Environment, WriteRequest } from './environment.ts'
import { type ListOptions, listObjects, type StoreList } from './list.ts'
import { keepTimes, trackFields } from './managed-fields.ts'
import type { ObjectStore } from './object-store.ts'
import { type WatchOptions, type WatchStream, watchObjects } from './watch.ts'

const MAX_NAME_LENGTH = 63
const SUFFIX_LENGTH = 5
const GENERATE_NAME_ATTEMPTS = 8

export type { StoreList } from './list.ts'

export interface UpdateResult {
  object: DynamicObject
  created: boolean
}

export class Store implements ObjectStore {
  readonly definition: ResourceDefinition
  readonly environment: Environment
  /** How 404s and conflicts name it. */
  readonly qualified: { group: string; resource: string }
  #empty: DynamicObject | undefined
  /** Objects as this door shows them, kept beside the stored ones: the same object always gives the same view (and so the same bytes). */
  readonly #views = new WeakMap<KubeObject, DynamicObject>()
  readonly #whenRetired = new Set<() => void>()

  constructor(definition: ResourceDefinition, environment: Environment) {
    this.definition = definition
    this.environment = environment
    this.qualified = { group: definition.group, resource: definition.resource }
  }

  /** The resource is served no longer, or otherwise: watches opened here end when they have sent what there is. */
  retire(): void {
    for (const callback of this.#whenRetired) callback()
    this.#whenRetired.clear()
  }

  /** Calls back once, on retirement. Answers how to stop that. */
  onRetired(callback: () => void): () => void {
    this.#whenRetired.add(callback)
    return () => this.#whenRetired.delete(callback)
  }

  /** `namespace/name` or `name`. */
  name(namespace: string, name: string): string {
    return this.definition.namespaced ? `${namespace}/${name}` : name
  }

  /** A value of this kind made in this process -> a draft with defaults. Throws 400. */
  decode(value: unknown): DynamicObject {
    return decodeValue(this.environment, this.definition, value).object
  }

  /** A stored object as this resource's version shows it. Shared and immutable. */
  view(stored: KubeObject): DynamicObject {
    const { conversion, defaultOnRead } = this.definition.hooks
    if (!conversion && !defaultOnRead) return stored as DynamicObject
    let view = this.#views.get(stored)
    if (!view) {
      view = conversion ? conversion.fromStored(stored as DynamicObject) : (stored as DynamicObject)
      if (defaultOnRead) view = defaultOnRead(view)
      this.#views.set(stored, view)
    }
    return view
  }

  /** What goes into storage. */
  toStored(object: DynamicObject): DynamicObject {
    return this.definition.hooks.conversion?.toStored(object) ?? object
  }

  /** The kind with nothing set, as Go prints it: `{spec: {containers: null}, status: {}}`. A fresh copy. */
  zero(): DynamicObject {
    return zeroOf(this.environment, this.definition)
  }

  /** What a new object is compared with. */
  #emptyObject(): DynamicObject {
    this.#empty ??= this.zero()
    return this.#empty
  }

  /** Throws 404. */
  get(namespace: string, name: string): DynamicObject {
    const found = this.find(namespace, name)
    if (!found) throw newNotFound(this.qualified, name)
    return found
  }

  find(namespace: string, name: string): DynamicObject | undefined {
    const stored = this.environment.storage.get(this.definition.storagePrefix, this.name(namespace, name))
    return stored && this.view(stored)
  }

  list(options: ListOptions): StoreList {
    return listObjects(this, options)
  }

  watch(options: WatchOptions): WatchStream {
    return watchObjects(this, options)
  }

  /** `draft` is the caller's gift: decoded, defaulted, changed in place here. Answers the stored object. */
  async create(draft: DynamicObject, request: WriteRequest): Promise<DynamicObject> {
    const context = this.environment.writeContext(request)
    const { metadata } = draft
    if (this.definition.namespaced) metadata.namespace ||= request.namespace
    if (this.definition.custom?.terminating) {
      const why = 'create not allowed while custom resource definition is terminating'
      throw newForbidden(this.qualified, metadata.name ?? '', why)
    }
    wipeSystemMetadata(draft)
    this.definition.hooks.internalize?.(draft)
    trackFields(this, this.#emptyObject(), draft, request, true)
    const admission = {
      operation: 'CREATE' as const,
      definition: this.definition,
      subresource: '',
      namespace: request.namespace,
      name: metadata.name ?? '',
      object: draft,
    }
    const admitted = this.environment.admission.admit(admission, context)
    if (admitted) await admitted
    fillSystemMetadata(draft, context)
    const base = draft.metadata.name ? undefined : draft.metadata.generateName
    if (base) draft.metadata.name = generateName(base, context)
    prepareForCreate(this.definition, draft, this.zero(), context)
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#createOnce(draft, admission, context)
      } catch (error) {
        if (!(error instanceof StorageError) || error.code !== 'Exists') throw error
        const { name = '', namespace = '' } = draft.metadata
        if (!base) throw this.#existsError(namespace, name)
        if (attempt === GENERATE_NAME_ATTEMPTS) throw newGenerateNameConflict(this.qualified, name)
        draft.metadata.name = generateName(base, context)
      }
    }
  }

  async #createOnce(
    draft: DynamicObject,
    admission: AdmissionArguments,
    context: WriteContext,
  ): Promise<DynamicObject> {
    const finish = await begun(this.definition.hooks.begin?.(draft, undefined, context))
    let committed = false
    try {
      validateCreate(this.definition, draft, context)
      const validated = this.environment.admission.validate({ ...admission, name: draft.metadata.name ?? '' }, context)
      if (validated) await validated
      const { storage } = this.environment
      const name = this.name(draft.metadata.namespace ?? '', draft.metadata.name ?? '')
      if (!context.dryRun && Number(draft.metadata.resourceVersion ?? 0) > 0) {
        throw newUnknownError('resourceVersion should not be set on objects to be created')
      }
      if (context.dryRun) {
        if (storage.get(this.definition.storagePrefix, name)) throw new StorageError('Exists', name)
        return draft
      }
      delete draft.metadata.resourceVersion
      const written = storage.create(this.definition.storagePrefix, name, this.toStored(draft))
      const stored = written instanceof Promise ? await written : written
      committed = true
      this.environment.committed(this.definition, stored)
      return this.view(stored)
    } finally {
      if (finish) await finish(committed)
    }
  }

  #existsError(namespace: string, name: string): Error {
    const existing = this.find(namespace, name)
    const error = newAlreadyExists(this.qualified, name)
    if (existing?.metadata.deletionTimestamp) {
      const message = `object is being deleted: ${error.message}`
      error.status.message = message
      error.message = message
    }
    return error
  }

  /**
   * PUT, PATCH and writes of status are all this: `change` makes the next object from the present one (a draft of its own; undefined when there is
   * none and the kind allows creation by PUT, or `createIfAbsent` says so). Called again when another write came in between. An equal result
   * keeps its resourceVersion and makes no event.
   */
  async update(
    name: string,
    change: (old: DynamicObject | undefined) => DynamicObject | Promise<DynamicObject>,
    request: WriteRequest,
    options: { createIfAbsent?: boolean } = {},
  ): Promise<UpdateResult> {
    const context = this.environment.writeContext(request)
    for (;;) {
      const stored = this.environment.storage.get(this.definition.storagePrefix, this.name(request.namespace, name))
      if (!stored) {
        if (!options.createIfAbsent) throw newNotFound(this.qualified, name)
        const changed = change(undefined)
        const draft = changed instanceof Promise ? await changed : changed
        delete draft.metadata.resourceVersion
        return { object: await this.create(draft, request), created: true }
      }
      try {
        return { object: await this.#updateOnce(stored, name, change, context, request), created: false }
      } catch (error) {
        // Somebody wrote between our read and our write: look again. A stale client finds its 409 on the way.
        if (!(error instanceof StorageError) || (error.code !== 'Conflict' && error.code !== 'NotFound')) throw error
      }
    }
  }

  async #updateOnce(
    stored: KubeObject,
    name: string,
    change: (old: DynamicObject) => DynamicObject | Promise<DynamicObject>,
    context: WriteContext,
    request: WriteRequest,
  ): Promise<DynamicObject> {
    const old = this.view(stored)
    const changed = change(old)
    const draft = changed instanceof Promise ? await changed : changed
    if (draft === old) return old
    if (this.definition.namespaced) draft.metadata.namespace ||= request.namespace
    this.definition.hooks.internalize?.(draft)
    trackFields(this, old, draft, request)
    const admission: AdmissionArguments = {
      operation: 'UPDATE',
      definition: this.definition,
      subresource: context.subresource,
      namespace: request.namespace,
      name,
      object: draft,
      old,
    }
    const admitted = this.environment.admission.admit(admission, context)
    if (admitted) await admitted
    this.#checkIdentity(draft, old, name, request.uidIsPrecondition !== false)
    prepareForUpdate(this.definition, draft, old, context)
    const { begin } = this.definition.hooks
    const finish = context.subresource === '' && begin ? await begun(begin(draft, old, context)) : undefined
    let committed = false
    try {
      validateUpdate(this.definition, draft, old, context)
      const validated = this.environment.admission.validate(admission, context)
      if (validated) await validated
      const result = await this.#commitUpdate(stored, draft, old, context)
      committed = !context.dryRun
      return result
    } finally {
      if (finish) await finish(committed)
    }
  }

  /** Optimistic locking and identity, in upstream's order. Fills the resourceVersion of an unconditional update. */
  #checkIdentity(draft: DynamicObject, old: DynamicObject, name: string, uidIsPrecondition: boolean): void {
    const { metadata } = draft
    if (uidIsPrecondition && metadata.uid && metadata.uid !== old.metadata.uid) {
      const key = this.definition.storagePrefix + this.name(old.metadata.namespace ?? '', name)
      const why = `Precondition failed: UID in precondition: ${metadata.uid}, UID in object meta: ${old.metadata.uid}`
      throw newConflict(
        this.qualified,
        name,
        `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
      )
    }
    const version = metadata.resourceVersion
    if (version && !/^\d+$/.test(version)) {
      throw newUnknownError(`strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`)
    }
    if (!version || version === '0') {
      if (this.definition.allowUnconditionalUpdate === false) {
        throw newInvalid(this.qualified, name, [
          invalid('metadata.resourceVersion', 0, 'must be specified for an update'),
        ])
      }
      metadata.resourceVersion = old.metadata.resourceVersion
    } else if (version !== old.metadata.resourceVersion) throw newStaleWrite(this.qualified, name)
    metadata.name ||= old.metadata.name
    if (this.definition.namespaced) metadata.namespace ||= old.metadata.namespace
  }

  async #commitUpdate(
    stored: KubeObject,
    draft: DynamicObject,
    old: DynamicObject,
    context: WriteContext,
  ): Promise<DynamicObject> {
    if (this.#isDeletedBy(draft, old)) {
      await removeObject(this, stored, old, context)
      // As upstream: the writer gets back what it sent, watchers the state before, at the deletion's revision.
      return draft
    }
    keepTimes(draft, old)
    if (deepEqual(draft, old)) return old
    if (context.dryRun) return draft
    const name = this.name(old.metadata.namespace ?? '', old.metadata.name ?? '')
    const version = stored.metadata.resourceVersion ?? ''
    const written = this.environment.storage.update(this.definition.storagePrefix, name, this.toStored(draft), version)
    const next = written instanceof Promise ? await written : written
    this.environment.committed(this.definition, next)
    return this.view(next)
  }

  /** The last finalizer of a deleted object is gone: the update is its deletion. */
  #isDeletedBy(draft: DynamicObject, old: DynamicObject): boolean {
    if (!old.metadata.deletionTimestamp || draft.metadata.finalizers?.length) return false
    if ((old.metadata.deletionGracePeriodSeconds ?? 0) !== 0) return false
    return this.definition.hooks.deletesDuringUpdate?.(draft, old) ?? true
  }

  /** Throws 404, 409 on a failed precondition. See delete.ts for what graceful deletion and finalizers make of it. */
  delete(name: string, options: DeleteOptions, request: WriteRequest): Promise<DeleteResult> {
    return deleteObject(this, name, options, request)
  }

  /** Deletes what the list options select, one by one in name order; what is already gone is passed over. Answers the objects as they were listed. */
  async deleteCollection(list: ListOptions, options: DeleteOptions, request: WriteRequest): Promise<StoreList> {
    const selected = this.list(list)
    const objects: DynamicObject[] = []
    for (const object of selected.objects) {
      const { name = '', namespace = '' } = object.metadata
      try {
        await this.delete(name, structuredClone(options), { ...request, namespace, inCollection: true })
        objects.push(object)
      } catch (error) {
        if (!(error instanceof Error && 'reason' in error && error.reason === 'NotFound')) throw error
      }
    }
    return { ...selected, objects }
  }
}

type AdmissionArguments = Parameters<Environment['admission']['admit']>[0]

async function begun(
  result: Finish | undefined | void | Promise<Finish | undefined | void>,
): Promise<Finish | undefined> {
  const finish = result instanceof Promise ? await result : result
  return finish ?? undefined
}

/** Mutating admission sees a new object without what the server gives it. */
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
