import { describe, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { defineController } from '../../src/controllers/controller.ts'
import { EventQueue } from '../../src/controllers/event-queue.ts'
import { controllerCluster } from '../support/controller-cluster.ts'

const PATIENCE = 4096
const nextTick = () => new Promise<void>((resolve) => setImmediate(resolve))

function queueOf(count: number) {
  const written: number[] = []
  const queue = new EventQueue(() => {})
  const add = (event: number) =>
    queue.add(event, async (each) => {
      written.push(each)
    })
  for (let i = 0; i < count; i++) add(i)
  return { queue, written, add }
}

describe('EventQueue', () => {
  test('writes some at a time, in the order in which they were recorded, and more at a time when very many wait', async () => {
    const { queue, written, add } = queueOf(100)
    expect(queue.writeSome()).toBe(true)
    expect([queue.writeSome(), queue.isDue, queue.isIdle]).toEqual([false, false, false])
    await nextTick()
    expect(written).toHaveLength(64)
    expect([queue.isDue, queue.isIdle]).toEqual([true, false])
    add(100)
    queue.writeSome()
    await nextTick()
    expect(written).toEqual(Array.from({ length: 101 }, (_, i) => i))
    expect([queue.writeSome(), queue.isDue, queue.isIdle]).toEqual([false, false, true])
    const many = queueOf(64_000)
    for (let i = 0; i < 64; i++) {
      many.queue.writeSome()
      await nextTick()
    }
    expect(many.written.length).toBeGreaterThan(200 * 64)
    expect(many.written).toEqual(Array.from({ length: many.written.length }, (_, i) => i))
  })

  test('writes beside other work what has waited for too long', async () => {
    const { queue, written, add } = queueOf(1)
    for (let i = 0; i < PATIENCE; i++) queue.pass()
    add(1)
    await nextTick()
    expect(written).toEqual([])
    queue.pass()
    await nextTick()
    expect(written).toEqual([0, 1])
  })

  test.each(['settle', 'stop'] as const)(
    'Events wait until no controller has work, keep their time, and %s waits for them',
    async (how) => {
      const reconciled: string[] = []
      let unwritten = true
      const speaking = defineController({
        name: 'test',
        component: 'test',
        for: 'configmaps',
        async reconcile({ namespace, name }, { client, recorder, lister }) {
          const about = lister('configmaps').get(namespace, name)
          if (!about) return
          recorder.event(about, 'Normal', 'Seen', name)
          reconciled.push(name)
          unwritten &&= (await client.list('events')).length === 0
        },
      })
      const { client, runner, clock } = await controllerCluster([speaking])
      for (let i = 0; i < 100; i++) {
        await client.create('configmaps', {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: `c${i}`, namespace: 'default' },
        })
      }
      while (reconciled.length < 100) await nextTick()
      clock.setTime(clock.now() + 60_000)
      await runner[how]()
      const events = await client.list<DynamicObject>('events')
      expect(unwritten).toBe(true)
      expect(events.map(({ message }) => message).sort()).toEqual(reconciled.sort())
      expect(events.every(({ firstTimestamp }) => firstTimestamp === '2026-01-01T00:00:00Z')).toBe(true)
    },
  )
})
