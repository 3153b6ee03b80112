/** Has volumes attached to the nodes of the pods that need them, and detached when none does. Mirrors kubernetes pkg/controller/volume/attachdetach. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../types/core-v1.ts'
import type { VolumeAttachment } from '../../types/storage-v1.ts'
import { type Change, type ControllerContext, defineController, type Key } from '../controller.ts'
import { nodeNameOf, podsByNode, usesClaim } from '../pod-index.ts'
import {
  ATTACHMENTS,
  byUniqueName,
  CLAIMS,
  DRIVERS,
  hasClaims,
  isManaged,
  isPodOver,
  nameToAttach,
  uniqueName,
  VOLUMES,
  volumeOfClaim,
  volumesToAttach,
} from './attachable.ts'
import { type AttachmentBook, bookOf } from './book.ts'
import { reconcileVolume } from './reconcile.ts'

/** What an earlier run left is to be looked at. */
const START: Key = { namespace: '', name: '' }

/** Keys are unique names of volumes. */
export const attachDetach = defineController({
  name: 'persistentvolume-attach-detach',
  component: 'attachdetach-controller',
  watches: [
    { resource: 'pods', when: podMatters, keys: (pod, context) => keysOfPod(pod as Pod, context) },
    { resource: 'nodes', keys: (node, context, old) => keysOfNode(node as Node, context, old as Node | undefined) },
    { resource: CLAIMS, keys: (claim, context) => keysOfClaim(claim as PersistentVolumeClaim, context) },
    { resource: DRIVERS, changesOnly: true, keys: keysOfDriver },
    { resource: ATTACHMENTS, keys: keysOfAttachment },
  ],
  reads: [VOLUMES],
  indexes: { pods: { ...podsByNode, ...usesClaim }, [VOLUMES]: byUniqueName },
  reconcile({ name }, context) {
    const book = bookOf(context)
    if (!book.isPopulated) populate(book, context)
    if (name !== START.name) return reconcileVolume({ known: book.volume(name), book, context })
  },
})

const keyOf = (name: string): Key => ({ namespace: '', name })

function podMatters(pod: KubeObject, old?: KubeObject): boolean {
  if (nodeNameOf(pod) === undefined || !hasClaims(pod)) return false
  return !old || nodeNameOf(old) === undefined || isPodOver(old as Pod) !== isPodOver(pod as Pod)
}

/** Of a pod that is gone, the claims may be gone, too: what its node has says the rest. */
function keysOfPod(pod: Pod, context: ControllerContext): Key[] {
  return [...volumesToAttach(pod, context), ...bookOf(context).namesOn(pod.spec?.nodeName ?? '')].map(keyOf)
}

function nodeMatters(node: Node, old: Node | undefined): boolean {
  return (
    !old ||
    isManaged(node) !== isManaged(old) ||
    !deepEqual(node.status?.volumesInUse, old.status?.volumesInUse) ||
    node.spec?.taints !== old.spec?.taints ||
    readiness(node) !== readiness(old)
  )
}

const readiness = ({ status }: Node): string | undefined =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status

function keysOfNode(node: Node, context: ControllerContext, old: Node | undefined): Key[] {
  const book = bookOf(context)
  const { name = '' } = node.metadata
  if (!nodeMatters(node, old)) return book.doubtedOn(name).map(keyOf)
  const left = !book.isPopulated && node.status?.volumesAttached?.length ? [START] : []
  const needed = context
    .lister<Pod>('pods')
    .byIndex('node', name)
    .flatMap((pod) => volumesToAttach(pod, context))
  return [...left, ...[...book.namesOn(name), ...needed].map(keyOf)]
}

function keysOfClaim(claim: PersistentVolumeClaim, context: ControllerContext): Key[] {
  const volume = volumeOfClaim(claim, context)
  const name = volume && nameToAttach(volume, context)
  return name === undefined ? [] : [keyOf(name)]
}

/** A driver that says something else of attaching concerns all its volumes. */
function keysOfDriver({ metadata }: KubeObject, { lister }: ControllerContext): Key[] {
  return lister<PersistentVolume>(VOLUMES)
    .list()
    .flatMap(({ spec }) => (spec?.csi?.driver === metadata.name && spec?.csi ? [keyOf(uniqueName(spec.csi))] : []))
}

/** Those that others make are left alone, as long as they are not there at the start. */
function keysOfAttachment(
  { metadata }: KubeObject,
  context: ControllerContext,
  _: KubeObject | undefined,
  { type }: Change,
): Key[] {
  const book = bookOf(context)
  if (!book.isPopulated && type !== 'deleted') return [START]
  const name = book.nameOf(metadata.name ?? '')
  return name === undefined ? [] : [keyOf(name)]
}

/** What nodes say is attached is; of other VolumeAttachments nobody knows how far they came. */
function populate(book: AttachmentBook, { lister, enqueue, ...context }: ControllerContext): void {
  book.isPopulated = true
  for (const { metadata, status } of lister<Node>('nodes').list()) {
    for (const { name } of status?.volumesAttached ?? []) book.attach(book.volume(name), metadata.name ?? '', true)
  }
  for (const { metadata, spec } of lister<VolumeAttachment>(ATTACHMENTS).list()) {
    const volume = lister<PersistentVolume>(VOLUMES).get('', spec.source.persistentVolumeName ?? '')
    const name = volume && nameToAttach(volume, { lister, ...context })
    if (name === undefined) continue
    const known = book.volume(name)
    book.follow(known, metadata.name ?? '')
    if (known.attachments.has(spec.nodeName)) continue
    book.attach(known, spec.nodeName, false, lister<Node>('nodes').get('', spec.nodeName)?.metadata.resourceVersion)
  }
  for (const name of book.names()) enqueue(keyOf(name))
}
