// npm run bench:data -- --objects 150000: what the JSON file engine costs with many objects: the stall of a snapshot beside 2,000 writes a second, and the start
// with all of them in the journal, or in the snapshot. Prints the table that docs/performance.md holds. Each figure is of a process of its own.
import { fork } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { rolldown } from 'rolldown'
import { pod } from './objects.mjs'

const { values: flags } = parseArgs({
  options: { objects: { type: 'string', default: '150000' }, step: { type: 'string' }, folder: { type: 'string' } },
})
const OBJECTS = Number(flags.objects)
const PREFIX = '/registry/pods/'
const WRITES_A_TICK = 20
const TICK_MS = 10
const SECONDS = 10
const FIELDS = Array.from({ length: 35 }, (_, i) => [`f:fieldNumber${i}`, { '.': {}, 'f:a': {} }])

const STEPS = { fill, floor, snapshot, replay, load }
if (flags.step) await STEPS[flags.step](await openEngine(flags.folder))
else await main()

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'kubemu-bench-'))
  try {
    const bundle = await rolldown({
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      input: 'src/storage/json-file.ts',
      platform: 'node',
    })
    await bundle.write({ file: join(folder, 'engine.mjs') })
    await bundle.close()
    const rows = []
    for (const step of ['fill', 'floor', 'replay', 'snapshot', 'load']) rows.push(...(await inChild(step, folder)))
    process.stdout.write(rows.map((row) => `| ${row.join(' | ')} |\n`).join(''))
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function inChild(step, folder) {
  const args = ['--step', step, '--folder', folder, '--objects', flags.objects]
  return new Promise((resolve, reject) => {
    const child = fork(fileURLToPath(import.meta.url), args, { execArgv: ['--expose-gc', '--max-old-space-size=8192'] })
    let rows = []
    child.on('message', (message) => {
      rows = message
    })
    child.once('exit', (code) => (code === 0 ? resolve(rows) : reject(new Error(`${step} ended with ${code}`))))
  })
}

async function openEngine(folder) {
  const { openJsonFile } = await import(join(folder, 'engine.mjs'))
  const path = join(folder, 'cluster.json')
  // Snapshots are taken when they are measured, and at no other time.
  return { path, open: () => openJsonFile(path, { journalLimit: Number.MAX_SAFE_INTEGER, idleMs: 1e9 }) }
}

/** All objects as commits of the journal, and no snapshot, as a crash leaves them. */
async function fill({ open }) {
  const storage = await open()
  for (let i = 0; i < OBJECTS; i++) storage.create(PREFIX, nameOf(i), stored(i))
  report()
}

/** What a start cannot do without: the bytes from the disk, and JSON.parse of each object, which stays. */
async function floor({ path }) {
  const start = begin()
  const content = await readFile(`${path}.journal`)
  const kept = []
  for (let from = content.indexOf(10) + 1, to = 0; ; from = to + 1) {
    to = content.indexOf(10, from)
    if (to < 0) break
    kept.push(JSON.parse(content.toString('utf8', from, to)))
  }
  report(['JSON.parse of the same lines, kept in a list', `${spent(start)}, ${rss()}, ${kept.length} objects`])
}

async function replay({ path, open }) {
  const bytes = statSync(`${path}.journal`).size
  const start = begin()
  const storage = await open()
  const rows = [`start, all in the journal (${mb(bytes)})`, `${spent(start)}, ${rss()}`]
  await storage.close()
  report(rows)
}

async function load({ path, open }) {
  const start = begin()
  await open()
  report([`start, all in the snapshot (${mb(statSync(path).size)})`, `${spent(start)}, ${rss()}`])
}

/** The delay of the event loop with writes alone, and with the same writes while a snapshot is taken. */
async function snapshot({ open }) {
  const storage = await open()
  await underWrites(storage, () => wait(1_000))
  const alone = await underWrites(storage, () => wait(SECONDS * 1_000))
  const saving = await underWrites(storage, () => storage.save())
  const row = ({ seconds, writes, delay, before, after }) =>
    `${seconds.toFixed(1)} s, ${writes} writes, p50 ${delay.p50} ms, p99 ${delay.p99} ms, longest ${delay.max} ms, RSS ${before} to ${after}`
  report(['event loop beside 2,000 writes/s', row(alone)], ['the same, while a snapshot is taken', row(saving)])
}

async function underWrites(storage, work) {
  globalThis.gc()
  const histogram = monitorEventLoopDelay({ resolution: 1 })
  let writes = 0
  const timer = setInterval(() => {
    for (let i = 0; i < WRITES_A_TICK; i++) {
      const name = nameOf((writes++ * 7919) % OBJECTS)
      const old = storage.get(PREFIX, name)
      storage.update(PREFIX, name, { ...old, spec: { ...old.spec } }, old.metadata.resourceVersion)
    }
  }, TICK_MS)
  const before = rss()
  histogram.enable()
  const start = performance.now()
  await work()
  const seconds = (performance.now() - start) / 1000
  histogram.disable()
  clearInterval(timer)
  // The monitor's own timer is due each millisecond: what is above is delay.
  const [p50, p99] = [50, 99].map((percent) => (histogram.percentile(percent) / 1e6 - 1).toFixed(1))
  return {
    seconds,
    writes,
    before,
    after: rss(),
    delay: { p50, p99, max: (histogram.max / 1e6 - 1).toFixed(1) },
  }
}

/** A pod as the server stores it, with status and field ownership: about 4 KB. */
function stored(i) {
  const { spec, ...rest } = JSON.parse(pod(`pod-${i}`))
  const fields = { 'f:spec': { 'f:containers': { 'k:{"name":"web"}': Object.fromEntries(FIELDS) } } }
  const managedFields = ['kubectl', 'kubelet'].map((manager) => ({ manager, operation: 'Update', fieldsV1: fields }))
  const condition = { lastProbeTime: null, lastTransitionTime: '2026-01-01T00:00:00Z', status: 'True' }
  const conditions = ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({ ...condition, type }))
  const metadata = { ...rest.metadata, namespace: `ns-${i % 50}`, uid: `00000000-0000-4000-8000-${i}`, managedFields }
  return { ...rest, metadata, spec, status: { phase: 'Running', conditions, podIP: '10.1.2.3' } }
}

function nameOf(i) {
  return `ns-${i % 50}/pod-${i}`
}

function report(...rows) {
  process.send(
    rows.filter((row) => Array.isArray(row)),
    () => process.exit(),
  )
}

function wait(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}

function begin() {
  return { wall: performance.now(), cpu: cpuMs() }
}

function spent({ wall, cpu }) {
  const seconds = (milliseconds) => `${(milliseconds / 1000).toFixed(1)} s`
  return `${seconds(performance.now() - wall)} (${seconds(cpuMs() - cpu)} of CPU time)`
}

function cpuMs() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

function mb(bytes) {
  return `${Math.round(bytes / 1e6)} MB`
}

function rss() {
  return mb(process.memoryUsage.rss())
}
