/** Attempts to attach and detach a volume: VolumeAttachments made and deleted, and the wait for an attacher. Mirrors pkg/volume/csi/csi_attacher.go and operationexecutor/operation_generator.go. */
import { isAlreadyExists, isNotFound } from '../../apimachinery/errors.ts'
import type { CSIPersistentVolumeSource, Node } from '../../types/core-v1.ts'
import type { VolumeAttachment } from '../../types/storage-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { ATTACHMENTS, allowsSeveralNodes, attachmentName, needsAttach } from './attachable.ts'
import type { AttachmentBook, KnownVolume, Operation } from './book.ts'

/** How long an attacher may take. */
const PATIENCE_MS = 2 * 60_000
/** Waits after failures double. */
const FIRST_WAIT_MS = 500
const LONGEST_WAIT_MS = 122_000

/** One volume, while it is looked at. */
export interface Work {
  known: KnownVolume
  book: AttachmentBook
  context: ControllerContext
  /** When to look again, ms. */
  due?: number
}

export function lookAgain(work: Work, at: number): void {
  work.due = Math.min(work.due ?? at, at)
}

export const operationKey = (known: KnownVolume, node: string): string => (allowsSeveralNodes(known.volume) ? node : '')

/** Whether one may begin now: none is pending, and the last failure of the kind is long enough ago. */
export function mayBegin(work: Work, kind: Operation['kind'], node: string): boolean {
  const last = work.known.operations.get(operationKey(work.known, node))
  if (!last) return true
  if (last.until !== undefined) return false
  if (last.kind !== kind || work.context.clock.now() >= last.retryAt) return true
  lookAgain(work, last.retryAt)
  return false
}

/** Begins one that may begin. It has ended when this resolves, or is pending. */
export async function begin(work: Work, kind: Operation['kind'], node: string, pods: Operation['pods']): Promise<void> {
  const { known, context, book } = work
  const key = operationKey(known, node)
  const last = known.operations.get(key)
  const now = context.clock.now()
  const waitMs = last?.kind === kind ? last.waitMs : 0
  const operation: Operation = { kind, node, pods, until: now + PATIENCE_MS, waitMs, retryAt: now }
  known.operations.set(key, operation)
  const name = attachmentName(sourceOf(known), node)
  book.follow(known, name)
  try {
    if (kind === 'attach') await create(work, name, node)
    else await context.client.delete(ATTACHMENTS, '', name)
  } catch (error) {
    if (kind === 'detach' && isNotFound(error)) return succeed(work, key, operation)
    const what =
      kind === 'attach' ? 'attacher.Attach failed' : `detacher.Detach failed to delete VolumeAttachment [${name}]`
    return fail(work, key, operation, `kubernetes.io/csi: ${what}: ${(error as Error).message}`)
  }
  look(work, key, operation)
}

async function create({ known, context }: Work, name: string, nodeName: string): Promise<void> {
  if (context.lister<VolumeAttachment>(ATTACHMENTS).get('', name)) return
  try {
    await context.client.create<VolumeAttachment>(ATTACHMENTS, {
      apiVersion: 'storage.k8s.io/v1',
      kind: 'VolumeAttachment',
      metadata: { name },
      spec: {
        attacher: sourceOf(known).driver,
        nodeName,
        source: { persistentVolumeName: known.volume?.metadata.name },
      },
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

export function isPending({ known }: Work, node: string): boolean {
  const last = known.operations.get(operationKey(known, node))
  return last?.until !== undefined && last.node === node
}

/** Whether the VolumeAttachment says so, or the driver needs none. */
export function isStillAttached({ known, context }: Work, node: string): boolean {
  const source = sourceOf(known)
  if (!needsAttach(source.driver, context)) return true
  const name = attachmentName(source, node)
  return context.lister<VolumeAttachment>(ATTACHMENTS).get('', name)?.status?.attached === true
}

/** Ends pending operations whose outcome can be seen, or was waited for too long. */
export function lookAtPending(work: Work): void {
  for (const [key, operation] of work.known.operations) if (operation.until !== undefined) look(work, key, operation)
}

function look(work: Work, key: string, operation: Operation): void {
  const { known, context } = work
  const { kind, node, until = 0 } = operation
  const source = sourceOf(known)
  const attachment = context.lister<VolumeAttachment>(ATTACHMENTS).get('', attachmentName(source, node))
  const { isDone, problem } = (kind === 'attach' ? attachOutcome : detachOutcome)(attachment)
  if (isDone) succeed(work, key, operation)
  else if (problem !== undefined) fail(work, key, operation, problem)
  else if (context.clock.now() < until) lookAgain(work, until)
  else fail(work, key, operation, timeOut(kind, source))
}

/** Who is to detach is not looked up. */
function timeOut(kind: Operation['kind'], { driver, volumeHandle }: CSIPersistentVolumeSource): string {
  const attacher = kind === 'attach' ? driver : 'unknown'
  return `timed out waiting for external-attacher of ${attacher} CSI driver to ${kind} volume ${volumeHandle}`
}

interface Outcome {
  isDone?: boolean
  problem?: string
}

function attachOutcome(attachment: VolumeAttachment | undefined): Outcome {
  if (!attachment) return {}
  if (attachment.metadata.deletionTimestamp) return { problem: 'volume attachment is being deleted' }
  if (attachment.status?.attached) return { isDone: true }
  const { attachError } = attachment.status ?? {}
  return attachError ? { problem: attachError.message ?? '' } : {}
}

function detachOutcome(attachment: VolumeAttachment | undefined): Outcome {
  if (!attachment) return { isDone: true }
  const { detachError } = attachment.status ?? {}
  return detachError ? { problem: detachError.message ?? '' } : {}
}

function succeed({ known, book, context }: Work, key: string, { kind, node, pods }: Operation): void {
  known.operations.delete(key)
  if (kind === 'detach') book.detach(known, node)
  else book.attach(known, node, true)
  const message = `AttachVolume.Attach succeeded for volume ${nameOf(known)} `
  for (const pod of pods) context.recorder.event(pod, 'Normal', 'SuccessfulAttachVolume', message)
}

/** What failed may have had its effect. */
function fail(work: Work, key: string, operation: Operation, why: string): void {
  const { known, book, context } = work
  const { node, pods, waitMs } = operation
  book.attach(known, node, false, context.lister('nodes').get('', node)?.metadata.resourceVersion)
  const next = waitMs === 0 ? FIRST_WAIT_MS : Math.min(LONGEST_WAIT_MS, 2 * waitMs)
  const retryAt = context.clock.now() + next
  known.operations.set(key, { ...operation, until: undefined, waitMs: next, retryAt })
  lookAgain(work, retryAt)
  const message = `AttachVolume.Attach failed for volume ${nameOf(known)} : ${why}`
  for (const pod of pods) context.recorder.event(pod, 'Warning', 'FailedAttachVolume', message)
}

const nameOf = ({ volume }: KnownVolume): string => JSON.stringify(volume?.metadata.name ?? 'nil')

/** Read from the unique name: the volume itself may be gone. */
function sourceOf({ name }: KnownVolume): CSIPersistentVolumeSource {
  const source = name.slice('kubernetes.io/csi/'.length)
  // A handle may have the character, too.
  const end = source.indexOf('^')
  return { driver: source.slice(0, end), volumeHandle: source.slice(end + 1) }
}

/** Makes the node's status name what is attached to it. Nothing when it does, or the node is gone. */
export async function report(node: string, { book, context }: Work): Promise<void> {
  const said = context.lister<Node>('nodes').get('', node)
  if (!said || sayTheSame(said, book.reportedOn(node))) return
  try {
    await context.client.modify<Node>(
      'nodes',
      '',
      node,
      (old) => {
        const volumesAttached = book.reportedOn(node)
        if (sayTheSame(old, volumesAttached)) return old
        return {
          ...old,
          status: { ...old.status, volumesAttached: volumesAttached.length > 0 ? volumesAttached : undefined },
        }
      },
      { subresource: 'status' },
    )
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

function sayTheSame({ status }: Node, wanted: readonly { name: string }[]): boolean {
  const said = status?.volumesAttached ?? []
  return said.length === wanted.length && wanted.every(({ name }) => said.some((each) => each.name === name))
}
