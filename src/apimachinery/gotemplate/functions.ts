/** Functions of Go templates, and those of sprig that manifests are mostly written with. Mirrors text/template/funcs.go and Masterminds/sprig. */
import { createHash } from 'node:crypto'
import { dump } from 'js-yaml'
import { formatAny } from '../go-text.ts'
import { TemplateError } from './nodes.ts'

export type TemplateFunction = (...args: never[]) => unknown
export type Functions = Readonly<Record<string, TemplateFunction>>

/** As Go sees it: zero, empty and absent values are false. */
export function isTrue(value: unknown): boolean {
  if (value === undefined || value === null || value === false || value === 0 || value === '') return false
  if (Array.isArray(value)) return value.length > 0
  return typeof value !== 'object' || Object.keys(value).length > 0
}

/** As an action prints it. */
export function printed(value: unknown): string {
  if (value === undefined || value === null) return '<no value>'
  return typeof value === 'string' ? value : formatAny(value as never)
}

function equal(first: unknown, ...others: unknown[]): boolean {
  if (others.length === 0) throw new TemplateError('error calling eq: missing argument for comparison')
  return others.some((other) => (first ?? undefined) === (other ?? undefined))
}

function compare(name: string, a: unknown, b: unknown): number {
  const isOrdered = (typeof a === 'number' || typeof a === 'string') && typeof a === typeof b
  if (!isOrdered) throw new TemplateError(`error calling ${name}: incompatible types for comparison`)
  return (a as number) < (b as number) ? -1 : a === b ? 0 : 1
}

function index(value: unknown, ...keys: unknown[]): unknown {
  return keys.reduce<unknown>((of, key) => {
    if (of === undefined || of === null) throw new TemplateError('error calling index: index of untyped nil')
    if (typeof of !== 'object') throw new TemplateError(`error calling index: can't index item of type ${typeof of}`)
    if (!Array.isArray(of)) return (of as Record<string, unknown>)[String(key)]
    if (typeof key !== 'number') throw new TemplateError('error calling index: cannot index slice/array with that type')
    if (key < 0 || key >= of.length) throw new TemplateError(`error calling index: index out of range: ${key}`)
    return of[key]
  }, value)
}

/** `%s`, `%d`, `%v`, `%q`, `%f`, with widths and precisions. */
function sprintf(format: string, ...args: unknown[]): string {
  let next = 0
  const text = format.replace(
    /%(-?0?\d*)(?:\.(\d+))?([sdvqftx%])/g,
    (_, width: string, precision: string, verb: string) => {
      if (verb === '%') return '%'
      if (next >= args.length) return `%!${verb}(MISSING)`
      const value = args[next++]
      const shown =
        verb === 'q'
          ? JSON.stringify(String(value))
          : verb === 'f'
            ? Number(value).toFixed(Number(precision ?? 6))
            : verb === 'x'
              ? Number(value).toString(16)
              : printed(value)
      const size = Math.abs(Number(width))
      if (width.startsWith('-')) return shown.padEnd(size)
      return shown.padStart(size, width.startsWith('0') ? '0' : ' ')
    },
  )
  return next < args.length ? `${text}%!(EXTRA ${args.slice(next).map(printed).join(', ')})` : text
}

/** A space stands between two values of which none is a text. */
function sprint(...args: unknown[]): string {
  const isText = (value: unknown): boolean => typeof value === 'string'
  return args
    .map((arg, i) => (i > 0 && !isText(arg) && !isText(args[i - 1]) ? ` ${printed(arg)}` : printed(arg)))
    .join('')
}

const BUILT_IN = {
  eq: equal,
  ne: (a: unknown, b: unknown) => !equal(a, b),
  lt: (a: unknown, b: unknown) => compare('lt', a, b) < 0,
  le: (a: unknown, b: unknown) => compare('le', a, b) <= 0,
  gt: (a: unknown, b: unknown) => compare('gt', a, b) > 0,
  ge: (a: unknown, b: unknown) => compare('ge', a, b) >= 0,
  not: (value: unknown) => !isTrue(value),
  len: lengthOf,
  index,
  slice: (value: string | unknown[], from = 0, to = value.length) => value.slice(from, to),
  print: sprint,
  println: (...args: unknown[]) => `${args.map(printed).join(' ')}\n`,
  printf: sprintf,
}

function lengthOf(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (Array.isArray(value)) return value.length
  if (typeof value === 'object' && value !== null) return Object.keys(value).length
  throw new TemplateError('error calling len: len of nil pointer')
}

const text = (value: unknown): string => (value === undefined || value === null ? '' : printed(value))
const quoted =
  (quote: (text: string) => string) =>
  (...args: unknown[]) =>
    args
      .filter((arg) => arg !== undefined && arg !== null)
      .map((arg) => quote(text(arg)))
      .join(' ')
const whole = (value: unknown): number => Math.trunc(Number(value ?? 0)) || 0
const indented = (spaces: number, value: unknown): string => text(value).replace(/^/gm, ' '.repeat(spaces))

function dict(...pairs: unknown[]): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  for (let i = 0; i < pairs.length; i += 2) made[text(pairs[i])] = pairs[i + 1] ?? ''
  return made
}

function range(from: number, to: number, step: number): number[] {
  const numbers: number[] = []
  if (step !== 0) for (let i = from; step > 0 ? i < to : i > to; i += step) numbers.push(i)
  return numbers
}

const SPRIG = {
  default: (other: unknown, value: unknown) => (isTrue(value) ? value : other),
  coalesce: (...values: unknown[]) => values.find(isTrue),
  ternary: (yes: unknown, no: unknown, which: unknown) => (isTrue(which) ? yes : no),
  empty: (value: unknown) => !isTrue(value),
  fail: (message: unknown) => {
    throw new TemplateError(text(message))
  },
  dict,
  list: (...values: unknown[]) => values,
  get: (of: Record<string, unknown>, key: string) => of[key] ?? '',
  hasKey: (of: Record<string, unknown>, key: string) => Object.hasOwn(of, key),
  keys: (...of: object[]) => of.flatMap(Object.keys),
  values: (of: object) => Object.values(of),
  merge: (...of: object[]) => Object.assign({}, ...of.toReversed()),
  first: (list: unknown[]) => list[0],
  last: (list: unknown[]) => list.at(-1),
  append: (list: unknown[], value: unknown) => [...list, value],
  has: (value: unknown, list: unknown[]) => list.includes(value),
  until: (count: unknown) => range(0, whole(count), whole(count) < 0 ? -1 : 1),
  untilStep: (from: unknown, to: unknown, step: unknown) => range(whole(from), whole(to), whole(step)),
  add: (...values: unknown[]) => values.reduce<number>((sum, value) => sum + whole(value), 0),
  add1: (value: unknown) => whole(value) + 1,
  sub: (a: unknown, b: unknown) => whole(a) - whole(b),
  mul: (...values: unknown[]) => values.reduce<number>((product, value) => product * whole(value), 1),
  div: (a: unknown, b: unknown) => Math.trunc(whole(a) / divisor('div', b)),
  mod: (a: unknown, b: unknown) => whole(a) % divisor('mod', b),
  max: (...values: unknown[]) => Math.max(...values.map(whole)),
  min: (...values: unknown[]) => Math.min(...values.map(whole)),
  int: whole,
  int64: whole,
  float64: (value: unknown) => Number(value ?? 0),
  atoi: whole,
  toString: text,
  upper: (value: unknown) => text(value).toUpperCase(),
  lower: (value: unknown) => text(value).toLowerCase(),
  trim: (value: unknown) => text(value).trim(),
  trimPrefix: (prefix: string, value: string) => (value.startsWith(prefix) ? value.slice(prefix.length) : value),
  trimSuffix: (suffix: string, value: string) =>
    suffix !== '' && value.endsWith(suffix) ? value.slice(0, -suffix.length) : value,
  hasPrefix: (prefix: string, value: string) => value.startsWith(prefix),
  hasSuffix: (suffix: string, value: string) => value.endsWith(suffix),
  contains: (part: string, value: string) => value.includes(part),
  replace: (from: string, to: string, value: string) => value.replaceAll(from, to),
  repeat: (count: unknown, value: unknown) => text(value).repeat(whole(count)),
  trunc: (count: number, value: string) => (count < 0 ? value.slice(count) : value.slice(0, count)),
  splitList: (separator: string, value: string) => value.split(separator),
  join: (separator: string, list: unknown[]) => list.map(text).join(separator),
  quote: quoted(JSON.stringify),
  squote: quoted((value) => `'${value}'`),
  indent: indented,
  nindent: (spaces: number, value: unknown) => `\n${indented(spaces, value)}`,
  toJson: (value: unknown) => JSON.stringify(value ?? null),
  toYaml: (value: unknown) => dump(value ?? null).trimEnd(),
  fromJson: (value: string) => JSON.parse(value) as unknown,
  b64enc: (value: string) => Buffer.from(value).toString('base64'),
  b64dec: (value: string) => Buffer.from(value, 'base64').toString(),
  sha256sum: (value: string) => createHash('sha256').update(value).digest('hex'),
}

function divisor(name: string, value: unknown): number {
  const number = whole(value)
  if (number === 0) throw new TemplateError(`error calling ${name}: integer divide by zero`)
  return number
}

/** `and` and `or` are the evaluator's own: they stop at the first argument that decides. */
export const DEFAULT_FUNCTIONS: Functions = { ...SPRIG, ...BUILT_IN } as unknown as Functions
