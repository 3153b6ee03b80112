/** Takes out of an answer what differs from server to server and run to run: uids, revisions, times, tokens. What stays equal stays comparable. */
import { load } from 'js-yaml'
import type { Answer, RawAnswer } from './player.ts'

const UID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g
const DAY = /^\d{4}-\d\d-\d\d$/
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g
const SUFFIX = /\b(generated-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g
const HEADERS = [
  'content-type',
  'cache-control',
  'warning',
  'retry-after',
  'location',
  'allow',
  'x-content-type-options',
]

/** Names uids and revisions in the order in which they are first seen, so that "the same as before" can still be told. */
export class Normaliser {
  readonly #namespace: string
  readonly #variables: [name: string, value: string][]
  readonly #uids = new Map<string, string>()
  readonly #revisions = new Map<string, string>()

  constructor(namespace: string, variables: Record<string, string> = {}) {
    this.#namespace = namespace
    this.#variables = Object.entries(variables).filter(([name]) => name !== 'ns')
  }

  async answer(raw: RawAnswer): Promise<Answer> {
    const headers: Record<string, string> = {}
    for (const name of HEADERS) {
      const value = raw.headers[name]
      if (value !== undefined) headers[name] = this.text(String(value))
    }
    if (raw.headers['audit-id']) headers['audit-id'] = '<uid>'
    return { status: raw.status, headers, body: this.#body(raw) }
  }

  #body(raw: RawAnswer): unknown {
    if (raw.frames) return raw.frames.map((line) => this.value(JSON.parse(line)))
    if (raw.bytes.length === 0) return undefined
    const type = raw.headers['content-type'] ?? ''
    if (type.includes('protobuf')) return `<${raw.bytes.subarray(0, 3).toString('latin1')} protobuf>`
    if (type.includes('yaml')) return { yaml: this.value(load(raw.text)) }
    if (!type.includes('json')) return this.text(raw.text)
    const pretty = raw.text.includes('\n  ')
    const body = this.value(JSON.parse(raw.text))
    return pretty ? { pretty: body } : body
  }

  text(text: string): string {
    for (const [name, value] of this.#variables) text = text.replaceAll(value, `$${name}`)
    return text
      .replaceAll(this.#namespace, '$ns')
      .replace(UID, (uid) => this.#named(this.#uids, uid, 'uid'))
      .replace(TIME, '<time>')
      .replace(SUFFIX, '$1<suffix>')
      .replace(/Too large resource version: (\d+), current: \d+/, 'Too large resource version: $1, current: <revision>')
      .replace(/too old resource version: (\d+) \(\d+\)/, 'too old resource version: $1 (<revision>)')
  }

  value(value: unknown, name = ''): unknown {
    if (typeof value === 'string') return this.#string(value, name)
    if (Array.isArray(value)) return value.map((item) => this.value(item))
    if (typeof value === 'number') {
      const known = this.#variables.find(([, text]) => text === String(value))
      return known ? `$${known[0]}` : value
    }
    if (value === null || typeof value !== 'object') return value
    const result: Record<string, unknown> = {}
    const isListMeta = name === 'metadata' && !('name' in value)
    for (const key of Object.keys(value).sort()) {
      const field = (value as Record<string, unknown>)[key]
      if (key === 'managedFields' || (key === 'description' && 'priority' in value)) continue
      if (key === 'resourceVersion' && isListMeta && field !== '') result[key] = '<revision>'
      else if (key === 'continue' && field !== '') result[key] = '<continue>'
      else result[this.text(key)] = this.value(field, key)
    }
    return result
  }

  #string(value: string, name: string): string {
    if (name === 'resourceVersion')
      return /^\d{1,18}$/.test(value) ? this.#named(this.#revisions, value, 'revision') : value
    if (/^\d+(s|m|h)$/.test(value) && name === '') return '<age>'
    if (DAY.test(value)) return '<day>'
    let text = this.text(value)
    // A patched object printed whole: with managedFields, in the order of Go's fields.
    text = text.replace(/"\{\\".*\}(\\n)?": /gs, '"<object>": ')
    if (name === 'message')
      text = text.replace(/(?<!status code: |on port )\b\d{2,}\b/g, (digits) => this.#revisions.get(digits) ?? digits)
    return text
  }

  #named(names: Map<string, string>, value: string, prefix: string): string {
    const known = names.get(value)
    if (known) return known
    const made = `<${prefix} ${names.size + 1}>`
    names.set(value, made)
    return made
  }
}
