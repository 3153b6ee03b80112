import { expect, test } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { EventCorrelator, remember } from '../../src/controllers/event-correlator.ts'

const REMEMBERED = 4096

test('Of too many keys the one that was not used for longest is forgotten.', () => {
  const memory = new Map<string, number>()
  for (let i = 0; i < REMEMBERED; i++) remember(memory, `key ${i}`, i)
  remember(memory, 'key 0', 0)
  remember(memory, 'another', 0)
  expect([memory.has('key 0'), memory.has('key 1'), memory.size]).toEqual([true, false, REMEMBERED])
})

test('An object that is spoken of all the time stays limited, however many others there are.', () => {
  const correlator = new EventCorrelator(new ManualClock(0))
  const isSpam = (about: string) => correlator.correlate({ about, type: 'Normal', reason: 'Made', message: 'x' }).isSpam
  for (let i = 0; i < 25; i++) expect(isSpam('busy')).toBe(false)
  for (let i = 0; i < 2 * REMEMBERED; i++) {
    isSpam(`other ${i}`)
    if (i % 1000 === 0) expect(isSpam('busy')).toBe(true)
  }
  expect(isSpam('busy')).toBe(true)
})
