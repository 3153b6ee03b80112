/** One volume: detached from nodes that do not need it any more, attached to those that do. Mirrors attachdetach/reconciler/reconciler.go. */
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../types/core-v1.ts'
import type { Result } from '../controller.ts'
import { USES_CLAIM } from '../pod-index.ts'
import {
  ATTACHABLE,
  allowsSeveralNodes,
  CLAIMS,
  isFor,
  isManaged,
  isPodOver,
  nameToAttach,
  VOLUMES,
  volumeOfClaim,
} from './attachable.ts'
import type { Attachment } from './book.ts'
import {
  begin,
  isPending,
  isStillAttached,
  lookAgain,
  lookAtPending,
  mayBegin,
  report,
  type Work,
} from './operations.ts'

/** How long a node that is not well may keep a volume that nobody needs there. */
const LONGEST_UNMOUNT_MS = 6 * 60_000
/** How long it may stay unseen that a volume is not attached any more. */
const VERIFICATION_MS = 60_000
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'

/** Pods that need a volume, by their node. */
type Wanted = ReadonlyMap<string, readonly Pod[]>

export async function reconcileVolume(work: Work): Promise<Result | void> {
  const { known, book, context } = work
  const volumes = context.lister<PersistentVolume>(VOLUMES).byIndex(ATTACHABLE, known.name)
  known.volume = volumes[0] ?? known.volume
  const wanted = wantedOn(volumes, work)
  for (const node of known.told) if (!wanted.has(node)) known.told.delete(node)
  lookAtPending(work)
  noteUse(work)
  const touched = new Set(known.attachments.keys())
  verify(work)
  // First what is not needed: it may be in the way.
  for (const [node, attachment] of [...known.attachments]) {
    if (!wanted.has(node)) await detach(node, attachment, work)
  }
  for (const [node, pods] of wanted) {
    await attach(node, pods, wanted, work)
    touched.add(node)
  }
  for (const node of touched) await report(node, work)
  book.tidy(known)
  if (work.due !== undefined) return { requeueAfterMs: Math.max(1, work.due - context.clock.now()) }
}

function wantedOn(volumes: readonly PersistentVolume[], { context }: Work): Wanted {
  const { lister } = context
  const wanted = new Map<string, Pod[]>()
  for (const volume of volumes) {
    const { namespace = '', name = '' } = volume.spec?.claimRef ?? {}
    const claim = lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    if (!claim || volumeOfClaim(claim, context) !== volume || !nameToAttach(volume, context)) continue
    for (const pod of lister<Pod>('pods').byIndex(USES_CLAIM, `${namespace}/${name}`)) {
      const nodeName = pod.spec?.nodeName
      if (!nodeName || isPodOver(pod) || !isFor(claim, pod)) continue
      const node = lister<Node>('nodes').get('', nodeName)
      if (!node || !isManaged(node)) continue
      const pods = wanted.get(nodeName)
      if (pods) pods.push(pod)
      else wanted.set(nodeName, [pod])
    }
  }
  return wanted
}

/** What somebody else detached is known to be so only after a while. */
function verify(work: Work): void {
  const { known, book, context } = work
  const now = context.clock.now()
  for (const [node, attachment] of [...known.attachments]) {
    if (!attachment.confirmed || isPending(work, node) || isStillAttached(work, node)) {
      attachment.missedAt = undefined
      continue
    }
    attachment.missedAt ??= now
    const due = attachment.missedAt + VERIFICATION_MS
    if (now < due) lookAgain(work, due)
    else book.detach(known, node)
  }
}

/** Of a node that is gone, its last word counts. */
function noteUse({ known, context }: Work): void {
  for (const [name, attachment] of known.attachments) {
    const node = context.lister<Node>('nodes').get('', name)
    if (node) attachment.mounted = mayUse(node, known.name, attachment)
  }
}

async function detach(name: string, attachment: Attachment, work: Work): Promise<void> {
  const { context } = work
  if (!mayBegin(work, 'detach', name)) return
  const node = context.lister<Node>('nodes').get('', name)
  const now = context.clock.now()
  attachment.detachRequestedAt ??= now
  const forcedAt = attachment.detachRequestedAt + LONGEST_UNMOUNT_MS
  const isForced = now >= forcedAt && !(node && isReady(node))
  const isOutOfService = node?.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true
  if (attachment.mounted && !isForced && !isOutOfService) {
    // Later only news of the node can help.
    if (now < forcedAt) lookAgain(work, forcedAt)
    return
  }
  // The node must know before: what it is told of, it may mount.
  attachment.reported = false
  await report(name, work)
  await begin(work, 'detach', name, [])
}

function mayUse({ metadata, status }: Node, volume: string, attachment: Attachment): boolean {
  if (attachment.doubtedAt === metadata.resourceVersion) return true
  attachment.doubtedAt = undefined
  return status?.volumesInUse?.includes(volume) === true
}

const isReady = ({ status }: Node): boolean =>
  status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'

async function attach(node: string, pods: readonly Pod[], wanted: Wanted, work: Work): Promise<void> {
  const { known } = work
  const attachment = known.attachments.get(node)
  if (attachment?.confirmed) {
    attachment.detachRequestedAt = undefined
    return
  }
  if (!mayBegin(work, 'attach', node)) return
  if (!allowsSeveralNodes(known.volume)) {
    const holders = [...known.attachments].filter(([, { confirmed }]) => confirmed).map(([holder]) => holder)
    if (holders.length > 0) {
      if (!known.told.has(node))
        tellOfOthers(
          pods,
          holders.flatMap((holder) => wanted.get(holder) ?? []),
          work,
        )
      known.told.add(node)
      return
    }
  }
  await begin(work, 'attach', node, pods)
}

/** Each pod hears of those in its namespace that hold the volume elsewhere, and how many there are in others. */
function tellOfOthers(pods: readonly Pod[], holders: readonly Pod[], { known, context }: Work): void {
  for (const pod of pods) {
    const near = holders.filter(({ metadata }) => metadata.namespace === pod.metadata.namespace)
    const names = near.map(({ metadata }) => metadata.name).join(', ')
    const far = holders.length - near.length
    const elsewhere = `${far} pod(s) in different namespaces`
    const what =
      holders.length === 0
        ? 'Volume is already exclusively attached to one node, waiting on detach before it can be attached to another node'
        : near.length === 0
          ? `Volume is already used by ${elsewhere}`
          : `Volume is already used by pod(s) ${names}${far > 0 ? ` and ${elsewhere}` : ''}`
    const message = `Waiting for detach for volume ${JSON.stringify(known.volume?.metadata.name)} ${what}`
    context.recorder.event(pod, 'Warning', 'FailedAttachVolume', message)
  }
}
