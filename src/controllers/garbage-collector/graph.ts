/** Who owns whom, read from the informers' indexes. Mirrors kubernetes pkg/controller/garbagecollector/graph_builder.go, without a graph of its own. */
import type { KubeObject, OwnerReference } from '../../apimachinery/meta.ts'
import type { ResourceName } from '../client.ts'
import type { ControllerContext, Key } from '../controller.ts'

export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'

/** Index over all resources: objects under the uid of each of their owners. */
export const OWNED_BY = 'ownedBy'

export function ownerUids({ metadata }: KubeObject): string[] {
  const refs = metadata.ownerReferences
  if (refs === undefined || refs.length === 0) return NO_UIDS
  return [...new Set(refs.map(({ uid }) => uid))]
}

const NO_UIDS: string[] = []

/** Index over all resources: the object under its uid. */
export const BY_UID = 'uid'

export function ownUid({ metadata }: KubeObject): string[] {
  return metadata.uid ? [metadata.uid] : []
}

/** An object and where it lives. */
export interface Found {
  resource: ResourceName
  object: KubeObject
}

/** The item's key: its resource goes before its name, for the collector looks at all of them. */
export function formatItem({ resource, object }: Found): Key {
  return { namespace: object.metadata.namespace ?? '', name: `${resource} ${object.metadata.name}` }
}

export function parseItem({ name }: Key): { resource: ResourceName; name: string } {
  const space = name.indexOf(' ')
  return { resource: name.slice(0, space), name: name.slice(space + 1) }
}

/** All objects that name this uid as an owner: one look-up a resource. */
export function dependentsOf(context: ControllerContext, uid: string): Found[] {
  const found: Found[] = []
  for (const { name, verbs } of context.resources()) {
    if (!isCollected(name, verbs)) continue
    for (const object of context.lister(name).byIndex(OWNED_BY, uid)) found.push({ resource: name, object })
  }
  return found
}

/** Events are neither collected nor owners. */
function isCollected(name: ResourceName, verbs: readonly string[]): boolean {
  return verbs.includes('list') && verbs.includes('watch') && name !== 'events' && name !== 'events.events.k8s.io'
}

/** The owner that `object` names: undefined when it does not exist (also as another incarnation), `unknown` when its kind is not served. */
export function findOwner(
  context: ControllerContext,
  { metadata }: KubeObject,
  ref: OwnerReference,
): Found | 'unknown' | undefined {
  const served = context.resourceFor(ref.apiVersion, ref.kind)
  if (!served || !isCollected(served.name, served.verbs)) return 'unknown'
  const object = context.lister(served.name).get(served.namespaced ? (metadata.namespace ?? '') : '', ref.name)
  return object?.metadata.uid === ref.uid ? { resource: served.name, object: object as KubeObject } : undefined
}

export function isDeletingDependents({ metadata }: KubeObject): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(FOREGROUND) === true
}
