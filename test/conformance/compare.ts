/** Says whether two normalised answers are the same, and in one line how they differ. */
import { isDeepStrictEqual } from 'node:util'
import type { Answer } from './wire.ts'

interface Cause {
  reason?: string
  field?: string
  message?: string
}
interface StatusBody {
  kind?: string
  reason?: string
  message?: string
  details?: { causes?: Cause[] }
}

export const sameAnswer = (a: Answer, b: Answer): boolean => isDeepStrictEqual(a, b)

/** As `sameAnswer`, where the order of causes, and so of the text made from them, is left open. */
export const sameButOrder = (a: Answer, b: Answer): boolean => isDeepStrictEqual(orderless(a), orderless(b))

function orderless(answer: Answer): Answer {
  const body = answer.body as StatusBody
  const warnings = answer.warnings && [...answer.warnings].sort()
  if (body?.kind !== 'Status') return { ...answer, warnings }
  const letters = [...(body.message ?? '')].sort().join('')
  const causes = body.details?.causes?.map((cause) => JSON.stringify(cause)).sort()
  return { ...answer, warnings, body: { ...body, message: letters, details: { ...body.details, causes } } }
}

/** One line, made to be counted: what the real server says (-) and what the emulator says (+) that the other does not. */
export function difference(expected: Answer, actual: Answer): string {
  if (expected.status !== actual.status) return `${expected.status}->${actual.status} ${firstOnly(expected, actual)}`
  if (!isDeepStrictEqual(expected.body, actual.body)) {
    const only = firstOnly(expected, actual)
    if (only) return `${expected.status} ${only}`
    return `${expected.status} ${pathOf(expected.body, actual.body, '')}`
  }
  return `headers ${headersOf(expected)} -> ${headersOf(actual)}`
}

const headersOf = ({ type, warnings, retryAfter }: Answer): string =>
  [type, ...(warnings ?? []), retryAfter].filter(Boolean).join('; ')

function firstOnly(expected: Answer, actual: Answer): string {
  const wanted = said(expected)
  const got = said(actual)
  const missing = wanted.filter((text) => !got.includes(text)).slice(0, 2)
  const extra = got.filter((text) => !wanted.includes(text)).slice(0, 2)
  return [...missing.map((text) => `- ${text}`), ...extra.map((text) => `+ ${text}`)].join(' ').replaceAll('\n', '\\n')
}

function said({ body }: Answer): string[] {
  const status = body as StatusBody
  if (status?.kind !== 'Status') return []
  const causes = status.details?.causes
  if (causes) return causes.map(({ field, message }) => `${field}: ${message}`)
  return [status.message ?? '']
}

function pathOf(expected: unknown, actual: unknown, path: string): string {
  if (typeof expected === 'string' && typeof actual === 'string') {
    const [lines, others] = [expected.split('\n'), actual.split('\n')]
    const at = lines.findIndex((line, i) => line !== others[i])
    if (at > 0) return `${path} line ${at + 1} - ${lines[at]} + ${others[at]}`.slice(0, 300)
  }
  const plain = (value: unknown): value is Record<string, unknown> => value !== null && typeof value === 'object'
  if (!plain(expected) || !plain(actual))
    return `${path} - ${JSON.stringify(expected)} + ${JSON.stringify(actual)}`.slice(0, 300)
  for (const name of new Set([...Object.keys(expected), ...Object.keys(actual)])) {
    if (!isDeepStrictEqual(expected[name], actual[name])) return pathOf(expected[name], actual[name], `${path}.${name}`)
  }
  return path
}
