/** Removes Jobs of a CronJob: those beyond the history limits, and those that are replaced. Mirrors cleanupFinishedJobs of kubernetes pkg/controller/cronjob/cronjob_controllerv2.go. */
import type { CronJob, CronJobStatus, Job } from '../../types/batch-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { finishedCondition } from '../job/sync.ts'

/** What one reconcile works on; `status` is its own. */
export interface CronSync {
  context: ControllerContext
  cronJob: CronJob
  status: CronJobStatus
}

export async function cleanUpJobs(sync: CronSync, jobs: readonly Job[]): Promise<void> {
  const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = sync.cronJob.spec!
  const ended = (type: string): Job[] => jobs.filter((job) => finishedCondition(job)?.type === type)
  if (successfulJobsHistoryLimit !== undefined) await removeOldest(sync, ended('Complete'), successfulJobsHistoryLimit)
  if (failedJobsHistoryLimit !== undefined) await removeOldest(sync, ended('Failed'), failedJobsHistoryLimit)
}

async function removeOldest(sync: CronSync, jobs: Job[], limit: number): Promise<void> {
  jobs.sort(byStart)
  for (const job of jobs.slice(0, Math.max(0, jobs.length - limit))) await removeJob(sync, job)
}

/** Those that never started come last. */
function byStart(a: Job, b: Job): number {
  const [x, y] = [a.status?.startTime ?? '~', b.status?.startTime ?? '~']
  if (x !== y) return x < y ? -1 : 1
  return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1
}

/** Answers whether it was deleted; what was wrong is an Event. */
export async function removeJob({ context, cronJob, status }: CronSync, { metadata }: Job): Promise<boolean> {
  const { namespace = '', name = '', uid } = metadata
  try {
    await context.client.delete('jobs.batch', namespace, name, { propagationPolicy: 'Background' })
  } catch (error) {
    context.recorder.event(cronJob, 'Warning', 'FailedDelete', `Deleted job: ${(error as Error).message}`)
    return false
  }
  status.active = status.active?.filter((ref) => ref.uid !== uid)
  context.recorder.event(cronJob, 'Normal', 'SuccessfulDelete', `Deleted job ${name}`)
  return true
}
