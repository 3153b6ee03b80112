/** A pod on each node that wants one, and none elsewhere. Mirrors manage and podsShouldBeOnNode of kubernetes pkg/controller/daemon/daemon_controller.go. */
import type { Node, Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { isPodReady } from '../pods.ts'
import { perRun } from '../state.ts'
import { hashOf } from './history.ts'
import { byAge, type DaemonSync, isAvailable, requeueAfter, surgeCount, syncPods } from './sync.ts'

const BACK_OFF_MS = 1000
const MAX_BACK_OFF_MS = 15 * 60_000

/** How long a node waits before its next failed pod is deleted; by set, generation and node. */
const backOffs = perRun<Map<string, { ms: number; at: number }>>(() => new Map())

/** Answers whether there was something to do. */
export async function manage(sync: DaemonSync): Promise<boolean> {
  const plan: Plan = { create: [], remove: [] }
  const known = new Set<string>()
  for (const node of sync.nodes) {
    known.add(node.metadata.name ?? '')
    planNode(sync, node, plan)
  }
  // Pods for nodes that are gone, which no scheduler can place.
  for (const [node, pods] of sync.onNode) {
    if (!known.has(node)) plan.remove.push(...pods.filter(({ spec }) => !spec?.nodeName))
  }
  return syncPods(sync, plan.remove, plan.create)
}

interface Plan {
  create: string[]
  remove: Pod[]
}

function planNode(sync: DaemonSync, node: Node, plan: Plan): void {
  const name = node.metadata.name ?? ''
  const { run, stay } = sync.test(node)
  const pods = sync.onNode.get(name)
  if (run && !pods) plan.create.push(name)
  else if (!pods) return
  else if (!stay) plan.remove.push(...pods.filter(({ metadata }) => !metadata.deletionTimestamp))
  else {
    const running = sortOut(sync, name, pods, plan)
    if (surgeCount(sync.set, 1) > 0) planSurge(sync, name, run, running, plan)
    else plan.remove.push(...byAge(running).slice(1))
  }
}

/** Pods that ended are deleted, failed ones not too often. Answers the others. */
function sortOut(sync: DaemonSync, node: string, pods: readonly Pod[], plan: Plan): Pod[] {
  const { context, set } = sync
  const running: Pod[] = []
  for (const pod of pods) {
    const { namespace, name, deletionTimestamp } = pod.metadata
    const about = `daemon pod ${namespace}/${name} on node ${node}`
    if (deletionTimestamp) continue
    if (pod.status?.phase === 'Failed') {
      const waitMs = backOff(sync, node, context)
      if (waitMs > 0) {
        requeueAfter(sync, waitMs)
        continue
      }
      context.recorder.event(set, 'Warning', 'FailedDaemonPod', `Found failed ${about}, will try to kill it`)
      plan.remove.push(pod)
    } else if (pod.status?.phase === 'Succeeded') {
      context.recorder.event(set, 'Normal', 'SucceededDaemonPod', `Found succeeded ${about}, will try to delete it`)
      plan.remove.push(pod)
    } else running.push(pod)
  }
  return running
}

/** Zero: now, and the next time it is twice as long. */
function backOff({ set, now }: DaemonSync, node: string, context: ControllerContext): number {
  const known = backOffs(context)
  const key = `${set.metadata.uid}/${set.status?.observedGeneration ?? 0}/${node}`
  const last = known.get(key)
  if (last && now - last.at < last.ms) return last.ms
  const expired = !last || now - last.at > 2 * MAX_BACK_OFF_MS
  known.set(key, { ms: expired ? BACK_OFF_MS : Math.min(2 * last.ms, MAX_BACK_OFF_MS), at: now })
  return 0
}

/** With a surge a node may have one old and one new pod; the old one goes when the new one is available. */
function planSurge(sync: DaemonSync, node: string, run: boolean, running: readonly Pod[], plan: Plan): void {
  if (running.length === 0 && run) plan.create.push(node)
  if (running.length <= 1) return
  let fresh: Pod | undefined
  let old: Pod | undefined
  for (const pod of byAge(running)) {
    if (hashOf(pod) === sync.hash && !fresh) fresh = pod
    else if (hashOf(pod) !== sync.hash && !old) old = pod
    else plan.remove.push(pod)
  }
  if (fresh && old && (!isPodReady(old) || isAvailable(sync, fresh))) plan.remove.push(old)
}

export function forget(uid: string, context: ControllerContext): void {
  const known = backOffs(context)
  for (const key of known.keys()) if (key.startsWith(`${uid}/`)) known.delete(key)
}
