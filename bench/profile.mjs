// npm run bench:profile [-- --verb create --count 20000 --clients 32] or [-- --work rollout] or [-- --work watch]: where the server's time goes.
// Prints the CPU time of a request, of a pod that becomes Running, or of an event to a watcher (a number that other work on the machine
// changes less than the rate) and the functions with the most time of their own; keeps the .cpuprofile.
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { prepare, send } from './both.mjs'
import { load } from './load-job.mjs'
import { beside, cpuSeconds, readyLine, start, stop, temporaryFolder } from './processes.mjs'

const { values } = parseArgs({
  allowNegative: true,
  options: {
    work: { type: 'string', default: 'requests' },
    verb: { type: 'string', default: 'create' },
    count: { type: 'string' },
    clients: { type: 'string', default: '32' },
    top: { type: 'string', default: '40' },
    out: { type: 'string', default: 'bench/profiles' },
    // Sampling costs time, too: without it the CPU time is what a user's server takes.
    sample: { type: 'boolean', default: true },
  },
})

/** `prepare` is not measured, `run` is, and answers how many units it was. */
const WORKS = {
  requests: {
    flags: ['--no-controllers'],
    unit: `${values.verb} request`,
    async prepare(target, count) {
      const warm = { kind: 'requests', target, namespace: 'warm', count: 3_000, clients: 8 }
      for (const verb of new Set(['create', values.verb])) await load({ ...warm, verb })
      const create = { kind: 'requests', target, verb: 'create', namespace: 'bench', count, clients: 32 }
      if (values.verb !== 'create') await load(create)
    },
    async run(target, count) {
      const clients = Number(values.clients)
      await load({ kind: 'requests', target, verb: values.verb, namespace: 'bench', count, clients })
      return count
    },
  },
  rollout: {
    flags: ['--nodes', '100'],
    unit: 'pod to Running',
    prepare: (target) => load({ kind: 'rollout', target, namespace: 'warm', deployments: 5, replicas: 100 }),
    async run(target, count) {
      const replicas = 100
      await load({ kind: 'rollout', target, namespace: 'bench', deployments: Math.ceil(count / replicas), replicas })
      return count
    },
  },
  watch: {
    flags: ['--no-controllers'],
    unit: 'event to a watcher',
    prepare: (target) => fan(target, 'warm', 100),
    async run(target, count) {
      const watchers = 1_000
      await fan(target, 'bench', count / watchers, watchers)
      return count
    },
  },
}
const COUNTS = { requests: 20_000, rollout: 5_000, watch: 400_000 }

const work = WORKS[values.work]
if (!work) throw new Error(`--work is one of ${Object.keys(WORKS).join(', ')}`)
const count = Number(values.count ?? COUNTS[values.work])
const name = values.work === 'requests' ? values.verb : values.work
const server = await serve(work.flags)
await prepare(server.target, ['warm', 'bench'])
await work.prepare(server.target, count)
const [before, began] = [cpuSeconds([server.child]), performance.now()]
const units = await work.run(server.target, count)
const [cpu, seconds] = [cpuSeconds([server.child]) - before, (performance.now() - began) / 1000]
await stop(server.child)
console.log(`${work.unit}: ${((cpu / units) * 1e6).toFixed(1)} us of CPU time, ${Math.round(units / seconds)}/s`)
if (values.sample) printTop(JSON.parse(readFileSync(join(values.out, `${name}.cpuprofile`), 'utf8')))

async function serve(flags) {
  mkdirSync(values.out, { recursive: true })
  const sampling = ['--cpu-prof', `--cpu-prof-dir=${values.out}`, `--cpu-prof-name=${name}.cpuprofile`]
  const config = ['--kubeconfig', join(temporaryFolder(), 'kubeconfig')]
  const fixed = ['start', '--port', '0', '--in-memory', '--json', '--log-level', 'error', ...config, ...flags]
  const args = [...(values.sample ? sampling : []), beside('../dist/cli/main.js'), ...fixed]
  const child = start(process.execPath, args, { pipe: true })
  const { url } = await readyLine(child)
  return { child, target: { host: '127.0.0.1', port: Number(new URL(url).port) } }
}

async function fan(target, namespace, writes, watchers = 10) {
  const list = await send(target, 'GET', `/api/v1/namespaces/${namespace}/pods`)
  const { resourceVersion } = JSON.parse(list.body()).metadata
  await load({ kind: 'watch', target, namespace, resourceVersion, watchers, writes })
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
