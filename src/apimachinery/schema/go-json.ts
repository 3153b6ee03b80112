/**
 * Reads JSON as Go's encoding/json does, keeping what JSON.parse loses: duplicate keys, their order, and number literals; and failing with
 * Go's texts. Runs only when the fast path met something odd. Mirrors the scanner of sigs.k8s.io/json.
 */

export type JsonNode =
  | { type: 'object'; entries: [key: string, value: JsonNode][] }
  | { type: 'array'; items: JsonNode[] }
  | { type: 'string'; value: string }
  | { type: 'number'; literal: string }
  | { type: 'bool'; value: boolean }
  | { type: 'null' }

const MAX_DEPTH = 10_000
const UNEXPECTED_END = 'unexpected end of JSON input'

/** A syntax error with Go's text. */
export class JsonSyntaxError extends Error {}

/** Throws JsonSyntaxError. */
export function readJson(text: string): JsonNode {
  const reader = new Reader(text)
  const node = reader.value(0)
  reader.end()
  return node
}

/** The node of a value that has no text of its own (it came from YAML or from this process). */
export function jsonNodeOf(value: unknown): JsonNode {
  if (value === null || value === undefined) return { type: 'null' }
  if (typeof value === 'string') return { type: 'string', value }
  if (typeof value === 'number') return { type: 'number', literal: String(value) }
  if (typeof value === 'boolean') return { type: 'bool', value }
  if (Array.isArray(value)) return { type: 'array', items: value.map(jsonNodeOf) }
  const entries = Object.entries(value as object).filter(([, child]) => child !== undefined)
  return { type: 'object', entries: entries.map(([key, child]) => [key, jsonNodeOf(child)]) }
}

/** The value as Go ends up with it: of duplicate keys the last one wins, but objects merge, as decoding twice into one struct does. */
export function jsonValueOf(node: JsonNode): unknown {
  switch (node.type) {
    case 'object':
      return objectValue(node.entries)
    case 'array':
      return node.items.map(jsonValueOf)
    case 'number':
      return Number(node.literal)
    case 'null':
      return null
    default:
      return node.value
  }
}

function objectValue(entries: [string, JsonNode][]): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const [key, child] of entries) {
    const next = jsonValueOf(child)
    const merged = merge(value[key], next)
    // a key named __proto__ must become a field like any other
    Object.defineProperty(value, key, { value: merged, enumerable: true, configurable: true, writable: true })
  }
  return value
}

function merge(first: unknown, second: unknown): unknown {
  if (!isPlainObject(first) || !isPlainObject(second)) return second
  const merged = { ...first }
  for (const [key, value] of Object.entries(second)) merged[key] = merge(first[key], value)
  return merged
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

class Reader {
  readonly #text: string
  #at = 0

  constructor(text: string) {
    this.#text = text
  }

  value(depth: number): JsonNode {
    this.#space()
    const char = this.#text[this.#at]
    if (depth > MAX_DEPTH) throw new JsonSyntaxError('exceeded max depth')
    if (char === '{') return this.#object(depth)
    if (char === '[') return this.#array(depth)
    if (char === '"') return { type: 'string', value: this.#string() }
    if (char === 't') return this.#word('true', { type: 'bool', value: true })
    if (char === 'f') return this.#word('false', { type: 'bool', value: false })
    if (char === 'n') return this.#word('null', { type: 'null' })
    if (char === '-' || isDigit(char)) return { type: 'number', literal: this.#number() }
    return this.#fail('looking for beginning of value')
  }

  end(): void {
    this.#space()
    if (this.#at < this.#text.length) this.#fail('after top-level value')
  }

  #object(depth: number): JsonNode {
    const entries: [string, JsonNode][] = []
    this.#at++
    this.#space()
    if (this.#take('}')) return { type: 'object', entries }
    while (true) {
      this.#space()
      if (this.#text[this.#at] !== '"') this.#fail('looking for beginning of object key string')
      const key = this.#string()
      this.#space()
      if (!this.#take(':')) this.#fail('after object key')
      entries.push([key, this.value(depth + 1)])
      this.#space()
      if (this.#take('}')) return { type: 'object', entries }
      if (!this.#take(',')) this.#fail('after object key:value pair')
    }
  }

  #array(depth: number): JsonNode {
    const items: JsonNode[] = []
    this.#at++
    this.#space()
    if (this.#take(']')) return { type: 'array', items }
    while (true) {
      items.push(this.value(depth + 1))
      this.#space()
      if (this.#take(']')) return { type: 'array', items }
      if (!this.#take(',')) this.#fail('after array element')
    }
  }

  #string(): string {
    const start = this.#at++
    while (true) {
      const char = this.#text[this.#at]
      if (char === '"') break
      if (char === '\\') this.#escape()
      else if (char === undefined || char < ' ') this.#fail('in string literal')
      this.#at++
    }
    this.#at++
    return JSON.parse(this.#text.slice(start, this.#at)) as string
  }

  #escape(): void {
    this.#at++
    const char = this.#text[this.#at]
    if (char !== undefined && '"\\/bfnrt'.includes(char)) return
    if (char !== 'u') this.#fail('in string escape code')
    for (let i = 0; i < 4; i++) {
      this.#at++
      if (!/[0-9a-fA-F]/.test(this.#text[this.#at] ?? '')) this.#fail('in \\u hexadecimal character escape')
    }
  }

  #number(): string {
    const start = this.#at
    this.#take('-')
    if (!isDigit(this.#text[this.#at])) this.#fail('in numeric literal')
    if (!this.#take('0')) this.#digits()
    if (this.#take('.')) {
      if (!isDigit(this.#text[this.#at])) this.#fail('after decimal point in numeric literal')
      this.#digits()
    }
    if (this.#take('e') || this.#take('E')) {
      if (!this.#take('+')) this.#take('-')
      if (!isDigit(this.#text[this.#at])) this.#fail('in exponent of numeric literal')
      this.#digits()
    }
    return this.#text.slice(start, this.#at)
  }

  #word(word: string, node: JsonNode): JsonNode {
    for (let i = 1; i < word.length; i++) {
      this.#at++
      if (this.#text[this.#at] !== word[i]) this.#fail(`in literal ${word} (expecting ${quoteChar(word[i])})`)
    }
    this.#at++
    return node
  }

  #digits(): void {
    while (isDigit(this.#text[this.#at])) this.#at++
  }

  #take(char: string): boolean {
    if (this.#text[this.#at] !== char) return false
    this.#at++
    return true
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++
  }

  #fail(where: string): never {
    const char = this.#text[this.#at]
    // Go tries a space behind the end: it ends a number or a word badly, and everything else is just not finished.
    const ended =
      char === undefined && !/^(?:in (?:literal|numeric|exponent|string escape|\\u)|after decimal)/.test(where)
    throw new JsonSyntaxError(ended ? UNEXPECTED_END : `invalid character ${quoteChar(char ?? ' ')} ${where}`)
  }
}

function isDigit(char: string | undefined): boolean {
  return char !== undefined && char >= '0' && char <= '9'
}

/** Go works on bytes: beyond ASCII it names the first byte of the character as if it were Latin-1. */
function quoteChar(char: string): string {
  if (char === "'") return `'\\''`
  if (char === '"') return `'"'`
  const byte = Buffer.from(char)[0]
  const escapes: Record<number, string> = {
    7: '\\a',
    8: '\\b',
    9: '\\t',
    10: '\\n',
    11: '\\v',
    12: '\\f',
    13: '\\r',
    92: '\\\\',
  }
  if (escapes[byte]) return `'${escapes[byte]}'`
  if (byte < 0x20 || byte === 0x7f) return `'\\x${byte.toString(16).padStart(2, '0')}'`
  if (byte > 0x7f && byte < 0xa0) return `'\\u00${byte.toString(16)}'`
  return `'${String.fromCharCode(byte)}'`
}
