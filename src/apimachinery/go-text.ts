/** Text as Go prints it: messages of the API quote strings with %q and values with encoding/json. Mirrors strconv.Quote and json.Marshal. */

const SHORT: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '"': '\\"',
  '\\': '\\\\',
}

const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u

/** Go's `%q`. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return `"${text}"`
  let out = '"'
  for (const char of text) out += SHORT[char] ?? (PRINTABLE.test(char) ? char : escapeRune(char.codePointAt(0)!))
  return `${out}"`
}

function escapeRune(code: number): string {
  if (code < 0x20 || code === 0x7f) return `\\x${code.toString(16).padStart(2, '0')}`
  // A lone surrogate cannot exist in a Go string: decoding made it the replacement character.
  if (code >= 0xd800 && code <= 0xdfff) return '\ufffd'
  return code < 0x10000 ? `\\u${code.toString(16).padStart(4, '0')}` : `\\U${code.toString(16).padStart(8, '0')}`
}

const HTML = /[<>&\u2028\u2029]/g
const escapeHtml = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`

/**
 * What json.Marshal writes: `<`, `>` and `&` escaped; no spaces unless lines are indented. Members keep their order: callers sort where Go has
 * a map.
 */
export function marshal(value: unknown, indent = 0): string {
  if (value === undefined) return 'null'
  return JSON.stringify(value, null, indent).replace(HTML, escapeHtml)
}

/** Go's `len(text)`: bytes of UTF-8. */
export function byteLength(text: string): number {
  return PLAIN.test(text) ? text.length : Buffer.byteLength(text)
}

/**
 * Go's `%v` of a decoded JSON value: `map[a:1 b:[x y]]`, keys sorted. A float64 prints as `%v` does (1e+06, 1.5); pass integers as bigint
 * where the server decodes them to int64.
 */
export function formatAny(value: unknown): string {
  if (value === null || value === undefined) return '<nil>'
  if (Array.isArray(value)) return `[${value.map(formatAny).join(' ')}]`
  if (typeof value === 'object') {
    const members = Object.entries(value).filter(([, member]) => member !== undefined)
    members.sort(([a], [b]) => (a < b ? -1 : 1))
    return `map[${members.map(([name, member]) => `${name}:${formatAny(member)}`).join(' ')}]`
  }
  return String(value)
}
