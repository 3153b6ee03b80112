/** Data files of a test's own: opened, and copied as a crash would leave them. All are gone after the last test. */
import fs from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterEach, vi } from 'vitest'
import type { Storage } from '../../src/storage/interface.ts'
import { type JsonFileOptions, type JsonFileStorage, openJsonFile } from '../../src/storage/json-file.ts'
import { object } from '../conformance/storage.ts'

export const PODS = '/registry/pods/'
export const root = fs.mkdtempSync(join(tmpdir(), 'kubemu-storage-'))
process.on('exit', () => fs.rmSync(root, { recursive: true, force: true }))

let files = 0
export const newFile = () => join(root, `${++files}`, 'cluster.json')
const opened: Storage[] = []

/** Each test file says that its storages are closed after each of its tests: the files share this module. */
export function closeAfterEach(): void {
  afterEach(async () => {
    vi.useRealTimers()
    for (const storage of opened.splice(0)) await storage.close()
  })
}

export async function open(path: string, options: JsonFileOptions = {}): Promise<JsonFileStorage> {
  const storage = await openJsonFile(path, { idleMs: 1e9, ...options })
  opened.push(storage)
  return storage
}

export const folderOf = (path: string) => fs.readdirSync(join(path, '..')).sort()

/** What a crash at this moment would leave: the same files elsewhere, without the lock. */
export function crashed(path: string): string {
  const copy = newFile()
  fs.mkdirSync(join(copy, '..'))
  for (const name of folderOf(path)) {
    if (!name.endsWith('.lock')) fs.copyFileSync(join(path, '..', name), join(copy, '..', name))
  }
  return copy
}

export function stateOf(storage: Storage): unknown {
  return { revision: storage.revision, pods: storage.list(PODS).objects, prefixes: storage.prefixes() }
}

export function writeSome(storage: Storage, from: number, to: number): void {
  for (let i = from; i < to; i++) {
    storage.create(PODS, `a/${i}`, object(`${i}`, { text: 'grün ☃\n', n: i }))
    const stored = storage.get(PODS, `a/${i}`)!
    if (i % 3 === 1) storage.update(PODS, `a/${i}`, object(`${i}`, { n: -i }), stored.metadata.resourceVersion!)
    if (i % 3 === 2) storage.delete(PODS, `a/${i}`, stored, stored.metadata.resourceVersion!)
  }
}

/** A child process runs plain JavaScript: the folder with the engine compiled for it. */
export function compiled(): string {
  const built = join(root, 'built')
  if (fs.existsSync(built)) return built
  for (const folder of ['storage', 'apimachinery', 'apimachinery/managedfields']) {
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
