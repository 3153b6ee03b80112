import fs from 'node:fs'
import { describe, expect, it, vi } from 'vitest'
import { type DataFile, readDataFile } from '../../src/storage/data-file.ts'
import { type FileSystem, nodeFileSystem } from '../../src/storage/file-system.ts'
import { failure, object } from '../conformance/storage.ts'
import { closeAfterEach, crashed, folderOf, newFile, open, PODS, stateOf, writeSome } from '../support/data-files.ts'

closeAfterEach()

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

  it('acknowledges nothing after a sync that failed, until a snapshot has all of it', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const path = newFile()
    let fails = 0
    let fail = () => {}
    const fdatasync = async (fd: number) => {
      if (fails-- > 0) return new Promise<void>((_, reject) => (fail = () => reject(broken('EIO'))))
      return nodeFileSystem.fdatasync(fd)
    }
    const warnings: string[] = []
    const warn = (message: string) => warnings.push(message)
    const storage = await open(path, { fs: { ...nodeFileSystem, fdatasync }, fsync: 'always', idleMs: 10, warn })
    await storage.create(PODS, 'a/1', object('1'))
    fails = 1
    // A disk forgets that it failed: whoever came in between the two syncs must not be told that all is well.
    const first = failure(() => storage.create(PODS, 'b/1', object('1')))
    await new Promise(setImmediate)
    const second = failure(() => storage.create(PODS, 'b/2', object('2')))
    fail()
    expect([await first, await second]).toMatchObject([{ code: 'Failed' }, { code: 'Failed' }])
    expect(warnings).toEqual(Array(2).fill(expect.stringContaining('cannot be synced: EIO')))
    // Those two may be done, and can be seen; the next one is not begun.
    expect(await failure(() => storage.create(PODS, 'b/3', object('3')))).toMatchObject({ code: 'Unavailable' })
    expect(['b/1', 'b/2', 'b/3'].map((name) => storage.get(PODS, name) !== undefined)).toEqual([true, true, false])
    expect(storage.get(PODS, 'a/1')).toBeDefined()
    vi.advanceTimersByTime(10)
    await storage.save()
    await storage.create(PODS, 'c/1', object('1'))
    expect(stateOf(await open(crashed(path)))).toEqual(stateOf(storage))
  })

  it.each([
    ['EACCES', 'this user may not read and write there; give it the right, or choose another data file'],
    ['EROFS', 'this disk is read-only; choose a data file on another one'],
    ['ENOSPC', 'the disk is full; make room, or choose a data file on another disk'],
  ])('that answers %s at the start is said with what to do, and nothing is left behind', async (code, remedy) => {
    const path = newFile()
    const openSync = () => {
      throw broken(code)
    }
    const message = `${path}: ${remedy} (${code}: the disk says no)`
    await expect(open(path, { fs: { ...nodeFileSystem, openSync } })).rejects.toThrow(message)
    expect(folderOf(path)).toEqual([])
  })

  it('leaves no half of a data file in the room that the journal needs, and says once that it is full', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] })
    const path = newFile()
    const warnings: string[] = []
    let isFull = true
    const opening: FileSystem['open'] = async (...args) => {
      const file = await nodeFileSystem.open(...args)
      if (isFull) file.sync = () => Promise.reject(broken('ENOSPC'))
      return file
    }
    const warn = (message: string) => warnings.push(message)
    const storage = await open(path, { fs: { ...nodeFileSystem, open: opening }, idleMs: 10, warn })
    writeSome(storage, 0, 5)
    for (let i = 0; i < 3; i++) {
      vi.advanceTimersByTime(20)
      await expect(storage.save()).rejects.toThrow('ENOSPC')
    }
    expect(folderOf(path)).toEqual(['cluster.json.journal', 'cluster.json.journal.2', 'cluster.json.lock'])
    expect(warnings).toEqual([expect.stringMatching(/the data file cannot be written, the journal goes on: ENOSPC/)])
    isFull = false
    await storage.save()
    expect(folderOf(path)).toEqual(['cluster.json', 'cluster.json.journal.2', 'cluster.json.lock'])
    expect(stateOf(await open(crashed(path)))).toEqual(stateOf(storage))
  })
})

describe('a file that is not right', () => {
  /** A snapshot and a journal after it, as a crash leaves them. */
  async function written(each = 4): Promise<{ path: string; journal: string }> {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, each)
    await storage.save()
    writeSome(storage, each, 2 * each)
    const copy = crashed(path)
    return { path: copy, journal: `${copy}.journal.2` }
  }

  async function refused(path: string, file = path): Promise<string> {
    const contentOf = () => (fs.statSync(file).isFile() ? fs.readFileSync(file) : 'a folder')
    const before = contentOf()
    const names = folderOf(path)
    const message = await open(path).then(
      () => 'opened',
      (error: Error) => error.message,
    )
    expect(contentOf()).toEqual(before)
    expect(folderOf(path)).toEqual(names)
    expect(message).toContain(file)
    return message
  }

  /** An edit by a person, who took out the sum as the message says. */
  const edited = (edit: (text: string) => string) => (text: string) => edit(text.replace(/"crc": "\w+",\n/, ''))
  const PNG = '\x89PNG\r\n\x1a\n\0\0\0\rIHDR'

  const edits: [string, (text: string) => string, RegExp][] = [
    ['is YAML', () => 'apiVersion: v1\nkind: List\n', /not a whole JSON document, see line 1.*Restore/],
    ['is a picture', () => PNG, /not a whole JSON document/],
    [
      'was cut off',
      (text) => text.slice(0, -10),
      /not a whole JSON document, see line 10: (?:Unexpected end|Expected|Unterminated)/,
    ],
    ['is empty', () => '', /not a whole JSON document/],
    ['is other JSON', () => '{"kind":"List"}', /not a KubEmu data file.*Choose another/],
    ['is an array', () => '[]', /not a KubEmu data file/],
    ['is newer', (text) => text.replace('"formatVersion": 1', '"formatVersion": 2'), /newer than 1.*newer KubEmu/],
    [
      'was edited',
      (text) => text.replace('"kind":"Pod"', '"kind":"Pot"'),
      /damaged, or edited.*take out the line.*crc/,
    ],
    ['was reformatted', (text) => JSON.stringify(JSON.parse(text)), /damaged, or edited.*take out the line/],
    [
      'has no revision',
      edited((text) => text.replace('"revision": ', '"revisions": ')),
      /revision or objects are miss/,
    ],
    ['has no objects', edited((text) => text.replace('"objects"', '"things"')), /revision or objects are missing/],
    ['has more than it should', edited((text) => text.replace('{', '{"odd":1,')), /has "odd", which no data file has/],
    [
      'has a damaged object',
      edited((text) => text.replace('"kind":"Pod"', '"kin":"Pod"')),
      /\/registry\/pods\/a\/0 is no object with apiVersion and kind/,
    ],
    [
      'has no resourceVersion',
      edited((text) => text.replace('"resourceVersion"', '"rv"')),
      /pods\/a\/0 has no resourceVersion/,
    ],
    [
      'contradicts its revision',
      edited((text) => text.replace(/"revision": \d+/, '"revision": 2')),
      /beyond the file's revision/,
    ],
  ]
  it.each(edits)('is refused and left alone when it %s', async (_, edit, message) => {
    const { path } = await written()
    fs.writeFileSync(path, edit(fs.readFileSync(path, 'utf8')))
    expect(await refused(path)).toMatch(message)
  })

  const journals: [string, (text: string) => string, RegExp][] = [
    ['has a damaged line', (text) => text.replace('"name":"a/4"', '"nome":"a/4"'), /line 2 .* damaged.*Restore it/],
    ['is not one', () => 'a diary\n', /not a KubEmu journal/],
    ['is newer', (text) => text.replace('"formatVersion":1', '"formatVersion":7'), /format 7 is newer.*newer KubEmu/],
    ['lost a line', (text) => text.replace(/\n.*"a\/5".*\n/, '\n'), /revision \d+ does not follow: what stands before/],
  ]
  it.each(journals)('is refused and left alone when the journal %s', async (_, edit, message) => {
    const { path, journal } = await written()
    fs.writeFileSync(journal, edit(fs.readFileSync(journal, 'utf8')))
    expect(await refused(path, journal)).toMatch(message)
  })

  it('is refused when the journal belongs to another data file, or one of the two is a folder', async () => {
    const { path, journal } = await written()
    fs.rmSync(path)
    expect(await refused(path, journal)).toMatch(
      /does not follow: the data file ends at 1\..*They do not belong together/,
    )
    fs.mkdirSync(path)
    expect(await refused(path)).toMatch(/this is a folder; choose the name of a file/)
    fs.rmdirSync(path)
    fs.rmSync(journal)
    fs.mkdirSync(journal)
    expect(await refused(path, journal)).toMatch(/this is a folder/)
  })

  it('is refused for one bit that flipped, wherever it did', async () => {
    const { path, journal } = await written(1)
    for (const file of [path, journal]) {
      const whole = fs.readFileSync(file)
      const taken: number[] = []
      for (let i = 0; i < whole.length; i++) {
        const flipped = Buffer.from(whole)
        flipped[i]! ^= 1 << (i % 8)
        fs.writeFileSync(file, flipped)
        await readDataFile(path).then(
          () => taken.push(i),
          ({ message }: Error) => expect(message).toMatch(/: .*\. The file was left as it is\. ./),
        )
      }
      expect(taken).toEqual([])
      fs.writeFileSync(file, whole)
    }
    expect((await readDataFile(path)).picture.revision).toBe(4)
  })

  it('is refused when the snapshot was cut off, and keeps every whole commit of a journal that was, wherever it was', async () => {
    const { path, journal } = await written(2)
    const snapshot = fs.readFileSync(path)
    for (let length = 0; length < snapshot.length; length += 7) {
      fs.writeFileSync(path, snapshot.subarray(0, length))
      await expect(readDataFile(path)).rejects.toThrow(/not a whole JSON document|does not fit its checksum/)
    }
    fs.writeFileSync(path, snapshot)
    const { saved } = await readDataFile(path)
    const whole = fs.readFileSync(journal)
    for (let length = 0; length < whole.length; length++) {
      fs.writeFileSync(journal, whole.subarray(0, length))
      const { picture, segments } = await readDataFile(path)
      // The newline is the last byte of a line, and the only one that a commit can do without.
      const commits = Math.max(0, whole.toString('latin1', 0, length + 1).split('\n').length - 2)
      expect([length, picture.revision]).toEqual([length, saved!.revision + commits])
      expect(segments[0]!.bytes + segments[0]!.torn).toBeGreaterThanOrEqual(length)
    }
  })

  it('loses only a torn last line, says so, and goes on in a file of its own', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 4)
    const before = stateOf(storage)
    await storage.create(PODS, 'b/last', object('last'))
    const copy = crashed(path)
    const torn = fs.readFileSync(`${copy}.journal`).subarray(0, -9)
    fs.writeFileSync(`${copy}.journal`, torn)
    const warnings: string[] = []
    const again = await open(copy, { warn: (message) => warnings.push(message) })
    expect(stateOf(again)).toEqual(before)
    expect(warnings).toEqual([expect.stringMatching(/passed over the last \d+ bytes: a write was cut off/)])
    await again.create(PODS, 'b/next', object('next'))
    expect(fs.readFileSync(`${copy}.journal`)).toEqual(torn)
    expect(stateOf(await open(crashed(copy)))).toEqual(stateOf(again))
  })

  it('can be written by hand, in any layout', async () => {
    const { path } = await written()
    const { crc, ...document } = JSON.parse(fs.readFileSync(path, 'utf8'))
    expect(crc).toMatch(/^[0-9a-f]{8}$/)
    document.objects[PODS]['a/0'].byHand = true
    fs.writeFileSync(path, JSON.stringify(document, null, 4))
    expect((await open(path)).get(PODS, 'a/0')).toMatchObject({ byHand: true })
  })

  it('is read to the same state by lines and, in another layout, as a whole', async () => {
    const path = newFile()
    const storage = await open(path)
    writeSome(storage, 0, 300)
    const text = 'line\u2028separator \u2029 "}," {\n'
    await storage.create('/registry/configmaps/', 'a/odd": {', object('odd', { text }))
    await storage.create('/registry/gone/', 'x', object('x'))
    await storage.delete('/registry/gone/', 'x', object('x'), String(storage.revision))
    await storage.save()
    const toPlain = ({ picture: { revision, trees } }: DataFile) => [
      revision,
      [...trees].map(([prefix, tree]) => [prefix, tree.toArray()]),
    ]
    const lines = await readDataFile(path)
    const { crc: _, ...document } = JSON.parse(fs.readFileSync(path, 'utf8'))
    fs.writeFileSync(path, JSON.stringify(document))
    expect(toPlain(lines)).toEqual(toPlain(await readDataFile(path)))
    expect([...lines.picture.trees.keys()]).toEqual([PODS, '/registry/configmaps/', '/registry/gone/'])
  })
})
