/** Deletes what lost its owners, and carries out foreground and orphaning deletions. Mirrors kubernetes pkg/controller/garbagecollector. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { KubeObject, OwnerReference } from '../../apimachinery/meta.ts'
import { ignoreNotFound } from '../claim.ts'
import type { ResourceName } from '../client.ts'
import { type Change, type ControllerContext, defineController, type Key } from '../controller.ts'
import {
  BY_UID,
  dependentsOf,
  FOREGROUND,
  type Found,
  findOwner,
  formatItem,
  isDeletingDependents,
  ORPHAN,
  OWNED_BY,
  ownerUids,
  ownUid,
  parseItem,
} from './graph.ts'

export const garbageCollector = defineController({
  name: 'garbage-collector',
  component: 'garbage-collector-controller',
  watches: [{ resource: '*', changesOnly: true, keys: concerned }],
  indexes: { '*': { [OWNED_BY]: ownerUids, [BY_UID]: ownUid } },
  reconcile,
})

const NO_KEYS: Key[] = []
const NO_REFS: readonly OwnerReference[] = []

/** Whom a change makes worth looking at. Most changes: nobody. */
function concerned(object: KubeObject, context: ControllerContext, old: KubeObject | undefined, change: Change): Key[] {
  const { resource, type } = change
  const refs = object.metadata.ownerReferences ?? NO_REFS
  if (type === 'deleted') {
    const waiting = refs.map((ref) => findOwner(context, object, ref)).filter((owner) => isWaitingOwner(owner))
    const dependents = dependentsOf(context, object.metadata.uid ?? '')
    return [...dependents, ...(waiting as Found[])].map(formatItem)
  }
  const before = old?.metadata.ownerReferences ?? NO_REFS
  if (refs.length === 0 && before.length === 0 && !object.metadata.deletionTimestamp) return NO_KEYS
  const keys: Key[] = []
  const starts = (finalizer: string): boolean => waitsFor(object, finalizer) && !(old && waitsFor(old, finalizer))
  if (starts(ORPHAN)) return [formatItem({ resource, object })]
  if (starts(FOREGROUND)) {
    keys.push(...dependentsOf(context, object.metadata.uid ?? '').map(formatItem), formatItem({ resource, object }))
  }
  if (refs.length === 0 && before.length === 0) return keys
  if (old && deepEqual(refs, before)) return keys
  // An owner that waited for this one need not wait any more when the reference went or no longer blocks.
  keys.push(
    ...before
      .map((ref) => findOwner(context, object, ref))
      .filter(isWaitingOwner)
      .map(formatItem),
  )
  const solid = refs.every((ref) => {
    const owner = findOwner(context, object, ref)
    return owner !== undefined && owner !== 'unknown' && !isDeletingDependents(owner.object)
  })
  if (!solid) keys.push(formatItem({ resource, object }))
  return keys
}

function isWaitingOwner(owner: Found | 'unknown' | undefined): owner is Found {
  return owner !== undefined && owner !== 'unknown' && isDeletingDependents(owner.object)
}

function waitsFor({ metadata }: KubeObject, finalizer: string): boolean {
  return metadata.deletionTimestamp !== undefined && metadata.finalizers?.includes(finalizer) === true
}

async function reconcile(key: Key, context: ControllerContext): Promise<void> {
  const { resource, name } = parseItem(key)
  const object = context.lister(resource).get(key.namespace, name)
  if (!object) return
  if (waitsFor(object, ORPHAN)) return orphanDependents({ resource, object }, context)
  if (isDeletingDependents(object)) return deleteDependents({ resource, object }, context)
  if (object.metadata.deletionTimestamp) return
  await deleteUnlessOwned({ resource, object }, context)
}

/** Owners that exist, that are gone, and that are in a foreground deletion. Undefined: it cannot be told. */
interface Classified {
  solid: OwnerReference[]
  dangling: OwnerReference[]
  waiting: OwnerReference[]
}

async function deleteUnlessOwned(item: Found, context: ControllerContext): Promise<void> {
  const owners = classify(item, context)
  if (!owners) return
  const { solid, dangling, waiting } = owners
  const { object, resource } = item
  if (solid.length + dangling.length + waiting.length === 0) return
  if (solid.length > 0) {
    const gone = new Set([...dangling, ...waiting].map(({ uid }) => uid))
    if (gone.size > 0) await removeReferences(item, gone, context)
    return
  }
  const dependents = dependentsOf(context, object.metadata.uid ?? '')
  if (waiting.length > 0 && dependents.length > 0) {
    // A cycle of blocking references would wait for ever.
    if (dependents.some((dependent) => isDeletingDependents(dependent.object))) await unblock(item, context)
    return deleteItem(item, 'Foreground', context)
  }
  const finalizers = object.metadata.finalizers ?? []
  const policy = finalizers.includes(ORPHAN) ? 'Orphan' : finalizers.includes(FOREGROUND) ? 'Foreground' : 'Background'
  return deleteItem({ resource, object }, policy, context)
}

/** Throws while a kind is unknown: it may come yet. A cluster-scoped object with a namespaced owner is never judged. */
function classify(item: Found, context: ControllerContext): Classified | undefined {
  const { object } = item
  const classified: Classified = { solid: [], dangling: [], waiting: [] }
  for (const ref of object.metadata.ownerReferences ?? []) {
    const served = context.resourceFor(ref.apiVersion, ref.kind)
    if (served?.namespaced && !object.metadata.namespace) {
      reportInvalidNamespace(item, ref, context)
      return undefined
    }
    const owner = findOwner(context, object, ref)
    if (owner === 'unknown')
      throw new Error(`no matches for kind ${quote(ref.kind)} in version ${quote(ref.apiVersion)}`)
    if (!owner) {
      if (served) reportForeignOwner(item, ref, served.name, context)
      classified.dangling.push(ref)
    } else if (isDeletingDependents(owner.object)) classified.waiting.push(ref)
    else classified.solid.push(ref)
  }
  return classified
}

/** The owner lives, but in another namespace: users see why their object goes. */
function reportForeignOwner(
  item: Found,
  ref: OwnerReference,
  resource: ResourceName,
  context: ControllerContext,
): void {
  const [owner] = context.lister(resource).byIndex(BY_UID, ref.uid)
  if (owner && owner.metadata.namespace !== item.object.metadata.namespace) {
    reportInvalidNamespace(item, ref, context)
  }
}

function reportInvalidNamespace({ object }: Found, ref: OwnerReference, { recorder }: ControllerContext): void {
  const { namespace = '' } = object.metadata
  const owner = `[${ref.apiVersion}/${ref.kind}, namespace: ${namespace}, name: ${ref.name}, uid: ${ref.uid}]`
  recorder.event(
    object,
    'Warning',
    'OwnerRefInvalidNamespace',
    `ownerRef ${owner} does not exist in namespace ${quote(namespace)}`,
  )
}

/** Only if it is still what was judged: the resourceVersion is a precondition, a conflict judges anew. */
async function deleteItem(
  { resource, object }: Found,
  propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  { client }: ControllerContext,
): Promise<void> {
  const { namespace = '', name = '', uid, resourceVersion } = object.metadata
  const preconditions = { uid, resourceVersion }
  await ignoreNotFound(client.delete(resource, namespace, name, { propagationPolicy, preconditions }))
}

/** Foreground: the owner stays until no dependent blocks it. */
async function deleteDependents(item: Found, context: ControllerContext): Promise<void> {
  const { uid = '' } = item.object.metadata
  const blocking = dependentsOf(context, uid).filter(({ object }) =>
    object.metadata.ownerReferences?.some((ref) => ref.uid === uid && ref.blockOwnerDeletion === true),
  )
  if (blocking.length === 0) return removeFinalizer(item, FOREGROUND, context)
  for (const dependent of blocking) {
    if (!isDeletingDependents(dependent.object)) context.enqueue(formatItem(dependent))
  }
}

async function orphanDependents(item: Found, context: ControllerContext): Promise<void> {
  const { uid = '' } = item.object.metadata
  for (const dependent of dependentsOf(context, uid)) await removeReferences(dependent, new Set([uid]), context)
  await removeFinalizer(item, ORPHAN, context)
}

async function removeReferences(item: Found, uids: ReadonlySet<string>, context: ControllerContext): Promise<void> {
  await change(item, context, (metadata) => {
    const kept = (metadata.ownerReferences ?? []).filter(({ uid }) => !uids.has(uid))
    return { ...metadata, ownerReferences: kept.length > 0 ? kept : undefined }
  })
}

async function unblock(item: Found, context: ControllerContext): Promise<void> {
  await change(item, context, (metadata) => ({
    ...metadata,
    ownerReferences: metadata.ownerReferences?.map((ref) =>
      ref.blockOwnerDeletion ? { ...ref, blockOwnerDeletion: false } : ref,
    ),
  }))
}

async function removeFinalizer(item: Found, finalizer: string, context: ControllerContext): Promise<void> {
  await change(item, context, (metadata) => ({
    ...metadata,
    finalizers: metadata.finalizers?.filter((each) => each !== finalizer),
  }))
}

/** Writes new metadata unless the name has gone to another object since. */
async function change(
  { resource, object }: Found,
  { client }: ControllerContext,
  next: (metadata: KubeObject['metadata']) => KubeObject['metadata'],
): Promise<void> {
  const { namespace = '', name = '', uid } = object.metadata
  try {
    await client.modify(resource, namespace, name, (old) =>
      old.metadata.uid === uid ? { ...old, metadata: next(old.metadata) } : old,
    )
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
