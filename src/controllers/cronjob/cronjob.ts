/** CronJobs: Jobs at times. Mirrors kubernetes pkg/controller/cronjob/cronjob_controllerv2.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import { controllerOf, type KubeObject } from '../../apimachinery/meta.ts'
import { formatZoned, isTimeZone } from '../../apimachinery/time-zone.ts'
import type { CronJob, Job } from '../../types/batch-v1.ts'
import type { ObjectReference } from '../../types/core-v1.ts'
import { ignoreNotFound } from '../claim.ts'
import { type ControllerContext, defineController, type Key, type Result } from '../controller.ts'
import { finishedCondition } from '../job/sync.ts'
import { controllerRef } from '../pods.ts'
import { type CronSync, cleanUpJobs, removeJob } from './jobs.ts'
import { dueRun, nextRunMs, type Schedule, scheduleOf } from './schedule.ts'

const CRON_JOBS = 'cronjobs.batch'
const JOBS = 'jobs.batch'
const SCHEDULED = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

export const cronjob = defineController({
  name: 'cronjob',
  component: 'cronjob-controller',
  watches: [
    { resource: CRON_JOBS, keys: (object, context, old) => changed(object as CronJob, context, old as CronJob) },
    {
      resource: JOBS,
      keys: ({ metadata }, _context, old) =>
        [controllerOf({ metadata } as KubeObject), old && controllerOf(old)]
          .filter((owner) => owner?.kind === 'CronJob')
          .map((owner) => ({ namespace: metadata.namespace ?? '', name: owner!.name })),
    },
  ],
  async reconcile({ namespace, name }, context) {
    const cronJob = context.lister<CronJob>(CRON_JOBS).get(namespace, name)
    return cronJob && reconcile(cronJob, context)
  },
})

const keyOf = ({ metadata }: CronJob): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })

/** Another schedule counts from now on: what it would have missed is not started. */
function changed(cronJob: CronJob, context: ControllerContext, old: CronJob | undefined): Key[] {
  const { schedule, timeZone } = cronJob.spec!
  if (!old || (old.spec!.schedule === schedule && old.spec!.timeZone === timeZone)) return [keyOf(cronJob)]
  const parsed = parse(cronJob)
  if (parsed instanceof Error) {
    const message = `unparseable schedule for cronjob: ${schedule}`
    context.recorder.event(cronJob, 'Warning', 'UnParseableCronJobSchedule', message)
    return []
  }
  const waitMs = nextRunMs(cronJob, context.clock.now(), parsed)
  if (waitMs !== undefined) context.enqueue(keyOf(cronJob), waitMs)
  return []
}

function parse(cronJob: CronJob): Schedule | Error {
  try {
    return scheduleOf(cronJob)
  } catch (error) {
    return error as Error
  }
}

async function reconcile(cronJob: CronJob, context: ControllerContext): Promise<Result | undefined> {
  const sync: CronSync = { context, cronJob, status: { ...cronJob.status } }
  const jobs = context.lister<Job>(JOBS).ownedBy(cronJob.metadata.uid ?? '')
  await cleanUpJobs(sync, jobs)
  let waitMs: number | undefined
  let failure: unknown
  try {
    seeJobs(sync, jobs)
    waitMs = await startDue(sync)
  } catch (error) {
    failure = error
  }
  if (!deepEqual(sync.status, { ...cronJob.status })) {
    const status = { ...sync.status, active: sync.status.active?.length ? sync.status.active : undefined }
    await context.client.updateStatus<CronJob>(CRON_JOBS, { ...cronJob, status })
  }
  if (failure !== undefined) throw failure
  return waitMs === undefined ? undefined : { requeueAfterMs: waitMs }
}

/** Jobs that ended, or vanished, are no longer active. */
function seeJobs({ context, cronJob, status }: CronSync, jobs: readonly Job[]): void {
  const { recorder } = context
  const drop = (uid: string | undefined): void => {
    status.active = status.active?.filter((ref) => ref.uid !== uid)
  }
  for (const job of jobs) {
    const { name, uid } = job.metadata
    const active = status.active?.some((ref) => ref.uid === uid) === true
    const finished = finishedCondition(job)
    if (!finished) {
      const message = `Saw a job that the controller did not create or forgot: ${name}`
      if (!active) recorder.event(cronJob, 'Warning', 'UnexpectedJob', message)
      continue
    }
    if (active) {
      drop(uid)
      recorder.event(cronJob, 'Normal', 'SawCompletedJob', `Saw completed job: ${name}, condition: ${finished.type}`)
    }
    const completed = finished.type === 'Complete' ? job.status?.completionTime : undefined
    if (completed && completed > (status.lastSuccessfulTime ?? '')) status.lastSuccessfulTime = completed
  }
  const lister = context.lister<Job>(JOBS)
  for (const { namespace = '', name = '', uid } of status.active ?? []) {
    if (jobs.some(({ metadata }) => metadata.uid === uid) || lister.get(namespace, name)) continue
    recorder.event(cronJob, 'Normal', 'MissingJob', `Active job went missing: ${name}`)
    drop(uid)
  }
}

/** Starts the run that is due. Answers how long to wait for the next one; undefined: until something changes. */
async function startDue(sync: CronSync): Promise<number | undefined> {
  const { context, cronJob } = sync
  const { recorder, clock } = context
  const { schedule, timeZone, suspend } = cronJob.spec!
  const now = clock.now()
  if (cronJob.metadata.deletionTimestamp) return undefined
  if (timeZone !== undefined && !isTimeZone(timeZone)) {
    const message = `invalid timeZone: ${quote(timeZone)}: unknown time zone ${timeZone}`
    recorder.event(cronJob, 'Warning', 'UnknownTimeZone', message)
    return undefined
  }
  if (suspend) return undefined
  if (schedule.includes('TZ')) {
    const message = `CRON_TZ or TZ used in schedule ${quote(schedule)} is not officially supported, see https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details`
    recorder.event(cronJob, 'Warning', 'UnsupportedSchedule', message)
  }
  const parsed = parse(cronJob)
  if (parsed instanceof Error) {
    const message = `unparseable schedule: ${quote(schedule)} : ${parsed.message}`
    recorder.event(cronJob, 'Warning', 'UnparseableSchedule', message)
    return undefined
  }
  let due: ReturnType<typeof dueRun>
  try {
    due = dueRun(cronJob, now, parsed)
  } catch (error) {
    const message = `invalid schedule: ${schedule} : ${(error as Error).message}`
    recorder.event(cronJob, 'Warning', 'InvalidSchedule', message)
    return undefined
  }
  if (due?.many) {
    const message = 'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
    recorder.event(cronJob, 'Warning', 'TooManyMissedTimes', message)
  }
  if (due && (await mayStart(sync, due.at, now)) && !(await start(sync, due.at))) return undefined
  return nextRunMs({ ...cronJob, status: sync.status }, now, parsed)
}

/** False: this run is under way, too late, or not allowed beside another. */
async function mayStart({ context, cronJob, status }: CronSync, at: number, now: number): Promise<boolean> {
  const { startingDeadlineSeconds, concurrencyPolicy } = cronJob.spec!
  if (startingDeadlineSeconds !== undefined && at + startingDeadlineSeconds * 1000 < now) {
    const message = `Missed scheduled time to start a job: ${formatRfc1123(at)}`
    context.recorder.event(cronJob, 'Warning', 'MissSchedule', message)
    return false
  }
  const name = jobName(cronJob, at)
  if (status.active?.some((ref) => ref.name === name) || status.lastScheduleTime === formatTime(at)) return false
  const active = status.active ?? []
  if (concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    context.recorder.event(cronJob, 'Normal', 'JobAlreadyActive', message)
    return false
  }
  return true
}

/** Answers whether the schedule goes on; throws what prevents the Job. */
async function start(sync: CronSync, at: number): Promise<boolean> {
  const { context, cronJob, status } = sync
  if (cronJob.spec!.concurrencyPolicy === 'Replace') await replaceActive(sync)
  const draft = newJob(cronJob, at)
  let job: Job
  try {
    job = await context.client.create(JOBS, draft)
    context.recorder.event(cronJob, 'Normal', 'SuccessfulCreate', `Created job ${job.metadata.name}`)
  } catch (error) {
    if (!isAlreadyExists(error)) {
      const message = `Error creating job: ${error instanceof Error ? error.message : error}`
      context.recorder.event(cronJob, 'Warning', 'FailedCreate', message)
      throw error
    }
    job = await context.client.get<Job>(JOBS, draft.metadata.namespace ?? '', draft.metadata.name ?? '')
    const ours = controllerOf(job)?.uid === cronJob.metadata.uid
    if (!ours || status.active?.some(({ uid }) => uid === job.metadata.uid)) return false
  }
  const { namespace, name, uid, resourceVersion } = job.metadata
  const ref: ObjectReference = { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', resourceVersion }
  status.active = [...(status.active ?? []), ref]
  status.lastScheduleTime = formatTime(at)
  return true
}

async function replaceActive(sync: CronSync): Promise<void> {
  const { context, status } = sync
  for (const { namespace = '', name = '' } of status.active ?? []) {
    const job = await ignoreNotFound(context.client.get<Job>(JOBS, namespace, name))
    if (!job) throw new Error(`jobs.batch "${name}" not found`)
    if (!(await removeJob(sync, job))) throw new Error(`could not replace job ${namespace}/${name}`)
  }
}

/** One name a minute: a run is started once, whatever happens in between. */
function jobName({ metadata }: CronJob, at: number): string {
  return `${metadata.name}-${Math.floor(at / 60_000)}`
}

function newJob(cronJob: CronJob, at: number): Job {
  const { jobTemplate, timeZone = 'UTC' } = cronJob.spec!
  const { labels = {}, annotations } = jobTemplate.metadata ?? {}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cronJob, at),
      namespace: cronJob.metadata.namespace,
      labels,
      annotations: { ...annotations, [SCHEDULED]: formatZoned(at, timeZone) },
      ownerReferences: [controllerRef(cronJob)],
    },
    spec: jobTemplate.spec,
  }
}

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat']

/** `Thu, 01 Jan 2026 10:00:00 +0000`. */
function formatRfc1123(ms: number): string {
  const date = new Date(ms)
  return `${DAYS[date.getUTCDay()]}, ${date.toUTCString().slice(5, 25)} +0000`
}
