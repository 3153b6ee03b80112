/** One process a data file: `<file>.lock` names the process that has it. A lock whose process is gone is taken over. */
import { readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'

interface Holder {
  pid: number
  /** When the process started, where the system tells: a pid alone may be another process's by now (in containers it often is). */
  started?: string
}

const ATTEMPTS = 5

/** Takes the lock or throws; answers how to give it back. */
export function takeLock(path: string): () => void {
  const self: Holder = { pid: process.pid, started: startOf(process.pid) }
  const content = `${JSON.stringify(self)}\n`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    if (putIfAbsent(path, content)) return () => release(path, content)
    const found = tryToRead(path)
    if (found === undefined) continue
    const holder = parseHolder(found)
    if (holder !== undefined && isAlive(holder)) throw inUse(path, `by process ${holder.pid}`)
    takeAway(path, found)
  }
  throw inUse(path, 'by a process that is just starting or ending')
}

/** Removes the stale lock. Renamed first: if another process was faster, what is in hand now is its fresh lock, which is put back. */
function takeAway(path: string, stale: string): void {
  const aside = `${path}.${process.pid}`
  if (!tryTo(() => renameSync(path, aside), 'ENOENT')) return
  const found = readFileSync(aside, 'utf8')
  if (found !== stale) putIfAbsent(path, found)
  unlinkSync(aside)
}

function putIfAbsent(path: string, content: string): boolean {
  return tryTo(() => writeFileSync(path, content, { flag: 'wx' }), 'EEXIST')
}

function release(path: string, content: string): void {
  if (tryToRead(path) === content) unlinkSync(path)
}

function inUse(path: string, by: string): Error {
  const file = path.replace(/\.lock$/, '')
  return new Error(
    `${file}: the data file is in use ${by} (${path}). Stop that process or choose another data file; ` +
      'if no KubEmu is running, delete the lock file.',
  )
}

/** A lock that cannot be read as one was left by a crash or is foreign: it holds nothing. */
function parseHolder(content: string): Holder | undefined {
  const pid = /^\{"pid":(\d+)/.exec(content)?.[1]
  const started = /"started":"(\d+)"/.exec(content)?.[1]
  return pid === undefined ? undefined : { pid: Number(pid), started }
}

function isAlive({ pid, started }: Holder): boolean {
  try {
    process.kill(pid, 0)
  } catch (error) {
    // EPERM: it is there, and another user's.
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false
  }
  const now = startOf(pid)
  return started === undefined || now === undefined || started === now
}

/** Linux: the 22nd field of /proc/<pid>/stat, counted behind the process's name, which may hold anything. */
function startOf(pid: number): string | undefined {
  const stat = process.platform === 'linux' ? tryToRead(`/proc/${pid}/stat`) : undefined
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
}

function tryToRead(path: string): string | undefined {
  let content: string | undefined
  tryTo(() => {
    content = readFileSync(path, 'utf8')
  }, 'ENOENT')
  return content
}

/** False when `act` failed with the one error code that is expected. */
function tryTo(act: () => void, expected: string): boolean {
  try {
    act()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === expected) return false
    throw error
  }
}
