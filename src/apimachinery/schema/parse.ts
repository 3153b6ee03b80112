/** Request bytes to a JSON value, with what decoding needs to find duplicate keys later. Mirrors apimachinery/pkg/runtime/serializer/json. */
import { type JsonNode, JsonSyntaxError, jsonNodeOf, jsonValueOf, readJson } from './go-json.ts'
import { ParseError } from './parse-error.ts'
import { scanJson } from './scan-json.ts'
import { parseYaml } from './yaml.ts'

export interface Parsed {
  value: unknown
  /** Keys in the text; undefined when duplicates were already found (YAML) or cannot be (values made in this process). */
  keys?: number
  /** The document in its own order, with duplicates. Made on demand. */
  document(): JsonNode
  /** Numbers whose literal matters are in it: the document must be looked at. */
  oddNumber: boolean
  /** YAML's duplicate keys, each `line 5: key "name" already set in map`. */
  yamlDuplicates: string[]
}

export function parseJson(bytes: Buffer): Parsed {
  const { keys, oddNumber, tooDeep } = scanJson(bytes)
  if (tooDeep) throw unreadable(`invalid character '${tooDeep}' exceeded max depth`)
  const text = wellFormed(bytes.toString('utf8'))
  let document: JsonNode | undefined
  const read = () => {
    document ??= readDocument(text)
    return document
  }
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Go's text comes from Go's rules; where only JSON.parse objects (a byte order mark, nothing else is known), Go's reading stands.
    value = jsonValueOf(read())
  }
  return { value, keys, document: read, oddNumber, yamlDuplicates: [] }
}

const ESCAPE = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u[dD][89a-fA-F][0-9a-fA-F]{2}|[\s\S])/g
/** Of an escape that stands for half a character: `\ud800`. */
const HALF_LENGTH = 6

/** As Go reads it: an escape that is half a character becomes the replacement character. Other texts come back as they are. */
function wellFormed(text: string): string {
  if (!text.includes('\\ud') && !text.includes('\\uD')) return text
  return text.replace(ESCAPE, (all) => (all.length === HALF_LENGTH ? '\\ufffd' : all))
}

function readDocument(text: string): JsonNode {
  try {
    return readJson(text)
  } catch (error) {
    throw error instanceof JsonSyntaxError ? unreadable(error.message) : error
  }
}

function unreadable(why: string): ParseError {
  return new ParseError(`couldn't get version/kind; json parse error: ${why}`)
}

/** The first document of a YAML text, read as kubectl and the server read it: YAML 1.1 booleans and octals. */
export function parseYamlBody(bytes: Buffer): Parsed {
  const { value, duplicates } = parseYaml(bytes.toString('utf8'))
  return { value, document: () => jsonNodeOf(value), oddNumber: true, yamlDuplicates: duplicates }
}

/** A value that did not come from text. */
export function parsedValue(value: unknown): Parsed {
  return { value, document: () => jsonNodeOf(value), oddNumber: false, yamlDuplicates: [] }
}
