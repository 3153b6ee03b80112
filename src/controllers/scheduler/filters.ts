/** Why a pod cannot go to a node: one check after the other, the first that fails answers. Mirrors pkg/scheduler/framework/plugins. */
import type { Taint } from '../../types/core-v1.ts'
import { toleratesAll } from '../tolerations.ts'
import type { NodeInfo } from './node-info.ts'
import { type PodInfo, portsClash } from './pod-info.ts'

export interface Refusal {
  reasons: readonly string[]
  /** The pods on the node are what is in the way: evicting some could help. */
  resolvable: boolean
}

const final = (reason: string): Refusal => ({ reasons: [reason], resolvable: false })

const UNSCHEDULABLE = final('node(s) were unschedulable')
const TAINTED = final('node(s) had untolerated taint(s)')
const NOT_SELECTED = final("node(s) didn't match Pod's node affinity/selector")
const PORTS_TAKEN: Refusal = {
  reasons: ["node(s) didn't have free ports for the requested pod ports"],
  resolvable: true,
}
const UNSCHEDULABLE_TAINT: readonly Taint[] = [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]

/**
 * Undefined: the pod fits.
 * DEVIATION(scheduler-filters): affinity between pods and topology spread constraints are not looked at, ResourceClaims are not allocated,
 * and nothing is preempted.
 */
export function refuse(pod: PodInfo, node: NodeInfo): Refusal | undefined {
  const { tolerations } = pod.pod.spec!
  if (node.spec.unschedulable && !toleratesAll(tolerations, UNSCHEDULABLE_TAINT)) return UNSCHEDULABLE
  if (node.taints.length > 0 && !toleratesAll(tolerations, node.taints)) return TAINTED
  if (pod.matches && !pod.matches(node.node)) return NOT_SELECTED
  if (pod.hostPorts.length > 0 && portsClash(pod.hostPorts, node.hostPorts)) return PORTS_TAKEN
  return fits(pod, node) ? undefined : lacking(pod, node)
}

function fits(pod: PodInfo, node: NodeInfo): boolean {
  if (node.pods + 1 > node.maxPods) return false
  if (pod.cpu > 0 && pod.cpu > node.cpu - node.usedCpu) return false
  if (pod.memory > 0 && pod.memory > node.memory - node.usedMemory) return false
  if (pod.ephemeral > 0 && pod.ephemeral > node.ephemeral - node.usedEphemeral) return false
  for (const [name, value] of pod.extended) {
    if (value > (node.extended.get(name) ?? 0) - (node.usedExtended.get(name) ?? 0)) return false
  }
  return true
}

function lacking(pod: PodInfo, node: NodeInfo): Refusal {
  const reasons: string[] = []
  let resolvable = true
  const check = (name: string, wanted: number, all: number, used: number): void => {
    if (wanted === 0 || wanted <= all - used) return
    reasons.push(`Insufficient ${name}`)
    if (wanted > all) resolvable = false
  }
  if (node.pods + 1 > node.maxPods) reasons.push('Too many pods')
  check('cpu', pod.cpu, node.cpu, node.usedCpu)
  check('memory', pod.memory, node.memory, node.usedMemory)
  check('ephemeral-storage', pod.ephemeral, node.ephemeral, node.usedEphemeral)
  for (const [name, value] of pod.extended) {
    check(name, value, node.extended.get(name) ?? 0, node.usedExtended.get(name) ?? 0)
  }
  return { reasons, resolvable }
}

/** `0/3 nodes are available: 1 Insufficient cpu, 2 node(s) had untolerated taint(s). preemption: ...` */
export function failureMessage(pod: PodInfo, refusals: readonly Refusal[]): string {
  const counts = new Map<string, number>()
  for (const { reasons } of refusals) for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  return `${histogram(refusals.length, counts)} preemption: ${preemptionMessage(pod, refusals)}`
}

/** A pod that no node was looked at for. The last two words are what upstream has found out about preemption. */
export function refusedBefore(reason: string, nodes: number): string {
  return `0/${nodes} nodes are available: ${reason}. not found`
}

function preemptionMessage(pod: PodInfo, refusals: readonly Refusal[]): string {
  if (pod.pod.spec?.preemptionPolicy === 'Never') return 'not eligible due to preemptionPolicy=Never.'
  const helpful = refusals.filter(({ resolvable }) => resolvable).length
  const counts = new Map<string, number>()
  if (helpful > 0) counts.set('No preemption victims found for incoming pod', helpful)
  if (helpful < refusals.length) counts.set('Preemption is not helpful for scheduling', refusals.length - helpful)
  return histogram(refusals.length, counts)
}

function histogram(nodes: number, counts: ReadonlyMap<string, number>): string {
  const lines = [...counts].map(([reason, count]) => `${count} ${reason}`).sort()
  return `0/${nodes} nodes are available: ${lines.join(', ')}.`
}
