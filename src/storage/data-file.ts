/** Reads a data file whole: the snapshot, then the segments of its journal. Never writes. What a commit may follow is known here. */
import { Low } from 'lowdb'
import { explained, nodeFileSystem, refusal } from './file-system.ts'
import type { JournalEntry } from './journal-line.ts'
import { listSegments, readSegment, type Segment, segmentPath } from './journal-segments.ts'
import { FIRST_REVISION } from './memory.ts'
import { newTree, type Picture, type Tree } from './picture.ts'
import { SnapshotFile } from './snapshot-file.ts'

export interface DataFile {
  /** The state, the journal's commits included. */
  picture: Picture
  /** Revision and bytes of the snapshot, if there is one. */
  saved: { revision: number; bytes: number } | undefined
  segments: Segment[]
  /** The number that is free behind the segments. */
  next: number
}

const EMPTY: Picture = { revision: FIRST_REVISION, trees: new Map() }

/** An empty state when there is no file yet. Throws for one that is damaged, not ours, or of a format that is not known. */
export async function readDataFile(path: string): Promise<DataFile> {
  const snapshot = new SnapshotFile(path, nodeFileSystem)
  const database = new Low<Picture>(snapshot, EMPTY)
  await database.read()
  const isSaved = database.data !== EMPTY
  const replay = new Replay(database.data)
  const segments: Segment[] = []
  const numbers = await listSegments(path)
  for (const number of numbers) {
    const segment = segmentPath(path, number)
    const reading = readSegment(segment, (entry) => replay.apply(entry, segment))
    segments.push(await reading.catch((error: Error) => Promise.reject(explained(segment, error))))
  }
  return {
    picture: replay.picture,
    saved: isSaved ? { revision: database.data.revision, bytes: snapshot.size } : undefined,
    segments,
    next: (numbers.at(-1) ?? 0) + 1,
  }
}

/** A snapshot with the commits after it. Commits it holds already are skipped: a crash before their segment was dropped left them. */
class Replay {
  #revision: number
  readonly #saved: number
  readonly #trees: Map<string, Tree>

  constructor({ revision, trees }: Picture) {
    this.#revision = this.#saved = revision
    this.#trees = new Map(trees)
  }

  get picture(): Picture {
    return { revision: this.#revision, trees: this.#trees }
  }

  /** Throws when the commit cannot be one of this history. */
  apply({ revision, type, changes }: JournalEntry, path: string): void {
    if (revision <= this.#revision) return
    const gap = type !== 'restore' && revision !== this.#revision + 1
    for (const { key, object } of changes) {
      const tree = this.#trees.get(key.prefix) ?? newTree()
      this.#trees.set(key.prefix, tree)
      const fits = type === 'restore' || tree.has(key.name) === (type !== 'create')
      if (gap || !fits) throw this.#stranger(path, revision)
      if (object === undefined) tree.delete(key.name)
      else tree.set(key.name, object)
    }
    this.#revision = revision
  }

  #stranger(path: string, revision: number): Error {
    const before = this.#revision === this.#saved ? 'the data file ends' : 'what stands before it ends'
    return refusal(
      path,
      `the commit at revision ${revision} does not follow: ${before} at ${this.#revision}`,
      'They do not belong together: restore the files that do, or move the journal away.',
    )
  }
}
