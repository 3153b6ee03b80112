/** Times as metav1.Time and metav1.MicroTime read and print them: RFC 3339, with Go's leniency and Go's error texts. Mirrors time.Parse. */
import { newBadRequest } from './errors.ts'

interface Instant {
  /** Since the epoch. */
  seconds: number
  nanos: number
}

/** The zero time of Go, which prints as null. */
const ZERO_SECONDS = -62135596800

const SECONDS_LAYOUT = '2006-01-02T15:04:05Z07:00'
const MICRO_LAYOUT = '2006-01-02T15:04:05.000000Z07:00'

/** Milliseconds since the epoch. Throws 400 with upstream's message. */
export function parseTime(text: string): number {
  const { seconds, nanos } = parse(text, SECONDS_LAYOUT)
  return seconds * 1000 + Math.floor(nanos / 1e6)
}

/** As parseTime, of a MicroTime, whose six fractional digits are mandatory. */
export function parseMicroTime(text: string): number {
  const { seconds, nanos } = parse(text, MICRO_LAYOUT)
  return seconds * 1000 + Math.floor(nanos / 1e6)
}

const CANONICAL = /^20\d\d-(0[1-9]|1[0-2])-(0[1-9]|1\d|2[0-8])T([01]\d|2[0-3]):[0-5]\d:[0-5]\dZ$/

/** What the server makes of a time: UTC, whole seconds; null for the zero time. Throws 400 with upstream's message. */
export function canonicalTime(text: string): string | null {
  if (CANONICAL.test(text)) return text
  const { seconds } = parse(text, SECONDS_LAYOUT)
  return seconds === ZERO_SECONDS ? null : `${formatSeconds(seconds)}Z`
}

/** What the server makes of a MicroTime: UTC, six fractional digits; null for the zero time. Throws 400 with upstream's message. */
export function canonicalMicroTime(text: string): string | null {
  const { seconds, nanos } = parse(text, MICRO_LAYOUT)
  if (seconds === ZERO_SECONDS && nanos === 0) return null
  return `${formatSeconds(seconds)}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z`
}

/** Without the zone. Years print with at least four digits. */
function formatSeconds(seconds: number): string {
  const date = new Date(seconds * 1000)
  const year = date.getUTCFullYear()
  const digits = year < 0 ? `-${String(-year).padStart(4, '0')}` : String(year).padStart(4, '0')
  return digits + date.toISOString().slice(-20, -5)
}

/** One element of the layout and the literal before it. Patterns take what Go's readers take. */
interface Element {
  literal: string
  layout: string
  pattern: RegExp
}

const TWO_DIGITS = /^\d\d/
const DATE_ELEMENTS: Element[] = [
  { literal: '', layout: '2006', pattern: /^\d{4}/ },
  { literal: '-', layout: '01', pattern: TWO_DIGITS },
  { literal: '-', layout: '02', pattern: TWO_DIGITS },
  { literal: 'T', layout: '15', pattern: /^\d\d?/ },
  { literal: ':', layout: '04', pattern: TWO_DIGITS },
]
const ZONE: Element = { literal: '', layout: 'Z07:00', pattern: /^(?:Z|[+-]\d\d:\d\d)/ }
const SECONDS_ELEMENTS: Element[] = [
  ...DATE_ELEMENTS,
  { literal: ':', layout: '05', pattern: /^\d\d(?:[.,]\d+)?/ },
  ZONE,
]
const MICRO_ELEMENTS: Element[] = [
  ...DATE_ELEMENTS,
  { literal: ':', layout: '05', pattern: TWO_DIGITS },
  { literal: '', layout: '.000000', pattern: /^[.,]\d{6}/ },
  ZONE,
]

/** A value is out of range as soon as its element is read, whatever follows. */
const RANGES: Record<string, [name: string, low: number, high: number]> = {
  '01': ['month', 1, 12],
  '15': ['hour', 0, 23],
  '04': ['minute', 0, 59],
  '05': ['second', 0, 59],
}

function parse(text: string, layout: string): Instant {
  const fields: string[] = []
  let rest = text
  for (const element of layout === MICRO_LAYOUT ? MICRO_ELEMENTS : SECONDS_ELEMENTS) {
    if (!rest.startsWith(element.literal)) throw cannotParse(text, layout, rest, element.literal)
    rest = rest.slice(element.literal.length)
    const found = element.pattern.exec(rest)?.[0]
    if (found === undefined) throw cannotParse(text, layout, rest, element.layout)
    checkRange(text, element, found)
    fields.push(found)
    rest = rest.slice(found.length)
  }
  if (rest !== '') throw wrong(text, `: extra text: ${quoteBytes(rest)}`)
  const [year, month, day, hour, minute, second, ...others] = fields
  const zone = others.at(-1)!
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) throw wrong(text, ': day out of range')
  const date = new Date(0)
  date.setUTCFullYear(Number(year), Number(month) - 1, Number(day))
  date.setUTCHours(Number(hour), Number(minute), Number(second.slice(0, 2)))
  const fraction = (others.length === 2 ? others[0] : second.slice(2)).slice(1, 10)
  return { seconds: date.getTime() / 1000 - offsetOf(zone), nanos: Number(fraction.padEnd(9, '0')) }
}

function checkRange(text: string, { layout }: Element, found: string): void {
  const range = RANGES[layout]
  if (range) {
    const value = Number(found.slice(0, 2))
    if (value < range[1] || value > range[2]) throw wrong(text, `: ${range[0]} out of range`)
  } else if (layout === 'Z07:00' && found !== 'Z') {
    // Go checks the minute last, so that its name wins.
    if (Number(found.slice(4)) > 60) throw wrong(text, ': time zone offset minute out of range')
    if (Number(found.slice(1, 3)) > 24) throw wrong(text, ': time zone offset hour out of range')
  }
}

/** Seconds east of UTC. */
function offsetOf(zone: string): number {
  if (zone === 'Z') return 0
  const seconds = Number(zone.slice(1, 3)) * 3600 + Number(zone.slice(4)) * 60
  return zone[0] === '-' ? -seconds : seconds
}

function daysIn(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31
}

const wrong = (text: string, what: string) => newBadRequest(`parsing time ${quoteBytes(text)}${what}`)

const cannotParse = (text: string, layout: string, rest: string, element: string) =>
  wrong(text, ` as ${quoteBytes(layout)}: cannot parse ${quoteBytes(rest)} as ${quoteBytes(element)}`)

/** The quoting of Go's time package: every byte that is not printable ASCII as hexadecimal. */
export function quoteBytes(text: string): string {
  const escaped = text.replace(/["\\]/g, '\\$&').replace(/[^ -\x7f]/gu, (char) => {
    return [...Buffer.from(char)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')
  })
  return `"${escaped}"`
}
