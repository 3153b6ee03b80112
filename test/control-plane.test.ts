import { expect, test } from 'vitest'
import { ManualClock } from '../src/apimachinery/clock.ts'
import type { KubeObject } from '../src/apimachinery/meta.ts'
import { seededRandom } from '../src/apimachinery/random.ts'
import { ControlPlane } from '../src/control-plane.ts'
import { defineController } from '../src/controllers/controller.ts'
import { createLocalClient } from '../src/local-client.ts'
import { SYSTEM_USER } from '../src/registry/environment.ts'
import { MemoryStorage } from '../src/storage/memory.ts'

const logger = { debug() {}, info() {}, warn() {}, error() {} }

/** Each reconcile of its one controller tells its name of the object. */
function made() {
  const reconciled: string[] = []
  const counter = defineController({
    name: 'counter',
    component: 'counter',
    for: 'namespaces',
    async reconcile({ name }) {
      reconciled.push(name)
    },
  })
  const [clock, random] = [new ManualClock(0), seededRandom('plane')]
  const parts = { storage: new MemoryStorage(), clock, random, logger, controllers: [counter], rootCa: 'none' }
  const plane = new ControlPlane({}, parts)
  const client = createLocalClient(plane.registry, SYSTEM_USER)
  const create = (name: string) =>
    client.create<KubeObject>('namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name } })
  return { plane, reconciled, create }
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
