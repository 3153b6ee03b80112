import { describe, expect, test } from 'vitest'
import * as names from '../../src/apimachinery/names.ts'
import recorded from './recorded/texts.json' with { type: 'json' }

const checks = recorded.checks as Record<string, number[][]>
const functions = names as unknown as Record<string, (value: string) => string[]>

describe('a check of names answers the messages of apimachinery', () => {
  test.each(Object.keys(checks))('%s', (check) => {
    const expected = recorded.values.map((value, i) => [value, checks[check][i].map((at) => recorded.messages[at])])
    expect(recorded.values.map((value) => [value, functions[check](value)])).toEqual(expected)
  })
})

test('a trailing dash of a generateName is masked', () => {
  expect(['web-', 'web', '-', 'a--'].map(names.maskTrailingDash)).toEqual(['wea', 'web', '-', 'aa'])
})

test('numbers outside a range say the range', () => {
  expect(names.isPortNumber(0)).toEqual(['must be between 1 and 65535, inclusive'])
  expect(names.isPortNumber(443)).toEqual([])
  expect(names.isUnixId(-1)).toEqual(['must be between 0 and 2147483647, inclusive'])
})
