/** Makes and deletes the pods of a Job. Mirrors manageJob and deleteActivePods of pkg/controller/job/job_controller.go. */
import { isNotFound } from '../../apimachinery/errors.ts'
import type { Pod, PodTemplateSpec } from '../../types/core-v1.ts'
import { createPod, deletePod, slowStart } from '../pod-control.ts'
import { byActivity } from '../pod-ranking.ts'
import { isPodReady, podFromTemplate } from '../pods.ts'
import { finishedAt, remainingMs } from './backoff.ts'
import {
  absoluteFailures,
  hasLimitPerIndex,
  indexedPrefix,
  indexedTemplate,
  pendingIndexes,
  splitRepeated,
} from './indexes.ts'
import {
  hasTrackingFinalizer,
  isIndexed,
  isSuspended,
  type JobSync,
  replacesFailedOnly,
  requeueAfter,
  TRACKING_FINALIZER,
} from './sync.ts'

/** Pods made or deleted in one reconcile. */
const BURST = 500

/** Brings the number of active pods towards what the Job wants. Answers what went wrong: the status must still be written. */
export async function managePods(sync: JobSync): Promise<Error | undefined> {
  const { job, active } = sync
  if (isSuspended(job)) return deletePods(sync, podsForRemoval(sync, active.length), true)
  const wanted = wantedActive(sync)
  const surplus = podsForRemoval(sync, Math.max(0, active.length - wanted)).slice(0, BURST)
  if (surplus.length > 0) return deletePods(sync, surplus, true)
  const missing = wanted - (replacesFailedOnly(job) ? sync.terminating : 0) - active.length
  return missing > 0 ? createPods(sync, missing) : undefined
}

function wantedActive({ job: { spec }, succeeded, active }: JobSync): number {
  const parallelism = spec?.parallelism ?? 0
  // Without completions one success is the end: no new pods, those that run may finish.
  if (spec?.completions === undefined) return succeeded > 0 ? active.length : parallelism
  return Math.max(0, Math.min(spec.completions - succeeded, parallelism))
}

function podsForRemoval({ job, active }: JobSync, atLeast: number): Pod[] {
  const { remove, keep } = isIndexed(job) ? splitRepeated(job, active, byActivity) : { remove: [], keep: active }
  return remove.length < atLeast ? [...remove, ...byActivity(keep).slice(0, atLeast - remove.length)] : remove
}

/** `untracked`: they need not be counted, so their finalizer goes first. */
export async function deletePods(sync: JobSync, pods: readonly Pod[], untracked: boolean): Promise<Error | undefined> {
  let failure: Error | undefined
  for (const pod of pods) {
    const wrong =
      (untracked ? await removeTracking(pod, sync) : undefined) ?? (await deletePod(sync.job, pod, sync.context))
    if (isPodReady(pod)) sync.ready--
    if (wrong) failure ??= wrong
    else {
      sync.activeCount--
      sync.terminating++
    }
  }
  return failure
}

/** Removes the finalizer that keeps a pod until it is counted. Answers what went wrong; a pod that is gone is none. */
export async function removeTracking(pod: Pod, { context }: Pick<JobSync, 'context'>): Promise<Error | undefined> {
  if (!hasTrackingFinalizer(pod)) return undefined
  const { namespace = '', name = '', uid } = pod.metadata
  try {
    await context.client.modify<Pod>('pods', namespace, name, (old) =>
      old.metadata.uid === uid && hasTrackingFinalizer(old) ? withoutTracking(old) : old,
    )
  } catch (error) {
    if (!isNotFound(error)) return error as Error
  }
  return undefined
}

function withoutTracking(pod: Pod): Pod {
  const finalizers = pod.metadata.finalizers?.filter((name) => name !== TRACKING_FINALIZER)
  return { ...pod, metadata: { ...pod.metadata, finalizers } }
}

async function createPods(sync: JobSync, missing: number): Promise<Error | undefined> {
  const { job, context, now } = sync
  const waitMs = hasLimitPerIndex(job) ? 0 : remainingMs(sync.backoff, now)
  if (waitMs > 0) {
    requeueAfter(sync, waitMs)
    return undefined
  }
  let count = Math.min(missing, BURST)
  const indexes = isIndexed(job) ? indexesToAdd(sync, count) : undefined
  count = indexes?.length ?? count
  const template = tracked(job.spec!.template)
  const { made, failure } = await slowStart(count, (i) => createPod(job, podOf(sync, template, indexes?.[i]), context))
  sync.activeCount += made
  return failure
}

function podOf({ job, toReplace }: JobSync, template: PodTemplateSpec, index: number | undefined): Pod {
  if (index === undefined) return podFromTemplate(template, job)
  const pod = podFromTemplate(indexedTemplate(job, template, index, toReplace.get(index)), job)
  return { ...pod, metadata: { ...pod.metadata, generateName: indexedPrefix(job, index) } }
}

function tracked(template: PodTemplateSpec): PodTemplateSpec {
  const finalizers = template.metadata?.finalizers ?? []
  if (finalizers.includes(TRACKING_FINALIZER)) return template
  return { ...template, metadata: { ...template.metadata, finalizers: [...finalizers, TRACKING_FINALIZER] } }
}

/** With a limit per index each index waits by itself. */
function indexesToAdd(sync: JobSync, count: number): number[] {
  const indexes = pendingIndexes(sync, count)
  if (!hasLimitPerIndex(sync.job)) return indexes
  const waits = indexes.map((index) => {
    const last = sync.toReplace.get(index)
    if (!last) return 0
    return remainingMs({ failures: absoluteFailures(last) + 1, lastFailure: finishedAt(last) }, sync.now)
  })
  const due = indexes.filter((_, i) => waits[i] === 0)
  if (due.length === 0 && waits.length > 0) requeueAfter(sync, Math.min(...waits))
  return due
}
