/**
 * The file engine: memory, a snapshot of it (the data file, through lowdb) and a journal of the commits since. A commit is in the journal
 * before anyone can see it, so after `kill -9` snapshot plus journal is every write that was acknowledged, and no revision comes twice.
 */

import { dirname } from 'node:path'
import { Low } from 'lowdb'
import type { KubeObject } from '../apimachinery/meta.ts'
import { createInOrder } from './begin.ts'
import { readDataFile } from './data-file.ts'
import { explained, type FileSystem, nodeFileSystem } from './file-system.ts'
import type {
  Beginning,
  Cursor,
  HistoryOptions,
  ListOptions,
  ListResult,
  MaybePromise,
  Storage,
  StorageMark,
  WatchOptions,
} from './interface.ts'
import { Journal } from './journal.ts'
import { LineEncoder } from './journal-line.ts'
import { takeLock } from './lock-file.ts'
import { makeFolder } from './make-folder.ts'
import { asPicture, FIRST_REVISION, MemoryStorage } from './memory.ts'
import type { Picture } from './picture.ts'
import { SnapshotFile } from './snapshot-file.ts'

/**
 * When the disk itself, and not only the operating system, has to have a commit. `never`: safe against the death of the process;
 * `interval`: at most a second is lost with the power; `always`: each write is acknowledged after its sync, many may share one.
 */
export type FsyncPolicy = 'never' | 'interval' | 'always'

export interface JsonFileOptions {
  history?: HistoryOptions
  fsync?: FsyncPolicy
  /** Bytes of journal at which a snapshot is taken, or the snapshot's own size when that is more: a write pays for itself alone. */
  journalLimit?: number
  /** A snapshot is taken when nothing was written for about this long. Real time, also under a virtual clock: it is about the disk. */
  idleMs?: number
  /** Told what a person should know: a torn line that was dropped, a snapshot that failed and will be tried again. */
  warn?: (message: string) => void
  fs?: FileSystem
}

const DEFAULT_JOURNAL_LIMIT = 16 * 1024 * 1024
const DEFAULT_IDLE_MS = 1_000
const SYNC_INTERVAL_MS = 1_000
/** Below this size the data file follows every idle moment; above, when the journal has grown to a tenth of it. */
const SMALL_SNAPSHOT = 4 * 1024 * 1024
const EMPTY: Picture = { revision: FIRST_REVISION, trees: new Map() }

interface Parts {
  memory: MemoryStorage
  journal: Journal
  snapshot: SnapshotFile
  database: Low<Picture>
  unlock: () => void
  /** Revision and bytes of the data file, or undefined when there is none. */
  saved: { revision: number; bytes: number } | undefined
}

/** Opens or makes the data file at `path`. Throws, and changes nothing, when it is in use, damaged or not ours. */
export async function openJsonFile(path: string, options: JsonFileOptions = {}): Promise<JsonFileStorage> {
  let unlock = () => {}
  try {
    await makeFolder(dirname(path))
    unlock = takeLock(`${path}.lock`)
    const fs = options.fs ?? nodeFileSystem
    const { picture, saved, segments, next } = await readDataFile(path)
    for (const { path: segment, torn } of segments) {
      if (torn === 0) continue
      options.warn?.(`${segment}: passed over the last ${torn} bytes: a write was cut off before it was acknowledged`)
    }
    const durable = (options.fsync ?? 'never') !== 'never'
    const journal = new Journal(path, { fs, durable, found: segments, next })
    const lines = new LineEncoder()
    const memory = new MemoryStorage({
      history: options.history,
      initial: picture,
      journal: {
        commit: (event) => journal.append(lines.commit(event)),
        restore: (restoration) => journal.append(lines.restore(restoration)),
      },
    })
    const snapshot = new SnapshotFile(path, fs)
    const database = new Low<Picture>(snapshot, EMPTY)
    return new JsonFileStorage({ memory, journal, snapshot, database, unlock, saved }, options)
  } catch (error) {
    unlock()
    throw explained(path, error as NodeJS.ErrnoException)
  }
}

export class JsonFileStorage implements Storage {
  readonly shared = false
  readonly lasting = true
  readonly #parts: Parts
  readonly #fsync: FsyncPolicy
  readonly #journalLimit: number
  readonly #warn: (message: string) => void
  readonly #timers: NodeJS.Timeout[] = []
  /** Revision and bytes of the data file. */
  #saved: { revision: number; bytes: number } | undefined
  #saveAt: number
  #seen: number
  #synced: number
  #saving: Promise<void> | undefined
  /** The last snapshot failed, and that was said. */
  #troubled = false
  #closing: Promise<void> | undefined

  constructor(parts: Parts, options: JsonFileOptions) {
    this.#parts = parts
    this.#fsync = options.fsync ?? 'never'
    this.#journalLimit = options.journalLimit ?? DEFAULT_JOURNAL_LIMIT
    this.#warn = options.warn ?? (() => {})
    this.#saved = parts.saved
    this.#saveAt = Math.max(this.#journalLimit, parts.saved?.bytes ?? 0)
    this.#seen = this.#synced = parts.memory.revision
    this.#timers.push(setInterval(() => this.#saveWhenIdle(), options.idleMs ?? DEFAULT_IDLE_MS).unref())
    if (this.#fsync === 'interval') {
      this.#timers.push(setInterval(() => this.#syncWhenDirty(), SYNC_INTERVAL_MS).unref())
    }
  }

  get revision(): number {
    return this.#parts.memory.revision
  }

  fresh(): void {}

  check(): undefined {}

  onHeld(callback: (prefix: string) => void): () => void {
    return this.#parts.memory.onHeld(callback)
  }

  onReplaced(callback: () => void): void {
    this.#parts.memory.onReplaced(callback)
  }

  get(prefix: string, name: string): KubeObject | undefined {
    return this.#parts.memory.get(prefix, name)
  }

  list(prefix: string, options?: ListOptions): ListResult {
    return this.#parts.memory.list(prefix, options)
  }

  count(prefix: string, under?: string): number {
    return this.#parts.memory.count(prefix, under)
  }

  prefixes(): string[] {
    return this.#parts.memory.prefixes()
  }

  begin(beginnings: ReadonlyMap<string, Beginning>): Promise<void> {
    return createInOrder(this, beginnings)
  }

  create(prefix: string, name: string, object: KubeObject): MaybePromise<KubeObject> {
    return this.#acknowledge(this.#parts.memory.create(prefix, name, object))
  }

  update(prefix: string, name: string, object: KubeObject, expected: string): MaybePromise<KubeObject> {
    return this.#acknowledge(this.#parts.memory.update(prefix, name, object, expected))
  }

  delete(prefix: string, name: string, last: KubeObject, expected: string): MaybePromise<KubeObject> {
    return this.#acknowledge(this.#parts.memory.delete(prefix, name, last, expected))
  }

  watch(prefix: string, options: WatchOptions): Cursor {
    return this.#parts.memory.watch(prefix, options)
  }

  compact(revision?: number): void {
    this.#parts.memory.compact(revision)
  }

  mark(): StorageMark {
    return this.#parts.memory.mark()
  }

  restore(mark: StorageMark): MaybePromise<void> {
    this.#parts.memory.restore(mark)
    return this.#acknowledge(undefined)
  }

  /** Brings the data file up to now; the journal keeps what is written meanwhile. Rejects when the disk does, and nothing is lost then. */
  save(): Promise<void> {
    // One that is under way has an older picture.
    if (this.#saving !== undefined) return Promise.allSettled([this.#saving]).then(() => this.save())
    this.#saving = this.#save().finally(() => {
      this.#saving = undefined
    })
    return this.#saving
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  #acknowledge<T>(answer: T): MaybePromise<T> {
    const { journal } = this.#parts
    if (journal.size >= this.#saveAt) this.#saveInBackground()
    if (this.#fsync !== 'always') return answer
    return journal.synced().then(
      () => answer,
      (error: Error) => {
        this.#warn(error.message)
        throw error
      },
    )
  }

  async #save(): Promise<void> {
    const { memory, journal, snapshot, database } = this.#parts
    try {
      // 1. What the snapshot holds is what the segments before `segment` hold.
      const picture = asPicture(memory.mark())
      const segment = journal.turn()
      // 2. The new data file is on the disk...
      database.data = picture
      await database.write()
      this.#saved = { revision: picture.revision, bytes: snapshot.size }
      // 3. ...and only now they go. After a crash before this their commits are skipped by their revision.
      await journal.drop(segment)
      this.#saveAt = Math.max(this.#journalLimit, this.#saved.bytes)
      this.#troubled = false
    } catch (error) {
      this.#saveAt = journal.size + this.#journalLimit
      throw error
    } finally {
      // Else lowdb would keep every old object alive.
      database.data = EMPTY
    }
  }

  #saveInBackground(): void {
    if (this.#saving !== undefined || this.#closing !== undefined) return
    this.save().catch((error: Error) => {
      // A full disk stays full for a while: said once.
      if (!this.#troubled) this.#warn(`the data file cannot be written, the journal goes on: ${error.message}`)
      this.#troubled = true
    })
  }

  #saveWhenIdle(): void {
    const { memory, journal } = this.#parts
    const idle = memory.revision === this.#seen
    this.#seen = memory.revision
    // Writes are refused until a snapshot has all of it: also the only way out when nobody writes.
    const isDue = journal.failed
    if (!isDue && (!idle || (journal.isEmpty && this.#saved !== undefined))) return
    const bytes = this.#saved?.bytes ?? 0
    if (isDue || bytes < SMALL_SNAPSHOT || journal.size * 10 >= bytes) this.#saveInBackground()
  }

  #syncWhenDirty(): void {
    const { memory, journal } = this.#parts
    if (memory.revision === this.#synced) return
    this.#synced = memory.revision
    journal.synced().catch((error: Error) => this.#warn(error.message))
  }

  async #close(): Promise<void> {
    const { memory, journal, unlock } = this.#parts
    await memory.close()
    for (const timer of this.#timers) clearInterval(timer)
    try {
      // Whether one that is under way fails, its starter says.
      await Promise.allSettled([this.#saving])
      if (this.#saved?.revision !== memory.revision || !journal.isEmpty) await this.save()
    } catch (error) {
      this.#warn(`the data file cannot be written, the journal holds the rest: ${(error as Error).message}`)
    } finally {
      if (this.#fsync !== 'never') await journal.synced().catch((error: Error) => this.#warn(error.message))
      journal.close()
      unlock()
    }
  }
}
