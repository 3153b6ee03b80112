/** Cron schedules of five fields, with the error texts CronJobs answer. Mirrors github.com/robfig/cron/v3 (ParseStandard). */
import { quote } from './go-text.ts'

/** What each field allows, and whether day of month or day of week was `*` (then the other one decides alone). */
export interface CronFields {
  minutes: ReadonlySet<number>
  hours: ReadonlySet<number>
  daysOfMonth: ReadonlySet<number>
  months: ReadonlySet<number>
  daysOfWeek: ReadonlySet<number>
  anyDayOfMonth: boolean
  anyDayOfWeek: boolean
}

export type CronSchedule = CronFields | { everyMs: number }

interface Bounds {
  min: number
  max: number
  names: readonly string[]
}

const MONTHS = ['', 'jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec']
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat']
const BOUNDS: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: MONTHS },
  { min: 0, max: 6, names: DAYS },
]
const DESCRIPTORS: Record<string, string> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** Throws an Error whose message is upstream's. A leading `TZ=` or `CRON_TZ=` is accepted and ignored: CronJobs refuse it elsewhere. */
export function parseCron(text: string): CronSchedule {
  if (text === '') throw new Error('empty spec string')
  const spec = /^(CRON_)?TZ=/.test(text) ? text.slice(text.indexOf(' ') + 1).trim() : text
  if (spec.startsWith('@')) return parseDescriptor(spec)
  const fields = spec.split(/\s+/).filter((field) => field !== '')
  if (fields.length !== 5) throw new Error(`expected exactly 5 fields, found ${fields.length}: [${fields.join(' ')}]`)
  const parsed = fields.map((field, i) => parseField(field, BOUNDS[i] as Bounds))
  const [minutes, hours, daysOfMonth, months, daysOfWeek] = parsed as [Field, Field, Field, Field, Field]
  return {
    minutes: minutes.values,
    hours: hours.values,
    daysOfMonth: daysOfMonth.values,
    months: months.values,
    daysOfWeek: daysOfWeek.values,
    anyDayOfMonth: daysOfMonth.star,
    anyDayOfWeek: daysOfWeek.star,
  }
}

function parseDescriptor(spec: string): CronSchedule {
  const fields = Object.hasOwn(DESCRIPTORS, spec) ? DESCRIPTORS[spec] : undefined
  if (fields !== undefined) return parseCron(fields)
  if (!spec.startsWith('@every ')) throw new Error(`unrecognized descriptor: ${spec}`)
  const text = spec.slice('@every '.length)
  const ms = parseDuration(text)
  if (ms === undefined) throw new Error(`failed to parse duration ${spec}: time: invalid duration ${quote(text)}`)
  // Less than a second is rounded up to one.
  return { everyMs: Math.max(1000, Math.floor(ms / 1000) * 1000) }
}

const UNITS: Record<string, number> = { ns: 1e-6, us: 1e-3, µs: 1e-3, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

function parseDuration(text: string): number | undefined {
  if (!/^[+-]?(\d+(\.\d*)?(ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let ms = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    ms += Number(amount) * (UNITS[unit as string] as number)
  }
  return text.startsWith('-') ? -ms : ms
}

interface Field {
  values: Set<number>
  star: boolean
}

function parseField(field: string, bounds: Bounds): Field {
  const values = new Set<number>()
  let star = false
  for (const expression of field.split(',').filter((part) => part !== '')) {
    star = addRange(expression, bounds, values) || star
  }
  return { values, star }
}

/** Adds `number`, `number-number`, `*`, each with an optional `/step`; answers whether it was `*` with a step of 1. */
function addRange(expression: string, bounds: Bounds, values: Set<number>): boolean {
  const [range = '', stepText, ...moreSteps] = expression.split('/')
  const [low = '', high, ...moreEnds] = range.split('-')
  const any = low === '*' || low === '?'
  let start = any ? bounds.min : parseNumber(low, bounds)
  if (!any && moreEnds.length > 0) throw new Error(`too many hyphens: ${expression}`)
  let end = any ? bounds.max : high === undefined ? start : parseNumber(high, bounds)
  if (moreSteps.length > 0) throw new Error(`too many slashes: ${expression}`)
  const step = stepText === undefined ? 1 : parseNumber(stepText, { min: 0, max: 0, names: [] })
  // `5/15` means from 5 to the end.
  if (stepText !== undefined && !any && high === undefined) end = bounds.max
  if (start < bounds.min) throw new Error(`beginning of range (${start}) below minimum (${bounds.min}): ${expression}`)
  if (end > bounds.max) throw new Error(`end of range (${end}) above maximum (${bounds.max}): ${expression}`)
  if (start > end) throw new Error(`beginning of range (${start}) beyond end of range (${end}): ${expression}`)
  if (step === 0) throw new Error(`step of range should be a positive number: ${expression}`)
  for (; start <= end; start += step) values.add(start)
  return any && step <= 1
}

function parseNumber(text: string, { names }: Bounds): number {
  const named = text === '' ? -1 : names.indexOf(text.toLowerCase())
  if (named >= 0) return named
  if (!/^[+-]?\d+$/.test(text)) {
    throw new Error(`failed to parse int from ${text}: strconv.Atoi: parsing ${quote(text)}: invalid syntax`)
  }
  const value = Number(text)
  if (value < 0) throw new Error(`negative number (${value}) not allowed: ${text}`)
  return value
}
