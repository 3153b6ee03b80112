/** What a change of a node or a pod means for those that wait. Mirrors pkg/scheduler/framework/events.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Node, Pod } from '../../types/core-v1.ts'
import { podRequests } from '../resources.ts'
import type { Happened, Happening } from './plugin.ts'

export function nodeHappenings(node: Node | undefined, old: Node | undefined): Happened[] {
  if (!node || !old) return [{ what: node ? 'nodes/add' : 'nodes/delete', object: node, old }]
  const kinds: Happening[] = []
  if (old.spec?.unschedulable && !node.spec?.unschedulable) kinds.push('nodes/taints')
  if (!deepEqual(node.status?.allocatable, old.status?.allocatable)) kinds.push('nodes/allocatable')
  if (!deepEqual(node.metadata.labels, old.metadata.labels)) kinds.push('nodes/labels')
  if (!deepEqual(node.spec?.taints, old.spec?.taints)) kinds.push('nodes/taints')
  if (!deepEqual(node.status?.declaredFeatures, old.status?.declaredFeatures)) kinds.push('nodes/features')
  return [...new Set(kinds)].map((what) => ({ what, object: node, old }))
}

/** Of a pod that has a node. */
export function placedHappenings(pod: Pod, old: Pod): Happened[] {
  const kinds: Happening[] = []
  if (!deepEqual(pod.metadata.labels, old.metadata.labels)) kinds.push('pods/labels')
  if (isSmaller(pod, old)) kinds.push('pods/smaller')
  return kinds.map((what) => ({ what, object: pod, old }))
}

/** Of the waiting pod itself. */
export function ownHappenings(pod: Pod, old: Pod): Happened[] {
  const kinds: Happening[] = []
  if (!deepEqual(pod.metadata.labels, old.metadata.labels)) kinds.push('self/labels')
  if (isSmaller(pod, old)) kinds.push('self/smaller')
  if (old.spec?.schedulingGates?.length && !pod.spec?.schedulingGates?.length) kinds.push('self/gates')
  if ((pod.spec?.tolerations ?? []).length !== (old.spec?.tolerations ?? []).length) kinds.push('self/tolerations')
  if (!deepEqual(pod.status?.resourceClaimStatuses, old.status?.resourceClaimStatuses)) kinds.push('self/claims')
  return kinds.map((what) => ({ what, object: pod, old }))
}

function isSmaller(pod: Pod, old: Pod): boolean {
  if (pod.spec === old.spec || pod.metadata.generation === old.metadata.generation) return false
  const now = podRequests(pod.spec!)
  for (const [resource, amount] of podRequests(old.spec!)) if (amount > (now.get(resource) ?? 0)) return true
  return false
}
