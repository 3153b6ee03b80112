/** Starts the built command line as a person does, and stops it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

export interface Server {
  url: string
  /** Path of the kubeconfig that `kubemu start` wrote. */
  kubeconfig: string
  /** A folder of this server's own, gone after `stop`. */
  folder: string
  /** What the server said on stderr so far. */
  errors(): string
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>
  /** Interrupts it; resolves with its exit code. */
  stop(): Promise<number | null>
}

/** Resolves when the ready line is there; rejects with what was said when the server ends before. */
export async function startServer(...flags: string[]): Promise<Server> {
  if (!existsSync(CLI)) throw new Error(`${CLI} is missing: run \`npm run build\` first`)
  const folder = await mkdtemp(join(tmpdir(), 'kubemu-e2e-'))
  const kubeconfig = join(folder, 'kubeconfig')
  const state = flags.includes('--storage') ? [] : ['--in-memory']
  const fixed = ['start', '--port', '0', ...state, '--json', '--log-level', 'warn', '--kubeconfig', kubeconfig]
  const child = spawn(process.execPath, [CLI, ...fixed, ...flags], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const { url } = JSON.parse(await firstLine(child, () => said)) as { url: string }
  return {
    url,
    kubeconfig,
    folder,
    errors: () => said,
    async kill() {
      await ended(child, 'SIGKILL')
      await rm(folder, { recursive: true, force: true })
    },
    async stop() {
      const code = await ended(child)
      await rm(folder, { recursive: true, force: true })
      return code
    },
  }
}

function firstLine(child: ChildProcess, said: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => reject(new Error(`kubemu start ended with ${code}: ${said()}`)))
    createInterface({ input: child.stdout as NodeJS.ReadableStream }).once('line', resolve)
  })
}

function ended(child: ChildProcess, signal: NodeJS.Signals = 'SIGINT'): Promise<number | null> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode)
  return new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill(signal)
  })
}
