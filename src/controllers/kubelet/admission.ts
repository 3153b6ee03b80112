/** Whether a node takes a pod that was given to it. Mirrors pkg/kubelet/lifecycle/predicate.go and pkg/kubelet/eviction (Admit). */
import type { Container, Node, Pod, PodSpec } from '../../types/core-v1.ts'
import { type Amounts, amountsOf, podRequests } from '../resources.ts'
import { nodeMatcher } from '../scheduler/node-selector.ts'
import { toleratesAll } from '../tolerations.ts'
import type { KnownNode, KnownPod } from './state.ts'

export interface Refusal {
  reason: string
  message: string
}

const MEMORY_TAINT = { key: 'node.kubernetes.io/memory-pressure', effect: 'NoSchedule' as const }

/**
 * What stands against the pod; undefined: nothing. `others`: pods of the node. `held`: what the pod itself has of the node already. The first of
 * upstream's reasons counts.
 */
export function refusalOf(
  pod: Pod,
  node: Node,
  known: KnownNode,
  others: () => readonly Pod[],
  held?: Amounts,
): Refusal | undefined {
  return (
    pressure(pod, node) ??
    shortage(podRequests(pod.spec!), node, known, held) ??
    predicate(
      'NodeAffinity',
      nodeMatcher(pod.spec!)?.(node) ?? true,
      "node(s) didn't match Pod's node affinity/selector",
    ) ??
    predicate('NodePorts', hasFreePorts(pod, others), "node(s) didn't have free ports for the requested pod ports") ??
    predicate('TaintToleration', bearsTaints(pod, node), "node(s) had taints that the pod didn't tolerate")
  )
}

const predicate = (reason: string, holds: boolean, what: string): Refusal | undefined =>
  holds ? undefined : { reason, message: `Predicate ${reason} failed: ${what}` }

const isTrue = (node: Node, type: string): boolean =>
  node.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false

/** A node under pressure takes what asks for memory, or bears it; none if its disk or processes run out. */
function pressure(pod: Pod, node: Node): Refusal | undefined {
  const conditions = ['MemoryPressure', 'DiskPressure', 'PIDPressure'].filter((type) => isTrue(node, type))
  if (conditions.length === 0 || isCritical(pod)) return undefined
  const onlyMemory = conditions.every((type) => type === 'MemoryPressure')
  if (onlyMemory && (pod.status?.qosClass !== 'BestEffort' || toleratesAll(pod.spec?.tolerations, [MEMORY_TAINT])))
    return undefined
  return { reason: 'Evicted', message: `The node had condition: [${conditions.join(' ')}]. ` }
}

const SYSTEM_CRITICAL = 2_000_000_000

export const isCritical = ({ spec }: Pod): boolean => (spec?.priority ?? 0) >= SYSTEM_CRITICAL

/** What nobody offers on the node is not counted: it may be the cluster's. */
function shortage(requests: Amounts, { status }: Node, known: KnownNode, held?: Amounts): Refusal | undefined {
  const pods = known.pods - (held ? 1 : 0)
  const allocatable = amountsOf(status?.allocatable)
  const most = allocatable.get('pods')
  if (most !== undefined && pods + 1 > most) return outOf('pods', 1, pods, most)
  for (const [resource, requested] of requests) {
    const capacity = allocatable.get(resource) ?? (resource.includes('/') ? undefined : 0)
    const taken = (known.used.get(resource) ?? 0) - (held?.get(resource) ?? 0)
    if (capacity !== undefined && requested > 0 && requested > capacity - taken) {
      return outOf(resource, requested, taken, capacity)
    }
  }
  return undefined
}

function outOf(resource: string, requested: number, used: number, capacity: number): Refusal {
  const numbers = `requested: ${requested}, used: ${used}, capacity: ${capacity}`
  return { reason: `OutOf${resource}`, message: `Node didn't have enough resource: ${resource}, ${numbers}` }
}

const portsOf = ({ spec }: Pod): string[] =>
  (spec?.containers ?? []).flatMap(({ ports = [] }: Container) =>
    ports.filter(({ hostPort }) => hostPort).map(({ hostPort, protocol = 'TCP' }) => `${protocol} ${hostPort}`),
  )

function hasFreePorts(pod: Pod, others: () => readonly Pod[]): boolean {
  const wanted = portsOf(pod)
  if (wanted.length === 0) return true
  const taken = others().filter(({ metadata, status }) => metadata.uid !== pod.metadata.uid && holdsPorts(status))
  return !taken.some((other) => portsOf(other).some((port) => wanted.includes(port)))
}

const holdsPorts = (status: Pod['status']): boolean =>
  status?.startTime !== undefined && status.phase !== 'Succeeded' && status.phase !== 'Failed'

function bearsTaints({ spec }: Pod, node: Node): boolean {
  const driving = (node.spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')
  return toleratesAll(spec?.tolerations, driving)
}

/** Counts the pod on its node, with what this spec asks for; a second time nothing. */
export function occupy(known: KnownPod, spec: PodSpec, node: KnownNode): void {
  if (known.takenOf === node) return
  vacate(known)
  known.amounts = podRequests(spec)
  known.takenOf = node
  node.pods++
  for (const [resource, value] of known.amounts) node.used.set(resource, (node.used.get(resource) ?? 0) + value)
}

/** The pod has ended, or holds something else from now on. */
export function vacate(known: KnownPod): void {
  const { amounts, takenOf } = known
  if (!amounts || !takenOf) return
  takenOf.pods--
  for (const [resource, value] of amounts) takenOf.used.set(resource, (takenOf.used.get(resource) ?? 0) - value)
  known.amounts = undefined
  known.takenOf = undefined
}
