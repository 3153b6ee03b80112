/** An etcd of the test's own on loopback: Debian's etcd-server or any later one, from PATH or named in ETCD. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const path = process.env['ETCD'] ?? 'etcd'
const READY_MS = 20_000

/** `3.4.23`, or undefined when there is no etcd. */
export function etcdVersion(): string | undefined {
  try {
    const text = execFileSync(path, ['--version'], { encoding: 'utf8', timeout: READY_MS })
    return /etcd Version: (\S+)/.exec(text)?.[1]
  } catch {
    return undefined
  }
}

/** Throws where there is none: these tests are skipped for nobody. */
export function requireEtcd(): string {
  const version = etcdVersion()
  if (version === undefined) {
    throw new Error('there is no etcd: put one on PATH (apt-get install etcd-server) or name it in ETCD')
  }
  return version
}

export interface EtcdServer {
  endpoint: string
  /** SIGKILL; resolves when it is gone. Its files stay. */
  kill(): Promise<void>
  /** Again on the same port with the same files; resolves when it answers. */
  start(): Promise<void>
  /** Stops it and takes its files away. */
  stop(): Promise<void>
}

/** `scheme` https: with `flags` that say its certificates. */
export async function startEtcd(options: { scheme?: string; flags?: readonly string[] } = {}): Promise<EtcdServer> {
  requireEtcd()
  const folder = mkdtempSync(join(tmpdir(), 'kubemu-etcd-'))
  const [port, peerPort] = [await freePort(), await freePort()]
  const endpoint = `${options.scheme ?? 'http'}://127.0.0.1:${port}`
  const peers = `http://127.0.0.1:${peerPort}`
  const urls = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint, '--listen-peer-urls', peers]
  const more = ['--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`, '--unsafe-no-fsync']
  const args = ['--data-dir', join(folder, 'data'), ...urls, ...more, '--log-level', 'warn', ...(options.flags ?? [])]
  let child: ChildProcess | undefined
  const server: EtcdServer = {
    endpoint,
    async start() {
      child = spawn(path, args, { stdio: ['ignore', 'ignore', 'pipe'] })
      await ready(child, port)
    },
    async kill() {
      await ended(child)
      child = undefined
    },
    async stop() {
      await server.kill()
      rmSync(folder, { recursive: true, force: true })
    },
  }
  await server.start()
  return server
}

/** It says so on stderr at every log level but the quiet ones; its port says it at all. */
async function ready(child: ChildProcess, port: number): Promise<void> {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    said += chunk
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  for (const until = Date.now() + READY_MS; Date.now() < until; ) {
    if (child.exitCode !== null) throw new Error(`etcd ended with ${child.exitCode}: ${said}`)
    if (await answers(port)) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error(`etcd did not answer: ${said}`)
}

async function answers(port: number): Promise<boolean> {
  const { connect } = await import('node:net')
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.end())
  })
}

function ended(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}
