/** Assigns pods to nodes. Mirrors pkg/scheduler/schedule_one.go and eventhandlers.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isConflict, isNotFound } from '../../apimachinery/errors.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Node, Pod, PodCondition } from '../../types/core-v1.ts'
import { type ControllerContext, defineController, type Key } from '../controller.ts'
import { claimsOfPod, USES_CLAIM, usesClaim } from '../pod-index.ts'
import { perRun } from '../state.ts'
import { isOver, SchedulerCache } from './cache.ts'
import { failureMessage, type Refusal, refuse, refusedBefore } from './filters.ts'
import type { NodeInfo } from './node-info.ts'
import { type PodInfo, podInfo } from './pod-info.ts'
import { best } from './scores.ts'
import { bindVolumes, CLAIMS, CLASSES, refuseVolumes, VOLUMES, type VolumeNeeds, volumeNeeds } from './volumes.ts'

const NAME = 'default-scheduler'
const HOST = 'kubemu'
const NO_NODES = 'no nodes available to schedule pods'
/** Below this number all nodes are looked at; above, a part of them that shrinks to 5 %, taking turns. As upstream. */
const ALWAYS_ALL_NODES = 100

interface State {
  cache: SchedulerCache
  /** Pods that fit nowhere, by key text: tried again when something changes that may help. */
  waiting: Map<string, Key>
  /** Nodes of pods whose claims are being bound, by key text: they do not choose again. */
  chosen: Map<string, string>
  /** Where the next search starts. */
  next: number
}

const stateOf = perRun<State>(() => ({ cache: new SchedulerCache(), waiting: new Map(), chosen: new Map(), next: 0 }))

/** Keys without a namespace are nodes, all others pods. */
export const scheduler = defineController({
  name: 'scheduler',
  component: NAME,
  watches: [
    { resource: 'nodes', keys: (node) => [{ namespace: '', name: node.metadata.name! }], when: nodeMatters },
    {
      resource: 'pods',
      keys: ({ metadata }) => [{ namespace: metadata.namespace!, name: metadata.name! }],
      when: podMatters,
    },
    { resource: CLAIMS, keys: ({ metadata }, context) => podsOfClaim(metadata, context) },
    { resource: VOLUMES, keys: (_volume, context) => waitingForVolumes(context) },
    { resource: CLASSES, keys: (_class, context) => waitingForVolumes(context) },
  ],
  indexes: { pods: usesClaim },
  reconcile(key, context) {
    return key.namespace === '' ? reconcileNode(key, context) : reconcilePod(key, context)
  },
})

function podsOfClaim({ namespace, name }: KubeObject['metadata'], { lister }: ControllerContext): Key[] {
  const pods = lister<Pod>('pods').byIndex(USES_CLAIM, `${namespace}/${name}`)
  return pods
    .filter(({ spec }) => !spec?.nodeName)
    .map(({ metadata }) => ({ namespace: namespace!, name: metadata.name! }))
}

function waitingForVolumes(context: ControllerContext): Key[] {
  const pods = context.lister<Pod>('pods')
  return [...stateOf(context).waiting.values()].filter(({ namespace, name }) => {
    const pod = pods.get(namespace, name)
    return pod !== undefined && claimsOfPod(pod).length > 0
  })
}

function nodeMatters(object: KubeObject, before?: KubeObject): boolean {
  if (!before) return true
  const [node, old] = [object as Node, before as Node]
  return (
    !deepEqual(node.spec, old.spec) ||
    !deepEqual(node.metadata.labels, old.metadata.labels) ||
    !deepEqual(node.status?.allocatable, old.status?.allocatable)
  )
}

function podMatters(object: KubeObject, before?: KubeObject): boolean {
  if (!before) return true
  const [pod, old] = [object as Pod, before as Pod]
  return (
    pod.metadata.generation !== old.metadata.generation ||
    pod.spec?.nodeName !== old.spec?.nodeName ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    isOver(pod) !== isOver(old)
  )
}

function reconcileNode({ name }: Key, context: ControllerContext): void {
  stateOf(context).cache.setNode(name, context.lister<Node>('nodes').get('', name))
  retryWaiting(context)
}

function retryWaiting(context: ControllerContext): void {
  const { waiting } = stateOf(context)
  for (const key of waiting.values()) context.enqueue(key)
  waiting.clear()
}

async function reconcilePod(key: Key, context: ControllerContext): Promise<void> {
  const { cache, waiting, chosen } = stateOf(context)
  const text = `${key.namespace}/${key.name}`
  const pod = context.lister<Pod>('pods').get(key.namespace, key.name)
  if (cache.setPod(text, pod)) retryWaiting(context)
  waiting.delete(text)
  if (!pod?.spec || pod.spec.nodeName || pod.metadata.deletionTimestamp || isOver(pod)) {
    chosen.delete(text)
    return
  }
  if ((pod.spec.schedulerName ?? NAME) !== NAME || pod.spec.schedulingGates?.length) return
  const info = podInfo(pod)
  const needs = volumeNeeds(pod, context)
  const kept = typeof needs === 'object' ? keptNode(text, needs, context) : undefined
  const found = kept ?? (typeof needs === 'string' ? refusedEverywhere(needs, context) : search(info, needs, context))
  if (typeof found === 'string') {
    waiting.set(text, key)
    await tellUnschedulable(info, found, context)
  } else if (typeof needs !== 'object' || (await bindVolumes(needs, found.node, context))) {
    chosen.delete(text)
    await bind(text, info, found, context)
  } else {
    chosen.set(text, found.name)
    cache.place(text, info, found.name)
    waiting.set(text, key)
  }
}

/** The node that was chosen before, while it still serves. */
function keptNode(text: string, needs: VolumeNeeds, context: ControllerContext): NodeInfo | undefined {
  const { cache, chosen } = stateOf(context)
  const name = chosen.get(text)
  if (name === undefined) return undefined
  const node = cache.nodes.find((each) => each.name === name)
  if (node && !refuseVolumes(needs, node.node, context)) return node
  chosen.delete(text)
  cache.forget(text)
  return undefined
}

function refusedEverywhere(reason: string, context: ControllerContext): string {
  const { nodes } = stateOf(context).cache
  return nodes.length === 0 ? NO_NODES : refusedBefore(reason, nodes.length)
}

/** The best node, or why there is none. */
function search(pod: PodInfo, needs: VolumeNeeds | undefined, context: ControllerContext): NodeInfo | string {
  const state = stateOf(context)
  const { nodes } = state.cache
  const wanted = nodesToFind(nodes.length)
  const fitting: NodeInfo[] = []
  const refusals: Refusal[] = []
  const start = state.next
  for (let i = 0; i < nodes.length && fitting.length < wanted; i++) {
    const node = nodes[(start + i) % nodes.length]
    state.next = (start + i + 1) % nodes.length
    const refusal = refuse(pod, node) ?? (needs && refuseVolumes(needs, node.node, context))
    if (refusal) refusals.push(refusal)
    else fitting.push(node)
  }
  if (fitting.length > 0) return best(pod, fitting, context.random)
  return refusals.length === 0 ? NO_NODES : failureMessage(pod, refusals)
}

function nodesToFind(all: number): number {
  if (all < ALWAYS_ALL_NODES) return all
  const percent = Math.max(5, 50 - Math.floor(all / 125))
  return Math.max(ALWAYS_ALL_NODES, Math.floor((all * percent) / 100))
}

async function bind(text: string, info: PodInfo, node: NodeInfo, context: ControllerContext): Promise<void> {
  const { cache } = stateOf(context)
  const { namespace = '', name = '', uid } = info.pod.metadata
  cache.place(text, info, node.name)
  try {
    await context.client.createSubresource('pods', namespace, name, 'binding', {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { name, namespace, uid },
      target: { kind: 'Node', name: node.name },
    } as KubeObject)
  } catch (error) {
    cache.forget(text)
    // Gone, bound by somebody else or replaced meanwhile: the pod's next event says what is to be done.
    if (isNotFound(error) || isConflict(error)) return
    throw error
  }
  const message = `Successfully assigned ${namespace}/${name} to ${node.name}`
  context.recorder.event(info.pod, 'Normal', 'Scheduled', message, { action: 'Binding', host: HOST })
}

/** The condition and its Event; nothing when the pod says the same already. */
async function tellUnschedulable(
  info: PodInfo,
  message: string,
  { client, clock, recorder }: ControllerContext,
): Promise<void> {
  const { namespace = '', name = '', uid } = info.pod.metadata
  let told = false
  const now = formatTime(clock.now())
  const change = (pod: Pod): Pod => {
    const next = pod.metadata.uid === uid && !pod.spec?.nodeName ? withUnschedulable(pod, message, now) : pod
    told = next !== pod
    return next
  }
  try {
    await client.modify<Pod>('pods', namespace, name, change, { subresource: 'status' })
  } catch (error) {
    if (!isNotFound(error)) throw error
    return
  }
  if (told) recorder.event(info.pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling', host: HOST })
}

function withUnschedulable(pod: Pod, message: string, now: string): Pod {
  const conditions = pod.status?.conditions ?? []
  const old = conditions.find(({ type }) => type === 'PodScheduled')
  if (old?.status === 'False' && old.reason === 'Unschedulable' && old.message === message) return pod
  const condition = {
    type: 'PodScheduled',
    observedGeneration: pod.metadata.generation,
    status: 'False',
    lastProbeTime: null,
    lastTransitionTime: old?.status === 'False' ? old.lastTransitionTime : now,
    reason: 'Unschedulable',
    message,
  } as unknown as PodCondition
  const next = old ? conditions.map((each) => (each === old ? condition : each)) : [...conditions, condition]
  return { ...pod, status: { ...pod.status, conditions: next } }
}
