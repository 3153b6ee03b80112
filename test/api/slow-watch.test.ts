import { createServer, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { type Frame, openWatch } from '../support/watch.ts'

const PATH = '/api/v1/namespaces/default/configmaps?watch=1'
const EVENT_BYTES = 100_000
const WRITES = 200
const PATIENCE_MS = 60_000

let clock: ManualClock
let cluster: Cluster
let server: Server
let port: number
/** The server's side of the newest connection and request. */
let socket: Socket
let response: ServerResponse | undefined

beforeEach(async () => {
  response = undefined
  clock = new ManualClock(Date.UTC(2026, 0, 1))
  cluster = await createCluster({ controllers: false, nodes: 0, clock })
  server = createServer(cluster.app)
  server.on('connection', (connection) => {
    socket = connection
  })
  server.on('request', (_, answer) => {
    response = answer
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterEach(async () => {
  await cluster.close()
  server.closeAllConnections()
  server.close()
})

/** A watch whose client reads nothing, with far more to read than sockets hold. */
async function stalledWatch(): Promise<{ client: Socket; response: ServerResponse }> {
  const client = connect(port, '127.0.0.1').pause()
  client.on('error', () => client.destroy())
  client.write(`GET ${PATH} HTTP/1.1\r\nHost: a\r\n\r\n`)
  while (!response?.headersSent) await nextTurn()
  for (let i = 0; i < WRITES; i++) await write(`map-${i}`)
  while (!response.writableNeedDrain) await nextTurn()
  return { client, response }
}

const write = (name: string): Promise<KubeObject> =>
  cluster.client.create('configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { a: 'x'.repeat(EVENT_BYTES) },
  } as KubeObject)

describe('a watch that nobody reads', () => {
  it('keeps a few events for its client, not the history', async () => {
    const { response } = await stalledWatch()
    expect(response.writableLength).toBeLessThan(3 * EVENT_BYTES)
  })

  it('ends after a minute with whole events, and its client goes on where it stopped', async () => {
    const { client, response } = await stalledWatch()
    clock.advance(PATIENCE_MS - 1)
    expect(response.writableEnded).toBe(false)
    clock.advance(1)
    expect(response.writableEnded).toBe(true)
    let text = ''
    client.on('data', (chunk) => {
      text += chunk
    })
    client.resume()
    while (!text.endsWith('0\r\n\r\n')) await nextTurn()
    const events = text.split('\n').filter((line) => line.startsWith('{'))
    const frames = events.map((line) => JSON.parse(line) as Frame)
    const last = frames.at(-1)!.object.metadata.resourceVersion
    const rest = await openWatch(`http://127.0.0.1:${port}${PATH}&resourceVersion=${last}`)
    await rest.until(WRITES - frames.length)
    const names = [...frames, ...rest.frames].map(({ object }) => object.metadata.name)
    expect(names).toEqual(Array.from({ length: WRITES }, (_, i) => `map-${i}`))
    rest.close()
    client.destroy()
  })

  it('loses its connection when it does not read the end either', async () => {
    await stalledWatch()
    clock.advance(PATIENCE_MS)
    expect(socket.destroyed).toBe(false)
    clock.advance(PATIENCE_MS)
    expect(socket.destroyed).toBe(true)
  })

  it('is as patient again with a client that reads in time', async () => {
    const { client, response } = await stalledWatch()
    clock.advance(PATIENCE_MS - 1)
    client.resume()
    while (response.writableNeedDrain) await nextTurn()
    client.pause()
    for (let i = 0; !response.writableNeedDrain; i++) {
      await write(`more-${i}`)
      await nextTurn()
    }
    clock.advance(PATIENCE_MS - 1)
    expect(response.writableEnded).toBe(false)
    client.destroy()
  })

  it('does not keep the server from ending', async () => {
    await stalledWatch()
    await cluster.close()
    expect(socket.destroyed).toBe(true)
  })
})
