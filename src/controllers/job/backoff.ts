/** How long a Job waits after pods failed. Mirrors pkg/controller/job/backoff_utils.go. */
import type { ContainerStatus, Pod } from '../../types/core-v1.ts'
import { readyCondition, timeOf } from '../pods.ts'

const BASE_MS = 10_000
const MAX_MS = 600_000

/** What is remembered of a Job between reconciles. */
export interface Backoff {
  /** In a row, since the last success. */
  failures: number
  lastFailure?: number
}

export const NO_BACKOFF: Backoff = { failures: 0 }

/** The record after these pods finished; a success later than a failure wipes it out. */
export function nextBackoff(old: Backoff, succeeded: readonly Pod[], failed: readonly Pod[]): Backoff {
  const failedAt = failed.map(finishedAt).sort((a, b) => a - b)
  if (succeeded.length === 0) {
    if (failed.length === 0) return old
    return { failures: old.failures + failed.length, lastFailure: failedAt.at(-1) }
  }
  const lastSuccess = Math.max(...succeeded.map(finishedAt))
  const later = failedAt.filter((at) => at > lastSuccess)
  return later.length === 0 ? NO_BACKOFF : { failures: later.length, lastFailure: later.at(-1) }
}

/** 10 s after one failure, then twice as long each time, at most 10 minutes. Zero: no need to wait. */
export function remainingMs({ failures, lastFailure }: Backoff, now: number): number {
  if (failures === 0 || lastFailure === undefined) return 0
  return Math.max(0, Math.min(MAX_MS, BASE_MS * 2 ** (failures - 1)) - (now - lastFailure))
}

/** When a pod finished: by its containers, its Ready condition, its deletion, or else its creation. */
export function finishedAt(pod: Pod): number {
  const ready = readyCondition(pod)
  const notReadySince = ready?.status === 'False' ? timeOf(ready.lastTransitionTime) : undefined
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp } = pod.metadata
  const deletion = timeOf(deletionTimestamp)
  const deleted = deletion === undefined ? undefined : deletion - deletionGracePeriodSeconds * 1000
  return containersFinishedAt(pod) ?? notReadySince ?? deleted ?? timeOf(creationTimestamp) ?? 0
}

/** Undefined unless all containers, sidecars included, ended. */
function containersFinishedAt({ spec, status }: Pod): number | undefined {
  const sidecars = new Set(spec?.initContainers?.filter((c) => c.restartPolicy === 'Always').map(({ name }) => name))
  const regular = latest(status?.containerStatuses ?? [])
  const sidecar = latest((status?.initContainerStatuses ?? []).filter(({ name }) => sidecars.has(name)))
  if (regular === 'running' || sidecar === 'running') return undefined
  return sidecar === undefined ? regular : Math.max(sidecar, regular ?? sidecar)
}

function latest(statuses: readonly ContainerStatus[]): number | 'running' | undefined {
  let last: number | undefined
  for (const { state } of statuses) {
    const at = timeOf(state?.terminated?.finishedAt)
    if (at === undefined) return 'running'
    last = Math.max(last ?? at, at)
  }
  return last
}
