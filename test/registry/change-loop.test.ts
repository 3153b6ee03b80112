import { expect, test } from 'vitest'
import { ManualClock } from '../../src/index.ts'
import { ChangeLoop, ChangeSign } from '../../src/registry/change-loop.ts'
import { StorageError } from '../../src/storage/interface.ts'
import { MemoryStorage } from '../../src/storage/memory.ts'

const PREFIX = '/registry/configmaps/'

function followed() {
  const storage = new MemoryStorage({ history: { limit: 2 } })
  const changed: string[] = []
  const sign = new ChangeSign(storage, (prefix) => changed.push(prefix))
  const write = (name: string) =>
    storage.create(PREFIX, `default/${name}`, {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, namespace: 'default' },
    })
  return { storage, changed, sign, write }
}

test('a sign of change comes once until it is read, whatever happened in between', () => {
  const { changed, sign, write } = followed()
  write('before')
  sign.follow(PREFIX)
  expect(changed).toEqual([])
  write('a')
  write('b')
  expect(changed).toEqual([PREFIX])
  sign.read()
  write('c')
  expect(changed).toEqual([PREFIX, PREFIX])
})

test('a sign whose history is gone follows from the state as it is when it is read', () => {
  const { storage, changed, sign, write } = followed()
  sign.follow(PREFIX)
  for (let i = 0; i < 10; i++) write(`w-${i}`)
  storage.compact()
  sign.read()
  write('later')
  expect(changed).toEqual([PREFIX, PREFIX])
})

test('a sign that was left or closed comes no more', () => {
  const { changed, sign, write } = followed()
  sign.follow(PREFIX)
  expect(sign.follows(PREFIX)).toBe(true)
  sign.leave(PREFIX)
  expect(sign.follows(PREFIX)).toBe(false)
  write('a')
  sign.follow(PREFIX)
  sign.close()
  write('b')
  expect(changed).toEqual([])
})

test('a loop answers all wakes of a turn at once, and one that comes meanwhile after it', async () => {
  let runs = 0
  const loop: ChangeLoop = new ChangeLoop(new ManualClock(0), async () => {
    if (++runs === 1) loop.wake()
  })
  loop.wake()
  loop.wake()
  expect([runs, loop.isIdle]).toEqual([0, false])
  await loop.idle()
  expect([runs, loop.isIdle]).toEqual([2, true])
})

test('a loop tries again a second after storage refused, unless it is stopped', async () => {
  const clock = new ManualClock(0)
  let runs = 0
  const loop = new ChangeLoop(clock, async () => {
    runs++
    throw new StorageError('Unavailable', 'no space left on device')
  })
  loop.wake()
  await loop.idle()
  clock.advance(999)
  expect(loop.isIdle).toBe(true)
  clock.advance(1)
  await loop.idle()
  expect(runs).toBe(2)
  loop.stop()
  clock.advance(1000)
  expect([runs, loop.isIdle]).toEqual([2, true])
})
