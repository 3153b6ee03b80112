/** Status and conditions of a Deployment. Mirrors calculateStatus and kubernetes pkg/controller/deployment/progress.go. */
import { type Clock, formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '../../types/apps-v1.ts'
import type { Result } from '../controller.ts'
import { timeOf } from '../pods.ts'
import {
  AVAILABLE,
  allOf,
  hasProgressDeadline,
  isComplete,
  maxUnavailable,
  NEW_AVAILABLE,
  PROGRESSING,
  REPLICA_FAILURE,
  type ReplicaSets,
  sum,
  TIMED_OUT,
  wanted,
} from './arithmetic.ts'
import type { Rollout } from './rollout.ts'

export function conditionOf(status: DeploymentStatus | undefined, type: string): DeploymentCondition | undefined {
  return status?.conditions?.find((condition) => condition.type === type)
}

export function newCondition(
  clock: Clock,
  type: string,
  status: string,
  reason: string,
  message: string,
): DeploymentCondition {
  const now = formatTime(clock.now())
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message }
}

/** A condition that says the same (status and reason) stays as it is; one of the same status keeps its transition time. */
export function withCondition(status: DeploymentStatus = {}, condition: DeploymentCondition): DeploymentStatus {
  const present = conditionOf(status, condition.type ?? '')
  if (present?.status === condition.status && present?.reason === condition.reason) return status
  const next =
    present?.status === condition.status ? { ...condition, lastTransitionTime: present?.lastTransitionTime } : condition
  return { ...status, conditions: [...others(status, condition.type), next] }
}

function without(status: DeploymentStatus, type: string): DeploymentStatus {
  const conditions = others(status, type)
  return { ...status, conditions: conditions.length > 0 ? conditions : undefined }
}

const others = (status: DeploymentStatus, type: string | undefined): DeploymentCondition[] =>
  (status.conditions ?? []).filter((condition) => condition.type !== type)

/** Numbers that are zero are absent, as Go leaves them out; but terminatingReplicas, a pointer there. */
function calculate({ deployment, context }: Rollout, sets: ReplicaSets): DeploymentStatus {
  const all = allOf(sets)
  const available = sum(all, ({ status }) => status?.availableReplicas)
  const status: DeploymentStatus = {
    observedGeneration: deployment.metadata.generation,
    replicas: sum(all, ({ status }) => status?.replicas) || undefined,
    updatedReplicas: sets.new?.status?.replicas || undefined,
    readyReplicas: sum(all, ({ status }) => status?.readyReplicas) || undefined,
    availableReplicas: available || undefined,
    unavailableReplicas: Math.max(0, sum(all, wanted) - available) || undefined,
    terminatingReplicas: terminating(all),
    collisionCount: deployment.status?.collisionCount,
    conditions: deployment.status?.conditions,
  }
  const enough = available >= wanted(deployment) - maxUnavailable(deployment)
  const condition = enough
    ? newCondition(context.clock, AVAILABLE, 'True', 'MinimumReplicasAvailable', 'Deployment has minimum availability.')
    : newCondition(
        context.clock,
        AVAILABLE,
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
      )
  return withCondition(status, condition)
}

/** Undefined as long as one ReplicaSet's controller does not count them; a ReplicaSet that nobody has looked at yet has none. */
function terminating(sets: readonly ReplicaSet[]): number | undefined {
  let total = 0
  for (const { status } of sets) {
    if (status?.terminatingReplicas !== undefined) total += status.terminatingReplicas
    else if (status?.observedGeneration) return undefined
  }
  return total
}

/** Writes the numbers and Available; leaves Progressing alone. */
export async function writeStatus(rollout: Rollout, sets: ReplicaSets): Promise<void> {
  await write(rollout, calculate(rollout, sets))
}

async function write(rollout: Rollout, status: DeploymentStatus): Promise<boolean> {
  const { deployment, context } = rollout
  if (deepEqual(deployment.status ?? {}, status)) return false
  rollout.deployment = await context.client.updateStatus('deployments.apps', { ...deployment, status })
  return true
}

/** As writeStatus, with Progressing and ReplicaFailure. Asks to be called again when the progress deadline will have passed. */
export async function writeRolloutStatus(rollout: Rollout, sets: ReplicaSets): Promise<Result | undefined> {
  const { deployment, context } = rollout
  let status = calculate(rollout, sets)
  if (!hasProgressDeadline(deployment)) status = without(status, PROGRESSING)
  const current = conditionOf(deployment.status, PROGRESSING)
  const done = status.replicas === status.updatedReplicas && current?.reason === NEW_AVAILABLE
  if (hasProgressDeadline(deployment) && !done) status = withProgress(rollout, sets, status)
  const failure = replicaFailure(sets)
  status = failure ? withCondition(status, failure) : without(status, REPLICA_FAILURE)
  if (await write(rollout, status)) return undefined
  return checkAgain(deployment, context.clock)
}

function withProgress({ deployment, context }: Rollout, sets: ReplicaSets, status: DeploymentStatus): DeploymentStatus {
  const subject = sets.new
    ? `ReplicaSet ${quote(sets.new.metadata.name ?? '')}`
    : `Deployment ${quote(deployment.metadata.name ?? '')}`
  const condition = (value: string, reason: string, what: string): DeploymentCondition =>
    newCondition(context.clock, PROGRESSING, value, reason, `${subject} ${what}.`)
  if (isComplete(deployment, status)) {
    return withCondition(status, condition('True', NEW_AVAILABLE, 'has successfully progressed'))
  }
  if (progresses(deployment, status)) {
    const current = conditionOf(deployment.status, PROGRESSING)
    const next = condition('True', 'ReplicaSetUpdated', 'is progressing')
    if (current?.status === 'True') next.lastTransitionTime = current.lastTransitionTime
    return { ...status, conditions: [...others(status, PROGRESSING), next] }
  }
  if (timedOut(deployment, status, context.clock)) {
    return withCondition(status, condition('False', TIMED_OUT, 'has timed out progressing'))
  }
  return status
}

/** More new, ready or available replicas than before, or fewer old ones. */
function progresses({ status: old = {} }: Deployment, status: DeploymentStatus): boolean {
  const count = (value: number | undefined): number => value ?? 0
  const oldReplicas = (of: DeploymentStatus): number => count(of.replicas) - count(of.updatedReplicas)
  return (
    count(status.updatedReplicas) > count(old.updatedReplicas) ||
    oldReplicas(status) < oldReplicas(old) ||
    count(status.readyReplicas) > count(old.readyReplicas) ||
    count(status.availableReplicas) > count(old.availableReplicas)
  )
}

function deadlineOf({ spec }: Deployment, condition: DeploymentCondition): number {
  return (timeOf(condition.lastUpdateTime) ?? 0) + (spec.progressDeadlineSeconds ?? 0) * 1000
}

function timedOut(deployment: Deployment, status: DeploymentStatus, clock: Clock): boolean {
  const condition = conditionOf(status, PROGRESSING)
  if (!condition || condition.reason === NEW_AVAILABLE) return false
  return condition.reason === TIMED_OUT || deadlineOf(deployment, condition) < clock.now()
}

function replicaFailure(sets: ReplicaSets): DeploymentCondition | undefined {
  for (const set of sets.new ? [sets.new, ...sets.old] : sets.old) {
    const found = set.status?.conditions?.find(({ type }) => type === REPLICA_FAILURE)
    if (found) return { ...found, lastUpdateTime: found.lastTransitionTime }
  }
  return undefined
}

/** A second after the deadline: times in conditions have no fractions. */
function checkAgain(deployment: Deployment, clock: Clock): Result | undefined {
  const condition = conditionOf(deployment.status, PROGRESSING)
  if (!condition || !hasProgressDeadline(deployment)) return undefined
  if (isComplete(deployment, deployment.status) || condition.reason === TIMED_OUT) return undefined
  return { requeueAfterMs: Math.max(0, deadlineOf(deployment, condition) - clock.now()) + 1000 }
}
