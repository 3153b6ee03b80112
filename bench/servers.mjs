// The servers under load: KubEmu as built, the bare one, and a real kube-apiserver that somebody else started.
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import http from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { load } from 'js-yaml'

const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))

/** { target, stop() } of a process that prints one line of JSON with its url or port when it is ready. */
async function startProcess(args) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  let text = ''
  const line = await new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`${args.join(' ')} ended with ${code}`)))
    child.stdout.on('data', (chunk) => {
      text += chunk
      if (text.includes('\n')) resolve(JSON.parse(text))
    })
  })
  const port = line.port ?? Number(new URL(line.url).port)
  const stop = () =>
    new Promise((resolve) => {
      child.once('exit', resolve)
      child.kill('SIGTERM')
    })
  return { target: { host: '127.0.0.1', port }, pid: child.pid, stop }
}

/** No controllers: a kube-apiserver has none either. */
export async function startKubemu(...flags) {
  const folder = mkdtempSync(join(tmpdir(), 'kubemu-bench-'))
  const config = join(folder, 'kubeconfig')
  const fixed = ['--port', '0', '--no-controllers', '--json', '--kubeconfig', config, '--log-level', 'error']
  const server = await startProcess([cli, 'start', ...fixed, ...flags])
  return {
    ...server,
    async stop() {
      await server.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

export const startBare = (folder) => startProcess([fileURLToPath(new URL('bare.mjs', import.meta.url)), folder])

/** The server that the current context of a kubeconfig names; a bearer token is all the login that is known. */
export function peerTarget(path) {
  const config = load(readFileSync(path, 'utf8'))
  const named = (list, name) => list.find((entry) => entry.name === name)
  const { context } = named(config.contexts, config['current-context'])
  const url = new URL(named(config.clusters, context.cluster).cluster.server)
  const { token } = named(config.users, context.user).user
  return { host: url.hostname, port: Number(url.port), tls: url.protocol === 'https:', token }
}

/** Milliseconds from spawn to the first 200 of /readyz: the whole command as a user types it. */
export async function startUpMs(port) {
  const folder = mkdtempSync(join(tmpdir(), 'kubemu-bench-'))
  const started = performance.now()
  const args = [cli, 'start', '--in-memory', '--port', String(port), '--kubeconfig', join(folder, 'kubeconfig')]
  const child = spawn(process.execPath, args, { stdio: 'ignore' })
  await new Promise((resolve) => {
    const ask = () => {
      const request = http.get({ port, path: '/readyz', agent: false }, (answer) => {
        answer.resume()
        if (answer.statusCode === 200) resolve()
        else ask()
      })
      request.on('error', () => setTimeout(ask, 1))
    }
    ask()
  })
  const ms = performance.now() - started
  await new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })
  rmSync(folder, { recursive: true })
  return ms
}
