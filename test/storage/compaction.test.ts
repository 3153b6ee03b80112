import { expect, test } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { compactByAge } from '../../src/storage/compaction.ts'
import { MemoryStorage } from '../../src/storage/memory.ts'

const PREFIX = '/registry/configmaps/'

function write(storage: MemoryStorage, name: string): number {
  storage.create(PREFIX, name, { metadata: { name } } as never)
  return storage.revision
}

test('history is forgotten one interval after it was made at the earliest, and two at the latest', () => {
  const clock = new ManualClock(0)
  const storage = new MemoryStorage()
  compactByAge(storage, clock, 60_000)
  clock.advance(30_000)
  const revision = write(storage, 'a')
  write(storage, 'b')
  clock.advance(59_000)
  expect(storage.list(PREFIX, { revision }).objects).toHaveLength(1)
  clock.advance(31_000)
  expect(() => storage.list(PREFIX, { revision })).toThrow(/compacted/)
  expect(() => storage.watch(PREFIX, { fromRevision: revision, wake: () => {} })).toThrow(/compacted/)
})

test('a watch that kept up goes on', () => {
  const clock = new ManualClock(0)
  const storage = new MemoryStorage()
  compactByAge(storage, clock, 1_000)
  const cursor = storage.watch(PREFIX, { fromRevision: storage.revision, wake: () => {} })
  write(storage, 'a')
  expect(cursor.next()?.key.name).toBe('a')
  expect(cursor.next()).toBeUndefined()
  clock.advance(10_000)
  write(storage, 'b')
  expect(cursor.next()?.key.name).toBe('b')
})

test('a cancelled compaction forgets nothing more', () => {
  const clock = new ManualClock(0)
  const storage = new MemoryStorage()
  const compaction = compactByAge(storage, clock, 1_000)
  compaction.cancel()
  const revision = write(storage, 'a')
  write(storage, 'b')
  clock.advance(10_000)
  expect(storage.list(PREFIX, { revision }).objects).toHaveLength(1)
  expect(clock.nextTimer()).toBeUndefined()
})
