/**
 * The data file: the whole state at one revision as a JSON document, one object a line, so that a person can read it and a change shows
 * as a changed line. An adapter of lowdb, written in slices: serialising 100,000 objects at once would stop the event loop for a second.
 */
import { readFile, stat } from 'node:fs/promises'
import type { Adapter } from 'lowdb'
import type { KubeObject } from '../apimachinery/meta.ts'
import { passingObjectBytes } from '../apimachinery/object-bytes.ts'
import { type FileSystem, refusal, syncFolderSync } from './file-system.ts'
import { newTree, type Picture, type Tree } from './picture.ts'
import { readDocumentByLines } from './snapshot-lines.ts'

const FORMAT = 'kubemu.dev/cluster'
const FORMAT_VERSION = 1

/** A slice is written when it has this many objects or bytes: one to three milliseconds of work. */
const SLICE_OBJECTS = 200
const SLICE_BYTES = 256 * 1024

/** Above this many bytes the file is read by lines: well below what V8 takes as one string. */
const TEXT_LIMIT = 256 * 1024 * 1024

const REMEDY = 'Restore it from a copy, or choose another data file.'

export class SnapshotFile implements Adapter<Picture> {
  readonly #path: string
  readonly #fs: FileSystem
  readonly #textLimit: number
  #size = 0

  constructor(path: string, fs: FileSystem, textLimit = TEXT_LIMIT) {
    this.#path = path
    this.#fs = fs
    this.#textLimit = textLimit
  }

  /** Bytes of the file as last read or written. */
  get size(): number {
    return this.#size
  }

  /** Null when there is no file. Throws when it is not one of ours, whole and of a version that is known. */
  async read(): Promise<Picture | null> {
    try {
      this.#size = (await stat(this.#path)).size
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
      throw error
    }
    return toPicture(this.#path, await this.#parse())
  }

  /** The file is the old one or the new one at every moment, and the new one is on the disk when this resolves. */
  async write(picture: Picture): Promise<void> {
    const temporary = `${this.#path}.tmp`
    const file = await this.#fs.open(temporary, 'w')
    let size = 0
    try {
      for (const slice of slices(picture)) {
        // Each write is waited for, and so is the event loop's turn.
        await file.writeFile(slice)
        size += slice.length
      }
      await file.sync()
    } finally {
      await file.close()
    }
    await this.#fs.rename(temporary, this.#path)
    syncFolderSync(this.#fs, this.#path)
    this.#size = size
  }

  async #parse(): Promise<unknown> {
    const isLarge = this.#size > this.#textLimit
    const text = isLarge ? '' : await readFile(this.#path, 'utf8')
    try {
      return isLarge ? await readDocumentByLines(this.#path) : JSON.parse(text)
    } catch (error) {
      const problem = (error as Error).message.replace(/\s+/g, ' ')
      throw refusal(this.#path, `this is not a whole JSON document: ${problem}`, REMEDY)
    }
  }
}

function* slices(picture: Picture): Iterable<Buffer> {
  let parts: Buffer[] = []
  let size = 0
  const add = (part: Buffer) => {
    parts.push(part)
    size += part.length
  }
  const { revision, trees } = picture
  add(
    Buffer.from(
      `{\n"format": "${FORMAT}",\n"formatVersion": ${FORMAT_VERSION},\n"revision": ${revision},\n"objects": {`,
    ),
  )
  let tree = 0
  for (const [prefix, objects] of trees) {
    add(Buffer.from(`${tree++ === 0 ? '' : ','}\n${JSON.stringify(prefix)}: {`))
    let index = 0
    for (const [name, object] of objects.entries(undefined, [])) {
      add(Buffer.from(`${index++ === 0 ? '' : ','}\n${JSON.stringify(name)}: `))
      add(passingObjectBytes(object))
      if (parts.length < 2 * SLICE_OBJECTS && size < SLICE_BYTES) continue
      yield Buffer.concat(parts)
      parts = []
      size = 0
    }
    add(Buffer.from('\n}'))
  }
  add(Buffer.from('\n}\n}\n'))
  yield Buffer.concat(parts)
}

function toPicture(path: string, document: unknown): Picture {
  if (!isRecord(document) || document.format !== FORMAT) {
    throw refusal(path, 'this is not a KubEmu data file', 'Choose another data file.')
  }
  const { formatVersion, revision, objects } = document
  if (typeof formatVersion === 'number' && formatVersion > FORMAT_VERSION) {
    throw refusal(path, `data format ${formatVersion} is newer than ${FORMAT_VERSION}`, 'Open it with a newer KubEmu.')
  }
  if (formatVersion !== FORMAT_VERSION || !isRevision(revision) || !isRecord(objects)) {
    throw refusal(path, 'its formatVersion, revision or objects are missing or wrong', REMEDY)
  }
  const trees = new Map<string, Tree>()
  for (const [prefix, named] of Object.entries(objects)) {
    if (!isRecord(named)) throw refusal(path, `its objects under ${prefix} are damaged`, REMEDY)
    const tree = newTree()
    for (const [name, object] of Object.entries(named)) {
      const problem = problemOf(object, revision)
      if (problem !== undefined) throw refusal(path, `${prefix}${name} ${problem}`, REMEDY)
      tree.set(name, object as KubeObject)
    }
    trees.set(prefix, tree)
  }
  return { revision, trees }
}

function problemOf(object: unknown, revision: number): string | undefined {
  if (!isRecord(object) || typeof object.apiVersion !== 'string' || typeof object.kind !== 'string') {
    return 'is no object with apiVersion and kind'
  }
  const resourceVersion = isRecord(object.metadata) ? object.metadata.resourceVersion : undefined
  if (typeof resourceVersion !== 'string' || !/^[1-9]\d*$/.test(resourceVersion)) return 'has no resourceVersion'
  return Number(resourceVersion) > revision ? `has a resourceVersion beyond the file's revision ${revision}` : undefined
}

function isRevision(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
