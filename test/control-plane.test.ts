import { expect, test } from 'vitest'
import { ManualClock } from '../src/apimachinery/clock.ts'
import type { DynamicObject, KubeObject } from '../src/apimachinery/meta.ts'
import { seededRandom } from '../src/apimachinery/random.ts'
import { ControlPlane } from '../src/control-plane.ts'
import { defineController } from '../src/controllers/controller.ts'
import { createLocalClient } from '../src/local-client.ts'
import { SYSTEM_USER } from '../src/registry/environment.ts'
import { MemoryStorage } from '../src/storage/memory.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Each reconcile of its one controller tells its name of the object, and later an Event. */
function made(storage = new MemoryStorage(), later?: Promise<void>) {
  const reconciled: string[] = []
  const counter = defineController({
    name: 'counter',
    component: 'counter',
    for: 'namespaces',
    async reconcile({ name }, { lister, recorder }) {
      reconciled.push(name)
      await later
      recorder.event(lister('namespaces').get('', name)!, 'Normal', 'Seen', name)
    },
  })
  const [clock, random] = [new ManualClock(0), seededRandom('plane')]
  const parts = { storage, clock, random, logger, controllers: [counter], rootCa: 'none' }
  const plane = new ControlPlane({}, parts)
  const client = createLocalClient(plane.registry, SYSTEM_USER)
  const create = (name: string) =>
    client.create<KubeObject>('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return { plane, storage, reconciled, create }
}

test('Controllers that are started twice run once.', async () => {
  const { plane, reconciled, create } = made()
  plane.startControllers()
  plane.startControllers()
  await create('one')
  await new Promise((resolve) => setImmediate(resolve))
  await plane.settle()
  expect(reconciled).toEqual(['one'])
  await plane.close()
})

test('Nothing starts the controllers while storage changes beneath them; they run again afterwards.', async () => {
  const { plane, reconciled, create } = made()
  plane.startControllers()
  await plane.withoutControllers(async () => {
    plane.startControllers()
    await create('one')
    await plane.settle()
    expect(reconciled).toEqual([])
  })
  await plane.settle()
  expect(reconciled).toEqual(['one'])
  await plane.close()
})

test.each([
  ['are written where they last', true, ['Seen']],
  ['are dropped where they end with the process', false, []],
])('Events that wait when it closes %s.', async (_, lasting, expected) => {
  class Engine extends MemoryStorage {
    override readonly lasting = lasting
  }
  let goOn = () => {}
  const later = new Promise<void>((resolve) => {
    goOn = resolve
  })
  const { plane, storage, reconciled, create } = made(new Engine(), later)
  await create('default')
  plane.startControllers()
  while (reconciled.length === 0) await new Promise((resolve) => setImmediate(resolve))
  const closed = plane.close()
  goOn()
  await closed
  expect(storage.list('/registry/events/').objects.map((event) => (event as DynamicObject)['reason'])).toEqual(expected)
})

test('Nothing starts the controllers once it closes, not even the end of a change beneath, which is waited for.', async () => {
  const { plane, reconciled, create } = made()
  plane.startControllers()
  let changed = false
  const changing = plane.withoutControllers(async () => {
    await create('one')
    changed = true
  })
  await plane.close()
  expect(changed).toBe(true)
  await changing
  await plane.withoutControllers(() => {})
  plane.startControllers()
  await plane.settle()
  expect(reconciled).toEqual([])
})
