/** The append-only file of the commits since the last snapshot. It knows bytes and lines; what a commit is, journal-line.ts knows. */
import { readFile } from 'node:fs/promises'
import type { FileSystem } from './file-system.ts'
import { refusal, syncFolderSync, writeAllSync } from './file-system.ts'
import { StorageError } from './interface.ts'
import { type JournalEntry, parseLine } from './journal-line.ts'

const FORMAT = 'kubemu.dev/journal'
const FORMAT_VERSION = 1
const HEADER = Buffer.from(`{"format":"${FORMAT}","formatVersion":${FORMAT_VERSION}}\n`)
const NEWLINE = 10

const REMEDY =
  'Restore it from a copy, or move it away to go on from the snapshot alone, without the commits that came after it.'

export interface JournalContent {
  entries: JournalEntry[]
  /** Where the last whole line ends: what lies behind it was never acknowledged. */
  length: number
  /** Bytes behind it. */
  torn: number
}

/** Reads all commits. Throws when anything but the last line is damaged; never writes. */
export async function readJournal(path: string): Promise<JournalContent> {
  const content = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return Buffer.alloc(0)
    throw error
  })
  // Shorter than its first line: the process was killed while it made the file.
  if (content.length < HEADER.length && HEADER.subarray(0, content.length).equals(content)) {
    return { entries: [], length: 0, torn: content.length }
  }
  requireHeader(path, content)
  const entries: JournalEntry[] = []
  let start = HEADER.length
  for (let number = 2; ; number++) {
    const end = content.indexOf(NEWLINE, start)
    if (end < 0) break
    const entry = parseLine(content.subarray(start, end))
    if (entry === undefined) {
      if (end + 1 === content.length) break
      throw refusal(path, `line ${number} of the journal is damaged, and whole lines follow it`, REMEDY)
    }
    entries.push(entry)
    start = end + 1
  }
  return { entries, length: start, torn: content.length - start }
}

function requireHeader(path: string, content: Buffer): void {
  if (content.subarray(0, HEADER.length).equals(HEADER)) return
  const [first] = content.toString('utf8', 0, 200).split('\n')
  const version = first.startsWith(`{"format":"${FORMAT}",`) ? /"formatVersion":(\d+)/.exec(first)?.[1] : undefined
  if (version !== undefined && Number(version) > FORMAT_VERSION) {
    throw refusal(path, `journal format ${version} is newer than ${FORMAT_VERSION}`, 'Open it with a newer KubEmu.')
  }
  throw refusal(path, 'this is not a KubEmu journal', 'Move it away or choose another data file.')
}

export class Journal {
  readonly #path: string
  readonly #fs: FileSystem
  readonly #durable: boolean
  #fd: number
  #size: number
  /** A failed write left bytes behind `#size` that could not be cut off yet. */
  #torn = false
  /** A sync failed: nobody knows what the disk has, so nothing is acknowledged any more. */
  #failed: StorageError | undefined
  #flushing: Promise<void> | undefined
  #queued: Promise<void> | undefined

  /** `length` as readJournal answered: what lies behind is cut off. `durable`: lines may be waited for, so a cut keeps that promise. */
  constructor(path: string, length: number, options: { fs: FileSystem; durable: boolean }) {
    this.#path = path
    this.#fs = options.fs
    this.#durable = options.durable
    this.#fd = this.#fs.openSync(path, length === 0 ? 'w+' : 'r+')
    this.#size = Math.max(length, HEADER.length)
    try {
      this.#fs.ftruncateSync(this.#fd, length)
      if (length > 0) return
      writeAllSync(this.#fs, this.#fd, HEADER, 0)
      if (this.#durable) syncFolderSync(this.#fs, path)
    } catch (error) {
      this.#fs.closeSync(this.#fd)
      throw error
    }
  }

  /** Where the next line will begin. */
  get size(): number {
    return this.#size
  }

  /** Whether it holds no commit. */
  get isEmpty(): boolean {
    return this.#size === HEADER.length
  }

  /** Hands the line to the operating system, so that it outlives the process; or throws Unavailable and leaves the file as it was. */
  append(line: Buffer): void {
    if (this.#failed !== undefined) throw this.#failed
    try {
      if (this.#torn) this.#cutTornBytes()
      this.#torn = true
      writeAllSync(this.#fs, this.#fd, line, this.#size)
      this.#torn = false
      this.#size += line.length
    } catch (error) {
      const { message } = error as Error
      this.#tryToCutTornBytes()
      throw new StorageError('Unavailable', `${this.#path} cannot be written: ${message}`)
    }
  }

  /** Resolves when all lines appended so far are on the disk; calls meanwhile share the next sync. */
  synced(): Promise<void> {
    this.#queued ??= Promise.allSettled([this.#flushing]).then(() => {
      this.#queued = undefined
      this.#flushing = this.#fs.fdatasync(this.#fd).catch((error: Error) => {
        this.#failed = new StorageError(
          'Unavailable',
          `${this.#path} cannot be synced: ${error.message}. Nothing more is written until a restart`,
        )
        throw this.#failed
      })
      return this.#flushing
    })
    return this.#queued
  }

  /**
   * Forgets the lines before `offset`, which a snapshot holds. A crash in it leaves the old file or the new one, and both are right:
   * lines that the snapshot holds are skipped when they are read.
   */
  cut(offset: number): void {
    if (this.#torn) this.#cutTornBytes()
    const tail = Buffer.alloc(this.#size - offset)
    if (tail.length === 0) {
      this.#fs.ftruncateSync(this.#fd, HEADER.length)
      this.#size = HEADER.length
      return
    }
    const read = this.#fs.readSync(this.#fd, tail, 0, tail.length, offset)
    if (read !== tail.length) throw new Error(`${this.#path} is shorter than what was written to it`)
    const replacement = `${this.#path}.tmp`
    const fd = this.#fs.openSync(replacement, 'w+')
    try {
      writeAllSync(this.#fs, fd, Buffer.concat([HEADER, tail]), 0)
      if (this.#durable) this.#fs.fsyncSync(fd)
      this.#fs.renameSync(replacement, this.#path)
    } catch (error) {
      this.#fs.closeSync(fd)
      throw error
    }
    this.#use(fd, HEADER.length + tail.length)
    if (this.#durable) syncFolderSync(this.#fs, this.#path)
  }

  close(): void {
    this.#fs.closeSync(this.#fd)
  }

  /** The old file stays open for the sync that is under way on it. */
  #use(fd: number, size: number): void {
    const old = this.#fd
    this.#fd = fd
    this.#size = size
    if (this.#flushing === undefined) this.#fs.closeSync(old)
    else Promise.allSettled([this.#flushing]).then(() => this.#fs.closeSync(old))
  }

  #cutTornBytes(): void {
    this.#fs.ftruncateSync(this.#fd, this.#size)
    this.#torn = false
  }

  /** A disk that fails to write may fail to truncate: then `#torn` stays set, and the next write begins with this. */
  #tryToCutTornBytes(): void {
    try {
      if (this.#torn) this.#cutTornBytes()
    } catch {
      this.#torn = true
    }
  }
}
