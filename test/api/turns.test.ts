import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { Turns } from '../../src/api/turns.ts'

const until = async (done: () => boolean): Promise<void> => {
  while (!done()) await nextTurn()
}

test('turns come in the order in which they were asked for, none twice', async () => {
  const turns = new Turns()
  const served: number[] = []
  for (let i = 0; i < 200; i++) turns.ask(() => served.push(i))
  expect(served).toEqual([])
  await until(() => served.length >= 200)
  await nextTurn()
  expect(served).toEqual(Array.from({ length: 200 }, (_, i) => i))
})

test('other work on the loop gets its turn between slices', async () => {
  const turns = new Turns()
  let served = 0
  for (let i = 0; i < 1_000; i++) turns.ask(() => served++)
  await nextTurn()
  expect(served).toBeGreaterThan(0)
  expect(served).toBeLessThan(1_000)
  await until(() => served === 1_000)
})

test('who asks again is served after those who waited already', async () => {
  const turns = new Turns()
  const served: string[] = []
  turns.ask(() => {
    served.push('greedy')
    turns.ask(() => served.push('greedy again'))
  })
  for (let i = 0; i < 99; i++) turns.ask(() => served.push('patient'))
  await until(() => served.length === 101)
  expect(served.at(-1)).toBe('greedy again')
})
