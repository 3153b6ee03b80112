import { afterEach, expect, test } from 'vitest'
import { type Cluster, createCluster, ManualClock } from '../../src/index.ts'
import type { ResourceDefinition } from '../../src/registry/definition.ts'
import { Expiry } from '../../src/registry/expiry.ts'
import { StorageError } from '../../src/storage/interface.ts'
import { MemoryStorage } from '../../src/storage/memory.ts'

const HOUR = 3600_000
const START = Date.UTC(2026, 0, 1)
let cluster: Cluster | undefined

afterEach(() => cluster?.close())

test('Events that a cluster begins with live as long as those that are written later, and again after each reset', async () => {
  const clock = new ManualClock(START)
  cluster = await createCluster({ clock })
  const events = async () => (await cluster!.client.list('events')).length
  for (let round = 0; round < 2; round++) {
    expect(await events()).toBeGreaterThan(0)
    clock.advance(HOUR - 1)
    await cluster.settle()
    expect(await events()).toBeGreaterThan(0)
    clock.advance(1)
    await cluster.settle()
    expect(await events()).toBe(0)
    await cluster.reset()
  }
})

test.each([
  [
    'at once, as a full disk',
    () => {
      throw new StorageError('Unavailable', 'no space left on device')
    },
  ],
  ['later, as a server that is away', () => Promise.reject(new StorageError('Timeout', 'context deadline exceeded'))],
])('what storage refuses to delete %s, is deleted when it no longer does', async (_, refuse) => {
  const clock = new ManualClock(START)
  const storage = new MemoryStorage()
  const expiry = new Expiry({ clock, storage })
  const definition = { storagePrefix: '/registry/events/', ttlSeconds: 3600 } as ResourceDefinition
  expiry.start([definition])
  const metadata = { name: 'e', namespace: 'default' }
  const stored = storage.create('/registry/events/', 'default/e', { apiVersion: 'v1', kind: 'Event', metadata })
  expiry.committed(definition, stored)
  const remove = storage.delete.bind(storage)
  storage.delete = refuse as never
  clock.advance(HOUR)
  await new Promise(setImmediate)
  expect(storage.get('/registry/events/', 'default/e')).toBeDefined()
  storage.delete = remove
  clock.advance(1000)
  await new Promise(setImmediate)
  expect(storage.get('/registry/events/', 'default/e')).toBeUndefined()
  expiry.stop()
})
