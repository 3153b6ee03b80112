/** Scalars with a text form of their own: checked and brought to the form that the server prints. Each answers undefined when the text is wrong. */

const PLAIN_QUANTITY = /^[1-9]\d{0,2}(?:m|k|M|G|T|Ki|Mi|Gi|Ti)?$/
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][+-]?\d+|)$/
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E']
const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei']
const MAX_INT64 = 2n ** 63n - 1n
const NANO = 1_000_000_000n

export const QUANTITY_ERROR = `quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`

/** `0.5` becomes `500m`, `1024Ki` becomes `1Mi`. Precision ends at nano (rounded up), size at 2^63 - 1. */
export function canonicalQuantity(raw: string): string | undefined {
  if (PLAIN_QUANTITY.test(raw)) return raw
  const match = QUANTITY.exec(raw.trim())
  if (match === null || (match[2] === '' && !match[3])) return undefined
  const [, sign, whole, fraction = '', suffix] = match
  const scaled = scaleToNano(BigInt(whole + fraction || '0'), fraction.length, suffix)
  const nano = scaled > MAX_INT64 * NANO ? MAX_INT64 * NANO : scaled
  if (nano === 0n) return '0'
  const lead = sign === '-' ? '-' : ''
  if (/^[eE][+-]?\d/.test(suffix)) return lead + exponentForm(nano)
  return lead + (suffix.endsWith('i') && nano >= 1024n * NANO ? binaryForm(nano) : decimalForm(nano))
}

function scaleToNano(digits: bigint, decimals: number, suffix: string): bigint {
  if (suffix.endsWith('i'))
    return divideUp(digits * 1024n ** BigInt(BINARY.indexOf(suffix)) * NANO, 10n ** BigInt(decimals))
  const known = DECIMAL.indexOf(suffix)
  const exponent = (known >= 0 ? (known - 3) * 3 : Number(suffix.slice(1))) + 9 - decimals
  // Far outside of what is kept: the sign of the exponent decides alone.
  if (exponent > 64) return digits === 0n ? 0n : (MAX_INT64 + 1n) * NANO
  if (exponent < -400) return digits === 0n ? 0n : 1n
  return exponent >= 0 ? digits * 10n ** BigInt(exponent) : divideUp(digits, 10n ** BigInt(-exponent))
}

function divideUp(value: bigint, by: bigint): bigint {
  return (value + by - 1n) / by
}

function decimalForm(nano: bigint): string {
  let value = nano
  let unit = 0
  while (value % 1000n === 0n && unit < DECIMAL.length - 1) {
    value /= 1000n
    unit++
  }
  return `${value}${DECIMAL[unit]}`
}

function exponentForm(nano: bigint): string {
  let value = nano
  let exponent = -9
  while (value % 1000n === 0n) {
    value /= 1000n
    exponent += 3
  }
  return exponent === 0 ? `${value}` : `${value}e${exponent}`
}

function binaryForm(nano: bigint): string {
  if (nano % NANO !== 0n) return decimalForm(nano)
  let value = nano / NANO
  let unit = 0
  while (value % 1024n === 0n && unit < BINARY.length - 1) {
    value /= 1024n
    unit++
  }
  return `${value}${BINARY[unit]}`
}

const RFC3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/
const DAYS = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** RFC 3339 in UTC, cut to seconds. */
export function canonicalTime(text: string): string | undefined {
  const match = RFC3339.exec(text)
  return match === null || !inRange(match) ? undefined : toUtc(match)
}

/** RFC 3339 in UTC with six decimals. */
export function canonicalMicroTime(text: string): string | undefined {
  const match = RFC3339.exec(text)
  if (match === null || !inRange(match)) return undefined
  return `${toUtc(match).slice(0, -1)}.${(match[7] ?? '').slice(0, 6).padEnd(6, '0')}Z`
}

function inRange([, year, month, day, hour, minute, second]: RegExpExecArray): boolean {
  if (Number(month) < 1 || Number(month) > 12 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return false
  const leap = Number(year) % 4 === 0 && (Number(year) % 100 !== 0 || Number(year) % 400 === 0)
  const last = month === '02' && !leap ? 28 : DAYS[Number(month) - 1]
  return Number(day) >= 1 && Number(day) <= last
}

function toUtc(match: RegExpExecArray): string {
  const [, year, month, day, hour, minute, second, , zone] = match
  const seconds = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  return zone === 'Z' ? `${seconds}Z` : `${new Date(`${seconds}${zone}`).toISOString().slice(0, 19)}Z`
}

/** Go's text for a time that does not parse, for the layout with seconds or with microseconds. */
export function timeError(text: string, layout: string): string {
  const parsing = `parsing time ${JSON.stringify(text)}`
  const match = RFC3339.exec(text)
  if (match !== null) return `${parsing}: ${outOfRange(match)} out of range`
  const pieces: [RegExp, string][] = [
    [/^\d{4}/, '2006'],
    [/^-/, '-'],
    [/^\d\d/, '01'],
    [/^-/, '-'],
    [/^\d\d/, '02'],
    [/^T/, 'T'],
    [/^\d{1,2}/, '15'],
    [/^:/, ':'],
    [/^\d\d/, '04'],
    [/^:/, ':'],
    [/^\d\d(?:[.,]\d+)?/, '05'],
    [/^(?:Z|[+-]\d\d:\d\d)/, 'Z07:00'],
  ]
  let rest = text
  for (const [pattern, name] of pieces) {
    const found = pattern.exec(rest)
    if (found === null)
      return `${parsing} as "${layout}": cannot parse ${JSON.stringify(rest)} as ${JSON.stringify(name)}`
    rest = rest.slice(found[0].length)
  }
  return `${parsing}: extra text: ${JSON.stringify(rest)}`
}

function outOfRange(match: RegExpExecArray): string {
  const [, , month, , hour, minute, second] = match
  if (Number(month) < 1 || Number(month) > 12) return 'month'
  if (Number(hour) > 23) return 'hour'
  if (Number(minute) > 59) return 'minute'
  return Number(second) > 59 ? 'second' : 'day'
}

const GO_DURATION = /^[+-]?(?:0|(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const UNIT_NANOS: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, μs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }

/** A Go duration as Go prints it: `90s` becomes `1m30s`. */
export function canonicalDuration(text: string): string | undefined {
  if (!GO_DURATION.test(text)) return undefined
  let nanos = 0
  for (const [, amount, unit] of text.matchAll(/([\d.]+)(ns|us|µs|μs|ms|s|m|h)/g))
    nanos += Number(amount) * UNIT_NANOS[unit]
  return (text.startsWith('-') && nanos > 0 ? '-' : '') + formatNanos(Math.round(nanos))
}

function formatNanos(nanos: number): string {
  if (nanos === 0) return '0s'
  if (nanos < 1e3) return `${nanos}ns`
  if (nanos < 1e6) return `${nanos / 1e3}µs`
  if (nanos < 1e9) return `${nanos / 1e6}ms`
  const hours = Math.floor(nanos / 3600e9)
  const minutes = Math.floor((nanos % 3600e9) / 60e9)
  const seconds = `${(nanos % 60e9) / 1e9}s`
  return hours > 0 ? `${hours}h${minutes}m${seconds}` : minutes > 0 ? `${minutes}m${seconds}` : seconds
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

/** Standard base64 with padding; line breaks inside are dropped, as Go's decoder does. */
export function canonicalBase64(text: string): string | undefined {
  const compact = text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, '') : text
  if (!BASE64.test(compact)) return undefined
  // Bits after the last byte are not part of the value: YR== reads as YQ==.
  return compact.endsWith('=') ? Buffer.from(compact, 'base64').toString('base64') : compact
}

/** Where Go's decoder stops: the byte offset in its message. */
export function base64ErrorAt(text: string): number {
  const isDigit = (char: string) => /[A-Za-z0-9+/]/.test(char)
  let inQuantum = 0
  for (let at = 0; at < text.length; at++) {
    const char = text[at]
    if (char === '\n' || char === '\r') continue
    if (isDigit(char)) {
      inQuantum = (inQuantum + 1) % 4
      continue
    }
    if (char !== '=' || inQuantum < 2) return at
    return paddingErrorAt(text, at, inQuantum)
  }
  return text.length - inQuantum
}

function paddingErrorAt(text: string, first: number, inQuantum: number): number {
  const skipBreaks = (from: number) => {
    let at = from
    while (text[at] === '\n' || text[at] === '\r') at++
    return at
  }
  let at = skipBreaks(first + 1)
  if (inQuantum === 2) {
    if (at >= text.length) return text.length
    if (text[at] !== '=') return at
    at = skipBreaks(at + 1)
  }
  return at
}
