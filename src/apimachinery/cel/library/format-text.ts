/** `'%s has %d'.format([name, count])`. Mirrors cel-go ext/formatting.go. */
import { quote } from '../../go-text.ts'
import { formatInstant, formatSpan } from '../times.ts'
import { CelError, CelList, CelMap, Duration, Timestamp, TypeValue, typeOfValue, Uint, type Value } from '../values.ts'
import { formatDouble } from './conversions.ts'

class FormatProblem extends Error {}

const DEFAULT_PRECISION = 6

/** The text with its clauses filled in, or an error with cel-go's message. */
export function formatText(text: string, args: CelList): Value {
  try {
    return fill(text, args)
  } catch (error) {
    if (error instanceof FormatProblem) return new CelError(error.message)
    throw error
  }
}

export interface Clause {
  verb: string
  precision: number | undefined
}

/** Literal parts and clauses in turn. Throws an Error with cel-go's message. */
export function parseFormat(text: string, argCount: number): (string | Clause)[] {
  const parts: (string | Clause)[] = []
  let used = 0
  let end = 0
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', end)) {
    parts.push(text.slice(end, at))
    if (text[at + 1] === '%') {
      parts.push('%')
      end = at + 2
      continue
    }
    if (used >= argCount) throw new FormatProblem(`index ${used} out of range`)
    if (at + 1 >= text.length) throw new FormatProblem('unexpected end of string')
    const [whole, digits, verb] = /^%(?:\.(\d*))?([\s\S]?)/u.exec(text.slice(at))!
    if (verb === '') throw parsing('error while parsing precision: could not find end of precision specifier')
    if (digits === '') {
      throw parsing(
        'error while parsing precision: error while converting precision to integer: strconv.Atoi: parsing "": invalid syntax',
      )
    }
    if (!'sdfebxXo'.includes(verb)) throw parsing(`unrecognized formatting clause "${verb}"`)
    parts.push({ verb, precision: digits === undefined ? undefined : Number(digits) })
    used++
    end = at + whole.length
  }
  parts.push(text.slice(end))
  return parts
}

const parsing = (message: string): FormatProblem => new FormatProblem(`could not parse formatting clause: ${message}`)
const failed = (message: string): FormatProblem => new FormatProblem(`error during formatting: ${message}`)

function fill(text: string, args: CelList): string {
  let used = 0
  const parts = parseFormat(text, args.size)
  return parts.map((part) => (typeof part === 'string' ? part : formatClause(part, args.at(used++)))).join('')
}

/** What a clause takes, as its complaint says it; `given` is the name of a type. */
export function clauseProblem(verb: string, given: string): string {
  switch (verb) {
    case 's':
      return `string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps, was given ${given}`
    case 'd':
      return `decimal clause can only be used on integers, was given ${given}`
    case 'f':
      return `fixed-point clause can only be used on doubles, was given ${given}`
    case 'e':
      return `scientific clause can only be used on doubles, was given ${given}`
    case 'b':
      return `only integers and bools can be formatted as binary, was given ${given}`
    case 'o':
      return `octal clause can only be used on integers, was given ${given}`
    default:
      return `only integers, byte buffers, and strings can be formatted as hex, was given ${given}`
  }
}

function formatClause({ verb, precision = DEFAULT_PRECISION }: Clause, value: Value): string {
  const formatted = VERBS[verb](value, precision)
  if (formatted === undefined) throw failed(clauseProblem(verb, typeOfValue(value).name))
  return formatted
}

const integer = (value: Value): bigint | undefined =>
  typeof value === 'bigint' ? value : value instanceof Uint ? value.value : undefined

type Formatter = (value: Value, precision: number) => string | undefined

const VERBS: Record<string, Formatter> = {
  s: (value) => shown(value),
  d: (value) => integer(value)?.toString(),
  f: (value, precision) => {
    const number = double(value)
    return number === undefined ? undefined : (special(number) ?? grouped(number.toFixed(precision)))
  },
  e: (value, precision) => {
    const number = double(value)
    return number === undefined ? undefined : (special(number) ?? scientific(number, precision))
  },
  b: (value) => (typeof value === 'boolean' ? String(Number(value)) : integer(value)?.toString(2)),
  o: (value) => integer(value)?.toString(8),
  x: hex,
  X: (value) => hex(value)?.toUpperCase(),
}

const NUMBER_TEXTS: Record<string, number> = { NaN: Number.NaN, Infinity, '-Infinity': -Infinity }

function double(value: Value): number | undefined {
  if (typeof value === 'number') return value
  return typeof value === 'string' && Object.hasOwn(NUMBER_TEXTS, value) ? NUMBER_TEXTS[value] : undefined
}

function special(number: number): string | undefined {
  if (Number.isNaN(number)) return 'NaN'
  return Number.isFinite(number) ? undefined : number < 0 ? '-∞' : '∞'
}

/** The locale is English. */
function grouped(text: string): string {
  const [whole, fraction] = text.split('.')
  const groups = whole.replace(/\B(?=(?:\d{3})+$)/g, ',')
  return fraction === undefined ? groups : `${groups}.${fraction}`
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'

function scientific(number: number, precision: number): string {
  const [mantissa, exponent] = number.toExponential(precision).split('e')
  const digits = exponent.slice(1).padStart(2, '0')
  const raised = [...digits].map((digit) => SUPERSCRIPTS[Number(digit)]).join('')
  return `${mantissa}×10${exponent[0] === '-' ? '⁻' : ''}${raised}`
}

function hex(value: Value): string | undefined {
  if (typeof value === 'string' || value instanceof Uint8Array) return Buffer.from(value as string).toString('hex')
  return integer(value)?.toString(16)
}

/** The string clause; undefined for what it does not take. */
function shown(value: Value): string | undefined {
  if (value instanceof CelList) return `[${value.values().map(member).join(', ')}]`
  if (value instanceof CelMap) return shownMap(value)
  if (value instanceof Duration) return formatSpan(value)
  if (value instanceof Timestamp) return formatInstant(value)
  if (value instanceof TypeValue) return value.type.name
  if (value instanceof Uint) return String(value.value)
  if (value instanceof Uint8Array) return Buffer.from(value).toString()
  if (typeof value === 'number') return formatDouble(value)
  return value === null || typeof value !== 'object' ? String(value) : undefined
}

function shownMap(map: CelMap): string {
  const pairs = map.keys().map((key): [string, string] => [member(key), member(map.get(key)!)])
  pairs.sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${pairs.map(([key, value]) => `${key}:${value}`).join(', ')}}`
}

/** Of a list or map: texts in quotes, times as calls that make them, doubles with six digits. */
function member(value: Value): string {
  if (typeof value === 'string') return quote(value)
  if (value instanceof Uint8Array) return `b${quote(Buffer.from(value).toString())}`
  if (value instanceof Duration) return `duration(${quote(formatSpan(value))})`
  if (value instanceof Timestamp) return `timestamp(${quote(formatInstant(value))})`
  if (typeof value === 'number') {
    return Number.isFinite(value) ? value.toFixed(DEFAULT_PRECISION) : quote(formatDouble(value))
  }
  const text = shown(value)
  if (text === undefined) throw failed(`no formatting function for ${typeOfValue(value).name}`)
  return text
}
