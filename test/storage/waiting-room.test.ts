import { expect, it } from 'vitest'
import type { WatchOptions } from '../../src/storage/interface.ts'
import { MemoryStorage } from '../../src/storage/memory.ts'
import { object } from '../conformance/storage.ts'

const PREFIX = '/registry/pods/'
const label = (key: string, value: string): WatchOptions['only'] => ({
  key: `label ${key}`,
  read: ({ metadata }) => metadata.labels?.[key],
  value,
})

it('wakes those whom a commit concerns, by name and by value before or after, and nobody else', () => {
  const storage = new MemoryStorage()
  const woken: string[] = []
  const open = (name: string, options: Partial<WatchOptions>) => {
    const wake = () => {
      woken.push(name)
    }
    const cursor = storage.watch(PREFIX, { fromRevision: storage.revision, ...options, wake })
    return () => {
      while (cursor.next());
    }
  }
  const readers = [
    open('everything', {}),
    open('namespace a', { under: 'a/' }),
    open('app=web', { only: label('app', 'web') }),
    open('app=db', { only: label('app', 'db') }),
    open('app=web in a', { under: 'a/', only: label('app', 'web') }),
    open('tier=web', { only: label('tier', 'web') }),
  ]
  const wokenBy = (write: () => unknown): string[] => {
    woken.length = 0
    write()
    for (const read of readers) read()
    return woken.sort()
  }
  const pod = (name: string, labels?: Record<string, string>) => {
    const made = object(name)
    return { ...made, metadata: { ...made.metadata, labels } }
  }
  const stored = (name: string) => storage.get(PREFIX, name)!
  const version = (name: string) => stored(name).metadata.resourceVersion!

  expect(wokenBy(() => storage.create(PREFIX, 'b/1', pod('b/1')))).toEqual(['everything'])
  expect(wokenBy(() => storage.create(PREFIX, 'a/1', pod('a/1', { app: 'web' })))).toEqual([
    'app=web',
    'app=web in a',
    'everything',
    'namespace a',
  ])
  const moved = () => storage.update(PREFIX, 'a/1', pod('a/1', { app: 'db', tier: 'x' }), version('a/1'))
  expect(wokenBy(moved)).toEqual(['app=db', 'app=web', 'app=web in a', 'everything', 'namespace a'])
  const gone = () => storage.delete(PREFIX, 'a/1', stored('a/1'), version('a/1'))
  expect(wokenBy(gone)).toEqual(['app=db', 'everything', 'namespace a'])
  expect(wokenBy(() => storage.create(PREFIX, 'b/2', pod('b/2', { app: 'web' })))).toEqual(['app=web', 'everything'])
})
