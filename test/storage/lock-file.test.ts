import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { takeLock } from '../../src/storage/lock-file.ts'
import { closeAfterEach, compiled, folderOf, newFile, open, PODS, writeSome } from '../support/data-files.ts'

closeAfterEach()

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
  ['an earlier process with the same pid', `{"pid":${process.pid},"started":"1","host":"${hostname()}"}\n`],
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

it('is not taken from a process of another host, which cannot be asked for', async () => {
  const path = newFile()
  fs.mkdirSync(join(path, '..'))
  fs.writeFileSync(`${path}.lock`, `{"pid":${gone},"started":"1","host":"elsewhere"}\n`)
  await expect(open(path)).rejects.toThrow(
    `in use by process ${gone} of host elsewhere (${path}.lock). Stop that process or choose another data file; if no KubEmu is running, delete the lock file.`,
  )
})

it('is had by one of many that take over a stale one at once', async () => {
  const lock = `${newFile()}.lock`
  fs.mkdirSync(join(lock, '..'))
  fs.writeFileSync(lock, `{"pid":${gone}}\n`)
  fs.writeFileSync(`${lock}.takeover`, `{"pid":${gone}}\n`)
  const built = compiled()
  const script = `
    import { takeLock } from '${built}/storage/lock-file.js'
    process.stdin.once('data', () => {
      try {
        takeLock('${lock}')
        console.log('mine')
      } catch (error) {
        console.log(error.message)
      }
    })
    process.stdin.once('end', () => process.exit())
    console.log('ready')`
  const children = Array.from({ length: 4 }, () => spawn(process.execPath, ['--input-type=module', '-e', script]))
  const next = () => Promise.all(children.map(({ stdout }) => new Promise<string>((tell) => stdout.once('data', tell))))
  await next()
  const answers = next()
  for (const { stdin } of children) stdin.write('go')
  const [mine, ...others] = (await answers).map(String).sort((a, b) => a.length - b.length)
  for (const { stdin } of children) stdin.end()
  expect(mine).toBe('mine\n')
  for (const other of others) expect(other).toMatch(/is in use by process \d+ \(|by a process that is just starting/)
  expect(fs.readdirSync(join(lock, '..'))).toEqual(['cluster.json.lock'])
})

it('is given back by its holder only', () => {
  const lock = `${newFile()}.lock`
  fs.mkdirSync(join(lock, '..'))
  const unlock = takeLock(lock)
  fs.writeFileSync(lock, 'of another')
  unlock()
  expect(fs.readFileSync(lock, 'utf8')).toBe('of another')
})
