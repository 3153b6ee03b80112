/** The recorded answers of a real kube-apiserver: nothing differs that is not on the list of known differences. */
import { expect, it } from 'vitest'
import { unknownAmong } from './known.ts'
import { compareAll, twice } from './main.ts'

const { differences, total } = await compareAll()
/** Seconds pass and servers are busy: what differs but once is an accident. */
const unknown = await twice(unknownAmong(differences))

it('compares at least the corpus that was recorded', () => {
  expect([...total.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(20500)
})

it('answers every recorded case as the real server did, but for the known differences', () => {
  expect(unknown).toEqual([])
})
