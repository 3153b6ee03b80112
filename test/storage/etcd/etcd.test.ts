import { EventEmitter } from 'node:events'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, it, vi } from 'vitest'
import type { EtcdConnection } from '../../../src/storage/etcd/connection.ts'
import { EtcdStorage } from '../../../src/storage/etcd/etcd.ts'
import { encodeObject, Keys } from '../../../src/storage/etcd/keys.ts'
import { MemoryStorage } from '../../../src/storage/memory.ts'
import { object } from '../../conformance/storage.ts'

afterEach(() => void vi.useRealTimers())

/** An etcd that is at revision 9, refuses every write with a condition, and answers those without one when the test does. */
function fakeEtcd() {
  const nudges: (() => void)[] = []
  const stream = Object.assign(new EventEmitter(), {
    write: () => stream.emit('data', { header: { revision: 9 }, events: [], created: true }),
    cancel() {},
  })
  const connection = {
    timeoutMs: 10_000,
    watch: async () => stream,
    read: async () => ({ header: { revision: 9 } }),
    write: (_: unknown, { compare }: { compare: unknown[] }) =>
      compare.length > 0
        ? Promise.resolve({ succeeded: false, header: { revision: 9 } })
        : new Promise<void>((resolve) => nudges.push(resolve)),
    close() {},
  }
  const tell = (revision: number) => stream.emit('data', { header: { revision }, events: [] })
  return { connection: connection as unknown as EtcdConnection, nudges, tell }
}

it('asks etcd for a sign once for all who wait, and again only when it was answered', async () => {
  const { connection, nudges, tell } = fakeEtcd()
  const storage = new EtcdStorage(connection, new Keys('/registry', []), new MemoryStorage(), {})
  await nextTurn()
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  const refused = ['a', 'b', 'c'].map((name) => storage.create('/registry/pods/', name, object(name)))
  const outcome = Promise.allSettled(refused)
  await vi.advanceTimersByTimeAsync(1_000)
  expect(nudges).toHaveLength(1)
  nudges[0]!()
  await vi.advanceTimersByTimeAsync(50)
  expect(nudges).toHaveLength(2)
  tell(9)
  expect((await outcome).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
  nudges[1]!()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(nudges).toHaveLength(2)
  await storage.close()
})

it('stores an object as its JSON without the resourceVersion, the sets of managedFields included', () => {
  const fieldsV1 = { 'f:data': { 'f:a': {} } }
  const managedFields = [
    { manager: 'm', operation: 'Update' as const, apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1 },
  ]
  const stored = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'a', resourceVersion: '7', managedFields },
    data: { a: 'é' },
  }
  const expected = { ...stored, metadata: { ...stored.metadata, resourceVersion: '' } }
  expect(encodeObject(stored).toString()).toBe(JSON.stringify(expected))
})
