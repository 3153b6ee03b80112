/** What the scheduler knows of a node: what it has, and what the pods on it hold. Kept up to date one pod at a time. Mirrors pkg/scheduler/framework/types.go (NodeInfo). */
import type { Node, NodeSpec, Taint } from '../../types/core-v1.ts'
import { amountOf } from '../resources.ts'
import type { PodInfo } from './pod-info.ts'

/** Resources with fields of their own; all others are extended. */
const OWN = new Set(['cpu', 'memory', 'ephemeral-storage', 'pods'])
const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({})

export class NodeInfo {
  readonly name: string
  node: Node
  spec: NodeSpec = {}
  labels: Readonly<Record<string, string>> = NO_LABELS
  cpu = 0
  memory = 0
  ephemeral = 0
  maxPods = 0
  extended: ReadonlyMap<string, number> = new Map()
  /** Taints that keep pods away, and those that only make a node less liked. */
  taints: readonly Taint[] = []
  softTaints: readonly Taint[] = []
  usedCpu = 0
  usedMemory = 0
  usedEphemeral = 0
  assumedCpu = 0
  assumedMemory = 0
  readonly usedExtended = new Map<string, number>()
  /** By `namespace/name`. */
  readonly pods = new Map<string, PodInfo>()
  /** `TCP/8080/0.0.0.0` -> how many pods hold it (one, but for races that somebody else won). */
  readonly hostPorts = new Map<string, number>()

  constructor(node: Node) {
    this.name = node.metadata.name ?? ''
    this.node = node
    this.setNode(node)
  }

  setNode(node: Node): void {
    this.node = node
    this.spec = node.spec ?? {}
    this.labels = node.metadata.labels ?? NO_LABELS
    const allocatable = node.status?.allocatable ?? node.status?.capacity ?? {}
    const amount = (name: string): number => (allocatable[name] === undefined ? 0 : amountOf(name, allocatable[name]))
    this.cpu = amount('cpu')
    this.memory = amount('memory')
    this.ephemeral = amount('ephemeral-storage')
    this.maxPods = amount('pods')
    this.extended = new Map(
      Object.keys(allocatable)
        .filter((name) => !OWN.has(name))
        .map((name) => [name, amount(name)]),
    )
    const taints = this.spec.taints ?? []
    this.taints = taints.filter(({ effect }) => effect !== 'PreferNoSchedule')
    this.softTaints = taints.filter(({ effect }) => effect === 'PreferNoSchedule')
  }

  add(pod: PodInfo): void {
    this.pods.set(pod.key, pod)
    this.#count(pod, 1)
  }

  remove(pod: PodInfo): void {
    this.pods.delete(pod.key)
    this.#count(pod, -1)
  }

  /** A node of its own with the same pods: to try what would be if. */
  copy(): NodeInfo {
    const copy = new NodeInfo(this.node)
    for (const pod of this.pods.values()) copy.add(pod)
    return copy
  }

  #count(pod: PodInfo, sign: 1 | -1): void {
    this.usedCpu += sign * pod.cpu
    this.usedMemory += sign * pod.memory
    this.usedEphemeral += sign * pod.ephemeral
    this.assumedCpu += sign * pod.assumedCpu
    this.assumedMemory += sign * pod.assumedMemory
    for (const [name, value] of pod.extended) tally(this.usedExtended, name, sign * value)
    for (const port of pod.hostPorts) tally(this.hostPorts, port, sign)
  }
}

/** What is zero is not there. */
export function tally<K>(counts: Map<K, number>, key: K, change: number): void {
  const count = (counts.get(key) ?? 0) + change
  if (count === 0) counts.delete(key)
  else counts.set(key, count)
}
