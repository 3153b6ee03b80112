import { expect, test } from 'vitest'
import { formatMicroTime, formatTime, ManualClock, realClock } from '../../src/apimachinery/clock.ts'

test('a manual clock fires timers by due time, then in the order they were set, each at its own time', () => {
  const clock = new ManualClock(1000)
  const fired: [string, number][] = []
  const note = (name: string) => () => fired.push([name, clock.now()])
  clock.after(20, note('b'))
  clock.after(10, note('a'))
  clock.after(20, note('c'))
  clock.after(500, note('later'))
  expect(clock.nextTimer()).toBe(1010)
  clock.advance(100)
  expect(fired).toEqual([
    ['a', 1010],
    ['b', 1020],
    ['c', 1020],
  ])
  expect([clock.now(), clock.nextTimer()]).toEqual([1100, 1500])
})

test('a manual clock also fires timers that are set while it advances, never while they are set', () => {
  const clock = new ManualClock(0)
  const fired: number[] = []
  const again = (): void => {
    fired.push(clock.now())
    if (fired.length < 3) clock.after(10, again)
  }
  clock.after(0, again)
  expect(fired).toEqual([])
  clock.advance(15)
  expect(fired).toEqual([0, 10])
  clock.advance(5)
  expect(fired).toEqual([0, 10, 20])
})

test('a cancelled timer of a manual clock never fires, and cancelling again does nothing', () => {
  const clock = new ManualClock(0)
  const fired: string[] = []
  const timers = ['a', 'b', 'c'].map((name) => clock.after(5, () => fired.push(name)))
  timers[1].cancel()
  timers[1].cancel()
  clock.advance(5)
  timers[0].cancel()
  expect(fired).toEqual(['a', 'c'])
  expect(clock.nextTimer()).toBeUndefined()
})

test('a timer can cancel another that is due at the same time', () => {
  const clock = new ManualClock(0)
  const fired: string[] = []
  clock.after(5, () => second.cancel())
  const second = clock.after(5, () => fired.push('second'))
  clock.advance(10)
  expect(fired).toEqual([])
})

test('a manual clock set to the past keeps its timers', () => {
  const clock = new ManualClock(1000)
  let fired = 0
  clock.after(10, () => fired++)
  clock.setTime(0)
  expect([clock.now(), fired]).toEqual([0, 0])
  clock.setTime(1010)
  expect(fired).toBe(1)
})

test('a real clock fires after the wait and knows its next timer', async () => {
  const clock = realClock()
  expect(clock.nextTimer()).toBeUndefined()
  const cancelled = clock.after(1, () => expect.unreachable())
  cancelled.cancel()
  const far = clock.after(2 ** 40, () => expect.unreachable())
  expect(clock.nextTimer()).toBeGreaterThan(Date.now() + 2 ** 39)
  // Real timers do not keep the process alive: this one does, until the other has fired.
  const alive = setInterval(() => {}, 1000)
  await new Promise<void>((resolve) => clock.after(0, resolve))
  clearInterval(alive)
  far.cancel()
  expect(clock.nextTimer()).toBeUndefined()
})

test('times print with seconds and with microseconds', () => {
  const ms = Date.UTC(2024, 0, 2, 3, 4, 5, 678)
  expect([formatTime(ms), formatMicroTime(ms)]).toEqual(['2024-01-02T03:04:05Z', '2024-01-02T03:04:05.678000Z'])
})
