/**
 * The life of custom resources: follows CustomResourceDefinitions, grants names, establishes, serves, and cleans up after them. Part of the
 * API server, not a controller: it works without any. Mirrors apiextensions-apiserver/pkg/{apiserver/customresource_handler.go,controller}.
 */

import { deepEqual } from '../../apimachinery/equality.ts'
import { isConflict, isNotFound, isStatusError } from '../../apimachinery/errors.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { Schemas } from '../../apimachinery/schema/schema.ts'
import type { Cursor, Storage } from '../../storage/interface.ts'
import { ChangeLoop, ChangeSign } from '../change-loop.ts'
import type { InternalWriter, ResourceDefinition } from '../definition.ts'
import { type Environment, SYSTEM_USER, type WriteRequest } from '../environment.ts'
import type { Outbound } from '../outbound.ts'
import { approvalCondition } from './approval.ts'
import {
  CLEANUP_FINALIZER,
  type Condition,
  CRD_PREFIX,
  CRDS,
  type CustomResourceDefinition,
  conditionOf,
  isTrue,
  storageVersion,
  withCondition,
} from './crd.ts'
import { defineCustomResource } from './custom-definition.ts'
import { claimNames } from './naming.ts'

/** What it needs of the registry. */
export interface ServingRegistry extends Environment {
  readonly storage: Storage
  readonly schemas: Schemas
  readonly writer: InternalWriter
  readonly outbound?: Outbound | undefined
  lookup(group: string, version: string, resource: string): InstanceStore | undefined
  store(groupResource: string): InstanceStore
  serveCustom(groupResource: string, definitions: readonly ResourceDefinition[]): void
}

interface InstanceStore {
  delete(name: string, options: object, request: WriteRequest): Promise<unknown>
}

interface Served {
  groupResource: string
  spec: unknown
  names: unknown
  terminating: boolean
  definitions: ResourceDefinition[]
}

export class CustomResources {
  readonly #registry: ServingRegistry
  readonly #served = new Map<string, Served>()
  readonly #loop: ChangeLoop
  readonly #sign: ChangeSign

  constructor(registry: ServingRegistry) {
    this.#registry = registry
    this.#loop = new ChangeLoop(registry.clock, () => this.#reconcileAll())
    this.#sign = new ChangeSign(registry.storage, () => this.#loop.wake())
  }

  /** Serves at once what storage holds as established (a restart), and follows from there. */
  start(): void {
    this.#sign.follow(CRD_PREFIX)
    this.#serveAll()
    if (this.#definitions().length > 0) this.#loop.wake()
  }

  stop(): void {
    this.#loop.stop()
    this.#sign.close()
  }

  /** Resolves when every definition has the conditions, and is served as, its spec asks for. */
  idle(): Promise<void> {
    return this.#loop.idle()
  }

  get isIdle(): boolean {
    return this.#loop.isIdle
  }

  #definitions(): CustomResourceDefinition[] {
    return this.#registry.storage.list(CRD_PREFIX).objects as CustomResourceDefinition[]
  }

  async #reconcileAll(): Promise<void> {
    this.#sign.read()
    this.#serveAll()
    for (const { metadata } of this.#definitions()) {
      try {
        await this.#reconcile(metadata.name ?? '')
      } catch (error) {
        if (!isStatusError(error)) throw error
        // Another write came in between: look again. Anything else is up to the definition, whose next change brings us back.
        if (isConflict(error) || isNotFound(error)) this.#loop.wake()
      }
    }
    this.#serveAll()
  }

  async #reconcile(name: string): Promise<void> {
    let crd = this.#find(name)
    if (!crd) return
    if (!deepEqual(crd.spec.names, crd.status.acceptedNames)) crd = await this.#name(crd)
    const approval = crd && approvalCondition(crd)
    if (crd && approval) crd = await this.#conclude(crd, approval)
    if (crd && isTrue(crd, 'NamesAccepted') && !isTrue(crd, 'Established')) crd = await this.#establish(crd)
    if (crd?.metadata.deletionTimestamp && crd.metadata.finalizers?.includes(CLEANUP_FINALIZER)) {
      await this.#cleanUp(crd)
    }
  }

  #find(name: string): CustomResourceDefinition | undefined {
    return this.#registry.storage.get(CRD_PREFIX, name) as CustomResourceDefinition | undefined
  }

  async #name(crd: CustomResourceDefinition): Promise<CustomResourceDefinition | undefined> {
    const others = this.#definitions().filter(
      ({ spec, metadata }) => spec.group === crd.spec.group && metadata.name !== crd.metadata.name,
    )
    const { acceptedNames, namesAccepted, established } = claimNames(crd, others)
    const old = conditionOf(crd, 'NamesAccepted')
    const unchanged = old?.status === namesAccepted.status && old.message === namesAccepted.message
    if (unchanged && deepEqual(acceptedNames, crd.status.acceptedNames)) return crd
    // A name may have become free for another definition.
    this.#loop.wake()
    return this.#writeStatus(crd, (draft, now) => {
      draft.status.acceptedNames = acceptedNames
      draft.status.conditions = withCondition(draft, namesAccepted, now)
      draft.status.conditions = withCondition(draft, established, now)
    })
  }

  #establish(crd: CustomResourceDefinition): Promise<CustomResourceDefinition | undefined> {
    // Served first: who sees the condition can use the resource.
    this.#serve(crd)
    const condition = {
      type: 'Established',
      status: 'True',
      reason: 'InitialNamesAccepted',
      message: 'the initial names have been accepted',
    }
    return this.#conclude(crd, condition)
  }

  #conclude(crd: CustomResourceDefinition, condition: Condition): Promise<CustomResourceDefinition | undefined> {
    return this.#writeStatus(crd, (draft, now) => {
      draft.status.conditions = withCondition(draft, condition, now)
    })
  }

  /** Deletes the instances, and lets the definition go when none is left. */
  async #cleanUp(crd: CustomResourceDefinition): Promise<void> {
    const terminating = (status: string, reason: string, message: string) => ({
      type: 'Terminating',
      status,
      reason,
      message,
    })
    const begun = terminating('True', 'InstanceDeletionInProgress', 'CustomResource deletion is in progress')
    if (conditionOf(crd, 'Terminating')?.reason !== begun.reason) {
      await this.#writeStatus(crd, (draft, now) => {
        draft.status.conditions = withCondition(draft, begun, now)
      })
    }
    const established = isTrue(crd, 'Established')
    if (established && !(await this.#deleteInstances(crd))) return
    const done = established
      ? terminating('False', 'InstanceDeletionCompleted', 'removed all instances')
      : terminating('False', 'NeverEstablished', 'resource was never established')
    await this.#writeStatus(crd, (draft, now) => {
      draft.status.conditions = withCondition(draft, done, now)
      draft.metadata.finalizers = draft.metadata.finalizers?.filter((one) => one !== CLEANUP_FINALIZER)
    })
  }

  /** False: some wait for their finalizers. Their going wakes nobody, so storage is watched for it. */
  async #deleteInstances(crd: CustomResourceDefinition): Promise<boolean> {
    const { group } = crd.spec
    const { plural } = crd.status.acceptedNames
    const prefix = `/registry/${group}/${plural}/`
    const { storage } = this.#registry
    // As upstream, in the version they are stored in: no webhook has to work for this.
    const stored = this.#registry.lookup(group, storageVersion(crd) ?? '', plural)
    const store = stored ?? this.#registry.store(`${plural}.${group}`)
    for (const { metadata } of storage.list(prefix).objects) {
      if (metadata.deletionTimestamp) continue
      try {
        const { name = '', namespace = '' } = metadata
        await store.delete(name, {}, { namespace, user: SYSTEM_USER, internal: true })
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    }
    if (storage.count(prefix) === 0) return true
    const cursor: Cursor = storage.watch(prefix, {
      fromRevision: storage.revision,
      wake: () => {
        cursor.close()
        this.#loop.wake()
      },
    })
    return false
  }

  async #writeStatus(
    crd: CustomResourceDefinition,
    change: (draft: CustomResourceDefinition, now: number) => void,
  ): Promise<CustomResourceDefinition | undefined> {
    const name = crd.metadata.name ?? ''
    await this.#registry.writer.update(
      CRDS,
      '',
      name,
      (old) => {
        const draft = structuredClone(old) as unknown as CustomResourceDefinition
        change(draft, this.#registry.clock.now())
        return draft as unknown as DynamicObject
      },
      'status',
      'kube-apiserver',
    )
    return this.#find(name)
  }

  /** Brings what is served in line with storage. */
  #serveAll(): void {
    const present = new Set<string>()
    for (const crd of this.#definitions()) {
      if (!isTrue(crd, 'Established')) continue
      present.add(crd.metadata.uid ?? '')
      this.#serve(crd)
    }
    for (const [uid, served] of this.#served) {
      if (present.has(uid)) continue
      this.#served.delete(uid)
      this.#registry.serveCustom(served.groupResource, [])
      for (const definition of served.definitions) this.#registry.schemas.removeCustom(definition)
    }
  }

  #serve(crd: CustomResourceDefinition): void {
    const uid = crd.metadata.uid ?? ''
    const terminating = crd.metadata.deletionTimestamp !== undefined
    const names = crd.status.acceptedNames
    const old = this.#served.get(uid)
    if (old && old.terminating === terminating && deepEqual(old.spec, crd.spec) && deepEqual(old.names, names)) return
    for (const definition of old?.definitions ?? []) this.#registry.schemas.removeCustom(definition)
    const definitions = defineCustomResource(crd, this.#registry.schemas, this.#registry)
    const groupResource = `${names.plural}.${crd.spec.group}`
    this.#served.set(uid, { groupResource, spec: crd.spec, names, terminating, definitions })
    this.#registry.serveCustom(groupResource, definitions)
  }
}
