/** Completion indexes of a Job's pods: which succeeded, failed, are to be made or are too many. Mirrors pkg/controller/job/indexed_job_utils.go. */
import type { Job } from '../../types/batch-v1.ts'
import type { Container, Pod, PodTemplateSpec } from '../../types/core-v1.ts'
import { isPodTerminating } from '../pods.ts'
import { finishedAt } from './backoff.ts'
import { countIndexes, firstMissing, hasIndex, type Indexes, merge, parseIndexes, withIndexes } from './intervals.ts'
import { podFailureVerdict } from './policies.ts'
import { hasTrackingFinalizer, isIndexed, isJobPodFailed, type JobSync, replacesFailedOnly } from './sync.ts'

export const COMPLETION_INDEX = 'batch.kubernetes.io/job-completion-index'
const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count'
const IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count'
const ENV_NAME = 'JOB_COMPLETION_INDEX'

/** Undefined: the pod has none, or no valid one. */
export function completionIndex({ metadata }: Pod): number | undefined {
  const text = metadata.annotations?.[COMPLETION_INDEX]
  return text !== undefined && /^\+?\d+$/.test(text) ? Number(text) : undefined
}

/** The pod's index counts for the Job as it is. */
export function validIndex(job: Job, pod: Pod): number | undefined {
  const index = completionIndex(pod)
  return index !== undefined && index < (job.spec?.completions ?? 0) ? index : undefined
}

export function hasLimitPerIndex(job: Job): boolean {
  return job.spec?.backoffLimitPerIndex !== undefined
}

/** Those the status knows, and those with the pods that succeeded since. */
export function succeededIndexes(job: Job, pods: readonly Pod[]): { before: Indexes; now: Indexes } {
  const before = parseIndexes(job.status?.completedIndexes, job.spec?.completions ?? 0)
  const now = withIndexes(
    before,
    indexesOf(job, pods, (pod) => pod.status?.phase === 'Succeeded' && hasTrackingFinalizer(pod)),
  )
  return { before, now }
}

export function failedIndexes(job: Job, pods: readonly Pod[]): Indexes {
  const before = parseIndexes(job.status?.failedIndexes, job.spec?.completions ?? 0)
  return withIndexes(
    before,
    indexesOf(job, pods, (pod) => hasTrackingFinalizer(pod) && failsIndex(job, pod)),
  )
}

function indexesOf(job: Job, pods: readonly Pod[], test: (pod: Pod) => boolean): Set<number> {
  const found = new Set<number>()
  for (const pod of pods) {
    const index = validIndex(job, pod)
    if (index !== undefined && test(pod)) found.add(index)
  }
  return found
}

function failsIndex(job: Job, pod: Pod): boolean {
  if (!isJobPodFailed(pod, job)) return false
  const { counts, action } = podFailureVerdict(job.spec?.podFailurePolicy, pod)
  if (action === 'FailIndex') return true
  return counts && countOf(pod, FAILURE_COUNT) >= (job.spec?.backoffLimitPerIndex ?? 0)
}

function countOf({ metadata }: Pod, annotation: string): number {
  const text = metadata.annotations?.[annotation] ?? '0'
  return /^\+?\d+$/.test(text) && Number(text) < 2 ** 31 ? Number(text) : 0
}

/** How often the pod's index failed before, ignored failures included. */
export function absoluteFailures(pod: Pod): number {
  return countOf(pod, FAILURE_COUNT) + countOf(pod, IGNORED_FAILURE_COUNT)
}

/**
 * By index: the failed pod that keeps its finalizer until its replacement is there, because its annotations and finish time say how
 * long the index waits. Only for Jobs with a limit per index.
 */
export function podsToReplace(sync: JobSync, active: readonly Pod[]): Map<number, Pod> {
  const running = new Set(active.map(completionIndex))
  const found = new Map<number, Pod>()
  for (const pod of sync.pods) {
    const index = validIndex(sync.job, pod)
    if (index === undefined || !hasTrackingFinalizer(pod) || !isJobPodFailed(pod, sync.job)) continue
    if (hasIndex(sync.succeededIndexes, index) || hasIndex(sync.failedIndexes ?? [], index) || running.has(index))
      continue
    const last = found.get(index)
    const later = !last || (absoluteFailures(last) <= absoluteFailures(pod) && finishedAt(pod) >= finishedAt(last))
    if (later) found.set(index, pod)
  }
  return found
}

/** The first indexes that have neither an outcome nor a pod. */
export function pendingIndexes(sync: JobSync, count: number): number[] {
  const { job, pods, active } = sync
  let taken = withIndexes(sync.succeededIndexes, present(active))
  if (replacesFailedOnly(job)) taken = withIndexes(taken, present(pods.filter(isPodTerminating)))
  if (sync.failedIndexes) taken = merge(taken, sync.failedIndexes)
  return firstMissing(taken, count, job.spec?.completions ?? 0)
}

function present(pods: readonly Pod[]): number[] {
  return pods.map(completionIndex).filter((index) => index !== undefined)
}

/** Splits pods into those to keep, one an index, and those that are too many: several of an index, or an index the Job does not have. */
export function splitRepeated(
  job: Job,
  pods: readonly Pod[],
  sorted: (pods: readonly Pod[]) => Pod[],
): { remove: Pod[]; keep: Pod[] } {
  const remove: Pod[] = []
  const keep: Pod[] = []
  const groups = new Map<number | undefined, Pod[]>()
  for (const pod of byIndex(pods)) {
    const index = completionIndex(pod)
    const group = groups.get(index)
    if (group) group.push(pod)
    else groups.set(index, [pod])
  }
  const beyond: Pod[] = []
  for (const [index, group] of groups) {
    if (index === undefined) remove.push(...group)
    else if (index >= (job.spec?.completions ?? 0)) beyond.push(...group)
    else {
      const ranked = sorted(group)
      remove.push(...ranked.slice(0, -1))
      keep.push(...ranked.slice(-1))
    }
  }
  return { remove: [...remove, ...beyond], keep }
}

export function byIndex(pods: readonly Pod[]): Pod[] {
  return [...pods].sort((a, b) => (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1))
}

/** The template of the pod with this index; undefined `replaced`: the first of its index. */
export function indexedTemplate(job: Job, template: PodTemplateSpec, index: number, replaced?: Pod): PodTemplateSpec {
  const { metadata = {}, spec } = template
  const counts = hasLimitPerIndex(job) ? failureAnnotations(job, replaced) : {}
  return {
    ...template,
    metadata: {
      ...metadata,
      labels: { ...metadata.labels, [COMPLETION_INDEX]: String(index) },
      annotations: { ...metadata.annotations, [COMPLETION_INDEX]: String(index), ...counts },
    },
    spec: {
      ...spec!,
      hostname: `${job.metadata.name}-${index}`,
      containers: spec!.containers.map(withEnv),
      ...(spec!.initContainers ? { initContainers: spec!.initContainers.map(withEnv) } : {}),
    },
  }
}

function failureAnnotations(job: Job, replaced: Pod | undefined): Record<string, string> {
  if (!replaced) return { [FAILURE_COUNT]: '0' }
  const { counts } = podFailureVerdict(job.spec?.podFailurePolicy, replaced)
  const failures = countOf(replaced, FAILURE_COUNT) + (counts ? 1 : 0)
  const ignored = countOf(replaced, IGNORED_FAILURE_COUNT) + (counts ? 0 : 1)
  return { [FAILURE_COUNT]: String(failures), ...(ignored > 0 ? { [IGNORED_FAILURE_COUNT]: String(ignored) } : {}) }
}

function withEnv(container: Container): Container {
  if (container.env?.some(({ name }) => name === ENV_NAME)) return container
  const fieldRef = { fieldPath: `metadata.labels['${COMPLETION_INDEX}']` }
  return { ...container, env: [...(container.env ?? []), { name: ENV_NAME, valueFrom: { fieldRef } }] }
}

/** Characters before the random suffix. */
const MAX_PREFIX = 63 - 5

export function indexedPrefix(job: Job, index: number): string {
  const end = `-${index}-`
  const prefix = `${job.metadata.name}${end}`
  return prefix.length > MAX_PREFIX ? prefix.slice(0, MAX_PREFIX - end.length) + end : prefix
}

/** Both counts as `FailedIndexes` wants them. */
export function allIndexesOver(sync: JobSync): boolean {
  const failed = countIndexes(sync.failedIndexes ?? [])
  return failed > 0 && failed + countIndexes(sync.succeededIndexes) >= (sync.job.spec?.completions ?? 0)
}

export { isIndexed }
