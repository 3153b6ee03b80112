/** Conditions in a pod's status. Mirrors pkg/api/pod/util.go (UpdatePodCondition). */
import type { PodCondition, PodStatus } from '../../types/core-v1.ts'

/** A status with the condition put in or replaced; the time of transition moves only when the condition's status does. */
export function withCondition(status: PodStatus, condition: PodCondition, now: string): PodStatus {
  const conditions = status.conditions ?? []
  const old = conditions.find((one) => one.type === condition.type)
  const same = old?.status === condition.status
  // The probe time is printed even where nothing probed.
  const next: PodCondition = {
    lastProbeTime: null as never,
    ...condition,
    lastTransitionTime: same ? old.lastTransitionTime : now,
  }
  const kept = old ? conditions.map((one) => (one === old ? next : one)) : [...conditions, next]
  return { ...status, conditions: kept }
}
