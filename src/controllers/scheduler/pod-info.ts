/** What the scheduler needs of a pod, worked out once. Mirrors pkg/scheduler/framework/types.go (PodInfo). */
import { controllerOf } from '../../apimachinery/meta.ts'
import type { Container, Node, NodeSelectorRequirement, NodeSelectorTerm, Pod, PodSpec } from '../../types/core-v1.ts'
import { assumedRequests, isSidecar, podRequests } from '../resources.ts'

export interface PodInfo {
  pod: Pod
  uid: string
  cpu: number
  memory: number
  ephemeral: number
  extended: ReadonlyMap<string, number>
  assumedCpu: number
  assumedMemory: number
  /** Uid of the controller that owns it. */
  owner: string | undefined
  hostPorts: readonly string[]
  /** Node selector and required affinity; undefined: any node. */
  matches: ((node: Node) => boolean) | undefined
}

export function podInfo(pod: Pod): PodInfo {
  const spec = pod.spec ?? ({ containers: [] } as PodSpec)
  const requests = podRequests(spec)
  const assumed = assumedRequests(spec)
  const take = (name: string): number => {
    const value = requests.get(name) ?? 0
    requests.delete(name)
    return value
  }
  return {
    pod,
    uid: pod.metadata.uid ?? '',
    cpu: take('cpu'),
    memory: take('memory'),
    ephemeral: take('ephemeral-storage'),
    extended: requests,
    assumedCpu: assumed.cpu,
    assumedMemory: assumed.memory,
    owner: controllerOf(pod)?.uid,
    hostPorts: hostPortsOf(spec),
    matches: nodeMatcher(spec),
  }
}

const WILDCARD = '0.0.0.0'

function hostPortsOf(spec: PodSpec): string[] {
  const ports: string[] = []
  const collect = (container: Container): void => {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort) ports.push(`${protocol ?? 'TCP'}/${hostPort}/${hostIP || WILDCARD}`)
    }
  }
  for (const container of spec.initContainers ?? []) if (isSidecar(container)) collect(container)
  for (const container of spec.containers) collect(container)
  return ports
}

/** The wildcard address clashes with every address of the same port. */
export function portsClash(wanted: readonly string[], held: ReadonlyMap<string, number>): boolean {
  if (held.size === 0) return false
  return wanted.some((port) => {
    const end = port.lastIndexOf('/') + 1
    if (port.slice(end) !== WILDCARD) return held.has(port) || held.has(port.slice(0, end) + WILDCARD)
    const lead = port.slice(0, end)
    for (const key of held.keys()) if (key.startsWith(lead)) return true
    return false
  })
}

type NodeTest = (node: Node) => boolean

/** Undefined: every node fits. */
export function nodeMatcher(spec: Pick<PodSpec, 'nodeSelector' | 'affinity'>): NodeTest | undefined {
  const tests: NodeTest[] = []
  const selector = Object.entries(spec.nodeSelector ?? {})
  if (selector.length > 0) {
    tests.push(({ metadata: { labels = {} } }) => selector.every(([key, value]) => labels[key] === value))
  }
  const required = spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  if (required) {
    const terms = required.nodeSelectorTerms.map(termTest)
    tests.push((node) => terms.some((term) => term(node)))
  }
  if (tests.length === 0) return undefined
  return (node) => tests.every((test) => test(node))
}

/** An empty term matches nothing. */
export function termTest({ matchExpressions = [], matchFields = [] }: NodeSelectorTerm): NodeTest {
  if (matchExpressions.length + matchFields.length === 0) return () => false
  return (node) =>
    matchExpressions.every((requirement) => meets(requirement, node.metadata.labels?.[requirement.key])) &&
    matchFields.every((requirement) => meets(requirement, node.metadata.name))
}

function meets({ operator, values = [] }: NodeSelectorRequirement, value: string | undefined): boolean {
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value)
    case 'NotIn':
      return value === undefined || !values.includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    case 'Gt':
      return value !== undefined && /^-?\d+$/.test(value) && BigInt(value) > BigInt(values[0])
    case 'Lt':
      return value !== undefined && /^-?\d+$/.test(value) && BigInt(value) < BigInt(values[0])
    default:
      return false
  }
}
