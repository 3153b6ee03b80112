// The load generator: a process of its own, so that it does not take the server's turn of the event loop. Reads a job as JSON from its
// first argument, prints the result as JSON.
import { setTimeout as sleep } from 'node:timers/promises'
import { Connection } from './connection.mjs'
import { informers, watch } from './load-watch.mjs'
import { nodes, rollout, update } from './load-workloads.mjs'
import { pod, podApplied, podPatch, podStatusPatch } from './objects.mjs'

const STRATEGIC = 'application/strategic-merge-patch+json'

const job = JSON.parse(process.argv[2])
const result = await { requests, list, watch, informers, rollout, update, nodes }[job.kind](job)
process.stdout.write(JSON.stringify(result))
process.exit(0)

/** `count` requests of one verb over `clients` connections: each takes the next number when it is free, after a pause of `pauseMs`. */
async function requests({ target, clients = 1, count, first = 0, pauseMs = 0 }) {
  const connections = await Promise.all(Array.from({ length: clients }, () => Connection.open(target)))
  let next = first
  const times = new Float64Array(count)
  const started = performance.now()
  await Promise.all(
    connections.map(async (connection) => {
      while (next < first + count) {
        const number = next++
        const sent = performance.now()
        await connection.send(...requestOf(number))
        times[number - first] = performance.now() - sent
        if (pauseMs > 0) await sleep(pauseMs)
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  for (const connection of connections) connection.close()
  times.sort()
  const within = (part) => times[Math.ceil(count * part) - 1]
  return { perSecond: count / seconds, p50: within(0.5), p99: within(0.99), most: within(1) }
}

/** `objects`: as many names there are to ask for, again and again. */
function requestOf(number) {
  const name = `pod-${String(number % (job.objects ?? Number.POSITIVE_INFINITY)).padStart(6, '0')}`
  const folder = `/api/v1/namespaces/${job.namespace}/pods`
  switch (job.verb) {
    case 'create':
      return ['POST', folder, pod(name)]
    case 'get':
      return ['GET', job.path ?? `${folder}/${name}`]
    case 'update':
      return ['PUT', `${folder}/${name}`, pod(name, { round: 'two' })]
    case 'patch':
      return ['PATCH', `${folder}/${name}`, podPatch, STRATEGIC]
    case 'status':
      return ['PATCH', `${folder}/${name}/status`, podStatusPatch, STRATEGIC]
    case 'apply':
      return ['PATCH', `${folder}/${name}?fieldManager=bench&force=true`, podApplied, 'application/apply-patch+yaml']
    case 'delete':
      return ['DELETE', `${folder}/${name}`]
  }
}

/** The same list again and again on one connection, each to its last page: the median of the times. */
async function list({ target, path, accept, count }) {
  const connection = await Connection.open({ ...target, accept })
  const times = []
  for (let i = 0; i < count; i++) {
    const started = performance.now()
    await wholeList(connection, path)
    times.push(performance.now() - started)
  }
  return { medianMs: times.sort((a, b) => a - b)[times.length >> 1] }
}

async function wholeList(connection, path) {
  let answer = await connection.send('GET', path)
  if (!path.includes('limit=')) return
  for (let token = tokenOf(answer); token; token = tokenOf(answer)) {
    answer = await connection.send('GET', `${path}&continue=${encodeURIComponent(token)}`)
  }
}

/** Without reading all of the page as JSON: `metadata` stands before `items`. */
function tokenOf(answer) {
  return /"continue":"([^"]+)"/.exec(answer.text(2_000))?.[1]
}
