import { expect, test } from 'vitest'
import { parseIntOrString, scaledIntOrPercent } from '../../src/apimachinery/int-or-string.ts'
import recorded from './recorded/texts.json' with { type: 'json' }
import { thrown } from './thrown.ts'

type Row = [text: string, up: boolean, scaled: number | null, error?: string]

test.each(recorded.percents as Row[])('%j of 7, rounded up: %s', (text, up, scaled, error) => {
  const run = () => scaledIntOrPercent(text, 7, up ? 'up' : 'down')
  if (error === undefined) expect(run()).toBe(scaled)
  else expect(thrown(run)).toBe(error)
})

test('a number is not scaled', () => {
  expect(scaledIntOrPercent(3, 100, 'up')).toBe(3)
})

test('text that is an int32 becomes a number', () => {
  expect(['80', '-1', 'http', '2147483648', '10%', ''].map(parseIntOrString)).toEqual([
    80,
    -1,
    'http',
    '2147483648',
    '10%',
    '',
  ])
})
