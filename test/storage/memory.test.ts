import { expect, it } from 'vitest'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
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

it('makes the objects that it begins with once, when somebody first looks under their prefix', () => {
  const asked: string[] = []
  const begin = (prefix: string) => (): { name: string; object: ReturnType<typeof object> }[] => {
    asked.push(prefix)
    const begun = object('a')
    return [{ name: 'a', object: { ...begun, metadata: { ...begun.metadata, resourceVersion: '2' } } }]
  }
  const beginnings = new Map(
    ['/pods/', '/marked/', '/written/', '/compacted/'].map((prefix) => [prefix, begin(prefix)]),
  )
  const [one, two] = [new MemoryStorage(), new MemoryStorage()]
  one.begin(beginnings, 2)
  const mark = one.mark()
  const cursor = one.watch('/pods/', { fromRevision: 2, wake: () => {} })
  expect([asked, cursor.next()]).toEqual([[], undefined])
  expect(one.get('/pods/', 'a')).toBe(one.list('/pods/').objects[0])
  expect(asked).toEqual(['/pods/'])
  expect(() => one.create('/written/', 'a', object('a'))).toThrow('key exists')
  one.compact()
  expect(one.list('/compacted/', { revision: 2 }).objects).toHaveLength(1)
  expect(() => one.watch('/compacted/', { fromRevision: 1, wake: () => {} })).toThrow('compacted')
  two.restore(mark)
  for (const prefix of beginnings.keys()) expect(two.get(prefix, 'a')).toBe(one.get(prefix, 'a'))
  expect(asked.sort()).toEqual(['/compacted/', '/marked/', '/pods/', '/written/'])
  expect(() => one.begin(beginnings, 9)).toThrow('only what is new can begin')
})

/** `names`, one revision after the other from 2 on. */
const begun = (names: readonly string[]) => (): { name: string; object: KubeObject }[] =>
  names.map((name, i) => {
    const made = object(name)
    return { name, object: { ...made, metadata: { ...made.metadata, resourceVersion: String(2 + i) } } }
  })

it.each([
  ['listed', (storage: MemoryStorage) => storage.list(PODS, { revision: 3 })],
  ['watched', (storage: MemoryStorage) => storage.watch(PODS, { fromRevision: 3, wake: () => {} })],
])('has no more history of what it begins with than of what was created when it is first %s', (_, look) => {
  const [early, late] = [new MemoryStorage({ history: { limit: 1 } }), new MemoryStorage({ history: { limit: 1 } })]
  for (const storage of [early, late]) storage.begin(new Map([[PODS, begun(['a', 'b', 'c', 'd'])]]), 5)
  expect(early.list(PODS).objects).toHaveLength(4)
  for (const storage of [early, late]) expect(() => look(storage)).toThrow('the oldest one readable is 4')
})

it('asks again for what it begins with when that could not be made', () => {
  const storage = new MemoryStorage()
  let failures = 1
  function* make() {
    const [first, second] = begun(['a', 'b'])()
    yield first!
    if (failures-- > 0) throw new Error('no keys')
    yield second!
  }
  storage.begin(new Map([[PODS, make]]), 3)
  expect(() => storage.list(PODS)).toThrow('no keys')
  expect(storage.list(PODS).objects.map(({ metadata }) => metadata.name)).toEqual(['a', 'b'])
})
