import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type FileSystem, nodeFileSystem } from '../../src/storage/file-system.ts'
import type { Storage } from '../../src/storage/interface.ts'
import { type JsonFileOptions, type JsonFileStorage, openJsonFile } from '../../src/storage/json-file.ts'
import type { Picture } from '../../src/storage/picture.ts'
import { SnapshotFile } from '../../src/storage/snapshot-file.ts'
import { failure, object, storageConformance } from '../conformance/storage.ts'

const PODS = '/registry/pods/'
const root = fs.mkdtempSync(join(tmpdir(), 'kubemu-storage-'))
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }))

let files = 0
const newFile = () => join(root, `${++files}`, 'cluster.json')
const opened: Storage[] = []
afterEach(async () => {
  vi.useRealTimers()
  for (const storage of opened.splice(0)) await storage.close()
})

async function open(path: string, options: JsonFileOptions = {}): Promise<JsonFileStorage> {
  const storage = await openJsonFile(path, { idleMs: 1e9, ...options })
  opened.push(storage)
  return storage
}

storageConformance('JSON file', (history) => open(newFile(), { history }))
storageConformance('JSON file with fsync', (history) => open(newFile(), { history, fsync: 'always' }))

/** What a crash at this moment would leave: the same files elsewhere, without the lock. */
function crashed(path: string): string {
  const copy = newFile()
  fs.mkdirSync(join(copy, '..'))
  for (const suffix of ['', '.journal', '.tmp', '.journal.tmp']) {
    if (fs.existsSync(path + suffix)) fs.copyFileSync(path + suffix, copy + suffix)
  }
  return copy
}

function stateOf(storage: Storage): unknown {
  return { revision: storage.revision, pods: storage.list(PODS).objects, prefixes: storage.prefixes() }
}

function writeSome(storage: Storage, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    storage.create(PODS, `a/${i}`, object(`${i}`, { text: 'grün ☃\n', n: i }))
    const stored = storage.get(PODS, `a/${i}`)!
    if (i % 3 === 1) storage.update(PODS, `a/${i}`, object(`${i}`, { n: -i }), stored.metadata.resourceVersion!)
    if (i % 3 === 2) storage.delete(PODS, `a/${i}`, stored, stored.metadata.resourceVersion!)
  }
}

/** A child process runs plain JavaScript: the folder with the engine compiled for it. */
function compiled(): string {
  const built = join(root, 'built')
  for (const folder of ['storage', 'apimachinery']) {
    fs.mkdirSync(join(built, folder), { recursive: true })
    for (const file of fs.readdirSync(join('src', folder)).filter((name) => name.endsWith('.ts'))) {
      const source = fs.readFileSync(join('src', folder, file), 'utf8')
      const compilerOptions = {
        target: ts.ScriptTarget.ES2023,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      }
      const { outputText } = ts.transpileModule(source, { compilerOptions })
      fs.writeFileSync(join(built, folder, file.replace(/ts$/, 'js')), outputText)
    }
  }
  fs.writeFileSync(join(built, 'package.json'), '{"type":"module"}')
  fs.symlinkSync(join(process.cwd(), 'node_modules'), join(built, 'node_modules'))
  return built
}

const folderOf = (path: string) => fs.readdirSync(join(path, '..')).sort()

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
      counts.snapshots++
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
    expect(fs.readFileSync(`${path}.journal`, 'utf8').split('\n')).toHaveLength(2)
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
  const steps = ['open', 'rename', 'ftruncateSync', 'openSync', 'fsyncSync', 'renameSync', 'writeSync'] as const

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
      expect(taken.length).toBeGreaterThan(busy ? 8 : 4)
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

describe('a disk that fails', () => {
  const broken = (code: string) => Object.assign(new Error(`${code}: the disk says no`), { code })

  it('refuses the write with nothing changed when it is full, and goes on when there is room', async () => {
    const path = newFile()
    let room = Number.POSITIVE_INFINITY
    const writeSync: FileSystem['writeSync'] = (fd, bytes, offset, length, position) => {
      if (room <= 0) throw broken('ENOSPC')
      const count = nodeFileSystem.writeSync(fd, bytes, offset, Math.min(length, room), position)
      room -= count
      return count
    }
    const storage = await open(path, { fs: { ...nodeFileSystem, writeSync } })
    writeSome(storage, 0, 5)
    const before = stateOf(storage)
    const bytes = fs.readFileSync(`${path}.journal`)
    let wakes = 0
    storage.watch(PODS, { fromRevision: storage.revision, wake: () => wakes++ })
    room = 20
    const mark = storage.mark()
    expect(await failure(() => storage.create(PODS, 'b', object('b')))).toMatchObject({ code: 'Unavailable' })
    expect(await failure(() => storage.restore(mark))).toMatchObject({ code: 'Unavailable' })
    expect(fs.readFileSync(`${path}.journal`)).toEqual(bytes)
    expect([stateOf(storage), wakes]).toEqual([before, 0])
    room = Number.POSITIVE_INFINITY
    await storage.create(PODS, 'b', object('b'))
    expect(wakes).toBe(1)
    expect(stateOf(await open(crashed(path)))).toEqual(stateOf(storage))
  })

  it('cuts a half-written line before the next one when it could not at once', async () => {
    const path = newFile()
    let failing = false
    const storage = await open(path, {
      fs: {
        ...nodeFileSystem,
        writeSync: (fd, bytes, offset, length, position) => {
          if (!failing) return nodeFileSystem.writeSync(fd, bytes, offset, length, position)
          nodeFileSystem.writeSync(fd, bytes, offset, length - 5, position)
          throw broken('EIO')
        },
        ftruncateSync: (fd, length) => {
          if (failing) throw broken('EIO')
          nodeFileSystem.ftruncateSync(fd, length)
        },
      },
    })
    writeSome(storage, 0, 3)
    failing = true
    expect(await failure(() => storage.create(PODS, 'b', object('b', { text: 'x'.repeat(5000) })))).toMatchObject({
      code: 'Unavailable',
    })
    const warnings: string[] = []
    const meanwhile = await open(crashed(path), { warn: (message) => warnings.push(message) })
    expect(stateOf(meanwhile)).toEqual(stateOf(storage))
    expect(warnings).toHaveLength(1)
    failing = false
    writeSome(storage, 3, 6)
    expect(stateOf(await open(crashed(path)))).toEqual(stateOf(storage))
  })

  it('keeps the journal and says so when the snapshot cannot be written', async () => {
    const path = newFile()
    const warnings: string[] = []
    const rename = async () => {
      throw broken('EIO')
    }
    const storage = await open(path, { fs: { ...nodeFileSystem, rename }, warn: (message) => warnings.push(message) })
    writeSome(storage, 0, 5)
    await expect(storage.save()).rejects.toThrow('EIO')
    writeSome(storage, 5, 8)
    await storage.close()
    expect(warnings).toEqual([expect.stringContaining('the journal holds the rest')])
    expect(stateOf(await open(path))).toEqual(stateOf(storage))
  })

  it('acknowledges nothing more after a sync that failed', async () => {
    const path = newFile()
    let syncs = 0
    const fdatasync = async (fd: number) => {
      if (++syncs > 1) throw broken('EIO')
      return nodeFileSystem.fdatasync(fd)
    }
    const storage = await open(path, { fs: { ...nodeFileSystem, fdatasync }, fsync: 'always' })
    await Promise.all([1, 2, 3].map((i) => storage.create(PODS, `a/${i}`, object(`${i}`))))
    expect(syncs).toBe(1)
    expect(await failure(() => storage.create(PODS, 'b/1', object('1')))).toMatchObject({ code: 'Unavailable' })
    expect(await failure(() => storage.create(PODS, 'b/2', object('2')))).toMatchObject({ code: 'Unavailable' })
    expect(storage.count(PODS, 'b/2')).toBe(0)
  })
})

describe('a file that is not right', () => {
  async function written(): Promise<string> {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 4)
    await storage.save()
    writeSome(storage, 4, 8)
    return crashed(path)
  }

  async function refused(path: string, file = path): Promise<string> {
    const before = fs.readFileSync(file)
    const names = folderOf(path)
    const message = await open(path).then(
      () => 'opened',
      (error: Error) => error.message,
    )
    expect(fs.readFileSync(file)).toEqual(before)
    expect(folderOf(path)).toEqual(names)
    expect(message).toContain(file)
    return message
  }

  const edits: [string, (text: string) => string, RegExp][] = [
    ['is not JSON', () => 'apiVersion: v1\n', /not a whole JSON document.*Restore/],
    ['was cut off', (text) => text.slice(0, -10), /not a whole JSON document/],
    ['is empty', () => '', /not a whole JSON document/],
    ['is other JSON', () => '{"kind":"List"}', /not a KubEmu data file/],
    ['is an array', () => '[]', /not a KubEmu data file/],
    ['is newer', (text) => text.replace('"formatVersion": 1', '"formatVersion": 2'), /newer than 1.*newer KubEmu/],
    ['has no revision', (text) => text.replace('"revision": ', '"revisions": '), /revision or objects are missing/],
    ['has no objects', (text) => text.replace('"objects"', '"things"'), /revision or objects are missing/],
    ['has a damaged object', (text) => text.replace('"kind":"Pod"', '"kin":"Pod"'), /no object with apiVersion/],
    ['has no resourceVersion', (text) => text.replace('"resourceVersion"', '"rv"'), /has no resourceVersion/],
    [
      'contradicts its revision',
      (text) => text.replace(/"revision": \d+/, '"revision": 2'),
      /beyond the file's revision/,
    ],
  ]
  for (const [what, edit, message] of edits) {
    it(`is refused and left alone when it ${what}`, async () => {
      const path = await written()
      fs.writeFileSync(path, edit(fs.readFileSync(path, 'utf8')))
      expect(await refused(path)).toMatch(message)
    })
  }

  it('is refused when a line in the middle of the journal is damaged', async () => {
    const path = await written()
    const lines = fs.readFileSync(`${path}.journal`, 'utf8').split('\n')
    lines[2] = lines[2].replace('"name"', '"nome"')
    fs.writeFileSync(`${path}.journal`, lines.join('\n'))
    expect(await refused(path, `${path}.journal`)).toMatch(/line 3 of the journal is damaged.*Restore it from a copy/)
  })

  it('is refused when the journal is not one, is newer, or belongs to another data file', async () => {
    const path = await written()
    const text = fs.readFileSync(`${path}.journal`, 'utf8')
    fs.writeFileSync(`${path}.journal`, 'a diary')
    expect(await refused(path, `${path}.journal`)).toMatch(/not a KubEmu journal/)
    fs.writeFileSync(`${path}.journal`, text.replace('"formatVersion":1', '"formatVersion":7'))
    expect(await refused(path, `${path}.journal`)).toMatch(/format 7 is newer/)
    fs.writeFileSync(`${path}.journal`, text)
    fs.rmSync(path)
    expect(await refused(path, `${path}.journal`)).toMatch(/does not follow from the data file/)
  })

  it('loses only a torn last line, wherever it was torn, and says so', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 4)
    const before = stateOf(storage)
    const length = fs.statSync(`${path}.journal`).size
    await storage.create(PODS, 'b/last', object('last'))
    const whole = fs.readFileSync(`${path}.journal`)
    const cuts = [length + 1, length + 40, whole.length - 2, whole.length - 1]
    const torn = [...cuts.map((cut) => whole.subarray(0, cut)), Buffer.from(whole.toString().replace('last', 'lost'))]
    for (const bytes of torn) {
      const copy = crashed(path)
      fs.writeFileSync(`${copy}.journal`, bytes)
      const warnings: string[] = []
      const again = await open(copy, { warn: (message) => warnings.push(message) })
      expect(stateOf(again)).toEqual(before)
      expect(warnings).toEqual([expect.stringContaining('dropped the last line')])
      await again.create(PODS, 'b/next', object('next'))
      expect(stateOf(await open(crashed(copy)))).toEqual(stateOf(again))
    }
  })

  it('opens with a journal that was just being made', async () => {
    const path = newFile()
    writeSome(await open(path), 0, 1)
    const copy = crashed(path)
    fs.truncateSync(`${copy}.journal`, 10)
    expect((await open(copy)).revision).toBe(1)
    fs.truncateSync(`${copy}.journal`, 0)
    expect((await open(crashed(copy))).revision).toBe(1)
  })

  it('can be written by hand, in any layout', async () => {
    const path = await written()
    const document = JSON.parse(fs.readFileSync(path, 'utf8'))
    document.objects[PODS]['a/0'].byHand = true
    fs.writeFileSync(path, JSON.stringify(document, null, 4))
    expect((await open(path)).get(PODS, 'a/0')).toMatchObject({ byHand: true })
  })
})

describe('a data file that is too large for one string', () => {
  const ODD_TEXT = 'line\u2028separator \u2029 "}," {\n'

  it('is read by lines, to the same state', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 300)
    await storage.create('/registry/configmaps/', 'a/odd": {', object('odd', { text: ODD_TEXT }))
    await storage.create('/registry/gone/', 'x', object('x'))
    await storage.delete('/registry/gone/', 'x', object('x'), String(storage.revision))
    await storage.save()
    const whole = (await new SnapshotFile(path, nodeFileSystem).read())!
    const lines = (await new SnapshotFile(path, nodeFileSystem, 0).read())!
    const toPlain = ({ revision, trees }: Picture) => [
      revision,
      [...trees].map(([prefix, tree]) => [prefix, tree.toArray()]),
    ]
    expect(toPlain(lines)).toEqual(toPlain(whole))
    expect(lines.revision).toBe(storage.revision)
    expect([...lines.trees.keys()]).toEqual([PODS, '/registry/configmaps/', '/registry/gone/'])
  })

  it('is refused when it is cut off, reformatted or foreign', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 3)
    await storage.save()
    const text = fs.readFileSync(path, 'utf8')
    for (const bad of [text.slice(0, -4), text.slice(0, 200), JSON.stringify(JSON.parse(text)), 'a diary\n', '']) {
      fs.writeFileSync(path, bad)
      await expect(new SnapshotFile(path, nodeFileSystem, -1).read()).rejects.toThrow(
        `${path}: this is not a whole JSON`,
      )
    }
  })
})

describe('the lock', () => {
  it('refuses a file that is open, and leaves it to its holder', async () => {
    const path = newFile()
    const storage = await open(path)
    await expect(open(path)).rejects.toThrow(`${path}: the data file is in use by process ${process.pid}`)
    writeSome(storage, 0, 2)
    await storage.close()
    expect((await open(path)).count(PODS)).toBe(2)
  })

  const gone = spawnSync(process.execPath, ['-e', '']).pid
  const stale: [string, string][] = [
    ['a dead process', `{"pid":${gone}}\n`],
    ['an earlier process with the same pid', `{"pid":${process.pid},"started":"1"}\n`],
    ['nobody', ''],
  ]
  for (const [whose, content] of stale) {
    it.skipIf(whose.includes('earlier') && process.platform !== 'linux')(`is taken over from ${whose}`, async () => {
      const path = newFile()
      fs.mkdirSync(join(path, '..'))
      fs.writeFileSync(`${path}.lock`, content)
      await (await open(path)).close()
      expect(folderOf(path)).toEqual(['cluster.json'])
    })
  }
})
