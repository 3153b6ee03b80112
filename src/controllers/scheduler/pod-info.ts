/** What the scheduler needs of a pod, worked out once. Mirrors pkg/scheduler/framework/types.go (PodInfo). */
import { controllerOf, type OwnerReference } from '../../apimachinery/meta.ts'
import type { Container, Pod, PodSpec } from '../../types/core-v1.ts'
import { assumedRequests, isSidecar, podRequests } from '../resources.ts'
import { type AffinityTerms, affinityTermsOf, type Labelled } from './affinity-terms.ts'
import { type NodeTest, nodeMatcher } from './node-selector.ts'

export interface PodInfo extends Labelled {
  pod: Pod
  /** `namespace/name`. */
  key: string
  uid: string
  priority: number
  cpu: number
  memory: number
  ephemeral: number
  extended: ReadonlyMap<string, number>
  /** With what is assumed of containers that ask for nothing: for scores. */
  assumedCpu: number
  assumedMemory: number
  owner: OwnerReference | undefined
  hostPorts: readonly string[]
  /** Node selector and required affinity; undefined: any node. */
  matches: NodeTest | undefined
  terms: AffinityTerms | undefined
  terminating: boolean
}

const NO_LABELS: Labelled['labels'] = Object.freeze({})
const NO_AMOUNTS: PodInfo['extended'] = new Map()
const NO_PORTS: readonly string[] = []

export function podInfo(pod: Pod): PodInfo {
  const spec = pod.spec ?? ({ containers: [] } as PodSpec)
  const { namespace = '', name = '', uid = '', labels = NO_LABELS, deletionTimestamp } = pod.metadata
  const requests = podRequests(spec)
  const assumed = assumedRequests(spec)
  const take = (resource: string): number => {
    const value = requests.get(resource) ?? 0
    requests.delete(resource)
    return value
  }
  return {
    pod,
    key: `${namespace}/${name}`,
    uid,
    namespace,
    labels,
    priority: spec.priority ?? 0,
    cpu: take('cpu'),
    memory: take('memory'),
    ephemeral: take('ephemeral-storage'),
    extended: requests.size > 0 ? requests : NO_AMOUNTS,
    assumedCpu: assumed.cpu,
    assumedMemory: assumed.memory,
    owner: controllerOf(pod),
    hostPorts: hostPortsOf(spec),
    matches: nodeMatcher(spec),
    terms: affinityTermsOf(pod),
    terminating: deletionTimestamp !== undefined,
  }
}

/** What the pod asks of a resource: cpu in thousandths, else whole units. */
export function requestOf(pod: PodInfo, resource: string): number {
  if (resource === 'cpu') return pod.cpu
  if (resource === 'memory') return pod.memory
  return resource === 'ephemeral-storage' ? pod.ephemeral : (pod.extended.get(resource) ?? 0)
}

const WILDCARD = '0.0.0.0'

function hostPortsOf(spec: PodSpec): readonly string[] {
  const ports: string[] = []
  const collect = (container: Container): void => {
    for (const { hostPort, hostIP, protocol } of container.ports ?? []) {
      if (hostPort) ports.push(`${protocol ?? 'TCP'}/${hostPort}/${hostIP || WILDCARD}`)
    }
  }
  for (const container of spec.initContainers ?? []) if (isSidecar(container)) collect(container)
  for (const container of spec.containers) collect(container)
  return ports.length > 0 ? ports : NO_PORTS
}

/** The wildcard address clashes with every address of the same port. */
export function portsClash(wanted: readonly string[], held: { has(port: string): boolean; keys(): Iterable<string> }) {
  return wanted.some((port) => {
    const end = port.lastIndexOf('/') + 1
    if (port.slice(end) !== WILDCARD) return held.has(port) || held.has(port.slice(0, end) + WILDCARD)
    const lead = port.slice(0, end)
    for (const key of held.keys()) if (key.startsWith(lead)) return true
    return false
  })
}
