/** The numbers of a rollout; pure. Mirrors kubernetes pkg/controller/deployment/util/deployment_util.go. */
import { scaledIntOrPercent } from '../../apimachinery/int-or-string.ts'
import type { Deployment, DeploymentStatus, ReplicaSet } from '../../types/apps-v1.ts'
import { timeOf } from '../pods.ts'

export const REVISION = 'deployment.kubernetes.io/revision'
export const REVISION_HISTORY = 'deployment.kubernetes.io/revision-history'
export const DESIRED_REPLICAS = 'deployment.kubernetes.io/desired-replicas'
export const MAX_REPLICAS = 'deployment.kubernetes.io/max-replicas'
export const TEMPLATE_HASH = 'pod-template-hash'

export const PROGRESSING = 'Progressing'
export const AVAILABLE = 'Available'
export const REPLICA_FAILURE = 'ReplicaFailure'

export const PAUSED = 'DeploymentPaused'
export const RESUMED = 'DeploymentResumed'
export const TIMED_OUT = 'ProgressDeadlineExceeded'
export const NEW_AVAILABLE = 'NewReplicaSetAvailable'

const MAX_INT32 = 2 ** 31 - 1

export const wanted = (object: Deployment | ReplicaSet): number => object.spec.replicas ?? 0

/** The new ReplicaSet and the others of a Deployment, by age. */
export interface ReplicaSets {
  new: ReplicaSet | undefined
  old: ReplicaSet[]
}

export function allOf(sets: ReplicaSets): ReplicaSet[] {
  return sets.new ? [...sets.old, sets.new] : [...sets.old]
}

export function sum(sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number | undefined): number {
  let total = 0
  for (const set of sets) total += count(set) ?? 0
  return total
}

export const active = (sets: readonly ReplicaSet[]): ReplicaSet[] => sets.filter((set) => wanted(set) > 0)

export function isRollingUpdate({ spec }: Deployment): boolean {
  return spec.strategy?.type === 'RollingUpdate'
}

/** Both cannot be zero, or nothing could ever move: then one pod may be unavailable. */
function fenceposts({ spec }: Deployment): { surge: number; unavailable: number } {
  const { maxSurge = 0, maxUnavailable = 0 } = spec.strategy?.rollingUpdate ?? {}
  const surge = scaledIntOrPercent(maxSurge, spec.replicas ?? 0, 'up')
  const unavailable = scaledIntOrPercent(maxUnavailable, spec.replicas ?? 0, 'down')
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}

export function maxUnavailable(deployment: Deployment): number {
  if (!isRollingUpdate(deployment) || wanted(deployment) === 0) return 0
  return Math.min(fenceposts(deployment).unavailable, wanted(deployment))
}

export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? fenceposts(deployment).surge : 0
}

/** How many replicas the new ReplicaSet may have now. */
export function newReplicas(deployment: Deployment, all: readonly ReplicaSet[], present: number): number {
  if (!isRollingUpdate(deployment)) return wanted(deployment)
  const total = wanted(deployment) + fenceposts(deployment).surge
  const current = sum(all, wanted)
  if (current >= total) return present
  return present + Math.min(total - current, wanted(deployment) - present)
}

/** What of a change of size falls to this ReplicaSet: in proportion to its part of the former maximum. */
export function proportion(set: ReplicaSet, deployment: Deployment, toAdd: number, added: number): number {
  if (wanted(set) === 0 || toAdd === 0 || toAdd === added) return 0
  const fraction = fractionOf(set, deployment)
  return toAdd > 0 ? Math.min(fraction, toAdd - added) : Math.max(fraction, toAdd - added)
}

function fractionOf(set: ReplicaSet, deployment: Deployment): number {
  if (wanted(deployment) === 0) return -wanted(set)
  const before = annotatedNumber(set, MAX_REPLICAS) || deployment.status?.replicas || 0
  if (before === 0) return 0
  const size = (wanted(set) * (wanted(deployment) + maxSurge(deployment))) / before
  return Math.round(size) - wanted(set)
}

/** A non-negative int32 in an annotation, or undefined. */
export function annotatedNumber(set: ReplicaSet, annotation: string): number | undefined {
  const text = set.metadata.annotations?.[annotation]
  if (text === undefined || !/^[0-9]+$/.test(text)) return undefined
  return Number(text) <= MAX_INT32 ? Number(text) : undefined
}

/** Revision of a ReplicaSet, 0 without one; undefined when it is no number. */
export function revisionOf(set: ReplicaSet): number | undefined {
  const text = set.metadata.annotations?.[REVISION]
  if (text === undefined) return 0
  return /^[+-]?[0-9]+$/.test(text) ? Number(text) : undefined
}

export function hasProgressDeadline({ spec }: Deployment): boolean {
  return spec.progressDeadlineSeconds !== undefined && spec.progressDeadlineSeconds !== MAX_INT32
}

export function hasHistoryLimit({ spec }: Deployment): boolean {
  return spec.revisionHistoryLimit !== undefined && spec.revisionHistoryLimit !== MAX_INT32
}

export function isComplete(deployment: Deployment, status: DeploymentStatus = {}): boolean {
  const replicas = wanted(deployment)
  const { updatedReplicas = 0, replicas: present = 0, availableReplicas = 0, observedGeneration = 0 } = status
  if (updatedReplicas !== replicas || present !== replicas || availableReplicas !== replicas) return false
  return observedGeneration >= (deployment.metadata.generation ?? 0)
}

export function byAge(a: ReplicaSet, b: ReplicaSet): number {
  const [x, y] = [timeOf(a.metadata.creationTimestamp) ?? 0, timeOf(b.metadata.creationTimestamp) ?? 0]
  return x - y || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1)
}

export function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [x, y] = [revisionOf(a), revisionOf(b)]
  return x === undefined || y === undefined || x === y ? byAge(a, b) : x - y
}
