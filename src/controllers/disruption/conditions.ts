/** The DisruptionAllowed condition. Mirrors k8s.io/component-helpers/apps/poddisruptionbudget and failSafe of pkg/controller/disruption. */
import type { Condition } from '../../types/meta-v1.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../types/policy-v1.ts'

const TYPE = 'DisruptionAllowed'

/** The conditions with DisruptionAllowed as `allowed` wants it. */
export function disruptionConditions(
  old: PodDisruptionBudgetStatus | undefined,
  allowed: number,
  generation: number | undefined,
  now: string,
): Condition[] {
  const [status, reason] = allowed > 0 ? ['True', 'SufficientPods'] : ['False', 'InsufficientPods']
  const before = old?.conditions?.find(({ type }) => type === TYPE)
  const upToDate = before?.status === status && before.reason === reason && old?.observedGeneration === generation
  if (upToDate && old?.conditions) return old.conditions
  return withCondition(old?.conditions, { status, reason, message: '', observedGeneration: generation }, now)
}

/** Why nothing may go: the counts could not be worked out. */
export function syncFailed({ status }: PodDisruptionBudget, message: string, now: string): PodDisruptionBudgetStatus {
  const { observedGeneration } = status ?? {}
  const condition = { status: 'False', reason: 'SyncFailed', message, observedGeneration }
  const counts = { currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  return {
    ...counts,
    ...status,
    disruptionsAllowed: 0,
    conditions: withCondition(status?.conditions, condition, now),
  }
}

function withCondition(
  old: readonly Condition[] = [],
  next: Omit<Condition, 'type' | 'lastTransitionTime'>,
  now: string,
): Condition[] {
  const before = old.find(({ type }) => type === TYPE)
  const lastTransitionTime = before?.status === next.status ? before.lastTransitionTime : now
  const { observedGeneration, ...rest } = next
  const generation = observedGeneration === undefined ? {} : { observedGeneration }
  const condition: Condition = { type: TYPE, ...rest, lastTransitionTime, ...generation }
  return before ? old.map((one) => (one === before ? condition : one)) : [...old, condition]
}
