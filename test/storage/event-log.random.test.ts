import { expect, it } from 'vitest'
import type { Cursor } from '../../src/storage/interface.ts'
import { StorageError } from '../../src/storage/interface.ts'
import { MemoryStorage } from '../../src/storage/memory.ts'
import { object } from '../conformance/storage.ts'

const WRITES = 20_000
const CURSORS = 60
const PREFIXES = ['/registry/pods/', '/registry/configmaps/']
const UNDER = ['', 'a/', 'b/', 'c', 'ab/', 'a/1', 'zz/']

/** mulberry32: the same run for the same seed. */
function generator(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return (((t ^ (t >>> 14)) >>> 0) % 2 ** 32) % below
  }
}

/** What really happened, told by what the writer did and not by the log. */
interface Fact {
  revision: number
  prefix: string
  type: string
  name: string
  before: string | undefined
}

interface Reader {
  cursor: Cursor
  prefix: string
  under: string
  from: number
  got: string[]
  /** There may be something to read: true from the start, for the past. */
  woken: boolean
  /** `wake` was called since the cursor last was at its end. */
  called: boolean
  /** Reads this many events a turn at most, and only in one of `patience` turns. */
  appetite: number
  patience: number
}

const tell = (fact: Fact) => `${fact.type} ${fact.name} @${fact.revision} was ${fact.before ?? 'nothing'}`

for (const seed of [1, 20_260_101]) {
  it(`gives every cursor exactly its events, whatever its start, filter and pace (seed ${seed})`, () => {
    const random = generator(seed)
    const storage = new MemoryStorage({ history: { limit: 2_000 } })
    const facts: Fact[] = []
    const readers: Reader[] = []
    let expired = 0

    for (let i = 0; i < WRITES; i++) {
      facts.push(writeSomething(storage, random))
      while (readers.length < CURSORS) readers.push(openReader(storage, random))
      for (let j = 0; j < readers.length; j++) {
        const reader = readers[j]
        if (!reader.woken || random(reader.patience) > 0) continue
        if (!read(reader, random)) {
          expired++
          expectPrefixOf(reader, facts)
          readers.splice(j--, 1)
        } else if (random(2_000) === 0) {
          expectPrefixOf(reader, facts)
          reader.cursor.close()
          readers.splice(j--, 1)
        }
      }
    }

    for (const reader of readers) {
      reader.appetite = Number.POSITIVE_INFINITY
      if (reader.woken && !read(reader, random)) expired++
      else {
        expect(reader.cursor.revision).toBe(storage.revision)
        expect(reader.got).toEqual(expected(reader, facts))
      }
    }
    expect(storage.revision).toBe(WRITES + 1)
    expect(expired).toBeGreaterThan(0)
  })
}

function writeSomething(storage: MemoryStorage, random: (below: number) => number): Fact {
  const prefix = PREFIXES[random(10) === 0 ? 1 : 0]
  const name = `${['a', 'a', 'b', 'ab', 'c1', 'd'][random(6)]}/${random(20)}`
  const stored = storage.get(prefix, name)
  const before = stored?.metadata.resourceVersion
  const revision = storage.revision + 1
  if (stored === undefined) storage.create(prefix, name, object(name))
  else if (random(3) === 0) storage.delete(prefix, name, stored, before!)
  else {
    storage.update(prefix, name, object(name), before!)
    return { revision, prefix, type: 'update', name, before }
  }
  return { revision, prefix, type: stored === undefined ? 'create' : 'delete', name, before }
}

function openReader(storage: MemoryStorage, random: (below: number) => number): Reader {
  const prefix = PREFIXES[random(5) === 0 ? 1 : 0]
  const under = UNDER[random(UNDER.length)]
  // Now, somewhere in the past that is still kept, or a little in the future.
  const from = storage.revision + [0, -random(1_500), -random(20), random(30)][random(4)]
  const reader: Reader = {
    cursor: undefined as unknown as Cursor,
    prefix,
    under,
    from: Math.max(1, from),
    got: [],
    woken: true,
    called: false,
    appetite: 1 + random(40),
    patience: [1, 3, 40, 3_000][random(4)],
  }
  const wake = () => {
    if (reader.called) throw new Error('woken twice without having read to the end')
    reader.called = reader.woken = true
  }
  reader.cursor = storage.watch(prefix, { under, fromRevision: reader.from, wake })
  return reader
}

/** False when the cursor is expired. */
function read(reader: Reader, random: (below: number) => number): boolean {
  try {
    for (let n = Math.min(reader.appetite, 1e9) - random(2); n >= 0; n--) {
      const event = reader.cursor.next()
      if (event === undefined) {
        reader.called = reader.woken = false
        return true
      }
      const { type, key, revision, object: now, prevObject } = event
      if (now.metadata.resourceVersion !== String(revision)) throw new Error('the object is not the one of its event')
      const before = prevObject?.metadata.resourceVersion
      reader.got.push(tell({ revision, prefix: key.prefix, type, name: key.name, before }))
    }
    return true
  } catch (error) {
    if (error instanceof StorageError && error.code === 'Expired') return false
    throw error
  }
}

function expected(reader: Reader, facts: Fact[]): string[] {
  return facts
    .filter(
      ({ revision, prefix, name }) =>
        revision > reader.from && prefix === reader.prefix && name.startsWith(reader.under),
    )
    .map(tell)
}

/** For a reader that ended early: what it got is the beginning of what it should have got. */
function expectPrefixOf(reader: Reader, facts: Fact[]): void {
  expect(reader.got).toEqual(expected(reader, facts).slice(0, reader.got.length))
}
