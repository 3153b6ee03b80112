/** The pods of all emulated nodes. Mirrors pkg/kubelet/pod_workers.go and pkg/kubelet/status/status_manager.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isConflict, isNotFound } from '../../apimachinery/errors.ts'
import type { Pod, PodStatus } from '../../types/core-v1.ts'
import type { ControllerContext, Key, Result } from '../controller.ts'
import { parseKey } from '../key.ts'
import { isPodTerminal, withDisruption } from '../pods.ts'
import { isStaged } from '../stages/ownership.ts'
import { addressesFor, end, knownPod, waitFor } from './known-pods.ts'
import { PodStep } from './pod-step.ts'
import { resize, waitingResizes } from './resize.ts'
import type { NodeAddresses } from './sandbox.ts'
import { addressesAt, type KnownNode, type KnownPod, stateOf } from './state.ts'
import { keepsRunning, STATIC_PODS } from './static-pods.ts'
import { admitted, advance, fail, isRunning, refuse, terminate } from './steps.ts'
import { unmount } from './volumes-in-use.ts'

export async function reconcilePod(key: Key, context: ControllerContext): Promise<Result | void> {
  const state = stateOf(context)
  const text = `${key.namespace}/${key.name}`
  const pod = context.lister<Pod>('pods').get(key.namespace, key.name)
  const before = state.pods.get(text)
  if (before && before.uid !== pod?.metadata.uid) {
    leave(text, before, context)
    state.pods.delete(text)
    if (context.settings.staticPods) context.enqueue(STATIC_PODS)
  }
  if (!pod?.spec?.nodeName) return
  const node = state.nodes.get(pod.spec.nodeName)
  // A node that registers or becomes ready asks for its pods again.
  if (!node?.ready || isStaged('pods', pod, context)) return
  if (isPodTerminal(pod) && !pod.metadata.deletionTimestamp) return leave(text, state.pods.get(text), context)
  if (pod.metadata.deletionTimestamp && keepsRunning(pod, state, context)) return remove(pod, context)
  const known = knownPod(state, text, pod, node)
  const step = new PodStep(pod, known, node, context)
  const held = known.amounts
  const status = refused(step) ?? next(step, addressesOf(known, node))
  waitFor(state, text, known, step.missed)
  try {
    const changes = !deepEqual(status, pod.status)
    if (changes) await writeStatus(pod, status, known, context)
    step.keep()
    if (held && held !== known.amounts) retryResizes(node, context)
    for (const { type, reason, message, fieldPath } of step.events) {
      context.recorder.event(pod, type, reason, message, { fieldPath, host: node.name })
    }
    if (pod.metadata.deletionTimestamp) {
      if (!isRunning(status)) await remove(pod, context)
    } else if (isPodTerminal({ status })) return leave(text, known, context)
    // What is due already goes on at once, if this step got anywhere.
    const least = changes ? 0 : 1
    if (step.again !== undefined) return { requeueAfterMs: Math.max(least, step.again - context.clock.now()) }
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** It has ended: others may have its room, its addresses and its volumes. */
function leave(text: string, known: KnownPod | undefined, context: ControllerContext): void {
  if (!known) return
  const state = stateOf(context)
  const { takenOf: room, addresses } = known
  end(state, text, known)
  if (room) retryResizes(room, context)
  if (addresses) for (const other of state.waiting.get(addressesAt(known.node)) ?? []) context.enqueue(parseKey(other))
  unmount(known.node, context)
}

/** Resizes that waited for room try again, in their order. */
function retryResizes(node: KnownNode, context: ControllerContext): void {
  if (node.deferred.size === 0) return
  const podOf = (key: string): Pod | undefined => {
    const { namespace, name } = parseKey(key)
    return context.lister<Pod>('pods').get(namespace, name)
  }
  for (const key of waitingResizes(node, podOf)) context.enqueue(parseKey(key))
}

/** The end of a pod that its node does not take; undefined: it is taken, or was before. */
function refused(step: PodStep): PodStatus | undefined {
  const { pod, known } = step
  if (pod.status?.startTime || pod.metadata.deletionTimestamp || known.amounts) return undefined
  const refusal = step.refusalOf(pod)
  if (!refusal) {
    step.occupy()
    return undefined
  }
  step.podEvent('Warning', refusal.reason, refusal.message)
  return refuse(step, refusal.reason, refusal.message)
}

const DEADLINE_REASON = 'DeadlineExceeded'
const DEADLINE_MESSAGE = 'Pod was active on the node longer than the specified deadline'

/** What the pod's status is next: all that happens at this instant, written once. */
function next(step: PodStep, addresses: NodeAddresses): PodStatus {
  const { metadata, spec, status } = step.pod
  if (metadata.deletionTimestamp) return status?.startTime ? terminate(step) : (status ?? {})
  if (!status?.startTime) step.pod = { ...step.pod, status: admitted(step, addresses) }
  if (step.known.evicted !== undefined) return evict(step, step.known.evicted)
  const { activeDeadlineSeconds } = spec!
  if (activeDeadlineSeconds === undefined) return sync(step, addresses)
  const deadline = Date.parse(step.pod.status!.startTime!) + activeDeadlineSeconds * 1000
  if (step.now >= deadline) {
    step.podEvent('Normal', DEADLINE_REASON, DEADLINE_MESSAGE)
    return fail(step, DEADLINE_REASON, DEADLINE_MESSAGE)
  }
  step.wake(deadline)
  return sync(step, addresses)
}

function sync(step: PodStep, addresses: NodeAddresses): PodStatus {
  resize(step)
  return advance(step, addresses)
}

function addressesOf(known: KnownPod, node: KnownNode): NodeAddresses {
  return { host: node.addresses, pod: () => addressesFor(known, node), pools: node.pools }
}

function evict(step: PodStep, message: string): PodStatus {
  step.podEvent('Warning', 'Evicted', message)
  const failed = fail(step, 'Evicted', message)
  const pod = { ...step.pod, status: failed }
  return withDisruption(pod, formatTime(step.now), 'TerminationByKubelet', message).status as PodStatus
}

/** Written over the status that the step saw; whoever wrote in between makes it a conflict, and the step is done again. */
async function writeStatus(pod: Pod, status: PodStatus, known: KnownPod, { client }: ControllerContext): Promise<void> {
  const { metadata } = await client.updateStatus<Pod>('pods', { ...pod, status })
  known.written = metadata.resourceVersion
}

/** The last word of a kubelet on a pod: it is gone from the node. */
async function remove({ metadata }: Pod, { client }: ControllerContext): Promise<void> {
  // Marked and told already: finalizers hold it.
  if (metadata.deletionGracePeriodSeconds === 0 && metadata.finalizers?.length) return
  try {
    await client.delete('pods', metadata.namespace ?? '', metadata.name ?? '', {
      gracePeriodSeconds: 0,
      preconditions: { uid: metadata.uid },
    })
  } catch (error) {
    // Another pod has the name by now.
    if (!isConflict(error)) throw error
  }
}
