import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { StatusError } from '../../src/apimachinery/errors.ts'
import {
  EVERYTHING,
  formatSelectorObject,
  makeSelector,
  NOTHING,
  parseSelector,
  selectorFromLabels,
  selectorFromObject,
} from '../../src/apimachinery/labels.ts'
import type { LabelSelector } from '../../src/apimachinery/meta.ts'
import recorded from './recorded/selectors.json' with { type: 'json' }

interface Recorded {
  selector: string
  error?: string
  text?: string
  matches?: number[]
}
const sets = recorded.sets as Record<string, string>[]

function messageOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof StatusError && error.code === 400) return error.message
    throw error
  }
  return 'no error'
}

describe('a label selector answers as apimachinery does', () => {
  test.each(recorded.labels as Recorded[])('for $selector', ({ selector, error, text, matches }) => {
    if (error !== undefined) {
      expect(messageOf(() => parseSelector(selector))).toBe(error)
      return
    }
    const parsed = parseSelector(selector)
    expect(parsed.toString()).toBe(text)
    expect(sets.flatMap((set, i) => (parsed.matches(set) ? [i] : []))).toEqual(matches)
  })
})

describe('a LabelSelector object', () => {
  const labels = { app: 'web', tier: 'front' }
  test.each<[string, LabelSelector, boolean]>([
    ['app=web', { matchLabels: { app: 'web' } }, true],
    ['app=web,tier=back', { matchLabels: { tier: 'back', app: 'web' } }, false],
    ['tier in (back,front)', { matchExpressions: [{ key: 'tier', operator: 'In', values: ['front', 'back'] }] }, true],
    ['tier notin (front)', { matchExpressions: [{ key: 'tier', operator: 'NotIn', values: ['front'] }] }, false],
    ['tier', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['!zone', { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] }, true],
  ])('means %s', (text, object, matches) => {
    const selector = selectorFromObject(object)
    expect(selector.toString()).toBe(text)
    expect(selector.matches(labels)).toBe(matches)
  })

  test('selects everything when empty and nothing when absent', () => {
    expect(selectorFromObject({})).toBe(EVERYTHING)
    expect(selectorFromObject(undefined)).toBe(NOTHING)
    expect([EVERYTHING.matches(undefined), NOTHING.matches({})]).toEqual([true, false])
    expect([formatSelectorObject({}), formatSelectorObject({ matchLabels: { a: 'b' } })]).toEqual(['<none>', 'a=b'])
  })

  test.each<[object, string]>([
    [{ matchExpressions: [{ key: 'a', operator: 'Near' }] }, '"Near" is not a valid label selector operator'],
    [
      { matchExpressions: [{ key: 'a', operator: 'In', values: [] }] },
      `values: Invalid value: []: for 'in', 'notin' operators, values set can't be empty`,
    ],
    [
      { matchExpressions: [{ key: 'a', operator: 'Exists', values: ['b'] }] },
      'values: Invalid value: ["b"]: values set must be empty for exists and does not exist',
    ],
  ])('that is not valid is refused: %j', (object, message) => {
    expect(messageOf(() => selectorFromObject(object))).toBe(message)
  })
})

test('the canonical text of any selector parses to an equal matcher', () => {
  const name = fc.stringMatching(/^[a-z]([-a-z0-9.]{0,4}[a-z0-9])?$/)
  const values = fc.uniqueArray(fc.stringMatching(/^([a-z0-9]{1,3})?$/), { minLength: 1, maxLength: 3 })
  const requirement = fc.oneof(
    fc.record({ key: name, operator: fc.constantFrom('in' as const, 'notin' as const), values }),
    fc.record({
      key: name,
      operator: fc.constantFrom('=' as const, '==' as const, '!=' as const),
      values: fc.tuple(fc.stringMatching(/^[a-z]{0,2}$/)),
    }),
    fc.record({ key: name, operator: fc.constantFrom('exists' as const, '!' as const), values: fc.constant([]) }),
    fc.record({
      key: name,
      operator: fc.constantFrom('gt' as const, 'lt' as const),
      values: fc.tuple(fc.nat().map(String)),
    }),
  )
  fc.assert(
    fc.property(
      fc.array(requirement, { maxLength: 4 }),
      fc.dictionary(name, fc.constantFrom('', 'a', '5')),
      (all, set) => {
        const selector = makeSelector(all)
        const again = parseSelector(selector.toString())
        expect(again.toString()).toBe(selector.toString())
        expect(again.matches(set)).toBe(selector.matches(set))
      },
    ),
    { numRuns: 200 },
  )
})

test('a selector made of labels matches exactly the sets that contain them', () => {
  const selector = selectorFromLabels({ b: '2', a: '1' })
  expect(selector.toString()).toBe('a=1,b=2')
  expect(selector.matches({ a: '1', b: '2', c: '3' })).toBe(true)
  expect(selector.matches({ a: '1' })).toBe(false)
})
