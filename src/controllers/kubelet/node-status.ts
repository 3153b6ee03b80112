/** What an emulated kubelet says of its node. Mirrors pkg/kubelet/nodestatus/setters.go. */
import { createHash } from 'node:crypto'
import type { Node, NodeCondition, NodeStatus } from '../../types/core-v1.ts'
import { isManaged, MANAGED_ANNOTATION } from '../attach-detach/attachable.ts'

export const CONTAINER_RUNTIME_VERSION = 'containerd://2.2.1'
const KERNEL_VERSION = '6.12.57'
const OS_IMAGE = 'Debian GNU/Linux 13 (trixie)'
const CAPACITY = {
  cpu: '32',
  'ephemeral-storage': '263174212Ki',
  'hugepages-1Gi': '0',
  'hugepages-2Mi': '0',
  memory: '256Gi',
  pods: '110',
}

const HEALTHY: readonly [type: string, status: string, reason: string, message: string][] = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
]

/** Events of a start, in their order. */
export const START_EVENTS: readonly [reason: string, message: (name: string) => string][] = [
  ['Starting', () => 'Starting kubelet.'],
  ['NodeHasSufficientMemory', (name) => `Node ${name} status is now: NodeHasSufficientMemory`],
  ['NodeHasNoDiskPressure', (name) => `Node ${name} status is now: NodeHasNoDiskPressure`],
  ['NodeHasSufficientPID', (name) => `Node ${name} status is now: NodeHasSufficientPID`],
  ['NodeAllocatableEnforced', () => 'Updated Node Allocatable limit across pods'],
  ['NodeReady', (name) => `Node ${name} status is now: NodeReady`],
]

/** Of component-helpers/nodedeclaredfeatures those that are on by default; updates of pods may need them. */
const DECLARED_FEATURES = [
  'ExtendWebSocketsToKubelet',
  'InPlacePodLevelResourcesVerticalScaling',
  'InPlacePodVerticalScalingInitContainers',
  'RestartAllContainersOnContainerExits',
]

export interface NodeFacts {
  /** Used when the node says none of its own. */
  addresses: readonly string[]
  kubeletVersion: string
  /** RFC 3339. */
  now: string
}

/**
 * The status of a node whose kubelet starts: what the node says already stays, what is missing is filled in. A condition that somebody set,
 * `Ready: False` say, is a wish of the test and stays too.
 */
export function registeredStatus(node: Node, { addresses, kubeletVersion, now }: NodeFacts): NodeStatus {
  const status = node.status ?? {}
  const name = node.metadata.name ?? ''
  const capacity = { ...CAPACITY, ...status.allocatable, ...status.capacity }
  return {
    ...status,
    addresses: status.addresses?.length
      ? status.addresses
      : [...addresses.map((address) => ({ type: 'InternalIP', address })), { type: 'Hostname', address: name }],
    capacity,
    allocatable: { ...capacity, ...status.allocatable },
    conditions: conditionsAt(status.conditions ?? [], now),
    daemonEndpoints: { kubeletEndpoint: { Port: status.daemonEndpoints?.kubeletEndpoint?.Port || 10250 } },
    nodeInfo: nodeInfo(node, kubeletVersion),
    runtimeHandlers: status.runtimeHandlers ?? [
      { name: '', features: { recursiveReadOnlyMounts: true, userNamespaces: true } },
    ],
    features: status.features ?? { supplementalGroupsPolicy: true },
    declaredFeatures: status.declaredFeatures ?? DECLARED_FEATURES,
  }
}

/** DEVIATION(node-conditions-kept): a condition that somebody wrote is not overruled by the kubelet's next report. */
function conditionsAt(present: readonly NodeCondition[], now: string): NodeCondition[] {
  const kept = present.filter(({ type }) => !HEALTHY.some(([healthy]) => healthy === type))
  const own = HEALTHY.map(([type, status, reason, message]) => {
    const old = present.find((condition) => condition.type === type)
    // Unknown is what the node lifecycle controller says of a kubelet that is silent: this one speaks.
    if (old && old.status !== 'Unknown') return { ...old, lastHeartbeatTime: now }
    return { type, status, lastHeartbeatTime: now, lastTransitionTime: now, reason, message }
  })
  return [...kept, ...own]
}

function nodeInfo(node: Node, kubeletVersion: string): NodeStatus['nodeInfo'] {
  const { name, labels = {} } = node.metadata
  const info = {
    ...machineIds(name),
    kernelVersion: KERNEL_VERSION,
    osImage: OS_IMAGE,
    containerRuntimeVersion: CONTAINER_RUNTIME_VERSION,
    kubeletVersion,
    kubeProxyVersion: '',
    operatingSystem: labels['kubernetes.io/os'] ?? 'linux',
    architecture: labels['kubernetes.io/arch'] ?? 'amd64',
  }
  const said = Object.entries(node.status?.nodeInfo ?? {}).filter(([, value]) => value !== '')
  return { ...info, ...Object.fromEntries(said) }
}

/** Made of the node's name: the same node is the same machine. */
export function machineIds(
  name = '',
): Pick<NonNullable<NodeStatus['nodeInfo']>, 'machineID' | 'systemUUID' | 'bootID'> {
  const id = createHash('sha256').update(`node/${name}`).digest('hex')
  const uuid = (hex: string): string => hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  return { machineID: id.slice(0, 32), systemUUID: uuid(id.slice(0, 32)), bootID: uuid(id.slice(32)) }
}

/** A heartbeat: the conditions are said again, and one that became Unknown is well again. */
export function heartbeat(node: Node, now: string): Node {
  return { ...node, status: { ...node.status, conditions: conditionsAt(node.status?.conditions ?? [], now) } }
}

type Words = Record<string, string>

/** Labels and annotations that a kubelet gives its node. Undefined: all are there. */
export function missingMetadata(node: Node): { labels: Words; annotations: Words } | undefined {
  const { name = '', labels = {} } = node.metadata
  const os = labels['kubernetes.io/os'] ?? 'linux'
  const arch = labels['kubernetes.io/arch'] ?? 'amd64'
  const wanted: Words = {
    'beta.kubernetes.io/arch': arch,
    'beta.kubernetes.io/os': os,
    'kubernetes.io/arch': arch,
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': os,
  }
  const missing = Object.entries(wanted).filter(([key]) => labels[key] === undefined)
  if (missing.length === 0 && isManaged(node)) return undefined
  return { labels: Object.fromEntries(missing), annotations: isManaged(node) ? {} : { [MANAGED_ANNOTATION]: 'true' } }
}
