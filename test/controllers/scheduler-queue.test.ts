import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { SchedulerCache } from '../../src/controllers/scheduler/cache.ts'
import { Heap } from '../../src/controllers/scheduler/heap.ts'
import type { Plugin, World } from '../../src/controllers/scheduler/plugin.ts'
import { podInfo } from '../../src/controllers/scheduler/pod-info.ts'
import { SchedulingQueue } from '../../src/controllers/scheduler/queue.ts'
import type { Pod } from '../../src/types/core-v1.ts'

test('A heap gives its entries in order, whatever was added, replaced and taken out before.', () => {
  const entry = fc.record({ key: fc.integer({ min: 0, max: 20 }).map(String), rank: fc.integer({ min: 0, max: 50 }) })
  const step = fc.oneof(entry, entry, fc.record({ drop: fc.integer({ min: 0, max: 20 }).map(String) }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const heap = new Heap<{ key: string; rank: number }>(
        ({ key }) => key,
        (a, b) => a.rank < b.rank,
      )
      const expected = new Map<string, number>()
      for (const each of steps) {
        if ('drop' in each) {
          heap.delete(each.drop)
          expected.delete(each.drop)
        } else {
          heap.add(each)
          expected.set(each.key, each.rank)
        }
      }
      expect(heap.size).toBe(expected.size)
      const ranks: number[] = []
      for (let next = heap.pop(); next; next = heap.pop()) ranks.push(next.rank)
      expect(ranks).toEqual([...expected.values()].sort((a, b) => a - b))
    }),
  )
})

function queueOf(plugins: Plugin[]) {
  const clock = new ManualClock(0)
  const world = { cache: new SchedulerCache() } as World
  return { clock, queue: new SchedulingQueue({ plugins, pluginsOf: () => plugins, world, clock }) }
}

const waiting = (name: string, priority = 0) =>
  podInfo({ metadata: { name, namespace: 'default', uid: name }, spec: { containers: [], priority } } as unknown as Pod)

const picky: Plugin = {
  name: 'Picky',
  hints: [{ on: ['nodes/add'], helps: ({ pod }) => pod.metadata.name === 'helped' }],
}

test('Pods go by priority, then by age.', () => {
  const { queue } = queueOf([])
  for (const [name, priority] of [
    ['a', 1],
    ['b', 5],
    ['c', 1],
  ] as const)
    queue.add(waiting(name, priority))
  expect([queue.pop(), queue.pop(), queue.pop()].map((each) => each?.info.key)).toEqual([
    'default/b',
    'default/a',
    'default/c',
  ])
})

test('A change wakes those that it may help by the word of who refused them, and no others.', () => {
  const { queue } = queueOf([picky])
  for (const name of ['helped', 'not']) queue.add(waiting(name))
  for (let each = queue.pop(); each; each = queue.pop()) queue.park(each, new Set(['Picky']))
  queue.move({ what: 'nodes/labels' })
  expect(queue.hasNext).toBe(false)
  queue.move({ what: 'nodes/add' })
  expect(queue.pop()?.info.key).toBe('default/helped')
  expect(queue.hasNext).toBe(false)
})

test('After an error a pod waits one second, then two, and ten at most; after five minutes a refused one is tried whatever happened.', () => {
  const { queue, clock } = queueOf([picky])
  queue.add(waiting('p'))
  const waits: number[] = []
  for (let i = 0; i < 6; i++) {
    const pod = queue.pop()!
    queue.retry(pod)
    expect(queue.hasNext).toBe(false)
    waits.push(queue.nextRetry! - clock.now())
    clock.setTime(queue.nextRetry!)
  }
  expect(waits).toEqual([1000, 2000, 4000, 8000, 10_000, 10_000])
  queue.park(queue.pop()!, new Set(['Picky']))
  expect(queue.flush()).toBe(clock.now() + 300_000)
  clock.setTime(clock.now() + 300_000)
  expect(queue.flush()).toBeUndefined()
  expect(queue.hasNext).toBe(true)
})
