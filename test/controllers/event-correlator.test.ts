import { expect, test } from 'vitest'
import { EventCorrelator, RecentlyUsed } from '../../src/controllers/event-correlator.ts'

const REMEMBERED = 4096

test('Of too many keys the one that was not used for longest is forgotten.', () => {
  const memory = new RecentlyUsed<number>()
  const isKnown = (...keys: number[]) => keys.map((key) => memory.get(`key ${key}`) !== undefined)
  for (let i = 0; i < REMEMBERED; i++) memory.use(`key ${i}`, i)
  memory.use('key 0', 0)
  memory.use(`key ${REMEMBERED}`, 0)
  expect(isKnown(0, 1, 2, REMEMBERED)).toEqual([true, false, true, true])
  memory.use('key 2', 0)
  memory.use(`key ${REMEMBERED + 1}`, 0)
  expect(isKnown(0, 2, 3, 4)).toEqual([true, true, false, true])
})

test('An object that is spoken of all the time stays limited, however many others there are.', () => {
  const correlator = new EventCorrelator()
  const isSpam = (about: string) =>
    correlator.correlate({ about, type: 'Normal', reason: 'Made', message: 'x' }, 0).isSpam
  for (let i = 0; i < 25; i++) expect(isSpam('busy')).toBe(false)
  for (let i = 0; i < 2 * REMEMBERED; i++) {
    isSpam(`other ${i}`)
    if (i % 1000 === 0) expect(isSpam('busy')).toBe(true)
  }
  expect(isSpam('busy')).toBe(true)
})
