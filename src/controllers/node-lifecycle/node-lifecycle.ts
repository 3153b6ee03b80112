/** Taints nodes by what is said of them, notices kubelets that fell silent, removes pods of nodes that are gone. Mirrors pkg/controller/nodelifecycle. */
import { formatTime } from '../../apimachinery/clock.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import type { Lease } from '../../types/coordination-v1.ts'
import type { Node, NodeCondition, Pod, PodCondition, Taint } from '../../types/core-v1.ts'
import { type ControllerContext, defineController, type Result } from '../controller.ts'
import { aboutNode } from '../node-events.ts'
import { nodeNameOf, podsByNode } from '../pod-index.ts'
import { perRun } from '../state.ts'
import { collectPods } from './pod-gc.ts'

const LEASES = 'leases.coordination.k8s.io'
const LEASE_NAMESPACE = 'kube-node-lease'
/** How long a kubelet may be silent; after it one more look, so that a clock that jumped is no silence. */
const GRACE_MS = 50_000
const STARTUP_GRACE_MS = 60_000
const SECOND_LOOK_MS = 5_000

const CONDITION_TAINTS: Record<string, Record<string, string>> = {
  Ready: { False: 'node.kubernetes.io/not-ready', Unknown: 'node.kubernetes.io/unreachable' },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'
const EVICTING = Object.values(CONDITION_TAINTS['Ready'])
const OWN_TAINTS = new Set([UNSCHEDULABLE, ...Object.values(CONDITION_TAINTS).flatMap((keys) => Object.values(keys))])
const REPORTED = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

/** What was last heard of a node, and when. */
interface Heard {
  uid: string | undefined
  words: string
  at: number
  suspect: boolean
}

const stateOf = perRun(() => new Map<string, Heard>())

export const nodeLifecycle = defineController({
  name: 'node-lifecycle',
  component: 'node-controller',
  for: 'nodes',
  // A pod that was bound to a node that is gone, or does not answer, asks for its node, too.
  watches: [
    {
      resource: 'pods',
      keys(pod, { lister }) {
        const name = nodeNameOf(pod)!
        const node = lister<Node>('nodes').get('', name)
        return node && conditionOf(node, 'Ready')?.status === 'True' ? [] : [{ namespace: '', name }]
      },
      when: (pod, old) => nodeNameOf(pod) !== undefined && (old === undefined || nodeNameOf(old) === undefined),
    },
  ],
  reads: [LEASES],
  indexes: { pods: podsByNode },
  async reconcile({ name }, context) {
    const node = context.lister<Node>('nodes').get('', name)
    if (!node) return collectPods(name, stateOf(context).delete(name), context)
    await retaint(node, context)
    const ready = conditionOf(node, 'Ready')
    if (ready && ready.status !== 'True') await markPodsNotReady(node, context)
    return listen(node, context)
  },
})

const conditionOf = (node: Node, type: string): NodeCondition | undefined =>
  node.status?.conditions?.find((condition) => condition.type === type)

async function retaint(node: Node, { client, clock }: ControllerContext): Promise<void> {
  const now = formatTime(clock.now())
  if (withTaints(node, now) === node) return
  await client.modify<Node>('nodes', '', node.metadata.name ?? '', (old) => withTaints(old, now))
}

/** The same node when its taints are right. Taints that stay keep their place and time. */
function withTaints(node: Node, now: string): Node {
  const wanted = wantedTaints(node)
  const old = node.spec?.taints ?? []
  const id = ({ key, effect }: Taint): string => `${key}:${effect}`
  const ids = new Set(wanted.map(id))
  const kept = old.filter((taint) => !isOwn(taint) || ids.has(id(taint)))
  const added = wanted.filter((taint) => !old.some((each) => id(each) === id(taint)))
  if (kept.length === old.length && added.length === 0) return node
  const taints = [...kept, ...added.map((taint) => ({ ...taint, timeAdded: now }))]
  const { taints: _, ...spec } = node.spec ?? {}
  return { ...node, spec: taints.length > 0 ? { ...spec, taints } : spec }
}

/** Only what this controller sets it takes away again. */
function isOwn({ key, effect }: Taint): boolean {
  return OWN_TAINTS.has(key) && (effect === 'NoSchedule' || (effect === 'NoExecute' && EVICTING.includes(key)))
}

function wantedTaints(node: Node): Taint[] {
  const taints: Taint[] = []
  for (const [type, keys] of Object.entries(CONDITION_TAINTS)) {
    const status = conditionOf(node, type)?.status
    // A node of which nothing is known is not ready: as the server tainted it when it was made.
    const key = keys[status ?? (type === 'Ready' ? 'False' : '')]
    if (!key) continue
    taints.push({ key, effect: 'NoSchedule' })
    if (type === 'Ready' && status) taints.push({ key, effect: 'NoExecute' })
  }
  if (node.spec?.unschedulable) taints.push({ key: UNSCHEDULABLE, effect: 'NoSchedule' })
  return taints
}

/** Services must not send to a node that is not ready. */
async function markPodsNotReady(node: Node, context: ControllerContext): Promise<void> {
  const name = node.metadata.name ?? ''
  const now = formatTime(context.clock.now())
  for (const pod of context.lister<Pod>('pods').byIndex('node', name)) {
    if (!pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')) continue
    try {
      const change = (old: Pod): Pod => ({ ...old, status: { ...old.status, conditions: notReady(old, now) } })
      await context.client.modify<Pod>('pods', pod.metadata.namespace ?? '', pod.metadata.name ?? '', change, {
        subresource: 'status',
      })
    } catch (error) {
      if (!isNotFound(error)) throw error
      continue
    }
    context.recorder.event(pod, 'Warning', 'NodeNotReady', 'Node is not ready')
  }
}

function notReady({ status }: Pod, now: string): PodCondition[] {
  return (status?.conditions ?? []).map((condition) =>
    condition.type === 'Ready' && condition.status === 'True'
      ? { ...condition, status: 'False', lastTransitionTime: now }
      : condition,
  )
}

/** Is the kubelet still there? Time is counted from when this controller last heard something new. */
async function listen(node: Node, context: ControllerContext): Promise<Result | void> {
  const { name = '', uid } = node.metadata
  const heard = stateOf(context)
  const now = context.clock.now()
  const ready = conditionOf(node, 'Ready')
  const lease = context.lister<Lease>(LEASES).get(LEASE_NAMESPACE, name)
  const words = `${lease?.spec?.renewTime} ${ready?.lastHeartbeatTime}`
  let last = heard.get(name)
  if (last?.uid !== uid) {
    const message = `Node ${name} event: Registered Node ${name} in Controller`
    context.recorder.event(aboutNode(node), 'Normal', 'RegisteredNode', message)
  }
  if (last?.uid !== uid || last?.words !== words) {
    last = { uid, words, at: now, suspect: false }
    heard.set(name, last)
  }
  if (ready?.status === 'Unknown') return
  const dueIn = last!.at + (ready ? GRACE_MS : STARTUP_GRACE_MS) - now
  if (dueIn > 0) return { requeueAfterMs: dueIn }
  if (!last!.suspect) {
    last!.suspect = true
    last!.at += SECOND_LOOK_MS + Math.max(0, -dueIn)
    return { requeueAfterMs: SECOND_LOOK_MS }
  }
  await context.client.modify<Node>('nodes', '', name, (old) => silenced(old, formatTime(now)), {
    subresource: 'status',
  })
  context.recorder.event(aboutNode(node), 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
}

function silenced(node: Node, now: string): Node {
  const present = node.status?.conditions ?? []
  const conditions = present.map((condition) =>
    REPORTED.includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: now,
        }
      : condition,
  )
  for (const type of REPORTED) {
    if (present.some((condition) => condition.type === type)) continue
    conditions.push({
      type,
      status: 'Unknown',
      reason: 'NodeStatusNeverUpdated',
      message: 'Kubelet never posted node status.',
      lastHeartbeatTime: node.metadata.creationTimestamp ?? now,
      lastTransitionTime: now,
    })
  }
  return { ...node, status: { ...node.status, conditions } }
}
