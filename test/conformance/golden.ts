/**
 * Recorded answers as JSON lines, small enough to be read and diffed: an object is kept as its difference from one kept before, and a 422 as
 * its causes, from which its text follows.
 */
import { isDeepStrictEqual } from 'node:util'
import { packValues, unpackValues } from './dictionary.ts'
import type { Answer } from './wire.ts'

type Json = Record<string, unknown>
type Cause = [reason: string, field: string, message: string]

interface Failure {
  message: unknown
  reason: unknown
  details?: unknown
}

/** s: status, h: headers, c: causes of a plain 422, f: another Status, d: difference from the base, b: the body as it is. */
export interface Packed {
  s: number
  h?: Pick<Answer, 'type' | 'warnings' | 'retryAfter'>
  c?: Cause[]
  d?: unknown
  b?: unknown
  f?: Failure
  /** Upstream's order of the causes is an accident: two recordings differ in it. */
  unordered?: true
}

/** The lines of a file: what it repeats, then the values. */
export function toLines(values: unknown[]): string {
  const { entries, values: lines } = packValues(values)
  return `${[entries, ...lines].map((line) => JSON.stringify(line)).join('\n')}\n`
}

export function fromLines(file: string): unknown[] {
  const [entries, ...values] = file
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown)
  return unpackValues({ entries: entries as unknown[], values })
}

export interface Invalid {
  kind: string
  group: string
  name: string
}

export function pack(answer: Answer, base: unknown, about?: Invalid): Packed {
  const { status, body, ...headers } = answer
  const packed: Packed = { s: status }
  if (Object.keys(headers).length) packed.h = headers
  const causes = about && causesOf(body)
  if (causes && isDeepStrictEqual(invalidStatus(causes, about), body)) packed.c = causes
  else {
    const alike = isObject(base) && isObject(body) && base.kind === body.kind
    const difference = alike ? diff(base, body) : undefined
    const failure = failureOf(body)
    if (failure) packed.f = failure
    else if (difference && isDeepStrictEqual(apply(base, difference), body)) packed.d = difference
    else packed.b = body
  }
  return packed
}

export function unpack(packed: Packed, base: unknown, about?: Invalid): Answer {
  const { s, h, c, d, b, f } = packed
  const body = c && about ? invalidStatus(c, about) : f ? failureStatus(f, s) : d === undefined ? b : apply(base, d)
  return { status: s, ...h, body }
}

function failureOf(body: unknown): Failure | undefined {
  if (!isObject(body)) return undefined
  const { message, reason, details, code } = body as Json & Failure
  const failure: Failure = { message, reason, ...(details === undefined ? {} : { details }) }
  return isDeepStrictEqual(failureStatus(failure, code as number), body) ? failure : undefined
}

function failureStatus(failure: Failure, code: number): Json {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', ...failure, code }
}

function causesOf(body: unknown): Cause[] | undefined {
  const status = body as {
    reason?: string
    details?: { causes?: { reason: string; field: string; message: string }[] }
  }
  if (status?.reason !== 'Invalid') return undefined
  return status.details?.causes?.map((cause) => [cause.reason, cause.field, cause.message])
}

function invalidStatus(causes: Cause[], { kind, group, name }: Invalid): Json {
  const texts = causes.map(([, field, message]) => `${field}: ${message}`)
  const text = texts.length === 1 ? texts[0] : `[${texts.join(', ')}]`
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `${kind}${group && `.${group}`} "${name}" is invalid: ${text}`,
    reason: 'Invalid',
    details: {
      name,
      ...(group ? { group } : {}),
      kind,
      causes: causes.map(([reason, field, message]) => ({ reason, message, field })),
    },
    code: 422,
  }
}

const isObject = (value: unknown): value is Json => value !== null && typeof value === 'object' && !Array.isArray(value)

/** As a JSON merge patch; arrays of the same length item by item, as `{"[]": {index: difference}}`. */
function diff(base: unknown, next: unknown): unknown {
  if (Array.isArray(base) && Array.isArray(next) && base.length === next.length) {
    const items: Json = {}
    next.forEach((item, i) => {
      if (!isDeepStrictEqual(item, base[i])) items[i] = diff(base[i], item)
    })
    return { '[]': items }
  }
  if (!isObject(base) || !isObject(next)) return next
  const difference: Json = {}
  for (const name of Object.keys(base)) if (!(name in next)) difference[name] = null
  for (const [name, value] of Object.entries(next)) {
    if (!(name in base)) difference[name] = value
    else if (!isDeepStrictEqual(value, base[name])) difference[name] = diff(base[name], value)
  }
  return difference
}

function apply(base: unknown, difference: unknown): unknown {
  if (isObject(difference) && isObject(difference['[]']) && Array.isArray(base)) {
    const items = difference['[]']
    return base.map((item, i) => (String(i) in items ? apply(item, items[i]) : item))
  }
  if (!isObject(difference) || !isObject(base)) return difference
  const result: Json = { ...base }
  for (const [name, value] of Object.entries(difference)) {
    if (value === null) delete result[name]
    else result[name] = name in base ? apply(base[name], value) : value
  }
  return result
}
