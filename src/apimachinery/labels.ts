/** Label selectors: compiled matchers, their canonical text, and LabelSelector objects. Mirrors apimachinery/pkg/labels/selector.go. */
import { newBadRequest } from './errors.ts'
import { quote } from './go-text.ts'
import { parseRequirements } from './labels.parser.ts'
import { type LabelOperator, type LabelRequirement, newRequirement, parseInt64 } from './labels.requirement.ts'
import type { LabelSelector } from './meta.ts'

export { type LabelOperator, type LabelRequirement, newRequirement } from './labels.requirement.ts'

export type Labels = Readonly<Record<string, string>>

/** A conjunction of requirements, sorted by key. Immutable. */
export interface Selector {
  readonly requirements: readonly LabelRequirement[]
  /** It selects everything. */
  readonly empty: boolean
  matches(labels: Labels | undefined): boolean
  /** Canonical text; it parses to an equal selector. */
  toString(): string
}

export const EVERYTHING: Selector = makeSelector([])
/** Its text is empty too, as upstream's: do not print it. */
export const NOTHING: Selector = { requirements: [], empty: false, matches: () => false, toString: () => '' }

/** Parses `a=b,c in (d,e),!f`. Throws 400 with upstream's message. */
export function parseSelector(text: string): Selector {
  return text === '' ? EVERYTHING : makeSelector(parseRequirements(text))
}

/** A selector of exactly these labels, unchecked. */
export function selectorFromLabels(labels: Labels): Selector {
  return makeSelector(Object.keys(labels).map((key) => ({ key, operator: '=', values: [labels[key]] })))
}

const OBJECT_OPERATORS: Record<string, LabelOperator> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
}

/** A LabelSelector object's meaning: undefined selects nothing, `{}` everything. Throws 400 with upstream's message when it is not valid. */
export function selectorFromObject(object: LabelSelector | null | undefined): Selector {
  if (!object) return NOTHING
  const requirements: LabelRequirement[] = []
  for (const [key, value] of Object.entries(object.matchLabels ?? {})) {
    requirements.push(newRequirement(key, '=', [value]))
  }
  for (const { key, operator, values } of object.matchExpressions ?? []) {
    const known = Object.hasOwn(OBJECT_OPERATORS, operator) ? OBJECT_OPERATORS[operator] : undefined
    if (!known) throw newBadRequest(`${quote(operator ?? '')} is not a valid label selector operator`)
    requirements.push(newRequirement(key, known, values ?? []))
  }
  return requirements.length === 0 ? EVERYTHING : makeSelector(requirements)
}

/** The text of a LabelSelector object as kubectl and the scale subresource print it. */
export function formatSelectorObject(object: LabelSelector | null | undefined): string {
  if (!object) return '<none>'
  const text = selectorFromObject(object).toString()
  return text === '' ? '<none>' : text
}

/** Sorts by key and compiles the requirements to one predicate. */
export function makeSelector(unsorted: readonly LabelRequirement[]): Selector {
  const requirements = [...unsorted].sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
  const tests = requirements.map(compile)
  let text: string | undefined
  return {
    requirements,
    empty: tests.length === 0,
    matches: conjunction(tests),
    toString: () => (text ??= requirements.map(formatRequirement).join(',')),
  }
}

type LabelTest = (labels: Labels) => boolean
const NO_LABELS: Labels = Object.freeze({})

function conjunction(tests: LabelTest[]): Selector['matches'] {
  if (tests.length === 0) return () => true
  if (tests.length === 1) return (labels) => tests[0](labels ?? NO_LABELS)
  return (labels = NO_LABELS) => {
    for (const test of tests) if (!test(labels)) return false
    return true
  }
}

/** Reading a label by index is safe: an inherited member (`constructor`) is never a string. */
function compile({ key, operator, values }: LabelRequirement): LabelTest {
  const only = values[0]
  switch (operator) {
    case '=':
    case '==':
      return (labels) => labels[key] === only
    case '!=':
      return (labels) => labels[key] !== only
    case 'in': {
      if (values.length === 1) return (labels) => labels[key] === only
      const set = new Set(values)
      return (labels) => set.has(labels[key])
    }
    case 'notin': {
      const set = new Set(values)
      return (labels) => !set.has(labels[key])
    }
    case 'exists':
      return (labels) => typeof labels[key] === 'string'
    case '!':
      return (labels) => typeof labels[key] !== 'string'
    default:
      return compare(key, operator, parseInt64(only))
  }
}

function compare(key: string, operator: 'gt' | 'lt', bound: bigint | undefined): LabelTest {
  return (labels) => {
    const text = labels[key]
    const value = typeof text === 'string' ? parseInt64(text) : undefined
    if (value === undefined || bound === undefined) return false
    return operator === 'gt' ? value > bound : value < bound
  }
}

const INFIX: Partial<Record<LabelOperator, string>> = { gt: '>', lt: '<', '=': '=', '==': '==', '!=': '!=' }

function formatRequirement({ key, operator, values }: LabelRequirement): string {
  if (operator === 'exists') return key
  if (operator === '!') return `!${key}`
  const sorted = [...values].sort().join(',')
  return operator === 'in' || operator === 'notin' ? `${key} ${operator} (${sorted})` : key + INFIX[operator] + sorted
}
