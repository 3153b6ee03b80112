/** Writes what a cycle decided: bindings, and why a pod waits. Mirrors pkg/scheduler/schedule_one.go (bindingCycle, handleSchedulingFailure) and preemption/executor.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { isConflict, isNotFound } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Pod, PodCondition } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { withDisruption } from '../pods.ts'
import { endBinding } from './bindings.ts'
import { eventDetails } from './cycle.ts'
import type { PodInfo } from './pod-info.ts'
import { PREEMPTED } from './preemption.ts'
import type { Profile } from './profile.ts'
import { type Binding, CYCLE, type Failure, keyOfPod, type State, schedulerNameOf, type Task } from './state.ts'

/** The longest message that an Event takes. */
const NOTE_LENGTH = 1024

export async function write(task: Task, state: State, context: ControllerContext): Promise<void> {
  if (task.kind === 'fail') await fail(task, state, context)
  else await startBinding(task.binding, state, context)
}

/** Goes on with a pod that waits for what it needs on its node. */
export async function continueBinding(key: string, state: State, context: ControllerContext): Promise<void> {
  const binding = state.bindings.get(key)
  if (binding) await finish(binding, state, context)
}

async function startBinding(binding: Binding, state: State, context: ControllerContext): Promise<void> {
  const { queued, node, reservations } = binding
  if (hasEnded(binding, state)) return
  if (reservations.length > 0) await nominate(queued.info, node, context)
  const tell = (reason: string, message: string): void => {
    const { info } = queued
    context.recorder.event(info.pod, 'Normal', reason, message, eventDetails(profileOf(info, state), 'Scheduling'))
  }
  for (const { plugin, value } of reservations) {
    try {
      await value.start(context.client, context.clock, tell)
    } catch (error) {
      await abort(binding, plugin, error as Error, state, context)
      return
    }
  }
  await finish(binding, state, context)
}

/** The pod left meanwhile, or was given up. */
const hasEnded = (binding: Binding, { bindings }: State): boolean => bindings.get(binding.queued.info.key) !== binding

/** Binds the pod, or waits on. */
async function finish(binding: Binding, state: State, context: ControllerContext): Promise<void> {
  const { queued, reservations, deadline } = binding
  if (hasEnded(binding, state)) {
    endBinding(binding, state)
    return
  }
  for (const { plugin, value } of reservations) {
    try {
      if (value.done()) continue
      if (context.clock.now() >= deadline) throw new Error(value.late ?? 'context deadline exceeded')
    } catch (error) {
      await abort(binding, plugin, error as Error, state, context)
      return
    }
    context.enqueue(keyOfPod(queued.info), deadline - context.clock.now())
    return
  }
  await bind(binding, state, context)
}

async function bind(binding: Binding, state: State, context: ControllerContext): Promise<void> {
  const { queued, node, reservations } = binding
  const { info } = queued
  const { namespace = '', name = '', uid } = info.pod.metadata
  try {
    await context.client.createSubresource('pods', namespace, name, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { kind: 'Node', name: node },
    } as KubeObject)
  } catch (error) {
    // Gone, bound by somebody else or replaced meanwhile: the pod's next event says what is to be done.
    if (isNotFound(error) || isConflict(error)) await giveUp(binding, state, context)
    else await refused(binding, `running Bind plugin "DefaultBinder": ${(error as Error).message}`, state, context)
    return
  }
  for (const { value } of reservations) value.release()
  if (!hasEnded(binding, state)) state.bindings.delete(info.key)
  const message = `Successfully assigned ${namespace}/${name} to ${node}`
  context.recorder.event(info.pod, 'Normal', 'Scheduled', message, eventDetails(profileOf(info, state), 'Binding'))
}

const profileOf = ({ pod }: PodInfo, { profiles }: State): Profile => profiles.get(schedulerNameOf(pod))!

/** Takes back what was written, too. */
async function giveUp(binding: Binding, state: State, context: ControllerContext): Promise<void> {
  endBinding(binding, state)
  await undo(binding, context)
}

async function undo({ reservations }: Binding, { client }: ControllerContext): Promise<void> {
  for (const { value } of reservations) await value.undo?.(client)
}

function abort(binding: Binding, plugin: string, { message }: Error, state: State, context: ControllerContext) {
  return refused(binding, `running PreBind plugin ${JSON.stringify(plugin)}: ${message}`, state, context)
}

/** The pod is tried again after a while. */
async function refused(binding: Binding, message: string, state: State, context: ControllerContext): Promise<void> {
  const { queued } = binding
  const { info } = queued
  const wasHeld = endBinding(binding, state)
  // Before anything is waited for: meanwhile the pod may go, or be queued anew by a change of its own.
  if (wasHeld) {
    state.queue.retry(queued)
    context.enqueue(CYCLE)
  }
  await undo(binding, context)
  if (!wasHeld) return
  await fail({ info, reason: 'SchedulerError', message, nominated: '', victims: [] }, state, context)
}

/** The victims are told and deleted, then the pod's condition and Event say why it waits; nothing is written that says the same already. */
async function fail(failure: Failure, state: State, context: ControllerContext): Promise<void> {
  const { info, message, nominated, victims } = failure
  if (victims.length > 0) await evict(failure, state, context)
  await failure.unblocking?.write(context.client)
  const now = formatTime(context.clock.now())
  let told = false
  await changeStatus(info, context, (pod) => {
    const next = withUnschedulable(pod, failure, now)
    told = next !== pod
    return nominated === undefined ? next : withNomination(next, nominated)
  })
  if (!told) return
  const note = message.length <= NOTE_LENGTH ? message : `${message.slice(0, NOTE_LENGTH - 4)} ...`
  const details = eventDetails(profileOf(info, state), 'Scheduling')
  context.recorder.event(info.pod, 'Warning', 'FailedScheduling', note, details)
}

const nominate = (info: PodInfo, node: string, context: ControllerContext): Promise<void> =>
  changeStatus(info, context, (pod) => withNomination(pod, node))

/** Of the pod that was meant, while it waits. */
async function changeStatus({ pod, uid }: PodInfo, { client }: ControllerContext, change: (pod: Pod) => Pod) {
  const { namespace = '', name = '' } = pod.metadata
  const safely = (now: Pod): Pod => (now.metadata.uid === uid && !now.spec?.nodeName ? change(now) : now)
  try {
    await client.modify<Pod>('pods', namespace, name, safely, { subresource: 'status' })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

function withNomination(pod: Pod, node: string): Pod {
  if ((pod.status?.nominatedNodeName ?? '') === node) return pod
  const { nominatedNodeName: _, ...status } = pod.status ?? {}
  return { ...pod, status: node ? { ...status, nominatedNodeName: node } : status }
}

function withUnschedulable(pod: Pod, { reason, message }: Failure, now: string): Pod {
  const conditions = pod.status?.conditions ?? []
  const old = conditions.find(({ type }) => type === 'PodScheduled')
  if (old?.status === 'False' && old.reason === reason && old.message === message) return pod
  const condition = {
    type: 'PodScheduled',
    observedGeneration: pod.metadata.generation,
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : now,
    reason,
    message,
  } as unknown as PodCondition
  const next = old ? conditions.map((each) => (each === old ? condition : each)) : [...conditions, condition]
  return { ...pod, status: { ...pod.status, conditions: next } }
}

/** Less important pods that wait for the same node lose it, then the victims go. */
async function evict({ info, nominated = '', victims }: Failure, state: State, context: ControllerContext) {
  const toDelete = victims.filter(({ pod }) => !pod.metadata.deletionTimestamp)
  // Where all are on their way already nobody else is told anything.
  if (toDelete.length === 0) return
  for (const other of state.nominations.at(nominated)) {
    if (other.priority >= info.priority) continue
    state.nominations.remove(other.key)
    await changeStatus(other, context, (pod) => withNomination(pod, ''))
  }
  for (const victim of toDelete) await preemptPod(victim, info, nominated, state, context)
}

async function preemptPod(
  { pod }: PodInfo,
  preemptor: PodInfo,
  node: string,
  state: State,
  { client, clock, recorder }: ControllerContext,
): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata
  const why = `${schedulerNameOf(preemptor.pod)}: preempting to accommodate a higher priority pod`
  try {
    const now = formatTime(clock.now())
    const change = (old: Pod): Pod => withDisruption(old, now, PREEMPTED, why)
    await client.modify<Pod>('pods', namespace, name, change, { subresource: 'status' })
    await client.delete('pods', namespace, name)
  } catch (error) {
    if (isNotFound(error)) return
    throw error
  }
  const message = `Preempted by pod ${preemptor.uid} on node ${node}`
  recorder.event(pod, 'Normal', 'Preempted', message, eventDetails(profileOf(preemptor, state), 'Preempting'))
}
