/** One process a data file: `<file>.lock` names the process that has it. A lock whose process is gone is taken over. */
import { constants, copyFileSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'

export interface Holder {
  pid: number
  /** When the process started, where the system tells: a pid alone may be another process's by now (in containers it often is). */
  started?: string
  /** Another host's processes cannot be asked for. */
  host?: string
}

const ATTEMPTS = 5

/** Takes the lock or throws; answers how to give it back. */
export function takeLock(path: string): () => void {
  const self: Holder = { pid: process.pid, started: startOf(process.pid), host: hostname() }
  const content = `${JSON.stringify(self)}\n`
  // Made aside and linked: whoever finds a lock finds all of its content.
  const own = `${path}.${process.pid}`
  try {
    writeFileSync(own, content)
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      if (putIfAbsent(own, path)) return () => release(path, content)
      const found = tryToRead(path)
      if (found === undefined) continue
      const holder = parseHolder(found)
      if (holder !== undefined && mayLive(holder)) throw inUse(path, holder)
      if (takeOver(path, own, found)) return () => release(path, content)
    }
    throw inUse(path)
  } finally {
    rmSync(own, { force: true })
  }
}

/** Who has the data file of this lock, if anybody may. */
export function findHolder(path: string): Holder | undefined {
  const holder = parseHolder(tryToRead(path) ?? '')
  return holder !== undefined && mayLive(holder) ? holder : undefined
}

/** `process 12`, or with its host if that is not ours. */
export function nameOf({ pid, host }: Holder): string {
  return host === undefined || host === hostname() ? `process ${pid}` : `process ${pid} of host ${host}`
}

/** Puts ours in the place of the stale lock. One process at a time, so that nobody replaces the lock of who was faster. */
function takeOver(path: string, own: string, stale: string): boolean {
  const guard = `${path}.takeover`
  if (!putIfAbsent(own, guard)) {
    const other = parseHolder(tryToRead(guard) ?? '')
    if (other === undefined || !mayLive(other)) rmSync(guard, { force: true })
    return false
  }
  try {
    if (tryToRead(path) !== stale) return false
    renameSync(own, path)
    return true
  } finally {
    rmSync(guard, { force: true })
  }
}

function putIfAbsent(own: string, path: string): boolean {
  try {
    linkSync(own, path)
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    // A file system without links, as on memory cards.
    if (code !== 'EPERM' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw error
    return tryTo(() => copyFileSync(own, path, constants.COPYFILE_EXCL), 'EEXIST')
  }
}

function release(path: string, content: string): void {
  if (tryToRead(path) === content) rmSync(path)
}

function inUse(path: string, holder?: Holder): Error {
  const by = holder === undefined ? 'a process that is just starting or ending' : nameOf(holder)
  return new Error(
    `${path.replace(/\.lock$/, '')}: the data file is in use by ${by} (${path}). Stop that process or choose another data file; ` +
      'if no KubEmu is running, delete the lock file.',
  )
}

/** A lock that cannot be read as one was left by a crash or is foreign: it holds nothing. */
function parseHolder(content: string): Holder | undefined {
  const pid = /^\{"pid":(\d+)/.exec(content)?.[1]
  const started = /"started":"(\d+)"/.exec(content)?.[1]
  const host = /"host":"([^"]*)"/.exec(content)?.[1]
  return pid === undefined ? undefined : { pid: Number(pid), started, host }
}

function mayLive({ pid, started, host }: Holder): boolean {
  if (host !== undefined && host !== hostname()) return true
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
