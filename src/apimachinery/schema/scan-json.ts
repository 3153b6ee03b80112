/** One look at a request's bytes for what JSON.parse hides: how many keys there are, and numbers that it would change. */

export interface Scan {
  keys: number
  /** A number is not a plain small integer: its literal matters. */
  oddNumber: boolean
  /** The bracket that opens a level deeper than Go reads. */
  tooDeep: '{' | '[' | undefined
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COLON = 0x3a
const ZERO = 0x30
const NINE = 0x39
const DOT = 0x2e
const LONGEST_SAFE = 15
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const MAX_DEPTH = 10_000

/** Expects valid JSON; other input gives nonsense, never an error. */
export function scanJson(bytes: Uint8Array): Scan {
  let keys = 0
  let oddNumber = false
  let digits = 0
  let depth = 0
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]
    if (byte === QUOTE) {
      i++
      while (i < bytes.length && bytes[i] !== QUOTE) i += bytes[i] === BACKSLASH ? 2 : 1
    } else if (byte === COLON) {
      keys++
      digits = 0
    } else if (byte >= ZERO && byte <= NINE) {
      if (++digits > LONGEST_SAFE) oddNumber = true
    } else {
      // An e right behind a digit: an exponent. The e of true and false never is.
      if (byte === DOT || (digits > 0 && (byte | 0x20) === 0x65)) oddNumber = true
      digits = 0
      if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (++depth > MAX_DEPTH) return { keys, oddNumber, tooDeep: byte === OPEN_BRACE ? '{' : '[' }
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth--
    }
  }
  return { keys, oddNumber, tooDeep: undefined }
}
