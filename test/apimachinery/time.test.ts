import { describe, expect, test } from 'vitest'
import { canonicalMicroTime, canonicalTime, parseMicroTime, parseTime } from '../../src/apimachinery/time.ts'
import recorded from './recorded/texts.json' with { type: 'json' }
import { thrown } from './thrown.ts'

type Row = [text: string, canonical: string | null, error?: string]

describe.each<[string, (text: string) => string | null, Row[]]>([
  ['a Time', canonicalTime, recorded.times as Row[]],
  ['a MicroTime', canonicalMicroTime, recorded.microTimes as Row[]],
])('%s reads and prints as apimachinery does', (_, canonical, rows) => {
  test.each(rows)('%j', (text, expected, error) => {
    if (error === undefined) expect(canonical(text)).toBe(expected)
    else expect(thrown(() => canonical(text))).toBe(error)
  })
})

test('times become milliseconds since the epoch', () => {
  expect(parseTime('2024-01-02T03:04:05.5+02:00')).toBe(Date.UTC(2024, 0, 2, 1, 4, 5, 500))
  expect(parseMicroTime('2024-01-02T03:04:05.123456Z')).toBe(Date.UTC(2024, 0, 2, 3, 4, 5, 123))
})
