/** Go durations (`1h30m`) as metav1.Duration reads and prints them, and the short form of the Age columns. Mirrors time.ParseDuration and apimachinery/pkg/util/duration. */
import { newBadRequest } from './errors.ts'
import { quoteBytes } from './time.ts'

const UNITS: Record<string, bigint> = {
  ns: 1n,
  us: 1_000n,
  '\u00b5s': 1_000n,
  '\u03bcs': 1_000n,
  ms: 1_000_000n,
  s: 1_000_000_000n,
  m: 60_000_000_000n,
  h: 3_600_000_000_000n,
}
const LIMIT = 2n ** 63n

/** Nanoseconds. Throws 400 with Go's message. */
export function parseDuration(text: string): bigint {
  const wrong = (what: string) => newBadRequest(`time: ${what} ${quoteBytes(text)}`)
  const negative = text.startsWith('-')
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return 0n
  if (rest === '') throw wrong('invalid duration')
  let total = 0n
  while (rest !== '') {
    const [found, whole, fraction = ''] = /^([0-9]*)(?:\.([0-9]*))?/.exec(rest)!
    if (whole === '' && fraction === '') throw wrong('invalid duration')
    if (BigInt(whole) > LIMIT) throw wrong('invalid duration')
    rest = rest.slice(found.length)
    const name = /^[^.0-9]*/.exec(rest)![0]
    if (name === '') throw wrong('missing unit in duration')
    rest = rest.slice(name.length)
    if (!Object.hasOwn(UNITS, name)) throw wrong(`unknown unit ${quoteBytes(name)} in duration`)
    total += BigInt(whole) * UNITS[name] + partOf(UNITS[name], fraction)
    if (total > LIMIT) throw wrong('invalid duration')
  }
  if (negative) return -total
  if (total === LIMIT) throw wrong('invalid duration')
  return total
}

/** Computed in float64, as Go does, from the digits that fit an int64: the last nanosecond may differ from the exact one. */
function partOf(unit: bigint, fraction: string): bigint {
  let value = 0n
  let scale = 1
  for (const digit of fraction) {
    const next = value * 10n + BigInt(digit)
    if (value > (LIMIT - 1n) / 10n || next > LIMIT) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (Number(unit) / scale)))
}

/** `1h30m0s`, as Go prints a duration. */
export function formatDuration(nanoseconds: bigint): string {
  if (nanoseconds === 0n) return '0s'
  if (nanoseconds < 0n) return `-${formatDuration(-nanoseconds)}`
  for (const [limit, unit, digits] of [
    [1_000n, 'ns', 0],
    [1_000_000n, '\u00b5s', 3],
    [1_000_000_000n, 'ms', 6],
  ] as const) {
    if (nanoseconds < limit) return decimal(nanoseconds, digits) + unit
  }
  const hours = nanoseconds / UNITS.h
  const minutes = (nanoseconds / UNITS.m) % 60n
  const seconds = `${decimal(nanoseconds % UNITS.m, 9)}s`
  if (hours > 0n) return `${hours}h${minutes}m${seconds}`
  return minutes > 0n ? `${minutes}m${seconds}` : seconds
}

/** `value / 10 ** digits`, without trailing zeroes. */
function decimal(value: bigint, digits: number): string {
  const divisor = 10n ** BigInt(digits)
  const fraction = String(value % divisor)
    .padStart(digits, '0')
    .replace(/0+$/, '')
  return value % divisor === 0n ? String(value / divisor) : `${value / divisor}.${fraction}`
}

/** What the server makes of a duration: `90m` becomes `1h30m0s`. Throws 400 with Go's message. */
export function canonicalDuration(text: string): string {
  return formatDuration(parseDuration(text))
}

/** Milliseconds of a duration's text, for timers. */
export function durationMs(text: string): number {
  return Number(parseDuration(text) / 1_000_000n)
}

/** Two or three significant figures for people: `45s`, `2m30s`, `5d3h`, `2y10d`. A time up to two seconds ahead counts as now. */
export function humanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds <= 0) return '0s'
  if (seconds < 120) return `${seconds}s`
  const minutes = Math.trunc(seconds / 60)
  if (minutes < 10) return pair(minutes, 'm', seconds % 60, 's')
  if (minutes < 180) return `${minutes}m`
  const hours = Math.trunc(minutes / 60)
  if (hours < 8) return pair(hours, 'h', minutes % 60, 'm')
  if (hours < 48) return `${hours}h`
  const days = Math.trunc(hours / 24)
  if (hours < 192) return pair(days, 'd', hours % 24, 'h')
  if (hours < 24 * 365 * 2) return `${days}d`
  const years = Math.trunc(days / 365)
  return hours < 24 * 365 * 8 ? pair(years, 'y', days % 365, 'd') : `${years}y`
}

const pair = (large: number, unit: string, small: number, smallUnit: string): string =>
  small === 0 ? `${large}${unit}` : `${large}${unit}${small}${smallUnit}`

/** One unit only: `5m`, `3d`. Mirrors duration.ShortHumanDuration. */
export function shortHumanDuration(ms: number): string {
  const seconds = Math.trunc(ms / 1000)
  if (seconds < -1) return '<invalid>'
  if (seconds <= 0) return '0s'
  if (seconds < 60) return `${seconds}s`
  const hours = Math.trunc(seconds / 3600)
  if (hours < 1) return `${Math.trunc(seconds / 60)}m`
  if (hours < 24) return `${hours}h`
  return hours < 24 * 365 ? `${Math.trunc(hours / 24)}d` : `${Math.trunc(hours / 24 / 365)}y`
}
