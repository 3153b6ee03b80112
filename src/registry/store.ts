/**
 * The one generic store: what every verb means, for every resource, built-in or custom. Mirrors apiserver/pkg/registry/generic/registry/store.go.
 *
 * No method waits unless admission, allocation or the storage engine does: on the memory engine a whole write runs within one turn of the event loop.
 */

import { deepCopy } from '../apimachinery/equality.ts'
import { newNotFound } from '../apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import { createObject } from './create.ts'
import { decodeValue, schemaOf, zeroOf } from './decode.ts'
import type { ResourceDefinition } from './definition.ts'
import { type DeleteOptions, type DeleteResult, deleteObject } from './delete.ts'
import type { Environment, WriteRequest } from './environment.ts'
import { type ListOptions, listObjects, type StoreList } from './list.ts'
import type { ObjectStore } from './object-store.ts'
import { unconverted } from './unconverted.ts'
import { type UpdateResult, updateObject } from './update.ts'
import { type WatchOptions, type WatchStream, watchObjects } from './watch.ts'
import { whenConverted } from './when-converted.ts'

export type { StoreList } from './list.ts'
export type { UpdateResult } from './update.ts'

const NARROW_DOORS: ReadonlySet<string> = new Set(['status', 'binding'])

export class Store implements ObjectStore {
  readonly definition: ResourceDefinition
  readonly environment: Environment
  /** How 404s and conflicts name it. */
  readonly qualified: { group: string; resource: string }
  #empty: DynamicObject | undefined
  #unconverted: ObjectStore | undefined
  /** Objects as this door shows them, kept beside the stored ones: the same object always gives the same view (and so the same bytes). */
  #views: WeakMap<KubeObject, DynamicObject> | undefined
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

  /**
   * As `decode`, of what somebody made of `old`. Doors that write little change nothing else of the draft in place: it shares with `old` what is
   * the same, and whoever compares the two sees so at once.
   */
  decodeChange(value: KubeObject, old: DynamicObject | undefined, subresource = ''): DynamicObject {
    if (!old || !NARROW_DOORS.has(subresource)) return this.decode(value)
    return schemaOf(this.environment, this.definition).decodeChange(value, old, this.environment.clock)
  }

  /** A stored object as this resource's version shows it. Shared and immutable. */
  view(stored: KubeObject): DynamicObject {
    const { conversion, defaultOnRead } = this.definition.hooks
    if (!conversion && !defaultOnRead) return stored as DynamicObject
    this.#views ??= new WeakMap()
    let view = this.#views.get(stored)
    if (!view) {
      view = conversion ? conversion.fromStored(stored as DynamicObject) : (stored as DynamicObject)
      if (defaultOnRead) view = defaultOnRead(view)
      this.#views.set(stored, view)
    }
    return view
  }

  /** The same objects as they are stored, whatever their version: for what looks at metadata only and cannot wait. */
  get unconverted(): ObjectStore {
    if (!this.definition.hooks.conversion?.require) return this
    this.#unconverted ??= unconverted(this)
    return this.#unconverted
  }

  /** What goes into storage. */
  toStored(object: DynamicObject): DynamicObject {
    return this.definition.hooks.conversion?.toStored(object) ?? object
  }

  /** The kind with nothing set, as Go prints it: `{spec: {containers: null}, status: {}}`. A fresh copy. */
  zero(): DynamicObject {
    return deepCopy(this.empty())
  }

  /** What a new object is compared with. */
  empty(): DynamicObject {
    this.#empty ??= zeroOf(this.environment, this.definition)
    return this.#empty
  }

  /** Throws 404. */
  get(namespace: string, name: string): DynamicObject {
    const found = this.find(namespace, name)
    if (!found) throw newNotFound(this.qualified, name)
    return found
  }

  /** Throws ConversionNeeded, as `get`, `list` and `view` do. */
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
  create(draft: DynamicObject, request: WriteRequest): Promise<DynamicObject> {
    return createObject(this, draft, request)
  }

  /**
   * PUT, PATCH and writes of status are all this: `change` makes the next object from the present one (a draft of its own; undefined when there is
   * none and the kind allows creation by PUT, or `createIfAbsent` says so). Called again when another write came in between. An equal result
   * keeps its resourceVersion and makes no event.
   */
  update(
    name: string,
    change: (old: DynamicObject | undefined) => DynamicObject | Promise<DynamicObject>,
    request: WriteRequest,
    options: { createIfAbsent?: boolean } = {},
  ): Promise<UpdateResult> {
    return updateObject(this, name, change, request, options)
  }

  /** Throws 404, 409 on a failed precondition. See delete.ts for what graceful deletion and finalizers make of it. */
  delete(name: string, options: DeleteOptions, request: WriteRequest): Promise<DeleteResult> {
    return deleteObject(this, name, options, request)
  }

  /** Deletes what the list options select, one by one in name order; what is already gone is passed over. Answers the objects as they were listed. */
  async deleteCollection(list: ListOptions, options: DeleteOptions, request: WriteRequest): Promise<StoreList> {
    const selected = await whenConverted(() => this.list(list))
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
