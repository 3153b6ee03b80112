/** What templates of Stages may call besides the usual. Mirrors kwok pkg/utils/gotpl/funcs.go and kwok/controllers (funcNodeIP, funcPodIP ...). */
import { CORE_SCHEMA, dump } from 'js-yaml'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Functions } from '../../apimachinery/gotemplate/functions.ts'

/** What the functions know of the cluster. */
export interface Surroundings {
  now: number
  startedAt: number
  version: string
  /** InternalIPs of a node. */
  nodeAddresses(node: string): string[]
  /** Of the pod that the stage is played for; it gets some when it has none. */
  podAddresses(node: string, hostNetwork: boolean): string[]
  /** The object itself. */
  name: string
  /** The node that it is on; its own name, if it is one. */
  node: string
}

const KUBELET_PORT = 10250

const CONDITIONS = [
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['NetworkUnavailable', 'False', 'RouteCreated', 'RouteController created a route'],
].map(([type, status, reason, message]) => ({ type, status, reason, message }))

/** Texts as JSON prints them, all else as the text of its JSON. */
function quote(value: unknown): string {
  const text = JSON.stringify(value ?? null)
  return text.startsWith('"') ? text : JSON.stringify(text)
}

/** Indented by so many steps of two spaces, on a line of its own. */
function yaml(value: unknown, indent = 0): string {
  const text = dump(value ?? null, { schema: CORE_SCHEMA, lineWidth: -1 })
  return indent > 0 ? `\n${text}`.replaceAll('\n', `\n${'  '.repeat(indent)}`) : text
}

export const FUNCTION_NAMES = [
  ...['Quote', 'Now', 'StartTime', 'YAML', 'Version', 'NodeConditions', 'NodeIP', 'NodeName', 'NodePort', 'PodIP'],
  ...['NodeIPWith', 'NodeIPsWith', 'PodIPWith', 'PodIPsWith'],
]

export function functionsIn(around: Surroundings): Functions {
  const functions = {
    Quote: quote,
    Now: () => formatTime(around.now),
    StartTime: () => formatTime(around.startedAt),
    YAML: yaml,
    Version: () => around.version,
    NodeConditions: () => CONDITIONS,
    NodeIP: () => around.nodeAddresses(around.node)[0] ?? '',
    NodeName: () => around.node,
    NodePort: () => KUBELET_PORT,
    PodIP: () => around.podAddresses(around.node, false)[0] ?? '',
    NodeIPWith: (node: string) => around.nodeAddresses(node)[0] ?? '',
    NodeIPsWith: (node: string) => around.nodeAddresses(node),
    PodIPWith: (node: string, hostNetwork: boolean) => around.podAddresses(node, hostNetwork)[0] ?? '',
    PodIPsWith: (node: string, hostNetwork: boolean) => around.podAddresses(node, hostNetwork),
  }
  return functions as unknown as Functions
}
