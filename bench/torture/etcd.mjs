// The etcd under a server that is tortured: from PATH or named in ETCD, with its own fsync, on loopback and files of its own.
import { spawn } from 'node:child_process'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'

const READY_MS = 30_000

/** Resolves when it answers. `kill` is SIGKILL; `start` is again on the same port and files. */
export async function startEtcd(folder) {
  const [port, peerPort] = [await freePort(), await freePort()]
  const endpoint = `http://127.0.0.1:${port}`
  const peers = `http://127.0.0.1:${peerPort}`
  const urls = ['--listen-client-urls', endpoint, '--advertise-client-urls', endpoint, '--listen-peer-urls', peers]
  const cluster = ['--initial-advertise-peer-urls', peers, '--initial-cluster', `default=${peers}`]
  const args = ['--data-dir', join(folder, 'etcd'), '--log-level', 'error', ...urls, ...cluster]
  let child
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const etcd = {
    endpoint,
    async start() {
      child = spawn(process.env.ETCD ?? 'etcd', args, { stdio: 'ignore' })
      const failed = new Promise((_, reject) => {
        child.once('error', () => reject(new Error('there is no etcd: put one on PATH or name it in ETCD')))
      })
      await Promise.race([answers(port), failed])
    },
    async kill() {
      const ended = new Promise((resolve) => child.once('exit', resolve))
      kill()
      await ended
    },
  }
  await etcd.start()
  return etcd
}

async function answers(port) {
  for (const until = Date.now() + READY_MS; Date.now() < until; ) {
    const isThere = await new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true))
      socket.once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  throw new Error('etcd does not answer')
}

function freePort() {
  return new Promise((resolve) => {
    const server = createServer()
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address()
      server.close(() => resolve(port))
    })
  })
}
