/** The controllers' Client and WatchSource on the registry in this process: the same stores as HTTP, without HTTP or JSON in between. */
import { isStatusError, newBadRequest, newForbidden, newServiceUnavailable } from './apimachinery/errors.ts'
import { formatSelectorObject } from './apimachinery/labels.ts'
import type { DynamicObject, KubeObject } from './apimachinery/meta.ts'
import { applyJsonPatch } from './apimachinery/patch/json.ts'
import { applyMergePatch } from './apimachinery/patch/merge.ts'
import { applyStrategicMergePatch } from './apimachinery/patch/strategic.ts'
import type { JsonMap } from './apimachinery/patch/values.ts'
import type { Client, InformerEvent, PatchType, ServedResource, WatchSource } from './controllers/client.ts'
import { type AccessAttributes, refusal } from './registry/authorization/authorizer.ts'
import { decodeMerged, schemaOf, zeroOf } from './registry/decode.ts'
import type { ResourceDefinition, UserInfo } from './registry/definition.ts'
import type { WriteRequest } from './registry/environment.ts'
import { listObjects } from './registry/list.ts'
import { applyFields } from './registry/managed-fields.ts'
import type { ObjectStore } from './registry/object-store.ts'
import type { Registry } from './registry/registry.ts'
import type { Store } from './registry/store.ts'
import { createSubresource } from './registry/subresource.ts'
import { impersonated } from './registry/user.ts'
import { watchObjects } from './registry/watch.ts'
import { whenConverted } from './registry/when-converted.ts'

/**
 * `user`: who the writes are said to come from; `fieldManager`: as what they are noted in managedFields; `ended`: from then on every call
 * fails with 503.
 */
export function createLocalClient(
  registry: Registry,
  user: UserInfo,
  fieldManager = 'kubemu',
  ended?: AbortSignal,
): Client {
  const storeOf = (resource: string): Store => {
    if (ended?.aborted) throw newServiceUnavailable('the cluster is closed')
    return registry.store(resource)
  }

  const request = (namespace: string, subresource = ''): WriteRequest => ({
    namespace,
    user,
    subresource,
    fieldManager,
  })

  async function write<T extends KubeObject>(resource: string, object: T, subresource: string): Promise<T> {
    const store = storeOf(resource)
    requireKind(store, object)
    const { name = '' } = object.metadata
    const next = (old: DynamicObject | undefined): DynamicObject => store.decodeChange(object, old, subresource)
    return (await store.update(name, next, request(namespaceOf(store, object), subresource))).object as KubeObject as T
  }

  return {
    async create(resource, object) {
      const store = storeOf(resource)
      requireKind(store, object)
      const draft = store.decode(object)
      return (await store.create(draft, request(namespaceOf(store, object)))) as never
    },
    update: (resource, object) => write(resource, object, ''),
    updateStatus: (resource, object) => write(resource, object, 'status'),
    async modify(resource, namespace, name, change, options = {}) {
      const store = storeOf(resource)
      const next = (old: DynamicObject | undefined): DynamicObject => {
        const changed = change(old as never) as KubeObject as DynamicObject
        return changed === old ? changed : store.decodeChange(changed, old, options.subresource)
      }
      return (await store.update(name, next, request(namespace, options.subresource))).object as never
    },
    as(username) {
      const other = impersonated(username)
      const client = createLocalClient(registry, other, fieldManager, ended)
      return {
        async create(resource, object) {
          const store = storeOf(resource)
          // As of a POST to the collection: rules for objects by name do not allow it.
          requireAccess(registry, { user: other, verb: 'create', namespace: namespaceOf(store, object) }, store)
          return client.create(resource, object)
        },
        async patch(resource, namespace, name, type, patch, options = {}) {
          const { subresource } = options
          requireAccess(registry, { user: other, verb: 'patch', namespace, name, subresource }, storeOf(resource))
          return client.patch(resource, namespace, name, type, patch, options)
        },
      }
    },
    async patch(resource, namespace, name, type, patch, options = {}) {
      const store = storeOf(resource)
      if (type === 'apply') {
        const own = { ...request(namespace, options.subresource), managesFields: true }
        return (await store.update(name, applyFunction(registry, store, patch as DynamicObject, own), own))
          .object as never
      }
      const change = patchFunction(registry, store, type)
      const next = (old: DynamicObject | undefined): DynamicObject => store.decode(change(old as never, patch) as never)
      return (await store.update(name, next, request(namespace, options.subresource))).object as never
    },
    async createSubresource(resource, namespace, name, subresource, body) {
      const context = registry.writeContext(request(namespace, subresource))
      return createSubresource(storeOf(resource), namespace, name, body as DynamicObject, context)
    },
    async delete(resource, namespace, name, options = {}) {
      await storeOf(resource).delete(name, options, request(namespace))
    },
    async get(resource, namespace, name) {
      return whenConverted(() => storeOf(resource).get(namespace, name)) as never
    },
    async list(resource, options = {}) {
      const labelSelector = options.labelSelector && formatSelectorObject(options.labelSelector)
      const { namespace = '' } = options
      return (await whenConverted(() => storeOf(resource).list({ namespace, labelSelector }))).objects as never
    },
  }
}

/** Where it is to be written: what is of the cluster has no namespace, whatever it says. */
const namespaceOf = ({ definition }: Store, { metadata }: KubeObject): string =>
  (definition.namespaced && metadata.namespace) || ''

/** Throws 403. */
function requireAccess(registry: Registry, attributes: AccessAttributes, { definition, qualified }: Store): void {
  const { group, version, resource } = definition
  const full = { ...attributes, group, version, resource }
  const { allowed, reason } = registry.authorizer.authorize(full)
  if (!allowed) throw newForbidden(qualified, attributes.name ?? '', [refusal(full), reason].filter(Boolean).join(': '))
}

/** What types cannot hold: tests may be JavaScript, and a resource's name is a string. Throws 400. */
function requireKind({ definition }: Store, object: KubeObject): void {
  const { apiVersion, kind, groupResource } = definition
  const given = object as Partial<KubeObject> | null | undefined
  if (typeof given?.metadata !== 'object' || given.metadata === null) {
    throw newBadRequest(`an object of ${groupResource} is needed, with metadata`)
  }
  const saysSo = (given.apiVersion ?? apiVersion) === apiVersion && (given.kind ?? kind) === kind
  if (!saysSo) {
    throw newBadRequest(
      `${groupResource} are ${apiVersion} ${kind}, and the object is ${given.apiVersion} ${given.kind}`,
    )
  }
}

function patchFunction(
  registry: Registry,
  { definition }: Store,
  type: PatchType,
): (old: JsonMap, patch: unknown) => unknown {
  if (type === 'json') return applyJsonPatch
  if (type === 'merge') return applyMergePatch
  if (definition.custom) throw newBadRequest('a strategic merge patch needs types that the server knows')
  const model = schemaOf(registry, definition).node.name
  return (old, patch) => applyStrategicMergePatch(old, patch, model, registry.lookupType)
}

/** Server-side apply to the object itself or its status; conflicts are forced. */
function applyFunction(registry: Registry, store: Store, config: DynamicObject, request: WriteRequest) {
  const { definition } = store
  if (request.subresource && request.subresource !== 'status')
    throw newBadRequest('what is applied is an object or its status')
  const zero = zeroOf(registry, definition)
  return (old: DynamicObject | undefined): DynamicObject => {
    const { object } = applyFields(store, definition, old ?? zero, zero, config, request, true)
    return decodeMerged(registry, definition, object)
  }
}

const INFORMER_TYPES = { ADDED: 'added', MODIFIED: 'updated', DELETED: 'deleted' } as const

export function createWatchSource(registry: Registry): WatchSource {
  return {
    watch(resource, wake) {
      // Controllers look at metadata of custom resources, and cannot wait for a webhook.
      const store = registry.store(resource).unconverted
      const resourceVersion = String(registry.storage.revision)
      const stream = watchObjects(store, { namespace: '', resourceVersion, wake })
      let isFirst = true
      return {
        read() {
          // As it was before the first change, however long ago the watch was opened: what lies further back may be forgotten.
          const events = isFirst ? presentAt(store, String(stream.revision)) : []
          isFirst = false
          if (!events) return undefined
          for (let event = stream.next(); event; event = stream.next()) {
            if (event.type === 'ERROR') return undefined
            if (event.type === 'BOOKMARK') continue
            events.push({ type: INFORMER_TYPES[event.type], object: event.object as KubeObject })
          }
          return events
        },
        close: () => stream.close(),
      }
    },
    held: () => new Set(resourcesAt(registry, registry.storage.prefixes())),
    onHeld: (callback) => registry.storage.onHeld((prefix) => resourcesAt(registry, [prefix]).forEach(callback)),
    resources: () => servedResources(registry),
    onResourcesChanged: (callback) => registry.onChange(callback),
  }
}

/** Undefined: forgotten. */
function presentAt(store: ObjectStore, resourceVersion: string): InformerEvent[] | undefined {
  try {
    const { objects } = listObjects(store, { namespace: '', resourceVersion, resourceVersionMatch: 'Exact' })
    return objects.map((object) => ({ type: 'added', object: object as KubeObject }))
  } catch (error) {
    if (isStatusError(error, 'Expired')) return undefined
    throw error
  }
}

function resourcesAt(registry: Registry, prefixes: readonly string[]): string[] {
  const at = new Set(prefixes)
  return registry.definitions().flatMap((each) => (at.has(each.storagePrefix) ? [each.groupResource] : []))
}

/** One row a group and resource, in the preferred version. */
function servedResources(registry: Registry): ServedResource[] {
  return registry
    .definitions()
    .filter((definition) => registry.store(definition.groupResource).definition === definition)
    .map(servedResource)
}

/** Clusters share definitions. */
const served = new WeakMap<ResourceDefinition, ServedResource>()

function servedResource(definition: ResourceDefinition): ServedResource {
  let row = served.get(definition)
  if (row === undefined) {
    const { groupResource: name, group, version, kind, namespaced, verbs } = definition
    row = { name, group, version, kind, namespaced, verbs }
    served.set(definition, row)
  }
  return row
}
