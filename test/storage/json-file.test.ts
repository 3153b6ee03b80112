import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { basename } from 'node:path'
import { describe, expect, it, vi } from 'vitest'
import { type FileSystem, nodeFileSystem } from '../../src/storage/file-system.ts'
import type { JsonFileStorage } from '../../src/storage/json-file.ts'
import { failure, object, storageConformance } from '../conformance/storage.ts'
import {
  closeAfterEach,
  compiled,
  crashed,
  folderOf,
  newFile,
  open,
  PODS,
  stateOf,
  writeSome,
} from '../support/data-files.ts'

closeAfterEach()

storageConformance('JSON file', (history) => open(newFile(), { history }))
storageConformance('JSON file with fsync', (history) => open(newFile(), { history, fsync: 'always' }))

describe('what is on disk', () => {
  it('survives a clean close as one JSON document, and the journal and the lock are gone', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 10)
    const before = stateOf(storage)
    await storage.close()
    expect(folderOf(path)).toEqual(['cluster.json'])
    const document = JSON.parse(fs.readFileSync(path, 'utf8'))
    expect(document).toMatchObject({ format: 'kubemu.dev/cluster', formatVersion: 1, revision: storage.revision })
    expect(document.objects[PODS]['a/0']).toEqual(storage.get(PODS, 'a/0'))
    expect(stateOf(await open(path))).toEqual(before)
  })

  it('survives a crash without any snapshot, and revisions go on', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 10)
    const again = await open(crashed(path))
    expect(stateOf(again)).toEqual(stateOf(storage))
    const last = storage.revision
    expect(again.create(PODS, 'b/1', object('1'))).toMatchObject({ metadata: { resourceVersion: String(last + 1) } })
  })

  it('does not use the revision of a last delete again', async () => {
    const path = newFile()
    const storage = await open(path)
    const { metadata } = await storage.create(PODS, 'a', object('a'))
    await storage.delete(PODS, 'a', object('a'), metadata.resourceVersion!)
    storage.compact()
    expect((await open(crashed(path))).revision).toBe(3)
    await storage.save()
    const again = await open(crashed(path))
    expect(again.revision).toBe(3)
    expect(again.count(PODS)).toBe(0)
  })

  it('has a commit in the journal before a watcher hears of it', async () => {
    const path = newFile()
    const storage = await open(path)
    const journalled: boolean[] = []
    const wake = () => journalled.push(fs.readFileSync(`${path}.journal`, 'utf8').includes('"name":"a/seen"'))
    storage.watch(PODS, { fromRevision: 1, wake })
    await storage.create(PODS, 'a/seen', object('seen'))
    expect(journalled).toEqual([true])
  })

  it('takes objects larger than any buffer it began with', async () => {
    const path = newFile()
    const storage = await open(path)
    await storage.create(PODS, 'big', object('big', { text: '☃'.repeat(1_000_000) }))
    const mark = storage.mark()
    for (const name of ['b', 'c', 'd']) await storage.create(PODS, name, object(name, { text: 'x'.repeat(3_000_000) }))
    const full = storage.mark()
    await storage.restore(mark)
    await storage.restore(full)
    await storage.create(PODS, 'small', object('small'))
    expect(stateOf(await open(crashed(path)))).toEqual(stateOf(storage))
  })

  it('has no history after a restart: watches from before are expired', async () => {
    const path = newFile()
    writeSome(await open(path), 0, 3)
    const again = await open(crashed(path))
    const wake = () => {}
    const { revision } = again
    expect(await failure(() => again.watch(PODS, { fromRevision: revision - 1, wake }))).toEqual({
      code: 'Expired',
      revision,
    })
    expect(await failure(() => again.list(PODS, { revision: revision - 1 }))).toMatchObject({ code: 'Expired' })
    expect(again.watch(PODS, { fromRevision: revision, wake }).next()).toBeUndefined()
  })

  it('keeps a restore', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 6)
    const mark = storage.mark()
    const before = storage.list(PODS).objects
    writeSome(storage, 6, 12)
    await storage.delete(PODS, 'a/0', object('0'), storage.get(PODS, 'a/0')!.metadata.resourceVersion!)
    await storage.restore(mark)
    const again = await open(crashed(path))
    expect(stateOf(again)).toEqual(stateOf(storage))
    expect(again.list(PODS).objects).toEqual(before)
    await again.create(PODS, 'b', object('b'))
    expect((await open(crashed(path))).revision).toBe(storage.revision)
  })

  /** A disk that counts the snapshots begun on it and the syncs asked of it. */
  function counting() {
    const counts = { snapshots: 0, syncs: 0 }
    const open: FileSystem['open'] = (...args) => {
      if (String(args[0]).endsWith('.tmp')) counts.snapshots++
      return nodeFileSystem.open(...args)
    }
    const fdatasync = (fd: number) => {
      counts.syncs++
      return nodeFileSystem.fdatasync(fd)
    }
    return { counts, fs: { ...nodeFileSystem, open, fdatasync } }
  }

  it('takes a snapshot by itself when the journal is long enough, and cuts it', async () => {
    const path = newFile()
    const disk = counting()
    const storage = await open(path, { journalLimit: 20_000, fs: disk.fs })
    writeSome(storage, 0, 50)
    expect(disk.counts.snapshots).toBe(0)
    writeSome(storage, 50, 200)
    expect(disk.counts.snapshots).toBe(1)
    await storage.save()
    expect(JSON.parse(fs.readFileSync(path, 'utf8')).revision).toBe(storage.revision)
    expect(folderOf(path)).toEqual(['cluster.json', 'cluster.json.journal.3', 'cluster.json.lock'])
    expect(fs.readFileSync(`${path}.journal.3`, 'utf8').split('\n')).toHaveLength(2)
    writeSome(storage, 200, 210)
    expect(stateOf(await open(crashed(path)))).toEqual(stateOf(storage))
  })

  it('takes a snapshot when it is idle, once', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const disk = counting()
    const storage = await open(newFile(), { idleMs: 10, fs: disk.fs })
    writeSome(storage, 0, 3)
    vi.advanceTimersByTime(10)
    expect(disk.counts.snapshots).toBe(0)
    vi.advanceTimersByTime(10)
    expect(disk.counts.snapshots).toBe(1)
    await storage.close()
    expect(disk.counts.snapshots).toBe(1)
  })

  it('syncs once an interval when there is something to sync', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const disk = counting()
    const storage = await open(newFile(), { fsync: 'interval', fs: disk.fs })
    vi.advanceTimersByTime(5000)
    writeSome(storage, 0, 3)
    expect(disk.counts.syncs).toBe(0)
    vi.advanceTimersByTime(1000)
    await new Promise(setImmediate)
    expect(disk.counts.syncs).toBe(1)
    vi.advanceTimersByTime(5000)
    await new Promise(setImmediate)
    expect(disk.counts.syncs).toBe(1)
  })

  it('acknowledges writes that come at the same time after one sync, and not before the segment that they are in is on the disk', async () => {
    const path = newFile()
    const done: (() => void)[] = []
    const fdatasync = () => new Promise<void>((resolve) => done.push(resolve))
    const storage = await open(path, { fsync: 'always', fs: { ...nodeFileSystem, fdatasync } })
    const acknowledged: string[] = []
    const write = (name: string) =>
      Promise.resolve(storage.create(PODS, name, object(name))).then(() => acknowledged.push(name))
    const turn = () => new Promise(setImmediate)
    const first = Promise.all(['a/1', 'a/2', 'a/3'].map(write))
    await turn()
    expect([done.length, acknowledged]).toEqual([1, []])
    // These come too late for that sync, and the journal goes on in another segment before theirs.
    const second = Promise.all(['b/1', 'b/2'].map(write))
    await storage.save()
    const third = write('c/1')
    done.shift()!()
    await first
    await turn()
    expect([done.length, acknowledged]).toEqual([1, ['a/1', 'a/2', 'a/3']])
    done.shift()!()
    await turn()
    expect([done.length, acknowledged.length]).toEqual([1, 3])
    done.shift()!()
    await Promise.all([second, third])
    expect(done).toEqual([])
    const closed = storage.close()
    while (done.length > 0 || (await Promise.race([closed.then(() => 'closed'), turn()])) !== 'closed') done.shift()?.()
  })

  it('survives kill -9 of the process with every write that was acknowledged', () => {
    const built = compiled()
    const path = newFile()
    const script = `
      import { openJsonFile } from '${built}/storage/json-file.js'
      import fs from 'node:fs'
      const storage = await openJsonFile('${path}', { journalLimit: 3000 })
      for (let i = 0; ; i++) {
        const made = storage.create('${PODS}', 'a/' + i, { apiVersion: 'v1', kind: 'Pod', metadata: { name: String(i) } })
        fs.writeSync(1, made.metadata.resourceVersion + '\\n')
        if (i === 3000) process.kill(process.pid, 'SIGKILL')
        if (i % 7 === 0) await new Promise(setImmediate)
      }`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' })
    expect(child.signal).toBe('SIGKILL')
    const acknowledged = child.stdout.trim().split('\n').map(Number)
    expect(fs.existsSync(`${path}.lock`)).toBe(true)
    return open(path).then((storage) => {
      expect(storage.revision).toBe(acknowledged.at(-1))
      expect(storage.count(PODS)).toBe(acknowledged.length)
    })
  })
})

describe('a crash while the snapshot is taken', () => {
  const steps = [
    'open',
    'rename',
    'ftruncateSync',
    'openSync',
    'writeSync',
    'fdatasync',
    'remove',
    'removeSync',
  ] as const

  for (const busy of [false, true]) {
    it(`replays right at every step${busy ? ', also with writes meanwhile' : ''}`, async () => {
      const path = newFile()
      let crashes: { step: string; copy: string; state: unknown }[] | undefined
      const spied = {} as Record<string, unknown>
      let storage: JsonFileStorage
      for (const step of steps) {
        const real = nodeFileSystem[step] as (...args: unknown[]) => unknown
        spied[step] = (...args: unknown[]) => {
          crashes?.push({
            step: `before ${step} ${basename(String(args[0]))}`,
            copy: crashed(path),
            state: stateOf(storage),
          })
          const answer = real(...args)
          if (!(answer instanceof Promise)) {
            crashes?.push({ step: `after ${step}`, copy: crashed(path), state: stateOf(storage) })
          }
          return answer
        }
      }
      storage = await open(path, { fs: { ...nodeFileSystem, ...spied } as FileSystem, fsync: 'interval' })
      writeSome(storage, 0, 30)
      await storage.save()
      writeSome(storage, 30, 40)
      crashes = []
      const saving = storage.save()
      if (busy) {
        const taking = crashes
        crashes = undefined
        writeSome(storage, 40, 45)
        crashes = taking
      }
      await saving
      const taken = crashes
      crashes = undefined
      expect(taken.length).toBeGreaterThan(6)
      for (const { step, copy, state } of taken) {
        const warnings: string[] = []
        const again = await open(copy, { warn: (message) => warnings.push(message) })
        expect([step, stateOf(again), warnings]).toEqual([step, state, []])
        await again.close()
        expect(folderOf(copy).filter((name) => !name.endsWith('.tmp'))).toEqual(['cluster.json'])
      }
    })
  }
})
