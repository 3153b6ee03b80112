/** Nodes under pressure end pods, one after the other. Mirrors pkg/kubelet/eviction/{eviction_manager,helpers}.go. */
import type { Node, Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { isPodTerminal } from '../pods.ts'
import { isCritical } from './admission.ts'
import type { KnownPod, KubeletState } from './state.ts'

/** How often the node's resources are looked at. */
const EVICTION_PERIOD_MS = 10_000

/** Condition -> what the node is short of, and how little of it is too little. */
const SIGNALS: Readonly<Record<string, { resource: string; threshold: string }>> = {
  MemoryPressure: { resource: 'memory', threshold: '100Mi' },
  DiskPressure: { resource: 'ephemeral-storage', threshold: '10%' },
  PIDPressure: { resource: 'pids', threshold: '10%' },
}

/** The node's own conditions that decide what happens to its pods, as one text to compare. */
export function conditionsText({ status }: Node): string {
  return (status?.conditions ?? [])
    .filter(({ type }) => type === 'Ready' || type in SIGNALS)
    .map(({ type, status: is }) => `${type}=${is}`)
    .join()
}

/**
 * Tells the next pod that it is evicted, if the node is under pressure, and answers when to ask again, ms from now. Undefined: there is no pressure.
 * Containers are taken to use what they ask for, so only pods that ask for nothing use too much; those of the least priority go first.
 */
export function evictNext(node: Node, state: KubeletState, context: ControllerContext): number | undefined {
  const known = state.nodes.get(node.metadata.name ?? '')
  const pressing = node.status?.conditions?.find(({ type, status }) => type in SIGNALS && status === 'True')
  if (!pressing || !known?.ready) return undefined
  const now = context.clock.now()
  if (now < (known.evictsFrom ?? now)) return (known.evictsFrom as number) - now
  const pods = context.lister<Pod>('pods').byIndex('node', known.name)
  const victim = pods.filter((pod) => mayGo(pod, state)).toSorted(byRank)[0]
  // One that may go can still come.
  if (!victim) return EVICTION_PERIOD_MS
  const { namespace = '', name = '' } = victim.metadata
  const { resource, threshold } = SIGNALS[pressing.type]
  const message = `The node was low on resource: ${resource}. Threshold quantity: ${threshold}, available: 0. `
  const told = state.pods.get(`${namespace}/${name}`) as KnownPod
  told.evicted = message
  context.enqueue({ namespace, name })
  known.evictsFrom = now + EVICTION_PERIOD_MS
  return EVICTION_PERIOD_MS
}

function mayGo(pod: Pod, state: KubeletState): boolean {
  const { metadata, status } = pod
  const known = state.pods.get(`${metadata.namespace}/${metadata.name}`)
  const isNext = known?.uid === metadata.uid && known?.evicted === undefined && known?.amounts !== undefined
  return (
    isNext &&
    status?.qosClass === 'BestEffort' &&
    !isCritical(pod) &&
    !isPodTerminal(pod) &&
    !metadata.deletionTimestamp
  )
}

const byRank = (a: Pod, b: Pod): number =>
  (a.spec?.priority ?? 0) - (b.spec?.priority ?? 0) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1)
