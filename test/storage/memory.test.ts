import { expect, it } from 'vitest'
import { MemoryStorage } from '../../src/storage/memory.ts'
import { object, storageConformance } from '../conformance/storage.ts'

storageConformance('memory', (history) => new MemoryStorage({ history }))

const PODS = '/registry/pods/'

it('takes the mark of another memory storage, and both go on apart', () => {
  const one = new MemoryStorage()
  for (let i = 0; i < 100; i++) one.create(PODS, `a/${i}`, object(`${i}`))
  const two = new MemoryStorage()
  two.restore(one.mark())
  expect(two.list(PODS).objects).toEqual(one.list(PODS).objects)
  expect(two.revision).toBe(102)
  two.create(PODS, 'b/1', object('1'))
  one.delete(PODS, 'a/1', one.get(PODS, 'a/1')!, '3')
  expect([one.count(PODS), two.count(PODS)]).toEqual([99, 101])
})

it('gives objects back at the revisions they had', () => {
  const storage = new MemoryStorage()
  storage.create(PODS, 'a', object('a'))
  const mark = storage.mark()
  const before = storage.list(PODS).objects
  storage.update(PODS, 'a', object('a', { n: 2 }), '2')
  storage.restore(mark)
  expect(storage.list(PODS).objects).toEqual(before)
})

it('commits nothing that its journal refuses', () => {
  const refuse = () => {
    throw new Error('no room')
  }
  let full = false
  const journal = { commit: () => full && refuse(), restore: () => full && refuse() }
  const storage = new MemoryStorage({ journal })
  const created = storage.create(PODS, 'a', object('a'))
  const mark = storage.mark()
  let wakes = 0
  storage.watch(PODS, { fromRevision: 2, wake: () => wakes++ })
  full = true
  expect(() => storage.create(PODS, 'b', object('b'))).toThrow('no room')
  expect(() => storage.update(PODS, 'a', object('a'), '2')).toThrow('no room')
  expect(() => storage.delete(PODS, 'a', created, '2')).toThrow('no room')
  expect(() => storage.restore(mark)).toThrow('no room')
  expect([storage.revision, wakes, storage.list(PODS).objects]).toEqual([2, 0, [created]])
  full = false
  expect(storage.create(PODS, 'b', object('b')).metadata.resourceVersion).toBe('3')
})
