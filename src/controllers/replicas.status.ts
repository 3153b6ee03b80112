/** Status of a ReplicaSet or ReplicationController. Mirrors kubernetes pkg/controller/replicaset/replica_set_utils.go. */
import { formatTime } from '../apimachinery/clock.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import type { KubeObject } from '../apimachinery/meta.ts'

export interface ReplicaCondition {
  type?: string
  status?: string
  lastTransitionTime?: string
  reason?: string
  message?: string
}

export interface ReplicaStatus {
  replicas: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  terminatingReplicas?: number
  observedGeneration?: number
  conditions?: ReplicaCondition[]
}

export interface Counted {
  replicas: number
  fullyLabeled: number
  ready: number
  available: number
  /** Undefined: the kind does not count them. */
  terminating: number | undefined
  failure: Error | undefined
  now: number
}

interface Owner extends KubeObject {
  spec?: { replicas?: number }
  status?: ReplicaStatus
}

/** Numbers that are zero are absent, as Go leaves them out; but terminatingReplicas, a pointer there. */
export function nextStatus(owner: Owner, counted: Counted): ReplicaStatus {
  const conditions = nextConditions(owner, counted)
  return {
    replicas: counted.replicas,
    fullyLabeledReplicas: counted.fullyLabeled || undefined,
    readyReplicas: counted.ready || undefined,
    availableReplicas: counted.available || undefined,
    terminatingReplicas: counted.terminating,
    observedGeneration: owner.metadata.generation,
    conditions: conditions.length > 0 ? conditions : undefined,
  }
}

/** A failure that stays keeps its first message, as upstream keeps it. */
function nextConditions({ spec, status }: Owner, { replicas, failure, now }: Counted): ReplicaCondition[] {
  const conditions = status?.conditions ?? []
  const present = conditions.some(({ type }) => type === 'ReplicaFailure')
  if (failure && !present) {
    const difference = replicas - (spec?.replicas ?? 0)
    const reason = difference < 0 ? 'FailedCreate' : difference > 0 ? 'FailedDelete' : ''
    const lastTransitionTime = formatTime(now)
    return [
      ...conditions,
      { type: 'ReplicaFailure', status: 'True', lastTransitionTime, reason, message: failure.message },
    ]
  }
  return !failure && present ? conditions.filter(({ type }) => type !== 'ReplicaFailure') : conditions
}

export function sameStatus({ status }: Owner, next: ReplicaStatus): boolean {
  return deepEqual({ ...status, replicas: status?.replicas ?? 0 }, next)
}
