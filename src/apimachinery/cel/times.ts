/** Instants and spans as texts, and their parts. Mirrors Go's time package as cel-go common/types/{timestamp,duration}.go use it. */
import { CelError, Duration, Timestamp } from './values.ts'

const SECOND = 1_000_000_000n
const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  µs: 1_000n,
  μs: 1_000n,
  ms: 1_000_000n,
  s: SECOND,
  m: 60n * SECOND,
  h: 3600n * SECOND,
}
const MIN_SECONDS = -62135596800n
const MAX_SECONDS = 253402300799n

export const TIMESTAMP_OVERFLOW = new CelError('timestamp overflow')
export const DURATION_OVERFLOW = new CelError('duration overflow')

/** `1h30m`, `-1.5s`; undefined when it is no span. */
export function parseSpan(text: string): Duration | undefined {
  const match = /^([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+|0)$/.exec(text)
  if (!match) return undefined
  let nanos = 0n
  for (const [, number, unit] of match[2].matchAll(/(\d+\.?\d*|\.\d+)([a-zµμ]+)/g)) {
    const [whole, fraction = ''] = number.split('.')
    const scale = UNITS[unit]
    nanos += BigInt(whole || '0') * scale
    if (fraction) nanos += (BigInt(fraction) * scale) / 10n ** BigInt(fraction.length)
  }
  const signed = match[1] === '-' ? -nanos : nanos
  return BigInt.asIntN(64, signed) === signed ? new Duration(signed) : undefined
}

/** Seconds as Go prints the float: `5400s`, `0.001s`. */
export function formatSpan({ nanos }: Duration): string {
  const [sign, size] = nanos < 0n ? ['-', -nanos] : ['', nanos]
  const fraction = String(size % SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '')
  return `${sign}${size / SECOND}${fraction ? `.${fraction}` : ''}s`
}

const INSTANT = /^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[zZ]|([+-])(\d\d):(\d\d))$/

/** RFC 3339; undefined when it is no instant, an error when it is out of range. */
export function parseInstant(text: string): Timestamp | CelError | undefined {
  const match = INSTANT.exec(text)
  if (!match) return undefined
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number)
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day || hour > 23 || minute > 59 || second > 59) {
    return undefined
  }
  const offset = (match[8] === '-' ? -1 : 1) * (Number(match[9] ?? 0) * 60 + Number(match[10] ?? 0))
  date.setUTCHours(hour, minute - offset, second)
  const fraction = BigInt((match[7] ?? '').slice(0, 9).padEnd(9, '0'))
  return timestamp(BigInt(date.getTime()) * 1_000_000n + fraction, offset)
}

/** `2006-01-02`, at midnight. */
export function parseDate(text: string): Timestamp | undefined {
  const parsed = /^\d{4}-\d\d-\d\d$/.test(text) ? parseInstant(`${text}T00:00:00Z`) : undefined
  return parsed instanceof Timestamp ? parsed : undefined
}

/** The instant, or an error when it lies outside years 1 to 9999. */
export function timestamp(nanos: bigint, offsetMinutes = 0): Timestamp | CelError {
  const seconds = floorDivide(nanos, SECOND)
  return seconds < MIN_SECONDS || seconds > MAX_SECONDS ? TIMESTAMP_OVERFLOW : new Timestamp(nanos, offsetMinutes)
}

export function span(nanos: bigint): Duration | CelError {
  return BigInt.asIntN(64, nanos) === nanos ? new Duration(nanos) : DURATION_OVERFLOW
}

const floorDivide = (a: bigint, b: bigint): bigint => (a >= 0n ? a / b : -((-a + b - 1n) / b))

export const epochSeconds = ({ nanos }: Timestamp): bigint => floorDivide(nanos, SECOND)

/** RFC 3339 in its own zone, with as many digits as needed. */
export function formatInstant({ nanos, offsetMinutes }: Timestamp): string {
  const local = new Date(Number(floorDivide(nanos, 1_000_000n)) + offsetMinutes * 60_000)
  const fraction = String(nanos - floorDivide(nanos, SECOND) * SECOND)
    .padStart(9, '0')
    .replace(/0+$/, '')
  const text = `${local.toISOString().replace(/\.\d+Z$/, '')}${fraction ? `.${fraction}` : ''}`
  if (offsetMinutes === 0) return `${text}Z`
  const size = Math.abs(offsetMinutes)
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${text}${offsetMinutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}:${two(size % 60)}`
}

export type InstantPart =
  | 'FullYear'
  | 'Month'
  | 'DayOfYear'
  | 'DayOfMonth'
  | 'Date'
  | 'DayOfWeek'
  | 'Hours'
  | 'Minutes'
  | 'Seconds'
  | 'Milliseconds'

const PARTS: Record<InstantPart, (local: Date) => number> = {
  FullYear: (local) => local.getUTCFullYear(),
  Month: (local) => local.getUTCMonth(),
  DayOfYear: (local) => Math.floor((local.getTime() - Date.UTC(local.getUTCFullYear(), 0, 1)) / 86_400_000),
  DayOfMonth: (local) => local.getUTCDate() - 1,
  Date: (local) => local.getUTCDate(),
  DayOfWeek: (local) => local.getUTCDay(),
  Hours: (local) => local.getUTCHours(),
  Minutes: (local) => local.getUTCMinutes(),
  Seconds: (local) => local.getUTCSeconds(),
  Milliseconds: (local) => local.getUTCMilliseconds(),
}

/** A part of the instant as clocks in a zone show it: an IANA name or `+02:00`; UTC without one. */
export function instantPart({ nanos }: Timestamp, part: InstantPart, zone = 'UTC'): bigint | CelError {
  const time = Number(floorDivide(nanos, 1_000_000n))
  const offset = offsetOf(zone, time)
  return offset instanceof CelError ? offset : BigInt(PARTS[part](new Date(time + offset)))
}

/** Milliseconds east of UTC at a time. */
function offsetOf(zone: string, time: number): number | CelError {
  if (zone === 'UTC' || zone === '') return 0
  if (zone.includes(':')) {
    const match = /^([+-]?\d+):([+-]?\d+)$/.exec(zone)
    if (!match) return new CelError(`strconv.Atoi: parsing ${JSON.stringify(zone.split(':')[0])}: invalid syntax`)
    const minutes = Number(match[2])
    if (minutes < 0 || minutes > 59) {
      return new CelError(`timezone offset minutes out of range [0, 59]: ${zone}`)
    }
    const hours = Number(match[1]) * 60
    return (zone.startsWith('-') ? hours - minutes : hours + minutes) * 60_000
  }
  try {
    const format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' })
    const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')!.value
    const match = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name)!
    return (match[1] === '-' ? -1 : 1) * (Number(match[2] ?? 0) * 60 + Number(match[3] ?? 0)) * 60_000
  } catch {
    return new CelError(`unknown time zone ${zone}`)
  }
}
