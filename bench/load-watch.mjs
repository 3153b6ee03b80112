// Watchers under load: many of one namespace, and informers that start.
import { Connection, connect, requestText } from './connection.mjs'
import { pod } from './objects.mjs'

const BRACE = 0x7d
const NEWLINE = 0x0a
const OPENED_AT_ONCE = 50

/** Many watchers, one writer: from the first write until every watcher has every event. Latency is counted from when the write was sent. */
export async function watch({ target, watchers, writes, namespace, resourceVersion }) {
  const path = `/api/v1/namespaces/${namespace}/pods?watch=1&resourceVersion=${resourceVersion}`
  const sent = new Float64Array(writes)
  const latencies = new Float64Array(watchers * writes)
  let seen = 0
  let finish
  const finished = new Promise((resolve) => {
    finish = resolve
  })
  await openAll(watchers, () => {
    let next = 0
    return openWatch(target, path, (events) => {
      const now = performance.now()
      for (let i = 0; i < events; i++) latencies[seen++] = now - sent[next++]
      if (seen === latencies.length) finish()
    })
  })
  const writer = await Connection.open(target)
  const started = performance.now()
  for (let i = 0; i < writes; i++) {
    sent[i] = performance.now()
    await writer.send('POST', `/api/v1/namespaces/${namespace}/pods`, pod(`fan-${i}`))
  }
  await finished
  const seconds = (performance.now() - started) / 1000
  latencies.sort()
  const at = (part) => latencies[Math.ceil(latencies.length * part) - 1]
  return { perSecond: latencies.length / seconds, p50: at(0.5), p99: at(0.99) }
}

/** Watches with initial events, until each has had the bookmark that ends them. All stay open. */
export async function informers({ target, path, count }) {
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true'
  const started = performance.now()
  await openAll(count, () => openInformer(target, `${path}?${query}`))
  return { perSecond: count / ((performance.now() - started) / 1000) }
}

async function openAll(count, openOne) {
  for (let at = 0; at < count; at += OPENED_AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(OPENED_AT_ONCE, count - at) }, openOne))
  }
}

async function openInformer(target, path) {
  const socket = await connect(target)
  socket.write(requestText(target, 'GET', path))
  await new Promise((resolve, reject) => {
    let tail = ''
    socket.once('close', () => reject(new Error('the watch ended before its bookmark')))
    socket.on('data', (chunk) => {
      const text = tail + chunk.latin1Slice()
      if (text.includes('k8s.io/initial-events-end')) resolve()
      tail = text.slice(-32)
    })
  })
}

/** Resolves with the answer's head. Events are lines; a chunk's own line ends are CR LF, which no line of JSON has before its end. */
async function openWatch(target, path, counted) {
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
