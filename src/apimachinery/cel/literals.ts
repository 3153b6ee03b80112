/** Texts of string, bytes and number literals as values. Mirrors cel-go parser/unescape.go. */
import { Uint, type Value } from './values.ts'

const SIMPLE: Record<string, number> = {
  a: 7,
  b: 8,
  f: 12,
  n: 10,
  r: 13,
  t: 9,
  v: 11,
  '\\': 92,
  "'": 39,
  '"': 34,
  '`': 96,
  '?': 63,
}
const ESCAPE = /\\(?:([abfnrtv\\'"`?])|[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2}))/g

/** The value of a token of a literal. Throws an Error with cel-go's message. */
export function literalValue(kind: string, text: string, negative: boolean): Value {
  if (kind === 'STRING') return stringLiteral(text)
  if (kind === 'BYTES') return bytesLiteral(text)
  const value = numberLiteral(kind, text, negative)
  if (value !== undefined) return value
  throw new Error(`invalid ${kind === 'NUM_INT' ? 'int' : kind === 'NUM_UINT' ? 'uint' : 'double'} literal`)
}

/** The text between the quotes; `r"..."` is taken as it stands. */
function stringLiteral(token: string): string {
  const { body, raw } = unquoted(token)
  if (raw || !body.includes('\\')) return body
  return body.replace(ESCAPE, (_, simple, x, u, long, octal) => {
    const code = simple ? SIMPLE[simple] : octal ? Number.parseInt(octal, 8) : Number.parseInt(x ?? u ?? long, 16)
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw new Error('invalid unicode code point')
    return String.fromCodePoint(code)
  })
}

/** As stringLiteral, in UTF-8; escapes by number are bytes. */
function bytesLiteral(token: string): Uint8Array {
  const { body, raw } = unquoted(token.slice(1))
  if (raw || !body.includes('\\')) return Buffer.from(body)
  const parts: Buffer[] = []
  let end = 0
  for (const match of body.matchAll(ESCAPE)) {
    const [whole, simple, x, u, long, octal] = match
    if (u !== undefined || long !== undefined) throw new Error('unable to unescape string')
    const code = simple ? SIMPLE[simple] : octal ? Number.parseInt(octal, 8) : Number.parseInt(x, 16)
    parts.push(Buffer.from(body.slice(end, match.index)), Buffer.of(code))
    end = match.index + whole.length
  }
  return Buffer.concat([...parts, Buffer.from(body.slice(end))])
}

function unquoted(token: string): { body: string; raw: boolean } {
  const raw = /^[rR]/.test(token)
  const text = raw ? token.slice(1) : token
  const quotes = text.length >= 6 && (text.startsWith('"""') || text.startsWith("'''")) ? 3 : 1
  return { body: text.slice(quotes, -quotes).replace(/\r\n?/g, '\n'), raw }
}

/** A number of the kind its token says; undefined when it does not fit. */
function numberLiteral(kind: string, text: string, negative: boolean): Value | undefined {
  if (kind === 'NUM_FLOAT') {
    const value = Number(negative ? `-${text}` : text)
    return Number.isFinite(value) ? value : undefined
  }
  if (kind === 'NUM_UINT') {
    const value = BigInt(text.slice(0, -1))
    return BigInt.asUintN(64, value) === value ? new Uint(value) : undefined
  }
  const value = negative ? -BigInt(text) : BigInt(text)
  return BigInt.asIntN(64, value) === value ? value : undefined
}
