import { describe, expect, test } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { WorkQueue } from '../../src/controllers/workqueue.ts'

function queue(urgent?: string): { queue: WorkQueue; clock: ManualClock; woken: () => number } {
  const clock = new ManualClock(0)
  let woken = 0
  const made = new WorkQueue(
    clock,
    () => {
      woken++
    },
    urgent,
  )
  return { queue: made, clock, woken: () => woken }
}

function takeAll(from: WorkQueue): string[] {
  const keys: string[] = []
  for (let key = from.take(); key !== undefined; key = from.take()) {
    keys.push(key)
    from.done(key)
  }
  return keys
}

describe('WorkQueue', () => {
  test('hands out keys in the order of their first add, each once', () => {
    const { queue: q } = queue()
    for (const key of ['b', 'a', 'b', 'c', 'a']) q.add(key)
    expect(takeAll(q)).toEqual(['b', 'a', 'c'])
    expect(q.idle).toBe(true)
  })

  test('the urgent key goes before all others, once and again when it was added in work', () => {
    const { queue: q } = queue('now')
    for (const key of ['a', 'now', 'b', 'c', 'now']) q.add(key)
    expect(q.take()).toBe('now')
    q.add('now')
    q.done('now')
    expect(takeAll(q)).toEqual(['now', 'a', 'b', 'c'])
    q.add('d')
    q.add('now')
    expect(takeAll(q)).toEqual(['now', 'd'])
  })

  test('a key in work is not handed out again before it is done, and then once', () => {
    const { queue: q, woken } = queue()
    q.add('a')
    expect(q.take()).toBe('a')
    q.add('a')
    q.add('a')
    expect(q.take()).toBeUndefined()
    expect(q.idle).toBe(false)
    const before = woken()
    q.done('a')
    expect(woken()).toBe(before + 1)
    expect(takeAll(q)).toEqual(['a'])
  })

  test('a delayed key waits for its time and does not keep the queue busy', () => {
    const { queue: q, clock } = queue()
    q.addAfter('a', 1000)
    expect(q.idle).toBe(true)
    clock.advance(999)
    expect(q.ready).toBe(0)
    clock.advance(1)
    expect(takeAll(q)).toEqual(['a'])
  })

  test('of several delays of a key the shortest counts', () => {
    const { queue: q, clock } = queue()
    q.addAfter('a', 1000)
    q.addAfter('a', 100)
    q.addAfter('a', 5000)
    clock.advance(100)
    expect(takeAll(q)).toEqual(['a'])
    clock.advance(10_000)
    expect(q.ready).toBe(0)
  })

  test('back-off doubles from 5 ms to 1000 s and starts anew after a success', () => {
    const { queue: q, clock } = queue()
    const waits: number[] = []
    for (let i = 0; i < 20; i++) {
      q.addRateLimited('a')
      waits.push((clock.nextTimer() ?? 0) - clock.now())
      clock.setTime(clock.nextTimer() ?? 0)
      takeAll(q)
    }
    expect(waits.slice(0, 5)).toEqual([5, 10, 20, 40, 80])
    expect(waits.at(-1)).toBe(1_000_000)
    q.forget('a')
    q.addRateLimited('a')
    expect((clock.nextTimer() ?? 0) - clock.now()).toBe(5)
  })

  test('a closed queue has no keys and no timers', () => {
    const { queue: q, clock } = queue()
    q.add('a')
    q.addAfter('b', 10)
    q.close()
    q.close()
    q.add('c')
    expect(takeAll(q)).toEqual([])
    expect(clock.nextTimer()).toBeUndefined()
  })

  test('ten thousand keys that come and go leave the queue empty', () => {
    const { queue: q } = queue()
    for (let i = 0; i < 10_000; i++) {
      q.add(`k${i}`)
      q.add(`l${i}`)
      const key = q.take()
      if (key !== undefined) q.done(key)
    }
    expect(q.ready).toBe(10_000)
    expect(takeAll(q)).toHaveLength(10_000)
  })
})
