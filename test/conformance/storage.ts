/** The behaviour every storage engine has. An engine's test calls this with a way to make one, and adds only what is its own. */
import { afterEach, describe, expect, it } from 'vitest'
import type { DynamicObject, KubeObject } from '../../src/apimachinery/meta.ts'
import type {
  Cursor,
  HistoryOptions,
  Storage,
  StorageErrorCode,
  StorageEvent,
  WatchOptions,
} from '../../src/storage/interface.ts'
import { StorageError } from '../../src/storage/interface.ts'

export type MakeStorage = (history?: HistoryOptions) => Storage | Promise<Storage>

const PODS = '/registry/pods/'
const MAPS = '/registry/configmaps/'

export function object(name: string, fields: Record<string, unknown> = {}): DynamicObject {
  return { apiVersion: 'v1', kind: 'Pod', metadata: { name }, ...fields }
}

/** The code (and revision) of the StorageError that `act` throws or rejects with. */
export async function failure(act: () => unknown): Promise<{ code: StorageErrorCode; revision?: number }> {
  try {
    await act()
  } catch (error) {
    if (error instanceof StorageError) return { code: error.code, revision: error.revision }
    throw error
  }
  throw new Error('expected a StorageError')
}

export function drain(cursor: Cursor): StorageEvent[] {
  const events: StorageEvent[] = []
  for (let event = cursor.next(); event !== undefined; event = cursor.next()) events.push(event)
  return events
}

const brief = (events: StorageEvent[]) => events.map((event) => `${event.type} ${event.key.name} ${event.revision}`)
const names = (objects: KubeObject[]) => objects.map((found) => found.metadata.name)
/** Where several processes write, what is written back has a new revision. */
const unversioned = (objects: KubeObject[]) =>
  objects.map((found) => ({ ...found, metadata: { ...found.metadata, resourceVersion: undefined } }))
const rv = (found: KubeObject) => found.metadata.resourceVersion!

export function storageConformance(engine: string, make: MakeStorage): void {
  describe(`${engine} storage`, () => {
    const made: Storage[] = []
    afterEach(async () => {
      for (const storage of made.splice(0)) await storage.close()
    })
    async function open(history?: HistoryOptions): Promise<Storage> {
      const storage = await make(history)
      made.push(storage)
      return storage
    }
    function follow(storage: Storage, options: Omit<WatchOptions, 'wake'>, prefix = PODS) {
      const follower = { wakes: 0, cursor: undefined as unknown as Cursor }
      follower.cursor = storage.watch(prefix, { ...options, wake: () => follower.wakes++ })
      return follower
    }
    async function put(storage: Storage, name: string, fields: Record<string, unknown> = {}, prefix = PODS) {
      const stored = storage.get(prefix, name)
      return stored === undefined
        ? storage.create(prefix, name, object(name, fields))
        : storage.update(prefix, name, object(name, fields), rv(stored))
    }
    async function remove(storage: Storage, name: string, prefix = PODS) {
      const stored = storage.get(prefix, name)!
      return storage.delete(prefix, name, stored, rv(stored))
    }

    beginnings(open)
    writes(open)
    lists(open, put, remove)
    histories(open, put, remove)
    watches(open, put, remove, follow)
    marks(open, put, remove, follow)
  })
}

type Open = (history?: HistoryOptions) => Promise<Storage>
type Put = (storage: Storage, name: string, fields?: Record<string, unknown>, prefix?: string) => Promise<KubeObject>
type Remove = (storage: Storage, name: string, prefix?: string) => Promise<KubeObject>
type Follow = (
  storage: Storage,
  options: Omit<WatchOptions, 'wake'>,
  prefix?: string,
) => { wakes: number; cursor: Cursor }

function beginnings(open: Open): void {
  it('begins with objects as if each was created, in the order of their revisions', async () => {
    const storage = await open()
    const first = storage.revision + 1
    const at = (name: string, revision: number) => {
      const begun = object(name)
      return { name, object: { ...begun, metadata: { ...begun.metadata, resourceVersion: String(revision) } } }
    }
    const pods = () => [at('b', first), at('a', first + 2)]
    const maps = () => [at('m', first + 1)]
    await storage.begin(
      new Map([
        [PODS, pods],
        [MAPS, maps],
      ]),
      first + 2,
    )
    expect([storage.revision, storage.prefixes()]).toEqual([first + 2, [MAPS, PODS]])
    const mark = storage.mark()
    // A watch of the present does not have to know what there is.
    const present = storage.watch(PODS, { fromRevision: first + 2, wake: () => {} })
    await storage.create(PODS, 'c', object('c'))
    expect(brief(drain(present))).toEqual([`create c ${first + 3}`])
    expect(brief(drain(storage.watch(PODS, { fromRevision: first - 1, wake: () => {} })))).toEqual([
      `create b ${first}`,
      `create a ${first + 2}`,
      `create c ${first + 3}`,
    ])
    expect(names(storage.list(PODS, { revision: first }).objects)).toEqual(['b'])
    expect(storage.get(PODS, 'a')).toEqual(at('a', first + 2).object)
    expect(storage.count(MAPS)).toBe(1)
    const begun = storage.get(MAPS, 'm')
    await storage.restore(mark)
    expect(names(storage.list(PODS).objects)).toEqual(['a', 'b'])
    expect(unversioned([storage.get(MAPS, 'm')!])).toEqual(unversioned([begun!]))
  })
}

function writes(open: Open): void {
  it('starts empty at revision 1', async () => {
    const storage = await open()
    expect(storage.revision).toBe(1)
    expect(storage.prefixes()).toEqual([])
    expect(storage.get(PODS, 'default/a')).toBeUndefined()
    expect(storage.count(PODS)).toBe(0)
    expect(storage.list(PODS)).toMatchObject({ objects: [], revision: 1, remaining: 0 })
  })

  it('creates with the revision as resourceVersion, where the object has it', async () => {
    const storage = await open()
    const given = object('a', { metadata: { name: 'a', resourceVersion: '', uid: 'u' } })
    const created = await storage.create(PODS, 'default/a', given)
    expect(created).toEqual(object('a', { metadata: { name: 'a', resourceVersion: '2', uid: 'u' } }))
    expect(Object.keys(created.metadata)).toEqual(['name', 'resourceVersion', 'uid'])
    expect(storage.get(PODS, 'default/a')).toEqual(created)
    expect(storage.revision).toBe(2)
  })

  it('counts one revision over all resources', async () => {
    const storage = await open()
    expect(rv(await storage.create(PODS, 'default/a', object('a')))).toBe('2')
    expect(rv(await storage.create(MAPS, 'default/a', object('a')))).toBe('3')
    expect(rv(await storage.create(PODS, 'default/b', object('b')))).toBe('4')
    expect(storage.prefixes()).toEqual([MAPS, PODS])
  })

  it('tells once that a prefix holds something, when it can be read', async () => {
    const storage = await open()
    const told: unknown[] = []
    const unsubscribe = storage.onHeld((prefix) => told.push([prefix, storage.count(prefix), storage.revision]))
    const empty = storage.mark()
    const pod = await storage.create(PODS, 'default/a', object('a'))
    await storage.delete(PODS, 'default/a', pod, '2')
    await storage.create(PODS, 'default/a', object('a'))
    expect(told).toEqual([[PODS, 1, 2]])
    await storage.restore(empty)
    await storage.create(PODS, 'default/a', object('a'))
    unsubscribe()
    await storage.create(MAPS, 'default/a', object('a'))
    expect(told).toHaveLength(1)
  })

  it('refuses to create what exists, and nothing has changed then', async () => {
    const storage = await open()
    const first = await storage.create(PODS, 'default/a', object('a'))
    expect(await failure(() => storage.create(PODS, 'default/a', object('a')))).toMatchObject({ code: 'Exists' })
    expect(storage.revision).toBe(2)
    expect(storage.get(PODS, 'default/a')).toEqual(first)
  })

  it('updates only what is at the expected resourceVersion', async () => {
    const storage = await open()
    await storage.create(PODS, 'default/a', object('a', { n: 1 }))
    const updated = await storage.update(PODS, 'default/a', object('a', { n: 2 }), '2')
    expect(updated).toMatchObject({ n: 2, metadata: { resourceVersion: '3' } })
    expect(await failure(() => storage.update(PODS, 'default/a', object('a'), '2'))).toMatchObject({ code: 'Conflict' })
    expect(await failure(() => storage.update(PODS, 'default/b', object('b'), '2'))).toMatchObject({ code: 'NotFound' })
    expect(storage.get(PODS, 'default/a')).toEqual(updated)
    expect(storage.revision).toBe(3)
  })

  it('deletes with a revision of its own, which the answer carries', async () => {
    const storage = await open()
    const created = await storage.create(PODS, 'default/a', object('a'))
    expect(await failure(() => storage.delete(PODS, 'default/a', created, '1'))).toMatchObject({ code: 'Conflict' })
    const last = object('a', { phase: 'Gone' })
    expect(await storage.delete(PODS, 'default/a', last, '2')).toMatchObject({
      phase: 'Gone',
      metadata: { resourceVersion: '3' },
    })
    expect(storage.get(PODS, 'default/a')).toBeUndefined()
    expect(await failure(() => storage.delete(PODS, 'default/a', created, '2'))).toMatchObject({ code: 'NotFound' })
    expect(storage.prefixes()).toEqual([PODS])
    expect(rv(await storage.create(PODS, 'default/a', object('a')))).toBe('4')
  })

  it('refuses writes after close, and closes twice', async () => {
    const storage = await open()
    await storage.create(PODS, 'default/a', object('a'))
    await storage.close()
    await storage.close()
    expect(await failure(() => storage.create(PODS, 'default/b', object('b')))).toMatchObject({ code: 'Unavailable' })
    expect(await failure(() => storage.update(PODS, 'default/a', object('a'), '2'))).toMatchObject({
      code: 'Unavailable',
    })
  })
}

function lists(open: Open, put: Put, remove: Remove): void {
  it('lists in byte order of the names, at its own revision', async () => {
    const storage = await open()
    for (const name of ['b/a', 'a/z', 'a-b/a', 'a/a-1', 'a/a', 'a/a.b']) await put(storage, name)
    await put(storage, 'other', {}, MAPS)
    const { objects, revision } = storage.list(PODS)
    expect(names(objects)).toEqual(['a-b/a', 'a/a', 'a/a-1', 'a/a.b', 'a/z', 'b/a'])
    expect(revision).toBe(8)
  })

  it('lists and counts what lies under a prefix of names', async () => {
    const storage = await open()
    for (const name of ['a/x', 'a/y', 'a0/x', 'aa/x', 'b/x']) await put(storage, name)
    expect(names(storage.list(PODS, { under: 'a/' }).objects)).toEqual(['a/x', 'a/y'])
    expect(names(storage.list(PODS, { under: 'a' }).objects)).toEqual(['a/x', 'a/y', 'a0/x', 'aa/x'])
    expect(storage.list(PODS, { under: 'c/' }).objects).toEqual([])
    expect(storage.count(PODS)).toBe(5)
    expect(storage.count(PODS, 'a/')).toBe(2)
    expect(storage.count(PODS, 'a')).toBe(4)
    expect(storage.count(PODS, 'c/')).toBe(0)
    expect(storage.count('/registry/none/')).toBe(0)
    await remove(storage, 'a/x')
    expect(storage.count(PODS, 'a/')).toBe(1)
  })

  it('pages with limit, next and remaining', async () => {
    const storage = await open()
    for (let i = 0; i < 7; i++) await put(storage, `a/${i}`)
    await put(storage, 'b/0')
    const first = storage.list(PODS, { under: 'a/', limit: 3 })
    expect(names(first.objects)).toEqual(['a/0', 'a/1', 'a/2'])
    expect(first).toMatchObject({ next: 'a/3', remaining: 4 })
    const second = storage.list(PODS, { under: 'a/', limit: 3, start: first.next })
    expect(names(second.objects)).toEqual(['a/3', 'a/4', 'a/5'])
    expect(second).toMatchObject({ next: 'a/6', remaining: 1 })
    const third = storage.list(PODS, { under: 'a/', limit: 3, start: second.next })
    expect(names(third.objects)).toEqual(['a/6'])
    expect(third.next).toBeUndefined()
    expect(third.remaining).toBe(0)
    expect(storage.list(PODS, { limit: 8 }).next).toBeUndefined()
    expect(storage.list(PODS, { limit: 7 })).toMatchObject({ next: 'b/0', remaining: 1 })
    expect(storage.list(PODS, { limit: 0 }).objects).toHaveLength(8)
    expect(storage.list(PODS, { under: 'a/', start: 'b/0' }).objects).toEqual([])
  })

  it('limits what matches, not what it looks at', async () => {
    const storage = await open()
    for (let i = 0; i < 9; i++) await put(storage, `a/${i}`, { odd: i % 2 === 1 })
    const odd = (found: KubeObject) => (found as DynamicObject).odd === true
    const page = storage.list(PODS, { limit: 3, matches: odd })
    expect(names(page.objects)).toEqual(['a/1', 'a/3', 'a/5'])
    expect(page).toMatchObject({ next: 'a/6', remaining: 3 })
    expect(names(storage.list(PODS, { start: page.next, matches: odd }).objects)).toEqual(['a/7'])
  })

  it("goes on at the first page's revision whatever was written since", async () => {
    const storage = await open()
    for (let i = 0; i < 6; i++) await put(storage, `a/${i}`)
    const first = storage.list(PODS, { limit: 2 })
    await remove(storage, 'a/3')
    await put(storage, 'a/25')
    await put(storage, 'a/4', { changed: true })
    const rest = storage.list(PODS, { start: first.next, revision: first.revision })
    expect(names(rest.objects)).toEqual(['a/2', 'a/3', 'a/4', 'a/5'])
    expect(rest.objects.map(rv)).toEqual(['4', '5', '6', '7'])
    expect(rest.revision).toBe(first.revision)
    await remove(storage, 'a/5')
    const again = storage.list(PODS, { start: first.next, revision: first.revision, limit: 3 })
    expect(again.objects).toEqual(rest.objects.slice(0, 3))
    expect(again).toMatchObject({ next: 'a/5', remaining: 1 })
    expect(names(storage.list(PODS).objects)).toEqual(['a/0', 'a/1', 'a/2', 'a/25', 'a/4'])
  })
}

function histories(open: Open, put: Put, remove: Remove): void {
  it('lists the state of every revision that is not compacted', async () => {
    const storage = await open()
    const states = new Map<number, string[]>()
    const note = () =>
      states.set(
        storage.revision,
        storage.list(PODS).objects.map((o) => `${o.metadata.name}@${rv(o)}`),
      )
    note()
    for (const step of ['+a', '+b', '+a', '-b', '+c', '-a', '+b', '+a', '-c']) {
      if (step[0] === '+') await put(storage, step.slice(1))
      else await remove(storage, step.slice(1))
      note()
      await put(storage, 'other', {}, MAPS)
      note()
    }
    for (const [revision, state] of states) {
      const past = storage.list(PODS, { revision })
      expect(past.objects.map((o) => `${o.metadata.name}@${rv(o)}`)).toEqual(state)
      expect(past.revision).toBe(revision)
    }
  })

  it('refuses lists from behind compaction and from the future', async () => {
    const storage = await open()
    for (let i = 0; i < 5; i++) await put(storage, `a/${i}`)
    storage.compact(4)
    expect(await failure(() => storage.list(PODS, { revision: 3 }))).toEqual({ code: 'Expired', revision: 4 })
    expect(names(storage.list(PODS, { revision: 4 }).objects)).toEqual(['a/0', 'a/1', 'a/2'])
    expect(await failure(() => storage.list(MAPS, { revision: 3 }))).toEqual({ code: 'Expired', revision: 4 })
    expect(await failure(() => storage.list(PODS, { revision: 7 }))).toEqual({ code: 'TooLarge', revision: 6 })
    storage.compact()
    expect(await failure(() => storage.list(PODS, { revision: 5 }))).toEqual({ code: 'Expired', revision: 6 })
    expect(storage.list(PODS, { revision: 6 }).objects).toHaveLength(5)
  })

  it('compacts no further than now and never back', async () => {
    const storage = await open()
    await put(storage, 'a/0')
    storage.compact(99)
    storage.compact(1)
    expect(await failure(() => storage.list(PODS, { revision: 1 }))).toEqual({ code: 'Expired', revision: 2 })
    await put(storage, 'a/1')
    expect(storage.list(PODS, { revision: 2 }).objects).toHaveLength(1)
  })

  it('keeps as many events a resource as it is told to', async () => {
    const storage = await open({ limit: 3 })
    for (let i = 0; i < 6; i++) await put(storage, `a/${i}`)
    await put(storage, 'm', {}, MAPS)
    expect(await failure(() => storage.list(PODS, { revision: 3 }))).toEqual({ code: 'Expired', revision: 4 })
    expect(storage.list(PODS, { revision: 4 }).objects).toHaveLength(3)
    expect(storage.list(MAPS, { revision: 1 }).objects).toHaveLength(0)
  })
}

function watches(open: Open, put: Put, remove: Remove, follow: Follow): void {
  it('replays the past and goes on live, in one order', async () => {
    const storage = await open()
    await put(storage, 'a')
    await put(storage, 'a', { n: 2 })
    await remove(storage, 'a')
    const all = follow(storage, { fromRevision: 1 })
    const some = follow(storage, { fromRevision: 3 })
    await put(storage, 'b')
    expect(all.wakes).toBe(0)
    expect(brief(drain(all.cursor))).toEqual(['create a 2', 'update a 3', 'delete a 4', 'create b 5'])
    expect(brief(drain(some.cursor))).toEqual(['delete a 4', 'create b 5'])
    await put(storage, 'c')
    expect(all.wakes).toBe(1)
    expect(brief(drain(all.cursor))).toEqual(['create c 6'])
  })

  it('gives each event its key, the object and the one before it', async () => {
    const storage = await open()
    const { cursor } = follow(storage, { fromRevision: 1 })
    const created = await storage.create(PODS, 'default/a', object('a', { n: 1 }))
    const updated = await storage.update(PODS, 'default/a', object('a', { n: 2 }), '2')
    const deleted = await storage.delete(PODS, 'default/a', object('a', { n: 3 }), '3')
    const key = { prefix: PODS, name: 'default/a' }
    const events = drain(cursor)
    expect(events).toEqual([
      { revision: 2, type: 'create', key, object: created },
      { revision: 3, type: 'update', key, object: updated, prevObject: created },
      { revision: 4, type: 'delete', key, object: deleted, prevObject: updated },
    ])
    expect(rv(events[2].object)).toBe('4')
  })

  it('wakes a cursor once until it has read to the end', async () => {
    const storage = await open()
    const follower = follow(storage, { fromRevision: 1 })
    await put(storage, 'a')
    await put(storage, 'b')
    expect(follower.wakes).toBe(1)
    expect(follower.cursor.next()).toMatchObject({ revision: 2 })
    await put(storage, 'c')
    expect(follower.wakes).toBe(1)
    expect(drain(follower.cursor)).toHaveLength(2)
    await put(storage, 'd')
    expect(follower.wakes).toBe(2)
  })

  it('sees the commit when it is woken', async () => {
    const storage = await open()
    const seen: unknown[] = []
    storage.watch(PODS, {
      fromRevision: 1,
      wake: () => seen.push([storage.revision, storage.get(PODS, 'a')?.metadata.resourceVersion]),
    })
    await put(storage, 'a')
    expect(seen).toEqual([[2, '2']])
  })

  it('wakes and gives only what lies under the watch', async () => {
    const storage = await open()
    await put(storage, 'a/old')
    await put(storage, 'b/old')
    const inA = follow(storage, { fromRevision: 1, under: 'a/' })
    const one = follow(storage, { fromRevision: 3, under: 'a/web' })
    const maps = follow(storage, { fromRevision: 3 }, MAPS)
    expect(brief(drain(inA.cursor))).toEqual(['create a/old 2'])
    await put(storage, 'b/web')
    await put(storage, 'a0/web')
    await put(storage, 'a')
    expect([inA.wakes, one.wakes, maps.wakes]).toEqual([0, 0, 0])
    await put(storage, 'a/db')
    expect([inA.wakes, one.wakes, maps.wakes]).toEqual([1, 0, 0])
    await put(storage, 'a/web-2')
    expect([inA.wakes, one.wakes, maps.wakes]).toEqual([1, 1, 0])
    expect(brief(drain(inA.cursor))).toEqual(['create a/db 7', 'create a/web-2 8'])
    expect(brief(drain(one.cursor))).toEqual(['create a/web-2 8'])
    expect(drain(maps.cursor)).toEqual([])
  })

  it('tells the revision up to which a cursor has seen everything', async () => {
    const storage = await open()
    const busy = follow(storage, { fromRevision: 1 })
    const idle = follow(storage, { fromRevision: 1, under: 'quiet/' })
    await put(storage, 'a')
    await put(storage, 'm', {}, MAPS)
    expect(idle.cursor.revision).toBe(3)
    expect(busy.cursor.revision).toBeLessThan(2)
    await put(storage, 'b')
    busy.cursor.next()
    expect(busy.cursor.revision).toBe(2)
    drain(busy.cursor)
    expect(busy.cursor.revision).toBe(4)
    await put(storage, 'm', {}, MAPS)
    expect(busy.cursor.revision).toBe(5)
    expect(idle.cursor.revision).toBe(5)
  })

  it('waits silently when it starts in the future', async () => {
    const storage = await open()
    const follower = follow(storage, { fromRevision: 3 })
    await put(storage, 'a')
    await put(storage, 'b')
    expect(follower.wakes).toBe(0)
    expect(follower.cursor.next()).toBeUndefined()
    expect(follower.cursor.revision).toBe(3)
    await put(storage, 'c')
    expect(follower.wakes).toBe(1)
    expect(brief(drain(follower.cursor))).toEqual(['create c 4'])
  })

  it('refuses to start behind compaction', async () => {
    const storage = await open()
    for (let i = 0; i < 4; i++) await put(storage, `a/${i}`)
    storage.compact(4)
    expect(await failure(() => follow(storage, { fromRevision: 3 }))).toEqual({ code: 'Expired', revision: 4 })
    expect(await failure(() => follow(storage, { fromRevision: 3 }, MAPS))).toEqual({ code: 'Expired', revision: 4 })
    expect(brief(drain(follow(storage, { fromRevision: 4 }).cursor))).toEqual(['create a/3 5'])
  })

  it('expires a cursor that compaction overtook, by call or by limit', async () => {
    const storage = await open({ limit: 3 })
    const slow = follow(storage, { fromRevision: 1 })
    for (let i = 0; i < 3; i++) await put(storage, `a/${i}`)
    expect(slow.cursor.next()).toMatchObject({ revision: 2 })
    await put(storage, 'a/3')
    expect(slow.cursor.next()).toMatchObject({ revision: 3 })
    for (let i = 4; i < 7; i++) await put(storage, `a/${i}`)
    expect(await failure(() => slow.cursor.next())).toEqual({ code: 'Expired', revision: 5 })
    const other = follow(storage, { fromRevision: 6 })
    storage.compact()
    expect(await failure(() => other.cursor.next())).toEqual({ code: 'Expired', revision: 8 })
  })

  it('leaves cursors that wait at the end alone when it compacts', async () => {
    const storage = await open({ limit: 2 })
    const idle = follow(storage, { fromRevision: 1, under: 'quiet/' })
    for (let i = 0; i < 9; i++) await put(storage, `a/${i}`)
    storage.compact()
    expect(idle.cursor.next()).toBeUndefined()
    await put(storage, 'quiet/a')
    await put(storage, 'quiet/b')
    expect(brief(drain(idle.cursor))).toEqual(['create quiet/a 11', 'create quiet/b 12'])
  })

  it('is silent once it is closed', async () => {
    const storage = await open()
    const follower = follow(storage, { fromRevision: 1, under: 'a/' })
    const twin = follow(storage, { fromRevision: 1, under: 'a/' })
    follower.cursor.close()
    follower.cursor.close()
    await put(storage, 'a/a')
    expect(follower.wakes).toBe(0)
    expect(follower.cursor.next()).toBeUndefined()
    expect(twin.wakes).toBe(1)
    expect(drain(twin.cursor)).toHaveLength(1)
  })
}

function marks(open: Open, put: Put, remove: Remove, follow: Follow): void {
  it('marks a picture that later writes do not touch', async () => {
    const storage = await open()
    await put(storage, 'a')
    await put(storage, 'b')
    const mark = storage.mark()
    expect(mark.revision).toBe(3)
    const before = storage.list(PODS).objects
    await put(storage, 'a', { n: 2 })
    await remove(storage, 'b')
    await put(storage, 'c')
    await put(storage, 'm', {}, MAPS)
    await storage.restore(mark)
    expect(unversioned(storage.list(PODS).objects)).toEqual(unversioned(before))
    expect(storage.count(MAPS)).toBe(0)
    expect(rv(await put(storage, 'a', { n: 3 }))).toBe('9')
    await remove(storage, 'a')
    await storage.restore(mark)
    expect(unversioned(storage.list(PODS).objects)).toEqual(unversioned(before))
  })

  it('lets revisions rise over a restore and forgets the history', async () => {
    const storage = await open()
    await put(storage, 'a')
    const mark = storage.mark()
    await put(storage, 'b')
    await storage.restore(mark)
    expect(storage.revision).toBe(4)
    expect(storage.list(PODS).revision).toBe(4)
    for (const prefix of [PODS, MAPS]) {
      expect(await failure(() => storage.list(prefix, { revision: 3 }))).toEqual({ code: 'Expired', revision: 4 })
      expect(await failure(() => follow(storage, { fromRevision: 3 }, prefix))).toEqual({
        code: 'Expired',
        revision: 4,
      })
    }
    const follower = follow(storage, { fromRevision: 4 })
    await put(storage, 'b')
    expect(brief(drain(follower.cursor))).toEqual(['create b 5'])
  })

  it('ends all cursors as expired when it restores, and wakes the waiting ones to learn it', async () => {
    const storage = await open()
    const mark = storage.mark()
    const waiting = follow(storage, { fromRevision: 1 }, MAPS)
    const reading = follow(storage, { fromRevision: 1 })
    const future = follow(storage, { fromRevision: 99 })
    const closed = follow(storage, { fromRevision: 1 })
    await put(storage, 'a')
    closed.cursor.close()
    await storage.restore(mark)
    expect([waiting.wakes, reading.wakes, future.wakes]).toEqual([1, 1, 1])
    for (const { cursor } of [waiting, reading, future]) {
      expect(await failure(() => cursor.next())).toEqual({ code: 'Expired', revision: 3 })
    }
    expect(closed.cursor.next()).toBeUndefined()
    await put(storage, 'a')
    await put(storage, 'm', {}, MAPS)
    expect([waiting.wakes, reading.wakes]).toEqual([1, 1])
  })
}
