/** Appends commits to a file of their own, the current segment. It knows bytes and lines; what a commit is, journal-line.ts knows. */
import { type FileSystem, syncFolder, writeAllSync } from './file-system.ts'
import { StorageError } from './interface.ts'
import { HEADER, type Segment, segmentPath } from './journal-segments.ts'

interface JournalOptions {
  fs: FileSystem
  /** Lines are waited for until the disk has them, so segments that are full are kept open until then. */
  durable: boolean
  /** Found at the start, in order; they are dropped with the first snapshot. `next`: the number that is free behind them. */
  found: readonly Segment[]
  next: number
}

/** A segment that takes no more lines. */
interface Full {
  path: string
  bytes: number
}

export class Journal {
  readonly #path: string
  readonly #fs: FileSystem
  readonly #durable: boolean
  #full: Full[]
  #fullBytes: number
  /** Descriptors of full segments that the disk may not have yet. */
  #unsynced: number[] = []
  #number: number
  #fd: number
  #bytes = HEADER.length
  /** A failed write left bytes behind `#bytes` that could not be cut off yet. */
  #torn = false
  /** The folder may not have the name of the current segment yet. */
  #isNew = true
  /** A sync failed: nobody knows what the disk has of the segments up to `number`, so nothing is taken until a snapshot has all of it. */
  #failure: { message: string; number: number } | undefined
  #flushing: Promise<void> | undefined
  #queued: Promise<void> | undefined

  /** Begins a segment. `path` is the data file's. Throws when it cannot be made; nothing is left behind then. */
  constructor(path: string, { fs, durable, found, next }: JournalOptions) {
    this.#path = path
    this.#fs = fs
    this.#durable = durable
    this.#full = [...found]
    this.#fullBytes = found.reduce((sum, { bytes }) => sum + bytes, 0)
    this.#number = next
    this.#fd = this.#begin(next)
  }

  /** Bytes of all segments. */
  get size(): number {
    return this.#fullBytes + this.#bytes
  }

  /** Whether there is nothing in it but its first line. */
  get isEmpty(): boolean {
    return this.#full.length === 0 && this.#bytes === HEADER.length
  }

  /** Nothing can be appended until the next snapshot. */
  get failed(): boolean {
    return this.#failure !== undefined
  }

  /** Hands the line to the operating system, so that it outlives the process; or throws Unavailable and leaves the file as it was. */
  append(line: Buffer): void {
    if (this.#failure !== undefined) throw unavailable(this.#failure.message)
    try {
      if (this.#torn) this.#cutTornBytes()
      this.#torn = true
      writeAllSync(this.#fs, this.#fd, line, this.#bytes)
      this.#torn = false
      this.#bytes += line.length
    } catch (error) {
      this.#tryToCutTornBytes()
      throw unavailable(`${this.#current} cannot be written: ${(error as Error).message}`)
    }
  }

  /**
   * Resolves when all lines appended so far are on the disk; calls meanwhile share the next sync. Rejects with Failed: the lines are there to be
   * read, and nobody knows whether they outlive the machine.
   */
  synced(): Promise<void> {
    this.#queued ??= Promise.allSettled([this.#flushing]).then(() => {
      this.#queued = undefined
      this.#flushing = this.#flush()
      return this.#flushing
    })
    return this.#queued
  }

  /**
   * Begins a new segment, unless the current one has no lines. Answers its number: the segments before it hold what was committed so far.
   * Throws when it cannot be made; the old one goes on then.
   */
  turn(): number {
    if (this.#bytes === HEADER.length && this.#number !== this.#failure?.number) return this.#number
    if (this.#torn) this.#cutTornBytes()
    const fd = this.#begin(this.#number + 1)
    this.#full.push({ path: this.#current, bytes: this.#bytes })
    this.#fullBytes += this.#bytes
    if (this.#durable) this.#unsynced.push(this.#fd)
    else this.#fs.closeSync(this.#fd)
    this.#number++
    this.#fd = fd
    this.#bytes = HEADER.length
    this.#isNew = true
    return this.#number
  }

  /** Removes the segments before `number`: a snapshot that is on the disk holds them. What a failed sync left unknown is known again. */
  async drop(number: number): Promise<void> {
    if (this.#failure !== undefined && this.#failure.number < number) this.#failure = undefined
    for (let first = this.#full[0]; first && first.path !== segmentPath(this.#path, number); first = this.#full[0]) {
      // Oldest first: what a crash leaves is a journal without a gap.
      await this.#fs.remove(first.path)
      this.#fullBytes -= first.bytes
      this.#full.shift()
    }
  }

  /** The current segment is removed if it holds nothing. */
  close(): void {
    for (const fd of [...this.#unsynced.splice(0), this.#fd]) this.#fs.closeSync(fd)
    if (this.#bytes === HEADER.length) this.#fs.removeSync(this.#current)
  }

  get #current(): string {
    return segmentPath(this.#path, this.#number)
  }

  #begin(number: number): number {
    const path = segmentPath(this.#path, number)
    const fd = this.#fs.openSync(path, 'wx')
    try {
      writeAllSync(this.#fs, fd, HEADER, 0)
      return fd
    } catch (error) {
      this.#fs.closeSync(fd)
      this.#fs.removeSync(path)
      throw error
    }
  }

  /** The old before the new: a power cut leaves a journal without a gap. */
  async #flush(): Promise<void> {
    if (this.#failure !== undefined) throw new StorageError('Failed', this.#failure.message)
    const full = [...this.#unsynced]
    const current = this.#fd
    const isNew = this.#isNew
    this.#isNew = false
    try {
      for (const fd of full) await this.#fs.fdatasync(fd)
      await this.#fs.fdatasync(current)
      if (isNew) await syncFolder(this.#fs, this.#path)
    } catch (error) {
      const message = `${this.#path}.journal cannot be synced: ${(error as Error).message}; writes are refused until the data file is written`
      this.#failure = { message, number: this.#number }
      throw new StorageError('Failed', message)
    } finally {
      for (const fd of this.#unsynced.splice(0, full.length)) this.#fs.closeSync(fd)
    }
  }

  #cutTornBytes(): void {
    this.#fs.ftruncateSync(this.#fd, this.#bytes)
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

function unavailable(message: string): StorageError {
  return new StorageError('Unavailable', message)
}
