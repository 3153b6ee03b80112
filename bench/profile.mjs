// npm run bench:profile [-- --verb create --count 20000 --clients 32]: where the server's time goes. Prints the CPU time of a request (a number
// that other work on the machine changes less than the rate) and the functions with the most time of their own; keeps the .cpuprofile.
import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { Connection } from './connection.mjs'

const { values } = parseArgs({
  allowNegative: true,
  options: {
    verb: { type: 'string', default: 'create' },
    count: { type: 'string', default: '20000' },
    clients: { type: 'string', default: '32' },
    top: { type: 'string', default: '40' },
    out: { type: 'string', default: 'bench/profiles' },
    // Sampling costs time, too: without it the CPU time is what a user's server takes.
    sample: { type: 'boolean', default: true },
  },
})
const count = Number(values.count)
const folder = mkdtempSync(join(tmpdir(), 'kubemu-profile-'))
const cli = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url))
mkdirSync(values.out, { recursive: true })

const server = await start()
const target = { host: '127.0.0.1', port: server.port }
await prepare()
const needed = values.verb === 'create' ? [] : ['create']
const warm = { kind: 'requests', target, namespace: 'warm', count: 3_000, clients: 8 }
for (const verb of new Set(['create', values.verb])) await load({ ...warm, verb })
for (const verb of needed) await load({ kind: 'requests', target, verb, namespace: 'bench', count, clients: 32 })
const before = cpuSeconds()
const { perSecond } = await load({
  kind: 'requests',
  target,
  verb: values.verb,
  namespace: 'bench',
  count,
  clients: Number(values.clients),
})
const after = cpuSeconds()
await server.stop()
const micros = ((after - before) / count) * 1e6
console.log(
  `${values.verb}: ${micros.toFixed(0)} us of CPU time a request, ${Math.round(perSecond)}/s with ${values.clients} clients`,
)
if (values.sample) printTop(readProfile())
rmSync(folder, { recursive: true })

async function start() {
  const flags = ['--port', '0', '--in-memory', '--no-controllers', '--json', '--log-level', 'error']
  const profiling = values.sample
    ? ['--cpu-prof', `--cpu-prof-dir=${values.out}`, `--cpu-prof-name=${values.verb}.cpuprofile`]
    : []
  const args = [...profiling, cli, 'start', ...flags, '--kubeconfig', join(folder, 'kubeconfig')]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  process.once('exit', () => child.kill('SIGKILL'))
  const line = await new Promise((resolve) => child.stdout.once('data', (chunk) => resolve(JSON.parse(String(chunk)))))
  const stop = () =>
    new Promise((resolve) => {
      child.once('exit', resolve)
      child.kill('SIGTERM')
    })
  return { port: Number(new URL(line.url).port), pid: child.pid, stop }
}

async function prepare() {
  for (const name of ['warm', 'bench']) {
    const connection = await Connection.open(target)
    await connection.send('POST', '/api/v1/namespaces', JSON.stringify({ metadata: { name } }))
    const account = JSON.stringify({ metadata: { name: 'default' } })
    await connection.send('POST', `/api/v1/namespaces/${name}/serviceaccounts`, account)
    connection.close()
  }
}

function load(job) {
  const args = [fileURLToPath(new URL('load.mjs', import.meta.url)), JSON.stringify(job)]
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += chunk
  })
  return new Promise((resolve) => child.once('exit', () => resolve(JSON.parse(text))))
}

/** User and system time of the server's process. Linux counts it in ticks of 10 ms. */
function cpuSeconds() {
  const fields = readFileSync(`/proc/${server.pid}/stat`, 'utf8').split(') ')[1].split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

function readProfile() {
  const name = readdirSync(values.out).find((file) => file === `${values.verb}.cpuprofile`)
  return JSON.parse(readFileSync(join(values.out, name), 'utf8'))
}

function printTop({ nodes, samples, timeDeltas }) {
  const own = new Map(nodes.map(({ id }) => [id, 0]))
  samples.forEach((id, i) => {
    own.set(id, own.get(id) + timeDeltas[i])
  })
  const byFunction = new Map()
  for (const { id, callFrame } of nodes) {
    const at = callFrame.url.replace(/^.*\//, '')
    const name = `${callFrame.functionName || '(anonymous)'} ${at}:${callFrame.lineNumber + 1}`
    byFunction.set(name, (byFunction.get(name) ?? 0) + own.get(id))
  }
  const busy = [...byFunction].filter(([name]) => !/^\((idle|program)\)/.test(name))
  const all = busy.reduce((sum, [, time]) => sum + time, 0)
  for (const [name, time] of busy.sort((a, b) => b[1] - a[1]).slice(0, Number(values.top))) {
    console.log(`${((time / all) * 100).toFixed(1).padStart(5)} %  ${name}`)
  }
}
