/** Claims of node ports by processes that share a storage. */
import { expect, it } from 'vitest'
import { ManualClock } from '../../../src/apimachinery/clock.ts'
import { portClaims } from '../../../src/registry/core/port-claims.ts'
import { MemoryStorage } from '../../../src/storage/memory.ts'

it('a claim is one write`s until it is given back, or too old to be anybody`s', async () => {
  const clock = new ManualClock(Date.UTC(2026, 0, 1))
  const storage = new MemoryStorage()
  const [one, two] = [portClaims(storage, clock), portClaims(storage, clock)]
  expect(await one.take(30001)).toBe(true)
  expect(await two.take(30001)).toBe(false)
  expect(await two.take(30002)).toBe(true)
  await one.giveBack(30001)
  expect(await two.take(30001)).toBe(true)
  clock.advance(120_000)
  expect(await one.take(30001)).toBe(false)
  clock.advance(1_000)
  expect(await one.take(30001)).toBe(true)
  await one.giveBack(30001)
  await one.giveBack(30001)
})
