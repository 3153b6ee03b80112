/** What one reconcile of a Job knows and decides, and the questions all its phases ask. Mirrors syncJobCtx of pkg/controller/job/job_controller.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import type { Job, JobCondition, JobStatus } from '../../types/batch-v1.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { isPodTerminal } from '../pods.ts'
import type { Backoff } from './backoff.ts'
import type { Indexes } from './intervals.ts'

export const TRACKING_FINALIZER = 'batch.kubernetes.io/job-tracking'
const JOB_CONTROLLER = 'kubernetes.io/job-controller'

export interface JobSync {
  readonly context: ControllerContext
  readonly now: number
  /** As last read or written. */
  job: Job
  /** The next status; this reconcile's own. */
  status: JobStatus & { uncountedTerminatedPods: { succeeded?: string[]; failed?: string[] } }
  readonly pods: readonly Pod[]
  readonly active: readonly Pod[]
  /** Counts, brought up to date as pods are made and deleted. */
  activeCount: number
  ready: number
  terminating: number
  succeeded: number
  failed: number
  /** The condition that ends the Job, once it is decided. */
  finished: JobCondition | undefined
  succeededBefore: Indexes
  succeededIndexes: Indexes
  /** Only with a limit per index. */
  failedIndexes: Indexes | undefined
  toReplace: ReadonlyMap<number, Pod>
  backoff: Backoff
  /** Ask again after this long. */
  requeueAfterMs: number | undefined
}

export function requeueAfter(sync: JobSync, ms: number): void {
  sync.requeueAfterMs = Math.min(sync.requeueAfterMs ?? ms, ms)
}

export function isIndexed(job: Job): boolean {
  return job.spec?.completionMode === 'Indexed'
}

export function isSuspended(job: Job): boolean {
  return job.spec?.suspend === true
}

/** Pods that terminate are not replaced before they have failed. */
export function replacesFailedOnly(job: Job): boolean {
  return job.spec?.podReplacementPolicy === 'Failed'
}

export function isManagedElsewhere({ spec }: Job): boolean {
  return spec?.managedBy !== undefined && spec.managedBy !== JOB_CONTROLLER
}

/** The condition that says how the Job ended; undefined: it has not. */
export function finishedCondition({ status }: Job): JobCondition | undefined {
  return status?.conditions?.find(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
}

export function isJobFinished(job: Job): boolean {
  return finishedCondition(job) !== undefined
}

export function hasTrackingFinalizer({ metadata }: Pod): boolean {
  return metadata.finalizers?.includes(TRACKING_FINALIZER) === true
}

/** A pod that terminates has failed, unless the Job waits for it to have. */
export function isJobPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  if (replacesFailedOnly(job)) return false
  return pod.metadata.deletionTimestamp !== undefined && !isPodTerminal(pod)
}

export function trueCondition(sync: JobSync, type: string, reason: string, message: string): JobCondition {
  return jobCondition(sync.now, type, 'True', reason, message)
}

export function jobCondition(now: number, type: string, status: string, reason: string, message: string): JobCondition {
  const time = formatTime(now)
  return { type, status, lastProbeTime: time, lastTransitionTime: time, reason, message }
}

/** Sets the condition in `status`; a False one is not added. Answers whether something changed. */
export function ensureCondition(status: JobStatus, condition: JobCondition): boolean {
  const conditions = status.conditions ?? []
  const old = conditions.find(({ type }) => type === condition.type)
  if (!old && condition.status === 'False') return false
  if (old?.status === condition.status && old.reason === condition.reason && old.message === condition.message)
    return false
  status.conditions = old ? conditions.map((each) => (each === old ? condition : each)) : [...conditions, condition]
  return true
}
