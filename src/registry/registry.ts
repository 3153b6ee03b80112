/** Everything served, in one place: a store for each resource, and what all stores share. Mirrors the composition in kubernetes pkg/controlplane. */
import type { Clock } from '../apimachinery/clock.ts'
import { newPathNotFound } from '../apimachinery/errors.ts'
import type { DynamicObject, KubeObject } from '../apimachinery/meta.ts'
import type { Random } from '../apimachinery/random.ts'
import type { Facts, GroupFact, ResourceFact, TypeFact } from '../apimachinery/schema/facts.ts'
import type { Schemas } from '../apimachinery/schema/schema.ts'
import type { Storage } from '../storage/interface.ts'
import { type AdmissionChain, createAdmissionChain } from './admission/admission.ts'
import type { AdmissionSelection } from './admission/selection.ts'
import { CustomResources } from './apiextensions/custom-resources.ts'
import { compareVersions } from './apiextensions/versions.ts'
import { Aggregation } from './apiregistration/aggregation.ts'
import type { RemoteApi } from './apiregistration/apiservice.ts'
import { withRemoteGroups } from './apiregistration/remote-groups.ts'
import { ALLOW_ALL, type AuthorizationMode, type Authorizer } from './authorization/authorizer.ts'
import { createRbacAuthorizer } from './authorization/rbac-authorizer.ts'
import { type PortClaims, portClaims } from './core/port-claims.ts'
import type {
  ClusterSettings,
  InternalWriter,
  Reader,
  ResourceDefinition,
  ResourceRow,
  TokenSigner,
  WriteContext,
} from './definition.ts'
import { definitionsOf } from './definitions.ts'
import { type Environment, SYSTEM_USER, type WriteRequest } from './environment.ts'
import { Expiry } from './expiry.ts'
import { listObjects } from './list.ts'
import type { Outbound } from './outbound.ts'
import { Store } from './store.ts'

export interface RegistryOptions {
  facts: Facts
  schemas: Schemas
  rows: readonly ResourceRow[]
  storage: Storage
  clock: Clock
  random: Random
  settings: ClusterSettings
  tokens?: TokenSigner
  /** Which plug-ins run, beside the default ones or without some of them. */
  admission?: AdmissionSelection
  /** Default: everybody may do everything. */
  authorizationMode?: AuthorizationMode
  /** Calls webhooks and extension servers; absent: nobody is called, and what needs it is refused. */
  outbound?: Outbound
}

export class Registry implements Environment {
  readonly facts: Facts
  readonly schemas: Schemas
  readonly storage: Storage
  readonly clock: Clock
  readonly random: Random
  readonly settings: ClusterSettings
  /** Absent: token requests are refused as not supported. */
  readonly tokens: TokenSigner | undefined
  readonly outbound: Outbound | undefined
  readonly admission: AdmissionChain
  readonly authorizer: Authorizer
  readonly reader: Reader
  readonly writer: InternalWriter
  /** Rises when the set of served resources changes: caches of documents compare it. */
  generation = 1
  readonly #listeners = new Set<() => void>()
  readonly #stores = new Map<string, Store>()
  /** `deployments.apps` -> the store of the preferred version. */
  readonly #preferred = new Map<string, Store>()
  readonly #expiry: Expiry
  readonly #portClaims: PortClaims | undefined
  /** What hooks write during a dry run is one too. */
  readonly #dryWriter: InternalWriter
  /** Follows CustomResourceDefinitions and serves what they define. */
  readonly customResources: CustomResources
  /** Follows APIServices: which APIs are those of extension servers. */
  readonly aggregation: Aggregation
  #remoteApis: ReadonlyMap<string, RemoteApi> = new Map()
  #groups: readonly GroupFact[] | undefined

  constructor(options: RegistryOptions) {
    this.facts = options.facts
    this.schemas = options.schemas
    this.storage = options.storage
    this.clock = options.clock
    this.random = options.random
    this.settings = options.settings
    this.tokens = options.tokens
    this.outbound = options.outbound
    this.#portClaims = this.storage.shared ? portClaims(this.storage, this.clock) : undefined
    this.admission = createAdmissionChain(this, options.admission)
    this.reader = {
      get: (resource, namespace, name) => this.store(resource).unconverted.find(namespace, name) as never,
      list: (resource, namespace) => {
        const store = this.store(resource).unconverted
        // Each write asks for quotas, limits and policies, and mostly there is none.
        if (this.storage.count(store.definition.storagePrefix) === 0) return []
        return listObjects(store, { namespace: namespace ?? '' }).objects as never
      },
    }
    this.authorizer = options.authorizationMode === 'RBAC' ? createRbacAuthorizer(this.reader) : ALLOW_ALL
    this.writer = this.#internalWriter(false)
    this.#dryWriter = this.#internalWriter(true)
    this.#expiry = new Expiry(this)
    for (const definition of definitionsOf(options.facts, options.rows)) this.#add(definition)
    this.#expiry.start(this.definitions())
    this.customResources = new CustomResources(this)
    this.customResources.start()
    this.aggregation = new Aggregation(this)
    this.aggregation.start()
  }

  /** In discovery order: built-in groups, then those of custom resources by name. The same array until the served set changes. */
  groups(): readonly GroupFact[] {
    this.#groups ??= withRemoteGroups([...this.facts.groups, ...this.#customGroups()], [...this.#remoteApis.values()])
    return this.#groups
  }

  #customGroups(): GroupFact[] {
    const versions = new Map<string, Set<string>>()
    for (const { group, version, custom } of this.definitions()) {
      if (!custom || this.facts.groups.some(({ name }) => name === group)) continue
      const known = versions.get(group) ?? new Set()
      versions.set(group, known.add(version))
    }
    const byName = [...versions].sort(([a], [b]) => (a < b ? -1 : 1))
    return byName.map(([name, served]) => ({
      name,
      priority: CUSTOM_GROUP_PRIORITY,
      versions: [...served].sort(compareVersions).map((version) => ({ version, priority: CUSTOM_VERSION_PRIORITY })),
    }))
  }

  /** Serves these (one a version, the preferred first) in place of what was served of `groupResource`; none: no longer serves it. */
  serveCustom(groupResource: string, definitions: readonly ResourceDefinition[]): void {
    this.#preferred.delete(groupResource)
    const gone: Store[] = []
    for (const [key, store] of this.#stores) {
      if (!store.definition.custom || store.definition.groupResource !== groupResource) continue
      this.#stores.delete(key)
      gone.push(store)
    }
    for (const definition of definitions) this.#add(definition)
    this.#groups = undefined
    this.generation++
    for (const store of gone) store.retire()
    for (const listener of [...this.#listeners]) listener()
  }

  /** These APIs, and no others, are those of extension servers. */
  serveRemote(apis: readonly RemoteApi[]): void {
    this.#remoteApis = new Map(apis.map((api) => [`${api.group}/${api.version}`, api]))
    this.#groups = undefined
    this.generation++
  }

  get hasRemoteApis(): boolean {
    return this.#remoteApis.size > 0
  }

  readonly remoteApi = (group: string, version: string): RemoteApi | undefined =>
    this.#remoteApis.get(`${group}/${version}`)

  /** A type of the facts by its model name. */
  readonly lookupType = (ref: string): TypeFact => this.facts.types[ref] as TypeFact

  /** In discovery order. */
  definitions(): ResourceDefinition[] {
    return [...this.#stores.values()].map((store) => store.definition)
  }

  /** The definitions' facts, in discovery order. The same array until the served set changes. */
  resourceFacts(): readonly ResourceFact[] {
    return this.definitions()
  }

  lookup(group: string, version: string, resource: string): Store | undefined {
    return this.#stores.get(`${group}/${version}/${resource}`)
  }

  /** By `pods` or `deployments.apps`, in the preferred version. Throws 404, with its name, for what is not served. */
  store(groupResource: string): Store {
    const store = this.#preferred.get(groupResource)
    if (!store) throw newPathNotFound(groupResource)
    return store
  }

  /** By group, version and kind: for bodies that come without a path. */
  storeForKind(apiVersion: string, kind: string): Store | undefined {
    for (const store of this.#stores.values()) {
      if (store.definition.kind === kind && store.definition.apiVersion === apiVersion) return store
    }
    return undefined
  }

  definitionOf(apiVersion: string, kind: string): ResourceDefinition | undefined {
    return this.storeForKind(apiVersion, kind)?.definition
  }

  writeContext(request: WriteRequest): WriteContext {
    return {
      reader: this.reader,
      writer: request.dryRun ? this.#dryWriter : this.writer,
      clock: this.clock,
      random: this.random,
      settings: this.settings,
      portClaims: this.#portClaims,
      tokens: this.tokens,
      authorizer: this.authorizer,
      user: request.user,
      dryRun: request.dryRun ?? false,
      options: request.options,
      internal: request.internal ?? false,
      subresource: request.subresource ?? '',
      warn: request.warn ?? ignoreWarning,
    }
  }

  /** Told of each create and update by the stores, after the commit. */
  committed(definition: ResourceDefinition, stored: KubeObject): void {
    if (definition.ttlSeconds !== undefined) this.#expiry.committed(definition, stored)
  }

  inVersion(definition: ResourceDefinition, apiVersion: string): ResourceDefinition | undefined {
    for (const store of this.#stores.values()) {
      const { definition: other } = store
      if (other.apiVersion === apiVersion && other.storagePrefix === definition.storagePrefix) return other
    }
    return undefined
  }

  equivalents(definition: ResourceDefinition): readonly ResourceDefinition[] {
    return this.definitions().filter(({ storagePrefix }) => storagePrefix === definition.storagePrefix)
  }

  /** Storage was filled, or put back, as a whole: not by writes of the stores. */
  replaced(): void {
    this.#expiry.takeUp()
  }

  /** Calls back after the set of served resources changed. Answers how to stop that. */
  onChange(callback: () => void): () => void {
    this.#listeners.add(callback)
    return () => this.#listeners.delete(callback)
  }

  /** Stops timers. Storage is the caller's to close. */
  close(): void {
    this.#expiry.stop()
    this.customResources.stop()
    this.aggregation.stop()
  }

  #add(definition: ResourceDefinition): void {
    const store = new Store(definition, this)
    this.#stores.set(`${definition.group}/${definition.version}/${definition.resource}`, store)
    const served = this.facts.groups.find((group) => group.name === definition.group)?.versions[0]?.version
    if (!this.#preferred.has(definition.groupResource) || served === definition.version) {
      this.#preferred.set(definition.groupResource, store)
    }
  }

  #internalWriter(dryRun: boolean): InternalWriter {
    const request = (namespace: string, subresource?: string, fieldManager?: string): WriteRequest => ({
      namespace,
      user: SYSTEM_USER,
      subresource,
      ...(fieldManager ? { fieldManager } : {}),
      dryRun,
      internal: true,
    })
    return {
      create: (resource, object) => {
        const store = this.store(resource)
        return store.create(store.decode(object), request(object.metadata.namespace ?? ''))
      },
      update: async (resource, namespace, name, change, subresource, fieldManager) => {
        const store = this.store(resource)
        const next = (old: DynamicObject | undefined): DynamicObject => {
          const changed = change(old as DynamicObject)
          return changed === old ? changed : store.decodeChange(changed, old, subresource)
        }
        return (await store.update(name, next, request(namespace, subresource, fieldManager))).object
      },
      delete: async (resource, namespace, name, options) => {
        await this.store(resource).delete(name, options ?? {}, request(namespace))
      },
    }
  }
}

/** What the API server registers the groups of custom resources with. */
const CUSTOM_GROUP_PRIORITY = 1000
const CUSTOM_VERSION_PRIORITY = 100

function ignoreWarning(): void {}
