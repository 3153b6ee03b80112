/** Field selectors: `metadata.name=a,status.phase!=Running`. Mirrors apimachinery/pkg/fields/selector.go. */
import { newBadRequest } from './errors.ts'

export interface FieldRequirement {
  field: string
  operator: '=' | '!='
  value: string
}

/** Gives the value of a field; '' for one it does not know, as upstream's Set does. */
export type FieldReader = (field: string) => string

/** A conjunction of requirements, in the order of their text. Immutable. */
export interface FieldSelector {
  readonly requirements: readonly FieldRequirement[]
  /** It selects everything. */
  readonly empty: boolean
  matches(get: FieldReader): boolean
  /** The value that `field` must have, or undefined when several would do. */
  exactValue(field: string): string | undefined
  /** Canonical text, with escapes. */
  toString(): string
}

export const EVERY_FIELD: FieldSelector = makeFieldSelector([])

/**
 * Parses the text; `convert` maps each requirement's field and value (a kind's label conversion) and may throw. Throws 400 with upstream's message.
 */
export function parseFieldSelector(
  text: string,
  convert: (field: string, value: string) => readonly [string, string] = (field, value) => [field, value],
): FieldSelector {
  // 1. Parse every term, so that a malformed one is reported before an unknown field.
  const parsed = splitTerms(text)
    .sort()
    .filter((term) => term !== '')
    .map((term) => parseTerm(text, term))
  // 2. Convert; a requirement without field and value holds for everything.
  const requirements: FieldRequirement[] = []
  for (const { field, operator, value } of parsed) {
    const [newField, newValue] = convert(field, value)
    if (newField !== '' || newValue !== '') requirements.push({ field: newField, operator, value: newValue })
  }
  return requirements.length === 0 ? EVERY_FIELD : makeFieldSelector(requirements)
}

export function makeFieldSelector(requirements: readonly FieldRequirement[]): FieldSelector {
  return {
    requirements,
    empty: requirements.length === 0,
    matches(get) {
      for (const { field, operator, value } of requirements) {
        if ((get(field) === value) !== (operator === '=')) return false
      }
      return true
    },
    exactValue: (field) => requirements.find((one) => one.operator === '=' && one.field === field)?.value,
    toString: () => requirements.map((one) => one.field + one.operator + escapeFieldValue(one.value)).join(','),
  }
}

/** For a value put into a field selector's text. */
export function escapeFieldValue(value: string): string {
  return value.replace(/[\\,=]/g, '\\$&')
}

/** At commas that no backslash precedes; backslashes stay. */
function splitTerms(text: string): string[] {
  if (!text.includes('\\')) return text.split(',')
  const terms: string[] = []
  let start = 0
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i++
    else if (text[i] === ',') {
      terms.push(text.slice(start, i))
      start = i + 1
    }
  }
  terms.push(text.slice(start))
  return terms
}

/** The first operator splits: a field's name has no escapes. */
function parseTerm(text: string, term: string): FieldRequirement {
  const match = /!=|==|=/.exec(term)
  if (!match) throw newBadRequest(`invalid selector: '${text}'; can't understand '${term}'`)
  const value = unescapeFieldValue(term.slice(match.index + match[0].length))
  return { field: term.slice(0, match.index), operator: match[0] === '!=' ? '!=' : '=', value }
}

function unescapeFieldValue(text: string): string {
  return text.replace(/\\(.?)|[,=]/gsu, (found: string, escaped: string | undefined) => {
    if (escaped === undefined) {
      throw newBadRequest(`invalid field selector: unescaped character in value: ${found.charCodeAt(0)}`)
    }
    if (!/^[\\,=]$/.test(escaped)) {
      throw newBadRequest(`invalid field selector: invalid escape sequence: \\${escaped}`)
    }
    return escaped
  })
}
