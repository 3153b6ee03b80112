/** Finds kubectl binaries and runs them. */
import { type ExecFileException, execFile, execFileSync, spawn } from 'node:child_process'
import { existsSync, readdirSync, realpathSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import type { Server } from '../server.ts'

export interface Binary {
  path: string
  /** `v1.33.1` */
  version: string
}

export interface Result {
  stdout: string
  stderr: string
  code: number
}

export interface Kubectl {
  readonly namespace: string
  readonly folder: string
  /** Runs it and answers stdout. Throws, with all that was printed, when the exit code is not 0. */
  (...args: string[]): Promise<string>
  /** The same with text on stdin, for `-f -`. */
  pipe(input: string, ...args: string[]): Promise<string>
  /** Runs it and answers stderr. Throws when it succeeds. */
  fails(...args: string[]): Promise<string>
  /** Exit code and both streams, whatever comes. */
  run(args: readonly string[], extra?: { input?: string; env?: Record<string, string> }): Promise<Result>
  /** Runs a command that goes on for ever until its stdout matches; answers stdout. */
  until(pattern: RegExp, ...args: string[]): Promise<string>
}

const LIMIT_MS = 30_000
/** More than these would cost minutes and show nothing new: the oldest, the middle and the newest. */
const MOST = 3

/** Those of $KUBECTL (a comma list), or of PATH: `kubectl` and `kubectl.1.NN` there or beside what it links to. One a version. */
export function findKubectls(): Binary[] {
  const named = process.env['KUBECTL']
  const paths = named === undefined ? onPath() : named.split(',').filter((path) => path !== '')
  const byVersion = new Map<string, Binary>()
  for (const path of paths) {
    const version = versionOf(path)
    // gcloud's `kubectl` only chooses one of those beside it.
    if (version?.endsWith('-dispatcher') && named === undefined) continue
    if (version && !byVersion.has(version)) byVersion.set(version, { path, version })
    if (!version && named !== undefined) throw new Error(`KUBECTL names ${path}, which does not answer \`version\``)
  }
  const sorted = [...byVersion.values()].sort((a, b) => minor(a) - minor(b))
  if (named !== undefined || sorted.length <= MOST) return sorted
  return [sorted[0], sorted[sorted.length >> 1], sorted.at(-1)] as Binary[]
}

function onPath(): string[] {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => existsSync(folder))
  const linked = folders.map((folder) => join(folder, 'kubectl')).filter((path) => existsSync(path))
  const all = new Set([...folders, ...linked.map((path) => dirname(realpathSync(path)))])
  return [...all].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => /^kubectl(\.1\.\d+)?$/.test(name))
      .map((name) => join(folder, name)),
  )
}

function versionOf(path: string): string | undefined {
  try {
    const text = execFileSync(path, ['version', '--client', '-o', 'json'], { encoding: 'utf8', timeout: LIMIT_MS })
    return (JSON.parse(text) as { clientVersion: { gitVersion: string } }).clientVersion.gitVersion
  } catch {
    // A wrapper that is broken on this machine is no kubectl.
    return undefined
  }
}

const minor = ({ version }: Binary): number => Number(/^v1\.(\d+)/.exec(version)?.[1] ?? 0)

/** A kubectl that talks to the server as a user whose current namespace is `namespace`. */
export function kubectlFor(
  { path }: Binary,
  server: Pick<Server, 'kubeconfig' | 'folder'>,
  namespace: string,
): Kubectl {
  const fixed = ['--kubeconfig', server.kubeconfig, '--cache-dir', join(server.folder, 'cache'), '-n', namespace]
  // What kubectl edit keeps of a refused edit goes with the folder, too.
  const env = { ...process.env, HOME: server.folder, TMPDIR: server.folder }
  const run: Kubectl['run'] = (args, { input = '', env: more } = {}) =>
    new Promise((resolve) => {
      const options = { env: { ...env, ...more }, timeout: LIMIT_MS, maxBuffer: 1 << 26 }
      const child = execFile(path, [...fixed, ...args], options, (error, stdout, stderr) => {
        resolve({ stdout, stderr: stderr + timedOut(error), code: error ? Number(error.code ?? -1) : 0 })
      })
      child.stdin?.end(input)
    })
  const succeed = async (args: readonly string[], input?: string): Promise<string> => {
    const result = await run(args, { input })
    if (result.code !== 0) throw new Error(`kubectl ${args.join(' ')}: exit code ${result.code}\n${shown(result)}`)
    return result.stdout
  }
  const kubectl = (...args: string[]): Promise<string> => succeed(args)
  return Object.assign(kubectl, {
    namespace,
    folder: server.folder,
    pipe: (input: string, ...args: string[]) => succeed(args, input),
    async fails(...args: string[]) {
      const result = await run(args)
      if (result.code === 0) throw new Error(`kubectl ${args.join(' ')} should fail, but:\n${shown(result)}`)
      return result.stderr
    },
    run,
    until: (pattern: RegExp, ...args: string[]) => until(pattern, path, [...fixed, ...args], env),
  })
}

const shown = ({ stdout, stderr }: Result): string => `${stdout}${stderr}`
const timedOut = (error: ExecFileException | null): string => (error?.killed ? `killed after ${LIMIT_MS} ms` : '')

function until(pattern: RegExp, path: string, args: string[], env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(path, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let seen = ''
    const timer = setTimeout(() => stop(new Error(`${pattern} did not come; this did:\n${seen}`)), LIMIT_MS)
    const stop = (error?: Error): void => {
      clearTimeout(timer)
      child.kill()
      if (error) reject(error)
      else resolve(seen)
    }
    child.stdout.on('data', (chunk: Buffer) => {
      seen += chunk
      if (pattern.test(seen)) stop()
    })
    child.stderr.on('data', (chunk: Buffer) => {
      seen += chunk
    })
    child.once('error', stop)
    child.once('exit', (code) => stop(pattern.test(seen) ? undefined : new Error(`ended with ${code}:\n${seen}`)))
  })
}
