// The load generator: a process of its own, so that it does not take the server's turn of the event loop. Reads a job as JSON from its
// first argument, prints the result as JSON.
import { Connection, connect, requestText } from './connection.mjs'
import { pod, podApplied, podPatch } from './objects.mjs'

const BRACE = 0x7d
const NEWLINE = 0x0a

const job = JSON.parse(process.argv[2])
const { target, clients = 1 } = job
const result = await { requests, list, watch }[job.kind]()
process.stdout.write(JSON.stringify(result))
process.exit(0)

/** `count` requests of one verb over `clients` connections: each takes the next number when it is free. */
async function requests() {
  const { count, first = 0 } = job
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
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  for (const connection of connections) connection.close()
  times.sort()
  return { perSecond: count / seconds, p99: times[Math.ceil(count * 0.99) - 1] }
}

function requestOf(number) {
  const name = `pod-${String(number).padStart(6, '0')}`
  const folder = `/api/v1/namespaces/${job.namespace}/pods`
  switch (job.verb) {
    case 'create':
      return ['POST', folder, pod(name)]
    case 'get':
      return ['GET', job.path ?? `${folder}/${name}`]
    case 'update':
      return ['PUT', `${folder}/${name}`, pod(name, { round: 'two' })]
    case 'patch':
      return ['PATCH', `${folder}/${name}`, podPatch, 'application/strategic-merge-patch+json']
    case 'apply':
      return ['PATCH', `${folder}/${name}?fieldManager=bench&force=true`, podApplied, 'application/apply-patch+yaml']
    case 'delete':
      return ['DELETE', `${folder}/${name}`]
  }
}

/** The same GET again and again on one connection: the median of its times. */
async function list() {
  const connection = await Connection.open(target)
  const times = []
  let bytes = 0
  for (let i = 0; i < job.count; i++) {
    const started = performance.now()
    bytes = (await connection.send('GET', job.path)).bytes
    times.push(performance.now() - started)
  }
  return { medianMs: times.sort((a, b) => a - b)[times.length >> 1], bytes }
}

/** Many watchers, one writer: from the first write until every watcher has every event. */
async function watch() {
  const { watchers, writes, namespace } = job
  const path = `/api/v1/namespaces/${namespace}/pods?watch=1&resourceVersion=${job.resourceVersion}`
  let left = watchers * writes
  let finish
  const finished = new Promise((resolve) => {
    finish = resolve
  })
  for (let at = 0; at < watchers; at += 50) {
    await Promise.all(Array.from({ length: Math.min(50, watchers - at) }, () => openWatch(path, counted)))
  }
  function counted(events) {
    left -= events
    if (left <= 0) finish()
  }
  const writer = await Connection.open(target)
  const started = performance.now()
  for (let i = 0; i < writes; i++) await writer.send('POST', `/api/v1/namespaces/${namespace}/pods`, pod(`fan-${i}`))
  await finished
  const seconds = (performance.now() - started) / 1000
  return { perSecond: (watchers * writes) / seconds }
}

/** Resolves with the answer's head. Events are lines; a chunk's own line ends are CR LF, which no line of JSON has before its end. */
async function openWatch(path, counted) {
  const socket = await connect(target)
  socket.write(requestText(target, 'GET', path))
  await new Promise((resolve) => {
    let open = false
    let last = 0
    socket.on('data', (chunk) => {
      let at = 0
      if (!open) {
        open = true
        at = chunk.indexOf('\r\n\r\n') + 4
        resolve()
      }
      let events = last === BRACE && chunk[at] === NEWLINE ? 1 : 0
      for (at = chunk.indexOf('}\n', at); at >= 0; at = chunk.indexOf('}\n', at + 2)) events++
      last = chunk[chunk.length - 1]
      if (events > 0) counted(events)
    })
  })
}
