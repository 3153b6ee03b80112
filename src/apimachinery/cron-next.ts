/** When a cron schedule is due next, in a time zone with its daylight saving. Mirrors github.com/robfig/cron/v3 (SpecSchedule.Next). */
import type { CronFields, CronSchedule } from './cron.ts'
import { zonedTime, zoneOffsetMs } from './time-zone.ts'

const SECOND = 1000
const MINUTE = 60_000
const HOUR = 3_600_000
/** Years that are looked through: what is not due by then is never due (30 February). */
const YEARS = 5

/** Milliseconds since the epoch, later than `after`; undefined: never. */
export function nextTime(schedule: CronSchedule, after: number, zone: string): number | undefined {
  const whole = Math.floor(after / SECOND) * SECOND
  return 'everyMs' in schedule ? whole + schedule.everyMs : nextOfFields(schedule, whole + SECOND, zone)
}

interface Local {
  year: number
  month: number
  day: number
  hour: number
  minute: number
  second: number
  weekday: number
}

function localOf(ms: number, zone: string): Local {
  const date = new Date(ms + zoneOffsetMs(ms, zone))
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
    weekday: date.getUTCDay(),
  }
}

/** From the month down to the second: each step goes to the next value that fits, and starts anew when a larger unit turned over. */
function nextOfFields(fields: CronFields, start: number, zone: string): number | undefined {
  let time = start
  const last = localOf(start, zone).year + YEARS
  for (;;) {
    const local = localOf(time, zone)
    if (local.year > last) return undefined
    const { year, month, day, hour, minute, second } = local
    if (!fields.months.has(month)) time = zonedTime(zone, year, month + 1, 1)
    else if (!dayMatches(fields, local)) time = startOfDay(zone, year, month, day + 1)
    else if (!fields.hours.has(hour)) time = time - minute * MINUTE - second * SECOND + HOUR
    else if (!fields.minutes.has(minute)) time = time - second * SECOND + MINUTE
    else if (second !== 0) time = time - second * SECOND + MINUTE
    else return time
  }
}

/** With both days restricted one of them suffices. */
function dayMatches({ daysOfMonth, daysOfWeek, anyDayOfMonth, anyDayOfWeek }: CronFields, local: Local): boolean {
  const ofMonth = daysOfMonth.has(local.day)
  const ofWeek = daysOfWeek.has(local.weekday)
  return anyDayOfMonth || anyDayOfWeek ? ofMonth && ofWeek : ofMonth || ofWeek
}

/** Where a day begins without its midnight, the first hour that it has. */
function startOfDay(zone: string, year: number, month: number, day: number): number {
  const time = zonedTime(zone, year, month, day)
  const { hour } = localOf(time, zone)
  if (hour === 0) return time
  return hour > 12 ? time + (24 - hour) * HOUR : time - hour * HOUR
}
