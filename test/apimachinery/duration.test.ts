import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  canonicalDuration,
  durationMs,
  formatDuration,
  humanDuration,
  parseDuration,
  shortHumanDuration,
} from '../../src/apimachinery/duration.ts'
import recorded from './recorded/texts.json' with { type: 'json' }
import { thrown } from './thrown.ts'

type Row = [text: string, canonical: string | null, error?: string]

test.each(recorded.durations as Row[])('the duration %j reads and prints as Go does', (text, canonical, error) => {
  if (error === undefined) expect(canonicalDuration(text)).toBe(canonical)
  else expect(thrown(() => canonicalDuration(text))).toBe(error)
})

test.each(recorded.ages as [number, string, string][])('an age of %d ms is %s, in short %s', (ms, human, short) => {
  expect([humanDuration(ms), shortHumanDuration(ms)]).toEqual([human, short])
})

test('the text of any whole number of microseconds parses to the same duration', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }), (micros) => {
      expect(parseDuration(formatDuration(micros * 1000n))).toBe(micros * 1000n)
    }),
  )
})

test('a duration has milliseconds for timers', () => {
  expect(durationMs('1m0.5s')).toBe(60_500)
})
