// Processes under measurement: started, waited for, looked at, and never left behind.
import { spawn } from 'node:child_process'
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const TICKS_A_SECOND = 100
const PAGE_MB = 4096 / 2 ** 20

/** A path beside this file. */
export const beside = (path) => fileURLToPath(new URL(path, import.meta.url))

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1))

const folders = []
const running = new Set()
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** A folder that is gone when this process is. */
export function temporaryFolder() {
  folders.push(mkdtempSync(join(tmpdir(), 'kubemu-bench-')))
  return folders.at(-1)
}

export async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Starts a program; what it says goes to `log`, or with `pipe` to the caller. */
export function start(program, args, { log, pipe = false } = {}) {
  const output = log === undefined ? 'ignore' : openSync(log, 'a')
  const child = spawn(program, args, { stdio: ['ignore', pipe ? 'pipe' : output, pipe ? 'inherit' : output] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

/** Resolves when the child has ended; it is killed when it takes longer than 20 s. */
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  child.kill('SIGCONT')
  const patience = setTimeout(() => child.kill('SIGKILL'), 20_000)
  await ended
  clearTimeout(patience)
}

/** They stand still until `resume`: what a server tidies up after its load would take the time of another. */
export function pause(children) {
  for (const child of children) child.kill('SIGSTOP')
}

export function resume(children) {
  for (const child of children) child.kill('SIGCONT')
}

/** The one line of JSON that a child prints when it is ready. Rejects when it ends before. */
export function readyLine(child) {
  let text = ''
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${child.spawnargs.join(' ')} ended with ${code}`)))
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))))
    })
  })
}

/** What a script of this folder, a process of its own, prints as JSON. It is told `job` in its first argument. */
export async function runScript(path, job) {
  const child = start(process.execPath, ['--expose-gc', beside(path), JSON.stringify(job)], { pipe: true })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  const code = await new Promise((resolve) => child.once('close', resolve))
  if (code !== 0) throw new Error(`${path} ended with ${code}`)
  return JSON.parse(text)
}

export function megabytes(children) {
  return children.reduce((sum, { pid }) => sum + Number(stat(`/proc/${pid}/statm`).split(' ')[1]) * PAGE_MB, 0)
}

/** Seconds of CPU time so far, of all threads. Linux counts them in ticks of 10 ms. */
export function cpuSeconds(children) {
  return children.reduce((sum, { pid }) => {
    const fields = stat(`/proc/${pid}/stat`).split(') ')[1].split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND
  }, 0)
}

/** Hundredths of one core that the children take while nobody asks them for anything. */
export async function idlePercent(children, seconds) {
  const before = cpuSeconds(children)
  await sleep(seconds * 1000)
  return ((cpuSeconds(children) - before) / seconds) * 100
}

const stat = (path) => readFileSync(path, 'utf8')
