// npm run bench:connections [-- --count 10000]: what open connections cost the server: those that are kept alive after a request, and idle watches. Prints bytes of resident
// memory and of heap for each; the server must answer others meanwhile.
import { parseArgs } from 'node:util'
import { Connection, connect, requestText } from './connection.mjs'
import { cpuSeconds, megabytes } from './processes.mjs'
import { startApiServer } from './servers.mjs'
import { whole } from './table.mjs'

const { values: flags } = parseArgs({ options: { count: { type: 'string', default: '10000' } } })
const count = Number(flags.count)
const PATHS = {
  'kept alive after a request': '/version',
  'idle watch': '/api/v1/pods?watch=1',
  'idle watch with bookmarks and a selector': '/api/v1/pods?watch=1&allowWatchBookmarks=true&labelSelector=app%3Dnone',
}

for (const [what, path] of Object.entries(PATHS)) {
  const server = await startApiServer()
  // What the first ones need that later ones do not.
  const warm = await openAll(server.target, path, Math.min(500, count))
  await settled(server.pid)
  const before = megabytes(server.children)
  const cpu = cpuSeconds(server.children)
  const sockets = await openAll(server.target, path, count)
  await settled(server.pid)
  const taken = megabytes(server.children) - before
  const other = await Connection.open(server.target)
  const asked = performance.now()
  await other.send('GET', '/readyz')
  const answered = performance.now() - asked
  const micros = ((cpuSeconds(server.children) - cpu) / count) * 1e6
  process.stdout.write(
    `${whole(count)} ${what}: ${whole(taken)} MB, ${((taken * 1024) / count).toFixed(1)} KB each, ${whole(micros)} us of CPU time to open each; another request then takes ${answered.toFixed(1)} ms\n`,
  )
  for (const socket of [...warm, ...sockets]) socket.destroy()
  other.close()
  await server.stop()
}

async function openAll(target, path, number) {
  const sockets = []
  for (let at = 0; at < number; at += 50) {
    const some = Array.from({ length: Math.min(50, number - at) }, () => openOne(target, path))
    sockets.push(...(await Promise.all(some)))
  }
  return sockets
}

async function openOne(target, path) {
  const socket = await connect(target)
  socket.write(requestText(target, 'GET', path))
  await new Promise((resolve) => socket.once('data', resolve))
  return socket.resume()
}

/** Until the server has done nothing for a second: then its garbage is mostly collected. */
async function settled(pid) {
  for (let before = -1; before !== cpuSeconds([{ pid }]); ) {
    before = cpuSeconds([{ pid }])
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}
