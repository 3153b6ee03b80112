// The servers under load: KubEmu as built, and the bare one.
import http from 'node:http'
import { join } from 'node:path'
import { beside, freePort, megabytes, readyLine, start, stop, temporaryFolder } from './processes.mjs'

const cli = beside('../dist/cli/main.js')

/** { target, children, rss(), stop() } of a process that prints one line of JSON with its url or port when it is ready. */
async function serve(args) {
  const child = start(process.execPath, args, { pipe: true })
  const line = await readyLine(child)
  const port = line.port ?? Number(new URL(line.url).port)
  return {
    target: { host: '127.0.0.1', port },
    pid: child.pid,
    children: [child],
    rss: () => megabytes([child]),
    stop: () => stop(child),
  }
}

/** `kubemu start` with these flags, beside those that every one of them has here. */
export function startKubemu(...flags) {
  const config = join(temporaryFolder(), 'kubeconfig')
  return serve([cli, 'start', '--port', '0', '--json', '--kubeconfig', config, '--log-level', 'error', ...flags])
}

/** What a kube-apiserver is compared with: it has no controllers either. */
export const startApiServer = () => startKubemu('--in-memory', '--no-controllers')

export const startBare = (folder) => serve([beside('bare.mjs'), folder])

/** Milliseconds from spawn to the first 200 of /readyz: the whole command as a user types it. */
export async function startUpMs(...flags) {
  const port = await freePort()
  const started = performance.now()
  const config = join(temporaryFolder(), 'kubeconfig')
  const child = start(process.execPath, [cli, 'start', '--port', String(port), '--kubeconfig', config, ...flags])
  await answers({ port, path: '/readyz' })
  const ms = performance.now() - started
  const rss = megabytes([child])
  await stop(child)
  return { ms, rss }
}

function answers(options) {
  return new Promise((resolve) => {
    const ask = () => {
      const request = http.get({ ...options, agent: false }, (answer) => {
        answer.resume()
        if (answer.statusCode === 200) resolve()
        else setTimeout(ask, 1)
      })
      request.on('error', () => setTimeout(ask, 1))
    }
    ask()
  })
}
