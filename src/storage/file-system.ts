/** What the file engine asks of the disk, as one value: tests hand in a disk that is full or that stops between two steps. */
import fs from 'node:fs'
import { open, rename } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'

export interface FileSystem {
  openSync: (path: string, flags: string) => number
  /** Answers how many bytes were written, which may be fewer than `length`. */
  writeSync: (fd: number, bytes: Buffer, offset: number, length: number, position: number) => number
  readSync: (fd: number, bytes: Buffer, offset: number, length: number, position: number) => number
  ftruncateSync: (fd: number, length: number) => void
  fsyncSync: (fd: number) => void
  closeSync: (fd: number) => void
  renameSync: (from: string, to: string) => void
  fdatasync: (fd: number) => Promise<void>
  open: typeof open
  rename: typeof rename
}

export const nodeFileSystem: FileSystem = {
  openSync: fs.openSync,
  writeSync: fs.writeSync,
  readSync: fs.readSync,
  ftruncateSync: fs.ftruncateSync,
  fsyncSync: fs.fsyncSync,
  closeSync: fs.closeSync,
  renameSync: fs.renameSync,
  fdatasync: promisify(fs.fdatasync),
  open,
  rename,
}

/** Makes a rename in the folder of `path` last. Windows has no such thing to ask for. */
export function syncFolderSync({ openSync, fsyncSync, closeSync }: FileSystem, path: string): void {
  if (process.platform === 'win32') return
  const fd = openSync(dirname(path), 'r')
  try {
    fsyncSync(fd)
  } finally {
    closeSync(fd)
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
