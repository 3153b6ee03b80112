import { describe, expect, test } from 'vitest'
import type { DynamicObject, KubeObject } from '../../src/apimachinery/meta.ts'
import { EventQueue } from '../../src/controllers/event-queue.ts'
import { createRecorder } from '../../src/controllers/recorder.ts'
import { type ControllerCluster, controllerCluster } from '../support/controller-cluster.ts'

async function setUp() {
  const cluster = await controllerCluster([])
  const events: EventQueue = new EventQueue(() => events.writeSome())
  const warned: string[] = []
  const recorder = createRecorder({
    client: cluster.client,
    clock: cluster.clock,
    component: 'test-controller',
    logger: { debug: () => {}, info: () => {}, warn: (_, message) => warned.push(message), error: () => {} },
    events,
  })
  const about = await cluster.client.create<KubeObject>('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'web', namespace: 'default' },
  })
  const written = async () => {
    while (!events.isIdle) await undefined
  }
  return { cluster, recorder, about, warned, written }
}

const events = ({ client }: ControllerCluster) => client.list<DynamicObject>('events')

describe('Recorder', () => {
  test('writes an Event as the real components do', async () => {
    const { cluster, recorder, about, written } = await setUp()
    recorder.event(about, 'Normal', 'Made', 'It was made')
    await written()
    const [event] = await events(cluster)
    const { uid, resourceVersion } = about.metadata
    expect(event).toMatchObject({
      involvedObject: { apiVersion: 'v1', kind: 'ConfigMap', namespace: 'default', name: 'web', uid, resourceVersion },
      type: 'Normal',
      reason: 'Made',
      message: 'It was made',
      source: { component: 'test-controller' },
      reportingComponent: 'test-controller',
      reportingInstance: '',
      count: 1,
      firstTimestamp: '2026-01-01T00:00:00Z',
      lastTimestamp: '2026-01-01T00:00:00Z',
    })
    expect(event.eventTime ?? null).toBeNull()
    expect(event.metadata.name).toMatch(/^web\.[0-9a-f]{16}$/)
  })

  test('counts the same Event and moves its last time', async () => {
    const { cluster, recorder, about, written } = await setUp()
    recorder.event(about, 'Warning', 'Failed', 'No')
    cluster.clock.advance(5000)
    recorder.event(about, 'Warning', 'Failed', 'No')
    recorder.event(about, 'Warning', 'Failed', 'Another')
    await written()
    const found = (await events(cluster)).map(({ message, count, lastTimestamp }) => [message, count, lastTimestamp])
    expect(found.sort()).toEqual([
      ['Another', 1, '2026-01-01T00:00:05Z'],
      ['No', 2, '2026-01-01T00:00:05Z'],
    ])
  })

  test('combines Events that differ in their message only from the tenth on, and lets no more than 25 of a type through', async () => {
    const { cluster, recorder, about, written } = await setUp()
    for (let i = 1; i <= 30; i++) recorder.event(about, 'Normal', 'Made', `number ${i}`)
    recorder.event(about, 'Warning', 'Failed', 'another type')
    await written()
    const found = async () => (await events(cluster)).map(({ message, count }) => `${message} x${count}`)
    const single = Array.from({ length: 9 }, (_, i) => `number ${i + 1} x1`)
    const wanted = [...single, '(combined from similar events): number 25 x16', 'another type x1']
    expect((await found()).sort()).toEqual(wanted.sort())
    // A token comes back in five minutes; those that were dropped were counted.
    cluster.clock.advance(300_000)
    recorder.event(about, 'Normal', 'Made', 'number 31')
    await written()
    expect(await found()).toContain('(combined from similar events): number 31 x22')
    cluster.clock.advance(601_000)
    recorder.event(about, 'Normal', 'Made', 'number 32')
    await written()
    expect(await found()).toContain('number 32 x1')
  })

  test('begins anew when the Event was deleted meanwhile', async () => {
    const { cluster, recorder, about, written } = await setUp()
    recorder.event(about, 'Normal', 'Made', 'x')
    await written()
    const [first] = await events(cluster)
    await cluster.client.delete('events', 'default', first.metadata.name as string)
    recorder.event(about, 'Normal', 'Made', 'x')
    await written()
    const [second, ...others] = await events(cluster)
    expect([second.count, others.length]).toEqual([1, 0])
  })

  test('puts Events about cluster-scoped objects into the namespace default', async () => {
    const { cluster, recorder, written } = await setUp()
    recorder.event({ apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', uid: 'u' } }, 'Normal', 'Up', 'x')
    await written()
    const [event] = await events(cluster)
    expect([event.metadata.namespace, event.involvedObject.name]).toEqual(['default', 'n'])
  })

  test('never fails its caller: what cannot be written is logged and dropped', async () => {
    const { cluster, recorder, about, warned, written } = await setUp()
    recorder.event({ ...about, metadata: { ...about.metadata, name: 'not/a name' } }, 'Normal', 'Made', 'x')
    recorder.event(about, 'Normal', 'Made', 'y')
    await written()
    expect(warned).toEqual(['could not record an event'])
    expect((await events(cluster)).map(({ message }) => message)).toEqual(['y'])
  })
})
