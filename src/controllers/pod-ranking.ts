/** Which pods go first when there are too many. Mirrors ActivePodsWithRanks of kubernetes pkg/controller/controller_utils.go. */
import type { Pod } from '../types/core-v1.ts'
import { isPodActive, readyCondition, timeOf } from './pods.ts'

const PHASE_ORDER: Record<string, number> = { Pending: 0, Unknown: 1, Running: 2 }
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'

interface Ranked {
  pod: Pod
  scheduled: boolean
  phase: number
  ready: boolean
  cost: number
  /** Related pods on the same node. */
  rank: number
  readySince: number | undefined
  restarts: [regular: number, sidecar: number]
  created: number | undefined
}

/** The first `count` pods to delete; all, in their order, when that is all there are. */
export function podsToDelete(pods: readonly Pod[], related: Iterable<Pod>, count: number, now: number): Pod[] {
  if (count >= pods.length) return [...pods]
  const onNode = new Map<string, number>()
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? ''
    if (isPodActive(pod)) onNode.set(node, (onNode.get(node) ?? 0) + 1)
  }
  const ranked = pods.map((pod) => rankedPod(pod, onNode))
  ranked.sort((a, b) => compare(a, b, now))
  return ranked.slice(0, count).map(({ pod }) => pod)
}

/** A copy, those that are least missed first. Mirrors ActivePods: neither deletion cost nor node count. */
export function byActivity(pods: readonly Pod[]): Pod[] {
  const ranked = pods.map((pod) => rankedPod(pod, new Map()))
  return ranked.sort(compareActivity).map(({ pod }) => pod)
}

function compareActivity(a: Ranked, b: Ranked): number {
  if (a.scheduled !== b.scheduled) return a.scheduled ? 1 : -1
  if (a.phase !== b.phase) return a.phase - b.phase
  if (a.ready !== b.ready) return a.ready ? 1 : -1
  if (a.ready && a.readySince !== b.readySince) return younger(a.readySince, b.readySince)
  if (a.restarts[0] !== b.restarts[0]) return b.restarts[0] - a.restarts[0]
  if (a.restarts[1] !== b.restarts[1]) return b.restarts[1] - a.restarts[1]
  return younger(a.created, b.created)
}

/** Unknown counts as later than all. */
function younger(a: number | undefined, b: number | undefined): number {
  if (a === b) return 0
  return (b ?? Number.POSITIVE_INFINITY) - (a ?? Number.POSITIVE_INFINITY)
}

function rankedPod(pod: Pod, onNode: ReadonlyMap<string, number>): Ranked {
  const ready = readyCondition(pod)
  const isReady = ready?.status === 'True'
  return {
    pod,
    scheduled: (pod.spec?.nodeName ?? '') !== '',
    phase: PHASE_ORDER[pod.status?.phase ?? ''] ?? 0,
    ready: isReady,
    cost: deletionCost(pod),
    rank: onNode.get(pod.spec?.nodeName ?? '') ?? 0,
    readySince: isReady ? timeOf(ready.lastTransitionTime) : undefined,
    restarts: maxRestarts(pod),
    created: timeOf(pod.metadata.creationTimestamp),
  }
}

/** Below zero: `a` goes first. */
function compare(a: Ranked, b: Ranked, now: number): number {
  if (a.scheduled !== b.scheduled) return a.scheduled ? 1 : -1
  if (a.phase !== b.phase) return a.phase - b.phase
  if (a.ready !== b.ready) return a.ready ? 1 : -1
  if (a.cost !== b.cost) return a.cost - b.cost
  if (a.rank !== b.rank) return b.rank - a.rank
  if (a.ready && a.readySince !== b.readySince) return compareAges(a, b, a.readySince, b.readySince, now)
  if (a.restarts[0] !== b.restarts[0]) return b.restarts[0] - a.restarts[0]
  if (a.restarts[1] !== b.restarts[1]) return b.restarts[1] - a.restarts[1]
  return a.created === b.created ? 0 : compareAges(a, b, a.created, b.created, now)
}

/** Younger goes first, by the logarithm of the age: pods of about the same age are told apart by their uids only. */
function compareAges(a: Ranked, b: Ranked, x: number | undefined, y: number | undefined, now: number): number {
  if (x === undefined || y === undefined) return x === undefined ? -1 : 1
  const difference = logarithm(now - x) - logarithm(now - y)
  if (difference !== 0) return difference
  return (a.pod.metadata.uid ?? '') < (b.pod.metadata.uid ?? '') ? -1 : 1
}

/** Of nanoseconds, as upstream's durations count. */
function logarithm(ageMs: number): number {
  return ageMs > 0 ? Math.floor(Math.log2(ageMs * 1e6)) : -1
}

/** An int32 in canonical form, else 0. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata.annotations?.[DELETION_COST] ?? '0'
  const cost = Number(text)
  return /^(0|-?[1-9][0-9]*)$/.test(text) && cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0
}

function maxRestarts(pod: Pod): [number, number] {
  const { initContainers = [] } = pod.spec ?? {}
  const { containerStatuses = [], initContainerStatuses = [] } = pod.status ?? {}
  const sidecars = new Set(initContainers.filter((c) => c.restartPolicy === 'Always').map((c) => c.name))
  const most = (counts: number[]): number => Math.max(0, ...counts)
  return [
    most(containerStatuses.map((status) => status.restartCount)),
    most(initContainerStatuses.filter(({ name }) => sidecars.has(name)).map((status) => status.restartCount)),
  ]
}
