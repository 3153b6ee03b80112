// The server that is killed: the built command line, as users start it, on files of its own.
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const BARE = ['--port', '0', '--json', '--no-controllers', '--nodes', '0', '--log-level', 'error']

/** `storage`: the flags that say where the state is. `ready` resolves with what Connection.open wants; rejects when the process ends before. */
export function spawnServer(folder, storage) {
  const args = [...BARE, ...storage, '--kubeconfig', join(folder, 'kubeconfig')]
  const child = spawn(process.execPath, [cli, 'start', ...args], { stdio: ['ignore', 'pipe', 'inherit'] })
  // A torture that fails leaves no server behind.
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = new Promise((resolve) => child.once('exit', resolve)).finally(() => process.off('exit', kill))
  const line = Promise.race([
    new Promise((resolve) => child.stdout.once('data', resolve)),
    ended.then((code) => Promise.reject(new Error(`the server did not start again: exit code ${code}`))),
  ])
  const ready = line.then((text) => {
    const { hostname, port } = new URL(JSON.parse(text).url)
    return { host: hostname, port: Number(port) }
  })
  // Whoever kills it while it starts does not wait for it.
  ready.catch(() => {})
  return { ended, ready, kill, stop: () => child.kill('SIGTERM') }
}
