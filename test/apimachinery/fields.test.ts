import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newBadRequest } from '../../src/apimachinery/errors.ts'
import { makeFieldSelector, parseFieldSelector } from '../../src/apimachinery/fields.ts'
import recorded from './recorded/selectors.json' with { type: 'json' }

interface Recorded {
  selector: string
  error?: string
  text?: string
  matches?: number[]
}
const sets = recorded.sets as Record<string, string>[]

describe('a field selector answers as apimachinery does', () => {
  test.each(recorded.fields as Recorded[])('for $selector', ({ selector, error, text, matches }) => {
    if (error !== undefined) {
      expect(() => parseFieldSelector(selector)).toThrow(error)
      return
    }
    const parsed = parseFieldSelector(selector)
    expect(parsed.toString()).toBe(text)
    expect(sets.flatMap((set, i) => (parsed.matches((field) => set[field] ?? '') ? [i] : []))).toEqual(matches)
  })
})

test('a conversion renames fields and may refuse them', () => {
  const convert = (field: string, value: string): [string, string] => {
    if (field === 'old') return ['new', value]
    throw newBadRequest(`field label not supported: ${field}`)
  }
  expect(parseFieldSelector('old=1', convert).toString()).toBe('new=1')
  expect(() => parseFieldSelector('other=1', convert)).toThrow('field label not supported: other')
})

test('a malformed term is reported before an unknown field', () => {
  const refuse = (): never => {
    throw newBadRequest('field label not supported')
  }
  expect(() => parseFieldSelector('a=b,c', refuse)).toThrow("invalid selector: 'a=b,c'; can't understand 'c'")
})

test('an exact value is known for equality only', () => {
  const selector = parseFieldSelector('metadata.name=a,spec.nodeName!=b')
  expect(selector.exactValue('metadata.name')).toBe('a')
  expect(selector.exactValue('spec.nodeName')).toBeUndefined()
})

test('the canonical text of any selector parses to an equal matcher', () => {
  const requirement = fc.record({
    field: fc.stringMatching(/^[a-z.]{1,5}$/),
    operator: fc.constantFrom('=' as const, '!=' as const),
    value: fc.string({ unit: 'grapheme', maxLength: 6 }),
  })
  fc.assert(
    fc.property(fc.array(requirement, { maxLength: 3 }), (all) => {
      const sorted = parseFieldSelector(makeFieldSelector(all).toString())
      expect(parseFieldSelector(sorted.toString()).toString()).toBe(sorted.toString())
      expect(new Set(sorted.requirements.map((one) => JSON.stringify(one)))).toEqual(
        new Set(all.map((one) => JSON.stringify(one))),
      )
    }),
    { numRuns: 200 },
  )
})
