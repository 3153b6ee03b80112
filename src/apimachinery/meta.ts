/** The object model every layer shares: KubeObject, ObjectMeta, and the small questions asked of them. Mirrors apimachinery/pkg/apis/meta/v1. */

export interface OwnerReference {
  apiVersion: string
  kind: string
  name: string
  uid: string
  controller?: boolean
  blockOwnerDeletion?: boolean
}

/** Who owns which fields of an object. */
export interface ManagedFieldsEntry {
  manager?: string
  operation?: 'Apply' | 'Update'
  apiVersion?: string
  time?: string
  fieldsType?: string
  fieldsV1?: Record<string, unknown>
  subresource?: string
}

/** What every object has beside what it is for. Fields that the server sets are ignored in what a client sends. */
export interface ObjectMeta {
  name?: string
  generateName?: string
  namespace?: string
  uid?: string
  /** Opaque outside storage; inside, the decimal revision of the last write. */
  resourceVersion?: string
  generation?: number
  /** RFC 3339 with second precision, UTC. */
  creationTimestamp?: string | null
  deletionTimestamp?: string
  deletionGracePeriodSeconds?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  ownerReferences?: OwnerReference[]
  finalizers?: string[]
  managedFields?: ManagedFieldsEntry[]
  selfLink?: string
}

/**
 * Any Kubernetes object. Objects that left storage are immutable by convention (deep-frozen in tests):
 * a writer makes a new object and may share what it did not touch.
 */
export interface KubeObject {
  apiVersion: string
  kind: string
  metadata: ObjectMeta
}

/** An object whose further fields are read by name: what generic code uses where no kind is known. */
export interface DynamicObject extends KubeObject {
  // biome-ignore lint/suspicious/noExplicitAny: the one door for fields of kinds unknown at compile time
  [field: string]: any
}

export interface ListMeta {
  resourceVersion?: string
  continue?: string
  remainingItemCount?: number
}

/** Selects objects by their labels; all that it says must hold. Empty: everything. */
export interface LabelSelector {
  matchLabels?: Record<string, string>
  matchExpressions?: { key: string; operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist'; values?: string[] }[]
}

/** The owner reference with `controller: true`, or undefined. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  const refs = object.metadata.ownerReferences
  if (refs) for (const ref of refs) if (ref.controller === true) return ref
  return undefined
}

/** `namespace/name`, or `name` for cluster-scoped objects. */
export function objectKey({ metadata }: Pick<KubeObject, 'metadata'>): string {
  const { namespace, name } = metadata
  return namespace ? `${namespace}/${name}` : (name ?? '')
}

export interface GroupVersion {
  group: string
  version: string
}

/** Splits `apps/v1` or `v1`. Anything after a second slash stays in the version, as in upstream's ParseGroupVersion error path. */
export function parseGroupVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/')
  return slash < 0
    ? { group: '', version: apiVersion }
    : { group: apiVersion.slice(0, slash), version: apiVersion.slice(slash + 1) }
}

/** `v1` for the core group, `apps/v1` otherwise. */
export function formatGroupVersion({ group, version }: GroupVersion): string {
  return group === '' ? version : `${group}/${version}`
}

/** `pods` for the core group, `deployments.apps` otherwise: how messages and this code name a group resource. */
export function formatGroupResource(group: string, resource: string): string {
  return group === '' ? resource : `${resource}.${group}`
}
