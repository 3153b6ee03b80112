/** Counts finished pods and lets them go: a pod is counted once, whatever fails in between. Mirrors trackJobStatusAndRemoveFinalizers of pkg/controller/job/job_controller.go. */
import type { Job, JobCondition, JobStatus } from '../../types/batch-v1.ts'
import type { Pod } from '../../types/core-v1.ts'
import { byIndex, completionIndex, hasLimitPerIndex, validIndex } from './indexes.ts'
import { countIndexes, formatIndexes, hasIndex, withIndexes } from './intervals.ts'
import { removeTracking } from './pods.ts'
import { podFailureVerdict } from './policies.ts'
import {
  ensureCondition,
  hasTrackingFinalizer,
  isIndexed,
  isJobPodFailed,
  type JobSync,
  trueCondition,
} from './sync.ts'

/** Pods that wait in the status to be counted. */
const MAX_UNCOUNTED = 500

/**
 * In three steps, each written before the next: 1. the finished pods are noted as uncounted, 2. their finalizers go, 3. they are counted.
 * `changed`: the status differs already. `written` is called after the first write. Throws what the writes throw.
 */
export async function trackStatus(sync: JobSync, changed: boolean, written: () => void): Promise<void> {
  const held = new Set(sync.pods.filter(hasTrackingFinalizer).map(uidOf))
  let dirty = countReleased(sync.status, held) || changed
  const collected = collectFinished(sync)
  dirty = collected.dirty || dirty
  dirty = noteIndexes(sync, collected.indexes) || dirty
  dirty = noteEnd(sync) || dirty
  if (dirty) {
    await writeStatus(sync)
    written()
    dirty = false
  }
  let failure: Error | undefined
  for (const pod of collected.release) {
    const wrong = await removeTracking(pod, sync)
    failure ??= wrong
    if (!wrong) held.delete(uidOf(pod))
  }
  dirty = countReleased(sync.status, held) || dirty
  if (failure) {
    if (dirty) await writeStatus(sync)
    throw failure
  }
  const ended = !collected.full && enactEnd(sync)
  if (ended || dirty) await writeStatus(sync)
  if (ended) recordEnd(sync)
}

const uidOf = ({ metadata }: Pod): string => metadata.uid ?? ''

async function writeStatus(sync: JobSync): Promise<void> {
  const { context, job, status } = sync
  const written = await context.client.updateStatus<Job>('jobs.batch', { ...job, status: clean(status) })
  sync.job = written
  sync.status = ownStatus(written)
}

/** Zeros and empty texts are left out, as Go leaves them out; pointers stay. */
function clean(status: JobStatus): JobStatus {
  const { succeeded, failed } = status.uncountedTerminatedPods ?? {}
  return {
    ...status,
    active: status.active || undefined,
    succeeded: status.succeeded || undefined,
    failed: status.failed || undefined,
    completedIndexes: status.completedIndexes || undefined,
    uncountedTerminatedPods: {
      succeeded: succeeded?.length ? succeeded : undefined,
      failed: failed?.length ? failed : undefined,
    },
  }
}

/** A status to change, of a Job that must not be. */
export function ownStatus({ status }: Job): JobSync['status'] {
  const { succeeded, failed } = status?.uncountedTerminatedPods ?? {}
  return {
    ...status,
    uncountedTerminatedPods: { succeeded: [...(succeeded ?? [])], failed: [...(failed ?? [])] },
  }
}

/** Pods whose finalizer is gone are counted for good. */
function countReleased(status: JobSync['status'], held: ReadonlySet<string>): boolean {
  const uncounted = status.uncountedTerminatedPods
  const take = (uids: readonly string[] = []): [string[], number] => {
    const left = uids.filter((uid) => held.has(uid))
    return [left, uids.length - left.length]
  }
  const [succeeded, moreSucceeded] = take(uncounted.succeeded)
  const [failed, moreFailed] = take(uncounted.failed)
  status.uncountedTerminatedPods = { succeeded, failed }
  if (moreSucceeded > 0) status.succeeded = (status.succeeded ?? 0) + moreSucceeded
  if (moreFailed > 0) status.failed = (status.failed ?? 0) + moreFailed
  return moreSucceeded + moreFailed > 0
}

interface Collected {
  release: Pod[]
  indexes: number[]
  dirty: boolean
  /** The rest follows in the next reconcile. */
  full: boolean
}

function collectFinished(sync: JobSync): Collected {
  const { job, status } = sync
  const uncounted = status.uncountedTerminatedPods
  const known = new Set([...(uncounted.succeeded ?? []), ...(uncounted.failed ?? [])])
  const failedBefore = new Set(uncounted.failed)
  const collected: Collected = { release: [], indexes: [], dirty: false, full: false }
  for (const pod of isIndexed(job) ? byIndex(sync.pods) : sync.pods) {
    if (!hasTrackingFinalizer(pod) || !canRelease(sync, pod)) continue
    collected.release.push(pod)
    const uid = uidOf(pod)
    if (pod.status?.phase === 'Succeeded' && !failedBefore.has(uid)) {
      const index = validIndex(job, pod)
      if (isIndexed(job)) {
        if (index !== undefined && !hasIndex(sync.succeededBefore, index)) collected.indexes.push(index)
        else continue
      } else if (known.has(uid)) continue
      else uncounted.succeeded = [...(uncounted.succeeded ?? []), uid]
      collected.dirty = true
    } else if (countsAsFailed(sync, pod) && !failedBefore.has(uid)) {
      uncounted.failed = [...(uncounted.failed ?? []), uid]
      collected.dirty = true
    }
    const waiting = (uncounted.succeeded?.length ?? 0) + (uncounted.failed?.length ?? 0)
    if (collected.indexes.length + waiting < MAX_UNCOUNTED) continue
    collected.full = true
    break
  }
  return collected
}

function canRelease({ job, finished, toReplace }: JobSync, pod: Pod): boolean {
  if (job.metadata.deletionTimestamp || finished || pod.status?.phase === 'Succeeded') return true
  if (!isJobPodFailed(pod, job)) return false
  if (!hasLimitPerIndex(job)) return true
  const index = completionIndex(pod)
  return index === undefined || toReplace.get(index)?.metadata.uid !== pod.metadata.uid
}

function countsAsFailed({ job, finished }: JobSync, pod: Pod): boolean {
  const failing = finished !== undefined && finished.type !== 'SuccessCriteriaMet'
  if (!isJobPodFailed(pod, job) && !failing) return false
  if (isIndexed(job) && validIndex(job, pod) === undefined) return false
  return podFailureVerdict(job.spec?.podFailurePolicy, pod).counts
}

function noteIndexes(sync: JobSync, found: readonly number[]): boolean {
  const { job, status } = sync
  if (!isIndexed(job)) return false
  sync.succeededIndexes = withIndexes(sync.succeededIndexes, found)
  const completed = formatIndexes(sync.succeededIndexes)
  const failed = sync.failedIndexes && formatIndexes(sync.failedIndexes)
  const changed = completed !== (status.completedIndexes ?? '') || failed !== status.failedIndexes
  status.succeeded = countIndexes(sync.succeededIndexes)
  status.completedIndexes = completed
  status.failedIndexes = failed
  return changed
}

/** The decision is written before it takes effect: FailureTarget before Failed, SuccessCriteriaMet before Complete. */
function noteEnd(sync: JobSync): boolean {
  const { finished, status } = sync
  if (!finished) return false
  const { type, reason = '', message = '' } = finished
  if (type === 'FailureTarget') {
    status.conditions = [...(status.conditions ?? []), finished]
    sync.finished = trueCondition(sync, 'Failed', reason, message)
    return true
  }
  if (type !== 'SuccessCriteriaMet') return false
  sync.finished = trueCondition(sync, 'Complete', reason, message)
  if (successCriteria(status)) return false
  status.conditions = [...(status.conditions ?? []), finished]
  return true
}

export function successCriteria({ conditions }: JobStatus): JobCondition | undefined {
  return conditions?.find(({ type, status }) => type === 'SuccessCriteriaMet' && status === 'True')
}

/** The Job ends when all its pods are counted and none terminates any more. */
function enactEnd({ finished, status, terminating }: JobSync): boolean {
  const { succeeded, failed } = status.uncountedTerminatedPods
  if (!finished || succeeded?.length || failed?.length || terminating > 0) return false
  ensureCondition(status, finished)
  if (finished.type === 'Complete') status.completionTime = finished.lastTransitionTime
  return true
}

function recordEnd({ job, finished, context }: JobSync): void {
  const { type, reason = '', message = '' } = finished!
  if (type !== 'Complete') {
    context.recorder.event(job, 'Warning', reason, message)
    return
  }
  if (job.spec?.completions !== undefined && (job.status?.succeeded ?? 0) > job.spec.completions) {
    const tooMany = 'Too many succeeded pods running after completion count reached'
    context.recorder.event(job, 'Warning', 'TooManySucceededPods', tooMany)
  }
  context.recorder.event(job, 'Normal', 'Completed', 'Job completed')
}
