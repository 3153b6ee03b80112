/** What a resource is: facts from the data file plus, where a kind has behaviour of its own, hooks. Mirrors rest.RESTCreateStrategy and its siblings. */
import type { Clock } from '../apimachinery/clock.ts'
import type { FieldError } from '../apimachinery/field-error.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { Random } from '../apimachinery/random.ts'
import type { ResourceFact } from '../apimachinery/schema/facts.ts'
import type { MaybePromise } from '../storage/interface.ts'
import type { Authorizer } from './authorization/authorizer.ts'
import type { PortClaims } from './core/port-claims.ts'
import type { UserInfo } from './user.ts'

export type { UserInfo }

/** Live reads of other resources, for hooks and admission. `resource` is `pods` or `deployments.apps`. Objects are shared: do not change them. */
export interface Reader {
  get<T extends KubeObject = DynamicObject>(resource: string, namespace: string, name: string): T | undefined
  list<T extends KubeObject = DynamicObject>(resource: string, namespace?: string): T[]
}

/** Writes on behalf of the server itself (allocation records and the like): same rules, same revision order. */
export interface InternalWriter {
  create(resource: string, object: KubeObject): Promise<KubeObject>
  update(
    resource: string,
    namespace: string,
    name: string,
    change: (old: DynamicObject) => DynamicObject,
    subresource?: string,
    /** Absent: nobody owns what is written. */
    fieldManager?: string,
  ): Promise<KubeObject>
  delete(resource: string, namespace: string, name: string, options?: InternalDeleteOptions): Promise<void>
}

export interface InternalDeleteOptions {
  gracePeriodSeconds?: number
  preconditions?: { uid?: string; resourceVersion?: string }
}

export interface ClusterSettings {
  /** First address is the `kubernetes` Service's. */
  serviceCidr: string
  nodePortRange: { from: number; to: number }
}

/** Signs service account tokens; made from the cluster's key (core/service-account-token.ts). */
export interface TokenSigner {
  readonly issuer: string
  /** What a token is for when the request does not say. */
  readonly audiences: readonly string[]
  /** `iss` of the claims, if they have it, is in place of this signer's. */
  sign(claims: Record<string, unknown>): Promise<string>
  /** The claims of a token that this key signed; rejects with what is wrong with the signature. Times are not looked at. */
  verify(token: string): Promise<Record<string, unknown>>
  /** The public half as a JSON Web Key, for `/openid/v1/jwks`. */
  publicKey(): Record<string, unknown>
}

/** The options of a write as its client gave them, without kind and version: what admission is shown of them. */
export interface OperationOptions {
  dryRun?: string[]
  fieldManager?: string
  fieldValidation?: string
  gracePeriodSeconds?: number
  preconditions?: { uid?: string; resourceVersion?: string }
  propagationPolicy?: string
  orphanDependents?: boolean
}

/** What every hook of one write is given. */
export interface WriteContext {
  readonly reader: Reader
  readonly writer: InternalWriter
  readonly clock: Clock
  readonly random: Random
  readonly user: UserInfo
  readonly dryRun: boolean
  /**
   * The server's own write, part of one that was admitted already.
   * DEVIATION(internal-writes): webhooks and policies are not asked about any of these.
   */
  readonly internal?: boolean
  /** Absent: none were given. */
  readonly options?: OperationOptions | undefined
  /** '' for the main resource. */
  readonly subresource: string
  /** Cluster-wide settings that some kinds allocate from. */
  readonly settings: ClusterSettings
  /** Node ports of writes under way in all processes; absent: this one is alone with its storage. */
  readonly portClaims?: PortClaims | undefined
  /** Absent: token requests are answered as not supported. */
  readonly tokens?: TokenSigner
  /** May somebody do something; access reviews answer by it too. */
  readonly authorizer: Authorizer
  /** Adds a `Warning: 299` header to the answer. */
  warn(message: string): void
}

/**
 * Keeps or undoes what `begin` reserved. Called once: true after the commit, false when the write failed or was a dry run, undefined when storage
 * did not say whether it was done.
 */
export type Finish = (committed: boolean | undefined) => MaybePromise<void>

export type Cell = string | number | boolean | null | object

export interface RowCondition {
  type: string
  status: string
  reason: string
  message: string
}

export interface RowContext {
  /** Milliseconds since the epoch: ages are counted to it. */
  now: number
  /** The objects of the list that is printed. Absent: one object alone. */
  list?: readonly DynamicObject[]
}

/**
 * A kind's own behaviour. Every hook is optional; omitting it means what Kubernetes does by default. Order of one create: defaults
 * (schema) -> internalize -> mutating admission -> prepareForCreate -> begin -> validate -> warnings -> canonicalize -> validating admission -> storage ->
 * finish. Hooks get a draft of their own: `prepare*`, `begin` and `canonicalize` may change it in place, nothing else may. `old` is
 * never changed.
 */
export interface ResourceHooks<T extends KubeObject = DynamicObject> {
  /** Messages of upstream's name validation; default: DNS subdomain. `prefix`: the name is a generateName. */
  validateName?(name: string, prefix: boolean): string[]
  /** What upstream's conversion changes in an object as it comes in, before anyone owns its fields and before admission. In place. */
  internalize?(object: T): void
  prepareForCreate?(object: T, context: WriteContext): void
  /** After the fields that this door resets were taken from `old` (facts: resetFields) and before generation is compared. */
  prepareForUpdate?(object: T, old: T, context: WriteContext): void
  /** May reserve (addresses, ports); what it reserved is kept or undone by the answer. */
  begin?(object: T, old: T | undefined, context: WriteContext): MaybePromise<Finish | undefined | void>
  validate?(object: T, context: WriteContext): FieldError[]
  /** On create: what upstream looks at before metadata. */
  validateFirst?(object: T): FieldError[]
  /** Upstream's own validation of new objects leaves metadata alone: it is checked when nothing else is wrong. */
  metadataLast?: boolean
  /** Instead of `validate` on updates: call it inside where upstream does. Metadata is checked by the store. */
  validateUpdate?(object: T, old: T, context: WriteContext): FieldError[]
  warnings?(object: T, old: T | undefined, context: WriteContext): string[]
  canonicalize?(object: T): void
  /** Default where generation is kept: anything but metadata and status differs. */
  generationChanges?(object: T, old: T): boolean
  /** Graceful deletion: answers the seconds to wait (0: at once, after being marked). Absent: not graceful. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number
  /** Refuses or prepares a deletion before anything else of it happens; throws a StatusError. */
  beforeDelete?(object: T, context: WriteContext): MaybePromise<void>
  /** Changes the draft of an object that deletion marks and leaves behind, for its finalizers or `deletesDuringUpdate` (namespaces: the phase). */
  prepareForDelete?(object: T, context: WriteContext): void
  /** Warnings for a client that deletes one object. */
  deleteWarnings?(options: { propagationPolicy?: string; orphanDependents?: boolean }): string[]
  /** After the object is gone from storage (not in a dry run): releases what it held. */
  afterDelete?(object: T, context: WriteContext): MaybePromise<void>
  /** Whether a deleted object without finalizers goes, at once or by an update; namespaces look at spec.finalizers too. */
  deletesDuringUpdate?(object: T, old: T): boolean
  /** Value of a matched field key beyond metadata.name and metadata.namespace; absent field: ''. */
  selectableFields?: Record<string, (object: T) => string>
  /** Cells in the order of the facts' columns. Default: by the column's meaning (Name, Age, Created At). */
  row?(object: T, context: RowContext): Cell[]
  /** What the row says about the object besides its cells: kubectl hides completed ones on demand. Default: nothing. */
  rowConditions?(object: T): RowCondition[]
  /** Order of a list's rows in a table, where it is not that of the list. */
  compareRows?(a: T, b: T): number
  /** The kind is deprecated: what every request for it is warned with. */
  deprecation?: string
  /** Applied to objects as they leave storage: kinds that default on read. Pure; answers the same object when nothing changes. */
  defaultOnRead?(object: T): T
  subresources?: Record<string, Subresource<T>>
  /** The kind is stored under another version (facts: storedAs): how to go there and back. Pure. */
  conversion?: Conversion<T>
  /** The resource is not stored: create answers (review kinds), get and list compute (componentstatuses). */
  virtual?: VirtualResource
}

export interface Conversion<T extends KubeObject = DynamicObject> {
  toStored(object: T): DynamicObject
  fromStored(stored: DynamicObject): T
  /** Where another process converts: throws ConversionNeeded for all of these at once, as the other two do for one. */
  require?(stored: readonly DynamicObject[]): void
}

/** A door to the same stored object. Which fields it resets is a fact; what is left to say is here. */
export interface Subresource<T extends KubeObject = DynamicObject> {
  /** Fields taken from the old object, where they are not those that the facts say are reset (which apply goes by). */
  resets?: readonly string[]
  /** Update and patch through this door (status, approval, finalize, resize, ephemeralcontainers). Instead of the main hooks. */
  prepareForUpdate?(object: T, old: T, context: WriteContext): void
  validateUpdate?(object: T, old: T, context: WriteContext): FieldError[]
  warnings?(object: T, old: T, context: WriteContext): string[]
  /** The door shows another kind (scale): how it is read from the object, and how a new one changes it. Both pure. */
  projection?: Projection<T>
  /** POST (binding, eviction, token): does its work through the context and answers the body to send. */
  create?(name: string, namespace: string, body: DynamicObject, context: WriteContext): Promise<KubeObject>
}

export interface Projection<T extends KubeObject = DynamicObject> {
  read(object: T): DynamicObject
  /** What an update begins with, where that is not what a reader is shown. */
  start?(object: T): DynamicObject
  write(view: DynamicObject, old: T): T
  validate?(view: DynamicObject, old: DynamicObject): FieldError[]
}

export interface VirtualResource {
  create?(object: DynamicObject, namespace: string, context: WriteContext): MaybePromise<DynamicObject>
  get?(namespace: string, name: string, context: WriteContext): MaybePromise<DynamicObject | undefined>
  list?(namespace: string | undefined, context: WriteContext): MaybePromise<DynamicObject[]>
}

/** A row of THE TABLE before its facts are looked up. */
export interface ResourceRow {
  group: string
  version: string
  resource: string
  // biome-ignore lint/suspicious/noExplicitAny: hooks are typed where they are written; the table mixes kinds
  hooks: ResourceHooks<any>
}

/** What only custom resources have, for documents (discovery, OpenAPI) and lists. */
export interface CustomResourceDocument {
  /** Kind of its list. */
  listKind: string
  /** `openAPIV3Schema` of this version, as the definition states it. */
  schema?: Record<string, unknown>
  /** No new ones: the definition is being deleted. */
  terminating?: boolean
}

/** A served resource: facts and hooks together. Built-ins get theirs from the table, custom resources at run time. */
export interface ResourceDefinition extends ResourceFact {
  hooks: ResourceHooks
  /** `deployments.apps`: how messages name it. */
  groupResource: string
  /** `apps/v1` */
  apiVersion: string
  /** A custom resource: known only since its definition was created. */
  custom?: CustomResourceDocument
  /** `/registry/deployments/` */
  storagePrefix: string
}

/** One row: `v1` or `apps/v1`, the resource as in the URL, and what is special about it. */
export function defineResource<T extends KubeObject = DynamicObject>(
  apiVersion: string,
  resource: string,
  hooks: ResourceHooks<T> = {},
): ResourceRow {
  const slash = apiVersion.indexOf('/')
  return { group: slash < 0 ? '' : apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1), resource, hooks }
}
