/**
 * The file engine: memory, a snapshot of it (the data file, through lowdb) and a journal of the commits since. A commit is in the journal
 * before anyone can see it, so after `kill -9` snapshot plus journal is every write that was acknowledged, and no revision comes twice.
 */
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Low } from 'lowdb'
import type { KubeObject } from '../apimachinery/meta.ts'
import { type FileSystem, nodeFileSystem, refusal } from './file-system.ts'
import type {
  Cursor,
  HistoryOptions,
  ListOptions,
  ListResult,
  MaybePromise,
  Storage,
  StorageMark,
  WatchOptions,
} from './interface.ts'
import { Journal, readJournal } from './journal.ts'
import { type JournalEntry, LineEncoder } from './journal-line.ts'
import { takeLock } from './lock-file.ts'
import { asPicture, FIRST_REVISION, MemoryStorage } from './memory.ts'
import { newTree, type Picture, type Tree } from './picture.ts'
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
  /** Revision of the data file, or undefined when there is none. */
  saved: number | undefined
  journalPath: string
}

/** Opens or makes the data file at `path`. Throws, and changes nothing, when it is in use, damaged or not ours. */
export async function openJsonFile(path: string, options: JsonFileOptions = {}): Promise<JsonFileStorage> {
  await mkdir(dirname(path), { recursive: true })
  const unlock = takeLock(`${path}.lock`)
  try {
    const fs = options.fs ?? nodeFileSystem
    const journalPath = `${path}.journal`
    const snapshot = new SnapshotFile(path, fs)
    const database = new Low<Picture>(snapshot, EMPTY)
    await database.read()
    const saved = database.data === EMPTY ? undefined : database.data.revision
    const { entries, length, torn } = await readJournal(journalPath)
    const initial = replay(database.data, entries, journalPath)
    database.data = EMPTY
    const journal = new Journal(journalPath, length, { fs, durable: (options.fsync ?? 'never') !== 'never' })
    if (torn > 0) {
      options.warn?.(
        `${journalPath}: dropped the last line, ${torn} bytes: the write was cut off before it was acknowledged`,
      )
    }
    const lines = new LineEncoder()
    const memory = new MemoryStorage({
      history: options.history,
      initial,
      journal: {
        commit: (event) => journal.append(lines.commit(event)),
        restore: (restoration) => journal.append(lines.restore(restoration)),
      },
    })
    return new JsonFileStorage({ memory, journal, snapshot, database, unlock, saved, journalPath }, options)
  } catch (error) {
    unlock()
    throw error
  }
}

export class JsonFileStorage implements Storage {
  readonly #parts: Parts
  readonly #fsync: FsyncPolicy
  readonly #journalLimit: number
  readonly #warn: (message: string) => void
  readonly #timers: NodeJS.Timeout[] = []
  #saved: number | undefined
  #saveAt: number
  #seen: number
  #synced: number
  #saving: Promise<void> | undefined
  #closing: Promise<void> | undefined

  constructor(parts: Parts, options: JsonFileOptions) {
    this.#parts = parts
    this.#fsync = options.fsync ?? 'never'
    this.#journalLimit = options.journalLimit ?? DEFAULT_JOURNAL_LIMIT
    this.#warn = options.warn ?? (() => {})
    this.#saved = parts.saved
    this.#saveAt = Math.max(this.#journalLimit, parts.snapshot.size)
    this.#seen = this.#synced = parts.memory.revision
    this.#timers.push(setInterval(() => this.#saveWhenIdle(), options.idleMs ?? DEFAULT_IDLE_MS).unref())
    if (this.#fsync === 'interval') {
      this.#timers.push(setInterval(() => this.#syncWhenDirty(), SYNC_INTERVAL_MS).unref())
    }
  }

  get revision(): number {
    return this.#parts.memory.revision
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
    return this.#fsync === 'always' ? journal.synced().then(() => answer) : answer
  }

  async #save(): Promise<void> {
    const { memory, journal, snapshot, database } = this.#parts
    // 1. What the snapshot holds is what the journal holds up to here.
    const picture = asPicture(memory.mark())
    const offset = journal.size
    try {
      // 2. The new data file is on the disk...
      database.data = picture
      await database.write()
      this.#saved = picture.revision
      // 3. ...and only now its commits leave the journal. After a crash before this they are skipped by their revision.
      journal.cut(offset)
      this.#saveAt = Math.max(this.#journalLimit, snapshot.size)
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
      this.#warn(`the data file could not be written, the journal goes on: ${error.message}`)
    })
  }

  #saveWhenIdle(): void {
    const { memory, journal, snapshot } = this.#parts
    const idle = memory.revision === this.#seen
    this.#seen = memory.revision
    if (!idle || (journal.isEmpty && this.#saved !== undefined)) return
    if (snapshot.size < SMALL_SNAPSHOT || journal.size * 10 >= snapshot.size) this.#saveInBackground()
  }

  #syncWhenDirty(): void {
    const { memory, journal } = this.#parts
    if (memory.revision === this.#synced) return
    this.#synced = memory.revision
    journal.synced().catch((error: Error) => this.#warn(error.message))
  }

  async #close(): Promise<void> {
    const { memory, journal, unlock, journalPath } = this.#parts
    await memory.close()
    for (const timer of this.#timers) clearInterval(timer)
    try {
      if (this.#fsync !== 'never') await journal.synced()
      // Whether one that is under way fails, its starter says.
      await Promise.allSettled([this.#saving])
      if (this.#saved !== memory.revision || !journal.isEmpty) await this.save()
    } catch (error) {
      this.#warn(`the data file could not be written, the journal holds the rest: ${(error as Error).message}`)
    } finally {
      const isEmpty = journal.isEmpty
      journal.close()
      if (isEmpty) await rm(journalPath)
      unlock()
    }
  }
}

/** The snapshot with the commits after it. Commits it holds already are skipped: a crash before the cut left them. */
function replay(snapshot: Picture, entries: JournalEntry[], path: string): Picture {
  const trees = new Map<string, Tree>(snapshot.trees)
  let { revision } = snapshot
  for (const { revision: next, type, changes } of entries) {
    if (next <= revision) continue
    const gap = type !== 'restore' && next !== revision + 1
    for (const { key, object } of changes) {
      const tree = trees.get(key.prefix) ?? newTree()
      trees.set(key.prefix, tree)
      const fits = type === 'restore' || tree.has(key.name) === (type !== 'create')
      if (gap || !fits) {
        throw refusal(
          path,
          `the commit at revision ${next} does not follow from the data file, which ends at ${snapshot.revision}`,
          'They do not belong together: restore the data file that does, or move the journal away.',
        )
      }
      if (object === undefined) tree.delete(key.name)
      else tree.set(key.name, object)
    }
    revision = next
  }
  return { revision, trees }
}
