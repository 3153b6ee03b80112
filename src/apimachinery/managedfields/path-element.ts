/**
 * One step of a path in a field set, in the form that FieldsV1 gives it: `f:name`, `k:{"name":"a"}`, `v:"a"`, `i:0`. Mirrors
 * structured-merge-diff/fieldpath/{element,serialize-pe}.go.
 */
import { marshal, quote } from '../go-text.ts'

/** The member that says that a field with children is itself in the set. No path element. */
export const SELF = '.'

export const fieldElement = (name: string): string => `f:${name}`

/** Names sorted; they are names of fields and need no escapes. */
export function keyElement(fields: readonly (readonly [name: string, value: unknown])[]): string {
  let text = ''
  for (const [name, value] of fields) text += `${text === '' ? '' : ','}"${name}":${literal(value)}`
  return `k:{${text}}`
}

/** Elements that were made lately, by name and value of their key. */
const named = new Map<string, Map<string, string>>()
const MAX_NAMED = 1000

/** As keyElement, of one key. Answers the same text each time, if it can: who compares two of them sees at a glance that they are one. */
export function nameElement(name: string, value: string): string {
  let ofKey = named.get(name)
  if (ofKey === undefined) {
    ofKey = new Map()
    named.set(name, ofKey)
  }
  let element = ofKey.get(value)
  if (element === undefined) {
    element = keyElement([[name, value]])
    if (ofKey.size === MAX_NAMED) ofKey.clear()
    ofKey.set(value, element)
  }
  return element
}

export const valueElement = (value: unknown): string => `v:${literal(value)}`

const PLAIN = /^[\w ./:-]*$/

/** As Go writes it to JSON. Nearly all keys need no escapes. */
function literal(value: unknown): string {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && PLAIN.test(value) ? `"${value}"` : marshal(value)
}

/** The element in its one spelling; undefined for a kind of element that is not known, which is dropped. Throws on a malformed one. */
export function canonicalElement(element: string): string | undefined {
  if (element.length < 2 || element[1] !== ':') throw new SyntaxError(`missing colon: ${element}`)
  const rest = element.slice(2)
  switch (element[0]) {
    case 'f':
      return element
    case 'k':
      return keyElement(keyFields(element))
    case 'v':
      return valueElement(JSON.parse(rest))
    case 'i':
      if (!/^[-+]?\d+$/.test(rest)) throw new SyntaxError(`not an index: ${element}`)
      return `i:${Number(rest)}`
    default:
      return undefined
  }
}

/** Names and values of a `k:` element, sorted by name. */
function keyFields(element: string): [string, unknown][] {
  const value: unknown = JSON.parse(element.slice(2))
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new SyntaxError(`no keys: ${element}`)
  return Object.entries(value).sort(([a], [b]) => compareText(a, b))
}

const RANKS: Record<string, number> = { [SELF]: 0, f: 1, k: 2, v: 3, i: 4 }

/** The order in which FieldsV1 has them: fields, keys, values, indexes, each by value. */
export function compareElements(a: string, b: string): number {
  if (a === b) return 0
  const kind = a[0] as string
  if (kind !== b[0]) return RANKS[kind]! - RANKS[b[0] as string]!
  switch (kind) {
    case 'k':
      return (
        (PLAIN_KEY.test(a) && PLAIN_KEY.test(b) && comparePlainKeys(a, b)) || compareKeys(keyFields(a), keyFields(b))
      )
    case 'v':
      return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)))
    case 'i':
      return Number(a.slice(2)) - Number(b.slice(2))
    default:
      return compareText(a, b)
  }
}

/** Puts the elements of one list in order. Mostly they are plain and have one key, so that their texts are in the order of their values. */
export function sortElements(elements: string[]): string[] {
  return elements.length < 2 ? elements : elements.sort(arePlain(elements) ? compareText : compareElements)
}

function arePlain(elements: readonly string[]): boolean {
  const first = elements[0]!
  const lead = first.slice(0, first.indexOf(':', 2) + 1)
  return elements.every((element) => element.startsWith(lead) && PLAIN_KEY.test(element))
}

/** One key with a string in which no character sorts before the quote that ends it: most lists are of these. */
const PLAIN_KEY = /^k:\{"\w+":"[\w./:-]*"\}$/

/** 0: not by the text alone. */
function comparePlainKeys(a: string, b: string): number {
  const end = a.indexOf(':', 2)
  return b.startsWith(a.slice(0, end + 1)) ? compareText(a, b) : 0
}

function compareKeys(a: [string, unknown][], b: [string, unknown][]): number {
  for (let i = 0; i < a.length && i < b.length; i++) {
    const order = compareText(a[i]![0], b[i]![0]) || compareValues(a[i]![1], b[i]![1])
    if (order !== 0) return order
  }
  return a.length - b.length
}

const TYPE_RANKS: Record<string, number> = { number: 0, string: 1, boolean: 2 }

function compareValues(a: unknown, b: unknown): number {
  const rank = (value: unknown) => TYPE_RANKS[typeof value] ?? 3
  if (rank(a) !== rank(b)) return rank(a) - rank(b)
  if (typeof a === 'string') return compareText(a, b as string)
  if (typeof a === 'object') return compareText(marshal(a), marshal(b))
  return Number(a) - Number(b)
}

export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** As messages print it: `.spec`, `[name="a",port=80]`, `[="a"]`, `[0]`. */
export function elementText(element: string): string {
  switch (element[0]) {
    case 'k':
      return `[${keyFields(element)
        .map(([name, value]) => `${name}=${valueText(value)}`)
        .join(',')}]`
    case 'v':
      return `[=${valueText(JSON.parse(element.slice(2)))}]`
    case 'i':
      return `[${element.slice(2)}]`
    default:
      return `.${element.slice(2)}`
  }
}

function valueText(value: unknown): string {
  return typeof value === 'string' ? quote(value) : String(value)
}
