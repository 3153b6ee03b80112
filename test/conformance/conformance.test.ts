/** The recorded answers of a real kube-apiserver: nothing differs that is not on the list of known differences. */
import { expect, it } from 'vitest'
import { unknownAmong } from './known.ts'
import { compareAll } from './main.ts'

const { differences, total } = await compareAll()

it('compares at least the corpus that was recorded', () => {
  expect([...total.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(17000)
})

it('answers every recorded case as the real server did, but for the known differences', () => {
  expect(unknownAmong(differences)).toEqual([])
})
