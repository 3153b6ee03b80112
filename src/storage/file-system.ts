/** What the file engine asks of the disk, as one value: tests hand in a disk that is full or that stops between two steps. */
import fs from 'node:fs'
import { open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

export interface FileSystem {
  openSync: (path: string, flags: string) => number
  /** Answers how many bytes were written, which may be fewer than `length`. */
  writeSync: (fd: number, bytes: Buffer, offset: number, length: number, position: number) => number
  ftruncateSync: (fd: number, length: number) => void
  closeSync: (fd: number) => void
  /** Also when it is not there. */
  removeSync: (path: string) => void
  fdatasync: (fd: number) => Promise<void>
  open: typeof open
  rename: typeof rename
  /** Also when it is not there. */
  remove: (path: string) => Promise<void>
}

export const nodeFileSystem: FileSystem = {
  openSync: fs.openSync,
  writeSync: fs.writeSync,
  ftruncateSync: fs.ftruncateSync,
  closeSync: fs.closeSync,
  removeSync: (path) => fs.rmSync(path, { force: true }),
  fdatasync: promisify(fs.fdatasync),
  open,
  rename,
  remove: (path) => rm(path, { force: true }),
}

/** Makes what was made, renamed or removed in the folder of `path` last. Windows has no such thing to ask for. */
export async function syncFolder({ open }: FileSystem, path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(dirname(path), 'r')
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

/** Writes all of `bytes` at `position` or throws; what a failed write left behind is the caller's to cut off. */
export function writeAllSync({ writeSync }: FileSystem, fd: number, bytes: Buffer, position: number): void {
  for (let written = 0; written < bytes.length; ) {
    const count = writeSync(fd, bytes, written, bytes.length - written, position + written)
    if (count === 0) throw new Error('the disk takes no more bytes')
    written += count
  }
}

/** The error for a file that is not what it should be. It is never changed then: `remedy` says what a person can do. */
export function refusal(path: string, problem: string, remedy: string): Error {
  return new Error(`${path}: ${problem}. The file was left as it is. ${remedy}`)
}

/** What the error of a system call on `path`, or a file beside it, means for a person. Other errors come back as they are. */
export function explained(path: string, error: NodeJS.ErrnoException): Error {
  const meaning = MEANINGS[error.code ?? '']
  return meaning === undefined ? error : new Error(`${path}: ${meaning} (${error.message})`, { cause: error })
}

const NO_RIGHT = 'this user may not read and write there; give it the right, or choose another data file'
const NO_ROOM = 'the disk is full; make room, or choose a data file on another disk'
const NO_FOLDER = 'a part of this path is a file, not a folder; choose another data file'

const MEANINGS: Record<string, string> = {
  EACCES: NO_RIGHT,
  EPERM: NO_RIGHT,
  EROFS: 'this disk is read-only; choose a data file on another one',
  ENOSPC: NO_ROOM,
  EDQUOT: NO_ROOM,
  EISDIR: 'this is a folder; choose the name of a file',
  ENOTDIR: NO_FOLDER,
  EEXIST: NO_FOLDER,
}
