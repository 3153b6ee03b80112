// npm run bench:soak [-- --objects 150000 --rate 2000 --minutes 10 --clients 16 --svg FILE]: one server, many objects, steady writes, and watchers that account
// for every revision. Prints a line each ten seconds, then what must hold: every write done, no gap, memory flat. Exit code 1 and what is missed when it does
// not; stops by itself when the server falls behind.
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { prepare } from './both.mjs'
import { lineChart } from './chart.mjs'
import { Connection } from './connection.mjs'
import { load } from './load-job.mjs'
import { pod } from './objects.mjs'
import { cpuSeconds, megabytes } from './processes.mjs'
import { startApiServer } from './servers.mjs'
import { Revisions } from './soak-revisions.mjs'
import { quantile, whole } from './table.mjs'

const { values: flags } = parseArgs({
  options: {
    objects: { type: 'string', default: '150000' },
    rate: { type: 'string', default: '2000' },
    minutes: { type: 'string', default: '10' },
    clients: { type: 'string', default: '16' },
    svg: { type: 'string' },
  },
})
const objects = Number(flags.objects)
const rate = Number(flags.rate)
const seconds = Number(flags.minutes) * 60
const NAMESPACES = 10
const TICK_MS = 10
const SAMPLE_SECONDS = 10
/** Until then each pod was written and shown once, and the history is full. */
const WARM_UP_SECONDS = 120
/** Writes that wait so long are not waited for. */
const BEHIND_SECONDS = 20
/** Writes that wait when the time is over are no more than those of so many seconds. */
const LAST_SECONDS = 1
/** Of what is resident after the warm-up. */
const FLAT_PERCENT = 5
/** Of a hundred writes so many replace a pod by another: the number of objects stays. */
const REPLACED = 10

const server = await startApiServer()
const { target, pid } = server
const folder = (i) => `/api/v1/namespaces/soak-${i % NAMESPACES}/pods`
await fill()
const watchers = await openWatchers()
const due = []
const free = await Promise.all(Array.from({ length: Number(flags.clients) }, () => Connection.open(target)))
const samples = []
let times = []
let written = 0
let issued = 0
await soak()
await report()

async function fill() {
  process.stderr.write(`filling with ${whole(objects)} pods\n`)
  for (let i = 0; i < NAMESPACES; i++) {
    const namespace = `soak-${i}`
    await prepare(target, [namespace])
    await load({ kind: 'requests', target, verb: 'create', namespace, count: objects / NAMESPACES, clients: 8 })
  }
}

/** One that sees all, and informers as programs have them: everything from the start, by label, of one namespace. */
async function openWatchers() {
  const connection = await Connection.open(target)
  const { resourceVersion } = JSON.parse((await connection.send('GET', '/api/v1/pods?limit=1')).body()).metadata
  connection.close()
  const initial = 'sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const queries = {
    all: `/api/v1/pods?watch=1&resourceVersion=${resourceVersion}`,
    informer: `/api/v1/pods?watch=1&${initial}`,
    labelled: `/api/v1/pods?watch=1&labelSelector=app%3Dweb&resourceVersion=${resourceVersion}`,
    namespace: `${folder(0)}?watch=1&resourceVersion=${resourceVersion}`,
  }
  const opened = Object.entries(queries).map(([name, path]) => ({
    name,
    path,
    seen: new Revisions(Number(resourceVersion)),
  }))
  for (const { path, seen, name } of opened) await seen.follow(target, path, name === 'informer')
  return opened
}

/** Writes are due at fixed times, whatever became of the earlier ones: a server that stalls is not asked less. */
async function soak() {
  const started = performance.now()
  let sampled = started
  let cpu = cpuSeconds([{ pid }])
  for (let now = started; now < started + seconds * 1000; now = performance.now()) {
    if (due.length > rate * BEHIND_SECONDS) return
    const wanted = Math.floor(((now - started) / 1000) * rate)
    while (issued < wanted) due.push({ number: issued, at: started + (issued++ / rate) * 1000 })
    serve()
    if (now - sampled >= SAMPLE_SECONDS * 1000) {
      const used = cpuSeconds([{ pid }]) - cpu
      cpu += used
      take((now - sampled) / 1000, (now - started) / 1000, used)
      sampled = now
    }
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  }
}

function serve() {
  while (due.length > 0 && free.length > 0) {
    const connection = free.pop()
    const { number, at } = due.shift()
    write(connection, number)
      .then(() => times.push(performance.now() - at))
      .finally(() => {
        written++
        free.push(connection)
        serve()
      })
  }
}

function nameOf(number) {
  return `pod-${String(number).padStart(6, '0')}`
}

function write(connection, number) {
  // Steps of a large prime: over all the pods, in an order that is not theirs.
  const at = (number * 7919) % objects
  const path = `${folder(at)}/${nameOf(Math.floor(at / NAMESPACES))}`
  const patch = JSON.stringify({ metadata: { labels: { round: String(number) } } })
  if (number % 100 >= REPLACED) return connection.send('PATCH', path, patch, 'application/merge-patch+json')
  const name = nameOf(Math.floor(at / NAMESPACES))
  return connection.send('DELETE', path).then(() => connection.send('POST', folder(at), pod(name)))
}

function take(elapsed, second, used) {
  const sample = {
    second: Math.round(second),
    rss: megabytes([{ pid }]),
    perSecond: written / elapsed,
    p50: quantile(times, 0.5) ?? 0,
    p99: quantile(times, 0.99) ?? 0,
    waiting: due.length,
    cpu: used / elapsed,
  }
  samples.push(sample)
  written = 0
  times = []
  const ms = (number) => `${number.toFixed(1)} ms`
  process.stdout.write(
    `${String(sample.second).padStart(5)} s  ${whole(sample.rss).padStart(6)} MB  ${whole(sample.perSecond)} writes/s  p50 ${ms(sample.p50)}  p99 ${ms(sample.p99)}  CPU ${(sample.cpu * 100).toFixed(0)} %  ${sample.waiting} waiting\n`,
  )
}

async function report() {
  // What came due in the last moment is done; whoever is later than that fell behind.
  const undone = due.length > rate * LAST_SECONDS ? due.length : 0
  if (undone > 0) due.length = 0
  while (due.length > 0 || free.length < Number(flags.clients))
    await new Promise((resolve) => setTimeout(resolve, TICK_MS))
  const connection = free[0]
  const { resourceVersion } = JSON.parse((await connection.send('GET', '/api/v1/pods?limit=1')).body()).metadata
  const [all, informer, labelled, namespace] = watchers
  for (const { seen } of [all, informer, labelled]) await seen.reached(Number(resourceVersion))
  const settled = samples.slice(Math.min(WARM_UP_SECONDS / SAMPLE_SECONDS, samples.length >> 1))
  const quarter = Math.max(1, Math.floor(settled.length / 4))
  const mean = (of, part) => part.reduce((sum, sample) => sum + of(sample), 0) / part.length
  const rss = (part) => mean((sample) => sample.rss, part)
  const [first, last] = [rss(settled.slice(0, quarter)), rss(settled.slice(-quarter))]
  const percent = ((last - first) / first) * 100
  const p99s = settled.map(({ p99 }) => p99)
  const cpu = mean((sample) => sample.cpu, settled) * 100
  const lines = [
    `${whole(objects)} pods, ${flags.minutes} minutes: ${whole(issued - undone)} writes of ${whole(seconds * rate)}, with ${cpu.toFixed(0)} % of a core`,
    ...watchers.map(({ name, seen }) => `watch ${name}: ${seen.summary(seen !== namespace.seen)}`),
    `RSS in the first quarter after the warm-up ${whole(first)} MB, in the last ${whole(last)} MB (${percent.toFixed(1)} %), at most ${whole(Math.max(...settled.map((sample) => sample.rss)))} MB`,
    `99 % of the writes within ${quantile(p99s, 0.5).toFixed(1)} ms (median of the samples; worst sample ${Math.max(...p99s).toFixed(1)} ms)`,
  ]
  if (flags.svg) writeFileSync(flags.svg, chart())
  const missed = [
    undone > 0 && `the server fell behind: ${whole(undone)} writes waited when it was stopped`,
    ![all, informer, labelled].every(({ seen }) => seen.isWhole) && 'a watch did not see every revision',
    !namespace.seen.isOrdered && 'the watch of a namespace was out of order',
    percent > FLAT_PERCENT && `memory grew by more than ${FLAT_PERCENT} %`,
  ].filter(Boolean)
  process.stdout.write(`${[...lines, ...missed.map((what) => `MISSED: ${what}`)].join('\n')}\n`)
  await server.stop()
  process.exit(missed.length > 0 ? 1 : 0)
}

function chart() {
  return lineChart({
    title: `${whole(objects)} pods, ${whole(rate)} writes/s`,
    x: { label: 'time (s)' },
    y: { label: 'resident memory (MB)' },
    series: [{ name: 'RSS', points: samples.map(({ second, rss }) => [second, rss]) }],
  })
}
