/** Texts. Mirrors cel-go ext/strings.go and apiserver/pkg/cel/library/{regex,jsonpatch}.go. */
import { RE2JS } from 're2js'
import { patternError } from '../../regular-expression.ts'
import type { Declaration } from '../functions.ts'
import { CelError, CelList, type Value } from '../values.ts'
import { formatText } from './format-text.ts'

const outOfRange = (index: Value): CelError => new CelError(`index out of range: ${String(index)}`)
const runesOf = (text: Value): string[] => [...(text as string)]

function charAt(text: Value, index: Value): Value {
  const runes = runesOf(text)
  const at = Number(index)
  if (at < 0 || at > runes.length) return outOfRange(index)
  return runes[at] ?? ''
}

function indexOf(text: Value, part: Value, from: Value): Value {
  const offset = Number(from)
  if (offset < 0) return outOfRange(from)
  const runes = runesOf(text)
  if (part === '') return BigInt(Math.min(offset, runes.length))
  const wanted = runesOf(part)
  for (let i = offset; i <= runes.length - wanted.length; i++) {
    if (wanted.every((rune, j) => runes[i + j] === rune)) return BigInt(i)
  }
  return -1n
}

function lastIndexOf(text: Value, part: Value, from?: Value): Value {
  const runes = runesOf(text)
  if (from === undefined && (part === '' || runes.length === 0)) return part === '' ? BigInt(runes.length) : -1n
  const offset = from === undefined ? runes.length - 1 : Number(from)
  if (offset < 0) return outOfRange(from!)
  if (part === '') return BigInt(Math.min(offset, runes.length))
  const wanted = runesOf(part)
  if (offset >= runes.length) return -1n
  for (let i = Math.min(offset, runes.length - wanted.length); i >= 0; i--) {
    if (wanted.every((rune, j) => runes[i + j] === rune)) return BigInt(i)
  }
  return -1n
}

function replace(text: Value, old: Value, by: Value, count: Value): Value {
  const parts = split(text as string, old as string)
  const times = Number(count)
  if (old === '') return replaceEmpty(text as string, by as string, times)
  if (times < 0 || times >= parts.length - 1) return parts.join(by as string)
  return [parts.slice(0, times + 1).join(by as string), ...parts.slice(times + 1)].join(old as string)
}

/** As Go: before every character and at the end. */
function replaceEmpty(text: string, by: string, count: number): string {
  const runes = [...text]
  const times = count < 0 ? runes.length + 1 : Math.min(count, runes.length + 1)
  const head = runes.map((rune, i) => (i < times ? by + rune : rune)).join('')
  return times > runes.length ? head + by : head
}

const split = (text: string, separator: string): string[] => (separator === '' ? [...text] : text.split(separator))

function splitN(text: Value, separator: Value, count: Value): Value {
  const parts = split(text as string, separator as string)
  const limit = Number(count)
  if (limit === 0) return new CelList([])
  if (limit < 0 || limit >= parts.length) return new CelList(parts)
  return new CelList([...parts.slice(0, limit - 1), parts.slice(limit - 1).join(separator as string)])
}

function substring(text: Value, start: Value, end?: Value): Value {
  const runes = runesOf(text)
  const size = BigInt(runes.length)
  const to = (end ?? size) as bigint
  const from = start as bigint
  if (end !== undefined && from > to) return new CelError(`invalid substring range. start: ${from}, end: ${to}`)
  if (from < 0n || from > size) return outOfRange(start)
  if (to < 0n || to > size) return outOfRange(to)
  return runes.slice(Number(from), Number(to)).join('')
}

const lower = (text: Value): Value => (text as string).replace(/[A-Z]+/g, (part) => part.toLowerCase())
const upper = (text: Value): Value => (text as string).replace(/[a-z]+/g, (part) => part.toUpperCase())
// Go's notion of white space.
const trim = (text: Value): Value => (text as string).replace(/^[\s\u0085]+|[\s\u0085]+$/gu, '')

function join(list: Value, separator: Value): Value {
  const parts = (list as CelList).values()
  const wrong = parts.find((part) => typeof part !== 'string')
  return wrong === undefined ? parts.join(separator as string) : new CelError(`join: invalid input: ${String(wrong)}`)
}

const QUOTED: Record<string, string> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
  '"': '\\"',
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the bell is one of the characters quoted
const quote = (text: Value): Value => `"${(text as string).replace(/[\x07\b\f\n\r\t\v\\"]/g, (part) => QUOTED[part])}"`

function find(text: Value, pattern: Value): Value {
  const error = patternError(pattern as string)
  if (error !== undefined) return new CelError(`Illegal regex: ${error}`)
  const matcher = RE2JS.compile(pattern as string).matcher(text as string)
  return matcher.find() ? (matcher.group() ?? '') : ''
}

function findAll(text: Value, pattern: Value, limit: Value): Value {
  const error = patternError(pattern as string)
  if (error !== undefined) return new CelError(`Illegal regex: ${error}`)
  const matcher = RE2JS.compile(pattern as string).matcher(text as string)
  const found: string[] = []
  const most = Number(limit)
  while ((most < 0 || found.length < most) && matcher.find()) found.push(matcher.group() ?? '')
  return new CelList(found)
}

export const STRING_MEMBERS: Declaration[] = [
  ['string_char_at_int', 'string.charAt(int) string', charAt],
  ['string_index_of_string', 'string.indexOf(string) int', (text, part) => indexOf(text, part, 0n)],
  ['string_index_of_string_int', 'string.indexOf(string, int) int', indexOf],
  ['string_last_index_of_string', 'string.lastIndexOf(string) int', (text, part) => lastIndexOf(text, part)],
  ['string_last_index_of_string_int', 'string.lastIndexOf(string, int) int', lastIndexOf],
  ['string_lower_ascii', 'string.lowerAscii() string', lower],
  [
    'string_replace_string_string',
    'string.replace(string, string) string',
    (text, old, by) => replace(text, old, by, -1n),
  ],
  ['string_replace_string_string_int', 'string.replace(string, string, int) string', replace],
  ['string_split_string', 'string.split(string) list<string>', (text, by) => splitN(text, by, -1n)],
  ['string_split_string_int', 'string.split(string, int) list<string>', splitN],
  ['string_substring_int', 'string.substring(int) string', (text, start) => substring(text, start)],
  ['string_substring_int_int', 'string.substring(int, int) string', substring],
  ['string_trim', 'string.trim() string', trim],
  ['string_upper_ascii', 'string.upperAscii() string', upper],
  ['string_format', 'string.format(list<dyn>) string', (text, args) => formatText(text as string, args as CelList)],
  ['list_join', 'list<string>.join() string', (list) => join(list, '')],
  ['list_join_string', 'list<string>.join(string) string', join],
  ['string_find_string', 'string.find(string) string', find],
  ['string_find_all_string', 'string.findAll(string) list<string>', (text, pattern) => findAll(text, pattern, -1n)],
  ['string_find_all_string_int', 'string.findAll(string, int) list<string>', findAll],
]

export const STRING_FUNCTIONS: Declaration[] = [['strings_quote', 'strings.quote(string) string', quote]]

/** Of expressions that make JSON patches. */
export const JSON_PATCH_FUNCTIONS: Declaration[] = [
  [
    'string_jsonpatch_escapeKey_string',
    'jsonpatch.escapeKey(string) string',
    (text) => (text as string).replaceAll('~', '~0').replaceAll('/', '~1'),
  ],
]
