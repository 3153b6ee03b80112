/** YAML as kubectl and the API server read it: YAML 1.1 booleans and octals, merge keys, no dates, no sexagesimals. Mirrors sigs.k8s.io/yaml. */
import {
  binaryTag,
  boolYaml11Tag,
  CORE_SCHEMA,
  constructFromEvents,
  defineScalarTag,
  type Event,
  getScalarValue,
  loadAll,
  mergeTag,
  NOT_RESOLVED,
  parseEvents,
  type ScalarEvent,
  YAMLException,
} from 'js-yaml'
import { ParseError } from './parse-error.ts'

export interface Yaml {
  value: unknown
  /** Each `line 5: key "name" already set in map`, in document order. */
  duplicates: string[]
}

const INTEGER = /^[-+]?(?:0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|0[0-7_]+|[0-9][0-9_]*)$/
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9][0-9_]*(?:\.[0-9_]*)?)(?:[eE][-+]?[0-9]+)?$/
const NUMBER_STARTS = [...'-+.0123456789']

const intTag = defineScalarTag<number>('tag:yaml.org,2002:int', {
  implicit: true,
  implicitFirstChars: NUMBER_STARTS,
  resolve: (source) => (INTEGER.test(source) ? integerOf(source.replaceAll('_', '')) : NOT_RESOLVED),
  identify: () => false,
})

const floatTag = defineScalarTag<number>('tag:yaml.org,2002:float', {
  implicit: true,
  implicitFirstChars: NUMBER_STARTS,
  resolve(source) {
    if (/^[-+]?\.(?:inf|Inf|INF)$/.test(source))
      throw new ParseError(`json: unsupported value: ${source.startsWith('-') ? '-' : '+'}Inf`)
    if (/^\.(?:nan|NaN|NAN)$/.test(source)) throw new ParseError('json: unsupported value: NaN')
    return FLOAT.test(source) ? Number(source.replaceAll('_', '')) : NOT_RESOLVED
  },
  identify: () => false,
})

function integerOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[-+]/, '')
  if (/^0[0-7]+$/.test(digits)) return sign * Number.parseInt(digits, 8)
  return sign * Number(digits)
}

const unknownTag = defineScalarTag<string>('!', {
  matchByTagPrefix: true,
  resolve: (source) => source,
  identify: () => false,
})

const SCHEMA = CORE_SCHEMA.withTags(mergeTag, boolYaml11Tag, intTag, floatTag, binaryTag, unknownTag)
const MAX_DEPTH = 10_000

/** The first document only. Throws ParseError. */
export function parseYaml(text: string): Yaml {
  const source = firstDocument(text)
  try {
    const events = parseEvents(source, { maxDepth: MAX_DEPTH })
    if (events.length === 0) return { value: null, duplicates: [] }
    refuseSurrogates(events, source)
    const [value] = constructFromEvents(events, { source, schema: SCHEMA, json: true })
    if (events.some(({ type }) => type === ALIAS)) checkAliases(value)
    return { value: plain(value), duplicates: duplicateKeys(events, source) }
  } catch (error) {
    if (error instanceof YAMLException) throw new ParseError(goText(error, source))
    throw error
  }
}

/** All documents of a text; empty ones are null. Throws YAMLException. For files, not for request bodies. */
export function parseYamlDocuments(text: string): unknown[] {
  return loadAll(text, { schema: SCHEMA }).map(plain)
}

const SURROGATE = /(?<!\\)(?:\\\\)*\\(?:u|U0000)[dD][89a-fA-F]/

/** go-yaml takes no half of a character, not even when the other half follows. */
function refuseSurrogates(events: Event[], source: string): void {
  if (!SURROGATE.test(source)) return
  for (const event of events) {
    if (event.type !== SCALAR) continue
    const { valueStart, valueEnd } = event as ScalarEvent
    const isQuoted = source[valueStart - 1] === '"' || source[valueStart] === '"'
    if (isQuoted && SURROGATE.test(source.slice(valueStart, valueEnd))) {
      throw new ParseError('yaml: found invalid Unicode character escape code')
    }
  }
}

function firstDocument(text: string): string {
  for (const { index } of text.matchAll(/^---(?=[ \t\r\n]|$)/gm)) {
    const before = text.slice(0, index)
    if (/^[^#%\s]/m.test(before) || /^\s+[^#\s]/m.test(before)) return before
  }
  return text
}

/** Binary scalars become the text they hold, as upstream does. */
function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8')
  if (Array.isArray(value)) return value.map(plain)
  if (typeof value !== 'object' || value === null) return value
  for (const key of Object.keys(value)) {
    const record = value as Record<string, unknown>
    const child = record[key]
    if (typeof child === 'object' && child !== null) record[key] = plain(child)
  }
  return value
}

const FEW_NODES = 400_000
const MANY_NODES = 4_000_000

/** Refuses a document whose aliases would unfold to much more than was written. Mirrors go.yaml.in/yaml's allowedAliasRatio. */
function checkAliases(root: unknown): void {
  const seen = new Set<object>()
  let nodes = 0
  let aliased = 0
  const walk = (value: unknown, inAlias: boolean): void => {
    nodes++
    if (inAlias) aliased++
    if (aliased > 100 && nodes > 1000 && aliased / nodes > allowedRatio(nodes)) {
      throw new ParseError('yaml: document contains excessive aliasing')
    }
    if (typeof value !== 'object' || value === null) return
    const again = inAlias || seen.has(value)
    seen.add(value)
    for (const child of Object.values(value)) walk(child, again)
  }
  walk(root, false)
}

function allowedRatio(nodes: number): number {
  if (nodes <= FEW_NODES) return 0.99
  if (nodes >= MANY_NODES) return 0.1
  return 0.99 - 0.89 * ((nodes - FEW_NODES) / (MANY_NODES - FEW_NODES))
}

interface Open {
  keys?: Set<string>
  /** A mapping's next scalar is a key. */
  atKey: boolean
}

const DOCUMENT = 1
const SEQUENCE = 2
const MAPPING = 3
const SCALAR = 4
const ALIAS = 5

function duplicateKeys(events: Event[], source: string): string[] {
  const duplicates: string[] = []
  const open: Open[] = []
  for (const event of events) {
    const top = open.at(-1)
    if (event.type === SCALAR && top?.keys && top.atKey) {
      const key = getScalarValue(source, event as ScalarEvent)
      if (top.keys.has(key))
        duplicates.push(
          `line ${lineOf(source, (event as ScalarEvent).valueStart)}: key ${JSON.stringify(key)} already set in map`,
        )
      top.keys.add(key)
    }
    const isNode = event.type === SEQUENCE || event.type === MAPPING || event.type === SCALAR || event.type === ALIAS
    if (isNode && top?.keys) top.atKey = !top.atKey
    if (event.type === MAPPING) open.push({ keys: new Set(), atKey: true })
    else if (event.type === SEQUENCE || event.type === DOCUMENT) open.push({ atKey: false })
    else if (!isNode) open.pop()
  }
  return duplicates
}

function lineOf(source: string, offset: number): number {
  let line = 1
  for (let at = source.indexOf('\n'); at >= 0 && at < offset; at = source.indexOf('\n', at + 1)) line++
  return line
}

const GO_TEXTS: [RegExp, string][] = [
  [/^unidentified alias "(.*)"/, "unknown anchor '$1' referenced"],
  [/^unknown escape sequence/, 'found unknown escape character'],
  [/^bad indentation of a mapping entry/, 'mapping values are not allowed in this context'],
  [/^tab characters must not be used/, 'found character that cannot start any token'],
  [/^end of the stream or a document separator is expected/, 'found character that cannot start any token'],
]

/** Go's words for the common mistakes; js-yaml's own for the rest. */
function goText({ reason, mark }: YAMLException, source: string): string {
  if (/^(?:deficient indentation|unexpected end of the stream)/.test(reason)) return unfinished(source)
  const known = GO_TEXTS.find(([pattern]) => pattern.test(reason))
  const words = known ? (known[0].exec(reason)?.[0] ?? '').replace(known[0], known[1]) : reason
  const line = mark === undefined || mark === null ? 0 : mark.line
  const shown = known?.[1].startsWith('unknown anchor') || line === 0 ? '' : `line ${line + 1}: `
  return `yaml: ${shown}${words}`
}

/** A quote or a bracket that nothing closes. */
function unfinished(source: string): string {
  const text = source.trimEnd()
  const line = text.split('\n').length
  const open: string[] = []
  let quote = ''
  for (const char of text) {
    if (quote !== '') quote = char === quote ? '' : quote
    else if (char === '"' || char === "'") quote = char
    else if (char === '[' || char === '{') open.push(char)
    else if (char === ']' || char === '}') open.pop()
  }
  if (quote !== '') return `yaml: line ${line + 1}: found unexpected end of stream`
  if (/[[{,]$/.test(text)) return `yaml: line ${line}: did not find expected node content`
  return `yaml: line ${line}: did not find expected ',' or '${open.at(-1) === '{' ? '}' : ']'}'`
}
