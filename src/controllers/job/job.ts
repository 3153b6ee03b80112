/** Jobs: pods that run to an end, counted with finalizers. Mirrors kubernetes pkg/controller/job/job_controller.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { selectorFromObject } from '../../apimachinery/labels.ts'
import { controllerOf, type KubeObject } from '../../apimachinery/meta.ts'
import type { Job, JobCondition } from '../../types/batch-v1.ts'
import type { Pod } from '../../types/core-v1.ts'
import { claim, ORPHANS, orphanNamespaces } from '../claim.ts'
import { type ControllerContext, defineController, type Key, type Result } from '../controller.ts'
import { isPodActive, isPodReady, isPodTerminating, timeOf } from '../pods.ts'
import { perRun } from '../state.ts'
import { type Backoff, NO_BACKOFF, nextBackoff } from './backoff.ts'
import {
  allIndexesOver,
  failedIndexes,
  hasLimitPerIndex,
  podsToReplace,
  succeededIndexes,
  validIndex,
} from './indexes.ts'
import { countIndexes, NO_INDEXES } from './intervals.ts'
import { deletePods, managePods, removeTracking } from './pods.ts'
import { podFailureVerdict, successMessage } from './policies.ts'
import { ownStatus, successCriteria, trackStatus } from './status.ts'
import {
  ensureCondition,
  hasTrackingFinalizer,
  isIndexed,
  isJobFinished,
  isJobPodFailed,
  isManagedElsewhere,
  isSuspended,
  type JobSync,
  jobCondition,
  requeueAfter,
  TRACKING_FINALIZER,
  trueCondition,
} from './sync.ts'

const JOBS = 'jobs.batch'
const JOB_NAME = 'batch.kubernetes.io/job-name'
/** Index of pods with the tracking finalizer by the Job they belong, or belonged, to. */
const TRACKED = 'trackedBy'

/** By key; a Job that is gone or over is forgotten. */
const backoffs = perRun(() => new Map<string, Backoff>())

export const job = defineController({
  name: 'job',
  component: 'job-controller',
  for: JOBS,
  owns: ['pods'],
  watches: [
    {
      resource: 'pods',
      // Without a controller: one that matches may adopt it, and one that owned it must let it go.
      when: (pod) => controllerOf(pod) === undefined,
      keys: (pod, { lister }) => [
        ...lister<Job>(JOBS)
          .list(pod.metadata.namespace)
          .filter((each) => adoptable(each, pod))
          .map(keyOf),
        ...trackedBy(pod).map(parseTracked),
      ],
    },
  ],
  indexes: { pods: { [ORPHANS]: orphanNamespaces, [TRACKED]: trackedBy } },
  async reconcile(key, context) {
    const found = context.lister<Job>(JOBS).get(key.namespace, key.name)
    await releaseOrphans(key, found, context)
    if (found && isManagedElsewhere(found)) return
    if (found && !isJobFinished(found)) return reconcile(found, context)
    backoffs(context).delete(textOf(key))
  },
})

const keyOf = ({ metadata }: KubeObject): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })
const textOf = ({ namespace, name }: Key): string => `${namespace}/${name}`

function adoptable({ spec }: Job, pod: KubeObject): boolean {
  const selector = selectorFromObject(spec?.selector)
  return !selector.empty && selector.matches(pod.metadata.labels)
}

function trackedBy({ metadata }: KubeObject): string[] {
  if (!metadata.finalizers?.includes(TRACKING_FINALIZER)) return []
  const owner = controllerOf({ metadata } as KubeObject)
  if (owner && owner.kind !== 'Job') return []
  const name = owner?.name ?? metadata.labels?.[JOB_NAME]
  return name ? [`${metadata.namespace}/${name}`] : []
}

function parseTracked(text: string): Key {
  const [namespace = '', name = ''] = text.split('/')
  return { namespace, name }
}

/** Pods of a Job that is gone, that is over or that owns them no more need not be counted. */
async function releaseOrphans(key: Key, found: Job | undefined, context: ControllerContext): Promise<void> {
  for (const pod of context.lister<Pod>('pods').byIndex(TRACKED, textOf(key))) {
    const owned = found !== undefined && controllerOf(pod)?.uid === found.metadata.uid
    if (owned && (isManagedElsewhere(found) || !isJobFinished(found))) continue
    if (!controllerOf(pod) && found && !isJobFinished(found) && adoptable(found, pod)) continue
    const failure = await removeTracking(pod, { context })
    if (failure) throw failure
  }
}

async function reconcile(found: Job, context: ControllerContext): Promise<Result | undefined> {
  const text = textOf(keyOf(found))
  const sync = await startSync(found, context)
  const { job, status } = sync
  if (status.startTime === undefined && !isSuspended(job)) status.startTime = formatTime(sync.now)
  const finishedPods = newlyFinished(sync)
  sync.succeeded = (status.succeeded ?? 0) + finishedPods.succeeded.length + uncounted(sync, 'succeeded').length
  const counted = finishedPods.failed.filter((pod) => podFailureVerdict(job.spec?.podFailurePolicy, pod).counts)
  sync.failed = (status.failed ?? 0) + counted.length + uncounted(sync, 'failed').length
  sync.backoff = nextBackoff(backoffs(context).get(text) ?? NO_BACKOFF, finishedPods.succeeded, finishedPods.failed)
  sync.finished = decidedBefore(sync) ?? failureByPolicy(sync) ?? failureByLimits(sync)
  if (isIndexed(job)) countByIndex(sync)

  const { failure, suspendChanged } = await act(sync)
  const changed =
    suspendChanged ||
    sync.activeCount !== (status.active ?? 0) ||
    sync.ready !== status.ready ||
    sync.terminating !== status.terminating
  Object.assign(status, { active: sync.activeCount, ready: sync.ready, terminating: sync.terminating })
  await trackStatus(sync, changed, () => backoffs(context).set(text, sync.backoff))
  if (failure) throw failure
  return sync.requeueAfterMs === undefined ? undefined : { requeueAfterMs: sync.requeueAfterMs }
}

async function startSync(found: Job, context: ControllerContext): Promise<JobSync> {
  const lister = context.lister<Pod>('pods')
  const candidates = [
    ...lister.ownedBy(found.metadata.uid ?? ''),
    ...lister.byIndex(ORPHANS, found.metadata.namespace ?? ''),
  ]
  const selector = selectorFromObject(found.spec?.selector)
  const pods = await claim(context.client, 'pods', found, selector, candidates, { finalizer: TRACKING_FINALIZER })
  const active = pods.filter(isPodActive)
  return {
    context,
    now: context.clock.now(),
    job: found,
    status: ownStatus(found),
    pods,
    active,
    activeCount: active.length,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isPodTerminating).length,
    succeeded: 0,
    failed: 0,
    finished: undefined,
    succeededBefore: NO_INDEXES,
    succeededIndexes: NO_INDEXES,
    failedIndexes: undefined,
    toReplace: new Map(),
    backoff: NO_BACKOFF,
    requeueAfterMs: undefined,
  }
}

function uncounted({ status }: JobSync, outcome: 'succeeded' | 'failed'): readonly string[] {
  return status.uncountedTerminatedPods[outcome] ?? []
}

/** Finished pods that the status does not know yet. */
function newlyFinished(sync: JobSync): { succeeded: Pod[]; failed: Pod[] } {
  const { job, pods } = sync
  const fresh = (known: readonly string[], test: (pod: Pod) => boolean): Pod[] =>
    pods.filter((pod) => {
      if (!hasTrackingFinalizer(pod) || known.includes(pod.metadata.uid ?? '')) return false
      return (!isIndexed(job) || validIndex(job, pod) !== undefined) && test(pod)
    })
  return {
    succeeded: fresh(uncounted(sync, 'succeeded'), (pod) => pod.status?.phase === 'Succeeded'),
    failed: fresh(uncounted(sync, 'failed'), (pod) => isJobPodFailed(pod, job)),
  }
}

/** The end was written down, and its pods are not all gone yet. */
function decidedBefore(sync: JobSync): JobCondition | undefined {
  const success = successCriteria(sync.status)
  if (success) return success
  const target = sync.status.conditions?.find(({ type, status }) => type === 'FailureTarget' && status === 'True')
  return target && trueCondition(sync, 'Failed', target.reason ?? '', target.message ?? '')
}

function failureByPolicy(sync: JobSync): JobCondition | undefined {
  const policy = sync.job.spec?.podFailurePolicy
  if (!policy) return undefined
  for (const pod of sync.pods) {
    const message = isJobPodFailed(pod, sync.job) ? podFailureVerdict(policy, pod).message : undefined
    if (message !== undefined) return trueCondition(sync, 'FailureTarget', 'PodFailurePolicy', message)
  }
  return undefined
}

function failureByLimits(sync: JobSync): JobCondition | undefined {
  const { job, status, now } = sync
  const { backoffLimit = 6, activeDeadlineSeconds } = job.spec ?? {}
  if (sync.failed > backoffLimit || isPastRestarts(sync)) {
    return failureTarget(sync, 'BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const started = timeOf(status.startTime)
  if (activeDeadlineSeconds === undefined || started === undefined || isSuspended(job)) return undefined
  const leftMs = started + activeDeadlineSeconds * 1000 - now
  if (leftMs <= 0) return failureTarget(sync, 'DeadlineExceeded', 'Job was active longer than specified deadline')
  requeueAfter(sync, leftMs)
  return undefined
}

/** With restartPolicy OnFailure restarts of containers count instead of failed pods. */
function isPastRestarts({ job, pods }: JobSync): boolean {
  const { backoffLimit = 6, template } = job.spec!
  if (template.spec?.restartPolicy !== 'OnFailure') return false
  let restarts = 0
  for (const { status } of pods) {
    if (status?.phase !== 'Running' && status?.phase !== 'Pending') continue
    const containers = [...(status.initContainerStatuses ?? []), ...(status.containerStatuses ?? [])]
    for (const { restartCount } of containers) restarts += restartCount
  }
  return backoffLimit === 0 ? restarts > 0 : restarts >= backoffLimit
}

function failureTarget(sync: JobSync, reason: string, message: string): JobCondition {
  return trueCondition(sync, 'FailureTarget', reason, message)
}

function countByIndex(sync: JobSync): void {
  const { job, pods } = sync
  const { maxFailedIndexes, successPolicy, completions = 0 } = job.spec!
  const { before, now } = succeededIndexes(job, pods)
  sync.succeededBefore = before
  sync.succeededIndexes = now
  sync.succeeded = countIndexes(now)
  if (hasLimitPerIndex(job)) {
    sync.failedIndexes = failedIndexes(job, pods)
    if (!sync.finished && maxFailedIndexes !== undefined && countIndexes(sync.failedIndexes) > maxFailedIndexes) {
      const message = 'Job has exceeded the specified maximal number of failed indexes'
      sync.finished = failureTarget(sync, 'MaxFailedIndexesExceeded', message)
    } else if (!sync.finished && allIndexesOver(sync)) {
      sync.finished = failureTarget(sync, 'FailedIndexes', 'Job has failed indexes')
    }
    sync.toReplace = podsToReplace(sync, sync.active)
  }
  const message = sync.finished ? undefined : successMessage(successPolicy, completions, now)
  if (message !== undefined) sync.finished = trueCondition(sync, 'SuccessCriteriaMet', 'SuccessPolicy', message)
}

/** Ends the pods of a Job that is over, or works towards its end. */
async function act(sync: JobSync): Promise<{ failure?: Error; suspendChanged: boolean }> {
  const { job } = sync
  if (sync.finished) {
    const failure = await deletePods(sync, sync.active, false)
    // Pods are left: the end is decided anew next time.
    if (sync.activeCount > 0) sync.finished = undefined
    return { failure, suspendChanged: false }
  }
  const managed = !job.metadata.deletionTimestamp
  const failure = managed ? await managePods(sync) : undefined
  const { completions } = job.spec!
  const enough = completions === undefined ? sync.succeeded > 0 : sync.succeeded >= completions
  if (enough && sync.activeCount === 0) {
    const message = 'Reached expected number of succeeded pods'
    sync.finished = trueCondition(sync, 'SuccessCriteriaMet', 'CompletionsReached', message)
  }
  const suspendChanged = managed && !sync.finished && noteSuspension(sync)
  return { failure, suspendChanged }
}

function noteSuspension({ job, status, now, context }: JobSync): boolean {
  if (isSuspended(job)) {
    const changed = ensureCondition(status, jobCondition(now, 'Suspended', 'True', 'JobSuspended', 'Job suspended'))
    if (!changed) return false
    context.recorder.event(job, 'Normal', 'Suspended', 'Job suspended')
    status.startTime = undefined
    return true
  }
  const changed = ensureCondition(status, jobCondition(now, 'Suspended', 'False', 'JobResumed', 'Job resumed'))
  if (!changed) return false
  context.recorder.event(job, 'Normal', 'Resumed', 'Job resumed')
  status.startTime = formatTime(now)
  return true
}
