/** What one reconcile of a DaemonSet knows, and the making and deleting of its pods. Mirrors syncNodes of kubernetes pkg/controller/daemon/daemon_controller.go. */
import { scaledIntOrPercent } from '../../apimachinery/int-or-string.ts'
import type { DaemonSet } from '../../types/apps-v1.ts'
import type { Node, Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { createPod, deletePod, slowStart } from '../pod-control.ts'
import { isPodAvailable, timeOf } from '../pods.ts'
import { type NodeTest, podFor } from './nodes.ts'

/** Pods made, and as many deleted, in one reconcile. */
const BURST = 250

export interface DaemonSync {
  context: ControllerContext
  set: DaemonSet
  now: number
  /** In the order of their names. */
  nodes: readonly Node[]
  test: NodeTest
  /** Pods by node, in the order of the nodes; those that ended and are going are left out. */
  onNode: Map<string, Pod[]>
  /** Of the present template. */
  hash: string
  /** Ask again after this long. */
  requeueAfterMs: number | undefined
}

export function requeueAfter(sync: DaemonSync, ms: number): void {
  sync.requeueAfterMs = Math.min(sync.requeueAfterMs ?? ms, ms)
}

/** Answers whether there was something to do. Throws the first failure, after trying all. */
export async function syncPods(
  { context, set, hash }: DaemonSync,
  remove: readonly Pod[],
  nodes: readonly string[],
): Promise<boolean> {
  const wanted = nodes.slice(0, BURST)
  const { failure } = await slowStart(wanted.length, (i) => createPod(set, podFor(set, hash, wanted[i]), context))
  let first = failure
  for (const pod of remove.slice(0, BURST)) {
    const wrong = await deletePod(set, pod, context)
    first ??= wrong
  }
  if (first) throw first
  return remove.length + nodes.length > 0
}

export function isAvailable({ set, now }: DaemonSync, pod: Pod): boolean {
  return isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)
}

/** Pods with a node first, then by age. */
export function byAge(pods: readonly Pod[]): Pod[] {
  const created = ({ metadata }: Pod): number => timeOf(metadata.creationTimestamp) ?? 0
  return [...pods].sort((a, b) => {
    const bound = Number(Boolean(b.spec?.nodeName)) - Number(Boolean(a.spec?.nodeName))
    return bound || created(a) - created(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1)
  })
}

/** How many pods may be too many during an update of `wanted`. */
export function surgeCount({ spec }: DaemonSet, wanted: number): number {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {}
  if (type !== 'RollingUpdate' || rollingUpdate?.maxSurge === undefined) return 0
  return scaledIntOrPercent(rollingUpdate.maxSurge, wanted, 'up')
}

export function unavailableCount({ spec }: DaemonSet, wanted: number): number {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {}
  if (type !== 'RollingUpdate' || rollingUpdate?.maxUnavailable === undefined) return 0
  return scaledIntOrPercent(rollingUpdate.maxUnavailable, wanted, 'up')
}
