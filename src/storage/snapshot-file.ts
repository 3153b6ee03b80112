/**
 * The data file: the whole state at one revision as a JSON document, one object a line, so that a person can read it and a change shows
 * as a changed line. An adapter of lowdb, written in slices: serialising 100,000 objects at once would stop the event loop for a second.
 */
import { type FileHandle, readFile, stat } from 'node:fs/promises'
import { crc32 } from 'node:zlib'
import type { Adapter } from 'lowdb'
import type { KubeObject } from '../apimachinery/meta.ts'
import { ByteWriter } from './byte-writer.ts'
import { type FileSystem, refusal, syncFolder } from './file-system.ts'
import { newTree, type Picture, type Tree } from './picture.ts'
import {
  FORMAT,
  FORMAT_VERSION,
  headOf,
  readSnapshotLines,
  type SnapshotDocument,
  SUM_OFFSET,
  sumText,
} from './snapshot-lines.ts'

/** A slice is written when it has this many bytes: a millisecond of work. */
const SLICE_BYTES = 128 * 1024
/** So often the disk gets what was written: while it takes a large file at once, the journal would have to wait. */
const SYNC_BYTES = 8 * 1024 * 1024

/** Above this many bytes the file is read in its own layout only: well below what V8 takes as one string. */
const TEXT_LIMIT = 256 * 1024 * 1024

const MEMBERS = new Set(['format', 'formatVersion', 'crc', 'revision', 'objects'])

type Head = { revision: number; crc?: unknown }

const REMEDY = 'Restore it from a copy, or choose another data file.'
const CHANGED = 'its content does not fit its checksum: it was damaged, or edited'
const CHANGED_REMEDY =
  'Restore it from a copy; or, if you edited it, take out the line that begins with "crc" and start again.'

export class SnapshotFile implements Adapter<Picture> {
  readonly #path: string
  readonly #fs: FileSystem
  #size = 0

  constructor(path: string, fs: FileSystem) {
    this.#path = path
    this.#fs = fs
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
    try {
      const size = await this.#writeTo(temporary, picture)
      await this.#fs.rename(temporary, this.#path)
      this.#size = size
    } catch (error) {
      // On a full disk the half of it takes the room that the journal needs.
      await this.#fs.remove(temporary).catch(() => {})
      throw error
    }
    await syncFolder(this.#fs, this.#path)
  }

  async #writeTo(path: string, picture: Picture): Promise<number> {
    const file = await this.#fs.open(path, 'w')
    let size = 0
    let synced = 0
    let sum = 0
    try {
      for (const slice of slices(picture)) {
        // Each write is waited for, and so is the event loop's turn.
        await writeAll(file, slice, size)
        sum = crc32(slice, sum)
        size += slice.length
        if (size - synced < SYNC_BYTES) continue
        await file.datasync()
        synced = size
      }
      await writeAll(file, Buffer.from(sumText(sum)), SUM_OFFSET)
      await file.sync()
    } finally {
      await file.close()
    }
    return size
  }

  async #parse(): Promise<SnapshotDocument & { head: Head }> {
    const read = await readSnapshotLines(this.#path)
    const isOwnLayout = 'document' in read
    if (!isOwnLayout && this.#size > TEXT_LIMIT) throw refusal(this.#path, `line ${read.line} is damaged`, REMEDY)
    const document = isOwnLayout
      ? read.document
      : toDocument(this.#path, parseText(this.#path, await readFile(this.#path, 'utf8'), read.line))
    const { head, objects } = document
    requireHead(this.#path, head)
    const { crc } = head
    // Only our own layout can have the bytes that the sum is of.
    if (crc !== undefined && !(isOwnLayout && crc === sumText(read.sum)))
      throw refusal(this.#path, CHANGED, CHANGED_REMEDY)
    return { head, objects }
  }
}

async function writeAll(file: FileHandle, bytes: Buffer, position: number): Promise<void> {
  for (let written = 0; written < bytes.length; ) {
    written += (await file.write(bytes, written, bytes.length - written, position + written)).bytesWritten
  }
}

/** A slice is good until the next one is asked for: they are made in one buffer, as memory outside of the heap makes V8 collect all of it. */
function* slices(picture: Picture): Iterable<Buffer> {
  const slice = new ByteWriter(2 * SLICE_BYTES)
  slice.bytes(headOf(picture.revision))
  let tree = 0
  for (const [prefix, objects] of picture.trees) {
    slice.text(`${tree++ === 0 ? '' : ','}\n${JSON.stringify(prefix)}: {`)
    let index = 0
    for (const [name, object] of objects.entries(undefined, [])) {
      slice.text(`${index++ === 0 ? '' : ','}\n${JSON.stringify(name)}: `)
      slice.object(object)
      if (slice.length < SLICE_BYTES) continue
      yield slice.written
      slice.clear()
    }
    slice.text('\n}')
  }
  slice.text('\n}\n}\n')
  yield slice.written
}

function parseText(path: string, text: string, line: number): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const problem = (error as Error).message.replace(/\s+/g, ' ')
    throw refusal(path, `this is not a whole JSON document, see line ${line}: ${problem}`, REMEDY)
  }
}

function toDocument(path: string, parsed: unknown): SnapshotDocument {
  if (!isRecord(parsed)) throw refusal(path, 'this is not a KubEmu data file', 'Choose another data file.')
  const { objects, ...head } = parsed
  const byPrefix: SnapshotDocument['objects'] = new Map()
  for (const [prefix, named] of Object.entries(isRecord(objects) ? objects : {})) {
    if (!isRecord(named)) throw refusal(path, `its objects under ${prefix} are damaged`, REMEDY)
    byPrefix.set(prefix, Object.entries(named))
  }
  return { head: isRecord(objects) ? head : { ...head, objects }, objects: byPrefix }
}

function toPicture(path: string, { head, objects }: SnapshotDocument & { head: Head }): Picture {
  const trees = new Map<string, Tree>()
  for (const [prefix, named] of objects) {
    const tree = newTree()
    for (const [name, object] of named) {
      const problem = problemOf(object, head.revision)
      if (problem !== undefined) throw refusal(path, `${prefix}${name} ${problem}`, REMEDY)
      tree.set(name, object as KubeObject)
    }
    trees.set(prefix, tree)
  }
  return { revision: head.revision, trees }
}

function requireHead(path: string, head: Record<string, unknown>): asserts head is Head {
  const { format, formatVersion, revision } = head
  if (format !== FORMAT) throw refusal(path, 'this is not a KubEmu data file', 'Choose another data file.')
  if (typeof formatVersion === 'number' && formatVersion > FORMAT_VERSION) {
    throw refusal(path, `data format ${formatVersion} is newer than ${FORMAT_VERSION}`, 'Open it with a newer KubEmu.')
  }
  if (formatVersion !== FORMAT_VERSION || !isRevision(revision) || 'objects' in head) {
    throw refusal(path, 'its formatVersion, revision or objects are missing or wrong', REMEDY)
  }
  const unknown = Object.keys(head).find((member) => !MEMBERS.has(member))
  if (unknown !== undefined) throw refusal(path, `it has ${JSON.stringify(unknown)}, which no data file has`, REMEDY)
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
