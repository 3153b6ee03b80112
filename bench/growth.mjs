// npm run bench:growth [-- --rounds 5 --sizes 1000,10000,100000]: what writes, lists and starts cost as what is stored and watched grows. Writes docs/growth-*.svg and
// prints the numbers. CPU time of the server, which other work on the machine changes less than time; all sizes take turns in each round, and the median counts.
import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { prepare } from './both.mjs'
import { lineChart } from './chart.mjs'
import { Connection, connect, requestText } from './connection.mjs'
import { load } from './load-job.mjs'
import { cpuSeconds, temporaryFolder } from './processes.mjs'
import { startKubemu } from './servers.mjs'
import { median, whole } from './table.mjs'

const { values: flags } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    sizes: { type: 'string', default: '1000,10000,100000' },
    only: { type: 'string', default: 'writes,watchers,lists,start' },
    out: { type: 'string', default: fileURLToPath(new URL('../docs', import.meta.url)) },
  },
})
const sizes = flags.sizes.split(',').map(Number)
const rounds = Number(flags.rounds)
const WRITES = 2_000
const NAMESPACE = 'stored'
const FOLDER = `/api/v1/namespaces/${NAMESPACE}/pods`
/** Of all watchers so many see what is written. */
const MATCHING = 5
const WATCHERS = [10, 100, 1_000]

const measurements = { writes, watchers, lists, start }
for (const name of flags.only.split(',')) await measurements[name]()

async function filled(size, ...flags) {
  const server = await startKubemu('--no-controllers', ...flags)
  await prepare(server.target, [NAMESPACE])
  if (size === 0) return server
  await load({
    kind: 'requests',
    target: server.target,
    verb: 'create',
    namespace: NAMESPACE,
    count: size,
    clients: 16,
  })
  return server
}

/** Microseconds of the server's CPU time a request. */
async function costOf({ target, pid }, { count = WRITES, ...job }) {
  const before = cpuSeconds([{ pid }])
  await load({ kind: 'requests', target, namespace: NAMESPACE, count, clients: 8, ...job })
  return ((cpuSeconds([{ pid }]) - before) / count) * 1e6
}

/** `measure` of each case in turns, so that all see the same machine; the median of each. */
async function inTurns(cases, measure) {
  const measured = new Map(cases.map((one) => [one, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const one of cases) {
      const value = await measure(one)
      // The first round warms up.
      if (round > 0) measured.get(one).push(value)
    }
  }
  return cases.map((one) => median(measured.get(one)))
}

async function writes() {
  const servers = []
  for (const size of sizes) servers.push(await filled(size, '--in-memory'))
  const serverOf = (size) => servers[sizes.indexOf(size)]
  const ofStored = (verb) => (size) => costOf(serverOf(size), { verb, count: Math.min(WRITES, size) })
  // What is created goes again, what is deleted was made for it: the size stays.
  const created = new Map(sizes.map((size) => [size, []]))
  const costs = {
    delete: await inTurns(sizes, async (size) => {
      created.get(size).push(await costOf(serverOf(size), { verb: 'create', first: size }))
      return costOf(serverOf(size), { verb: 'delete', first: size })
    }),
    create: sizes.map((size) => median(created.get(size).slice(1))),
    update: await inTurns(sizes, ofStored('update')),
    patch: await inTurns(sizes, ofStored('patch')),
  }
  for (const server of servers) await server.stop()
  const series = Object.entries(costs).map(([name, values]) => ({
    name,
    points: sizes.map((size, i) => [size, values[i]]),
  }))
  draw('growth-writes', 'A write, by what is stored', 'stored pods', 'CPU time a write (µs)', series)
}

/** A third each in other namespaces, with another label, on another node: as controllers, operators and kubelets watch. */
function watchPath(i) {
  const other = [
    '/api/v1/namespaces/other/pods?watch=1',
    '/api/v1/pods?watch=1&labelSelector=app%3Dother',
    `/api/v1/pods?watch=1&fieldSelector=spec.nodeName%3Dnode-${i}`,
  ]
  return i < MATCHING ? `${FOLDER}?watch=1` : other[i % 3]
}

async function watchers() {
  const servers = []
  const sockets = []
  for (const count of WATCHERS) {
    const server = await filled(1_000, '--in-memory')
    servers.push(server)
    for (let i = 0; i < count; i++) sockets.push(await openWatch(server.target, watchPath(i)))
  }
  const series = []
  for (const verb of ['update', 'patch']) {
    const costs = await inTurns(WATCHERS, (count) => costOf(servers[WATCHERS.indexOf(count)], { verb, count: 1_000 }))
    series.push({
      name: `${verb}, ${MATCHING} of the watchers match`,
      points: WATCHERS.map((count, i) => [count, costs[i]]),
    })
  }
  for (const socket of sockets) socket.destroy()
  for (const server of servers) await server.stop()
  draw('growth-watchers', 'A write, by who watches', 'open watches', 'CPU time a write (µs)', series)
}

async function openWatch(target, path) {
  const socket = await connect(target)
  socket.write(requestText(target, 'GET', path))
  await new Promise((resolve) => socket.once('data', resolve))
  return socket.resume()
}

async function lists() {
  const servers = []
  for (const size of sizes) servers.push(await filled(size, '--in-memory'))
  const asked = {
    'the whole list': FOLDER,
    'a selector that matches nothing': `${FOLDER}?labelSelector=app%3Dnone`,
  }
  const series = []
  for (const [name, path] of Object.entries(asked)) {
    const costs = await inTurns(sizes, async (size) => {
      const { target, pid } = servers[sizes.indexOf(size)]
      const times = Math.ceil(200_000 / size)
      const before = cpuSeconds([{ pid }])
      await load({ kind: 'list', target, path, count: times })
      return ((cpuSeconds([{ pid }]) - before) / times / size) * 1e6
    })
    series.push({ name, points: sizes.map((size, i) => [size, costs[i]]) })
  }
  for (const server of servers) await server.stop()
  draw('growth-lists', 'A LIST, for each object that is stored', 'stored pods', 'CPU time an object (µs)', series)
}

async function start() {
  const stored = [0, ...sizes]
  const files = []
  for (const size of stored) {
    const file = join(temporaryFolder(), 'cluster.json')
    const server = await filled(size, '--data', file)
    await server.stop()
    files.push(file)
  }
  const costs = await inTurns(files, (file) => startCost('--data', file))
  const points = files.map((file, i) => [statSync(file).size / 1e6, costs[i] * 1000])
  draw(
    'growth-start',
    'A start, by what is stored',
    'data file (MB)',
    'CPU time until it answers (ms)',
    [{ name: `from a data file of ${stored.map(whole).join(', ')} pods`, points }],
    false,
  )
}

/** Seconds of CPU time until it answers. */
async function startCost(...flags) {
  const server = await startKubemu('--no-controllers', ...flags)
  const connection = await Connection.open(server.target)
  await connection.send('GET', '/readyz')
  connection.close()
  const cost = cpuSeconds(server.children)
  await server.stop()
  return cost
}

function draw(name, title, x, y, series, log = true) {
  writeFileSync(join(flags.out, `${name}.svg`), lineChart({ title, x: { label: x, log }, y: { label: y }, series }))
  for (const { name: what, points } of series) {
    const told = points.map(([at, value]) => `${whole(at)}: ${value.toFixed(value < 10 ? 2 : 0)}`)
    process.stdout.write(`${name}: ${what}: ${told.join(', ')}\n`)
  }
}
