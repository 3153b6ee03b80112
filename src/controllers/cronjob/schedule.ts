/** Which runs of a CronJob are due, and when the next one is; pure. Mirrors kubernetes pkg/controller/cronjob/utils.go. */
import { type CronSchedule, parseCron } from '../../apimachinery/cron.ts'
import { nextTime } from '../../apimachinery/cron-next.ts'
import { isTimeZone } from '../../apimachinery/time-zone.ts'
import type { CronJob } from '../../types/batch-v1.ts'
import { timeOf } from '../pods.ts'

/** Upstream looks a little late, so as not to be too early. */
const SLACK_MS = 100
const MANY = 100

export interface Schedule {
  fields: CronSchedule
  zone: string
}

/** Throws what is wrong with the schedule. The zone: of the schedule's own prefix, else of spec.timeZone. */
export function scheduleOf({ spec }: CronJob): Schedule {
  const prefix = /^(?:CRON_)?TZ=(\S+)/.exec(spec!.schedule)?.[1]
  const zone = prefix ?? spec!.timeZone ?? 'UTC'
  return { fields: parseCron(spec!.schedule), zone: isTimeZone(zone) ? zone : 'UTC' }
}

interface Missed {
  earliest: number
  /** The latest run that is due; undefined: none. */
  latest?: number
  missed: 'none' | 'few' | 'many'
}

/** Throws when runs follow each other too closely. */
function missedRuns(cronJob: CronJob, now: number, schedule: Schedule, withDeadline: boolean): Missed {
  const { status, metadata, spec } = cronJob
  let earliest = timeOf(status?.lastScheduleTime) ?? timeOf(metadata.creationTimestamp) ?? now
  const deadline = spec!.startingDeadlineSeconds
  if (withDeadline && deadline !== undefined) earliest = Math.max(earliest, now - deadline * 1000)
  const first = next(schedule, earliest)
  if (first === undefined || now < first) return { earliest, missed: 'none' }
  const second = next(schedule, first)
  if (second === undefined || now < second) return { earliest, latest: first, missed: 'none' }
  const apart = Math.round((second - first) / 1000)
  if (apart < 1) throw new Error('time difference between two schedules is less than 1 second')
  const count = Math.floor(Math.floor((now - first) / 1000) / apart) + 1
  // The runs need not be equally far apart: look from a little before.
  let latest: number | undefined
  for (
    let at = next(schedule, first + (count - 2) * apart * 1000);
    at !== undefined && at <= now;
    at = next(schedule, at)
  ) {
    latest = at
  }
  return { earliest, latest, missed: count > MANY ? 'many' : 'few' }
}

function next({ fields, zone }: Schedule, after: number): number | undefined {
  return nextTime(fields, after, zone)
}

/** The run to start now, if any. Throws as the schedule does. */
export function dueRun(cronJob: CronJob, now: number, schedule: Schedule): { at: number; many: boolean } | undefined {
  const { latest, missed } = missedRuns(cronJob, now, schedule, true)
  return latest === undefined ? undefined : { at: latest, many: missed === 'many' }
}

/** How long to wait for the next run; undefined: there is none. */
export function nextRunMs(cronJob: CronJob, now: number, schedule: Schedule): number | undefined {
  let from = now
  try {
    const { earliest, latest, missed } = missedRuns(cronJob, now, schedule, false)
    from = latest ?? (missed === 'none' ? earliest : now)
  } catch {
    // Too close together: the next one counts from now.
  }
  const at = next(schedule, from)
  return at === undefined ? undefined : at + SLACK_MS - now
}
