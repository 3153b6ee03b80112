import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { KubeObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'

/** More than the sockets of a client that does not read hold. */
const MAPS = 120
const MAP_BYTES = 100_000

let cluster: Cluster
let server: Server
let url: string
/** The server's side of the newest request. */
let response: ServerResponse

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0 })
  for (let i = 0; i < MAPS; i++) {
    const metadata = { name: nameOf(i), namespace: 'default' }
    await cluster.client.create('configmaps', { ...TYPE, metadata, data: { a: contentOf(i) } } as KubeObject)
  }
  server = createServer(cluster.app)
  server.on('request', (_, answer) => {
    response = answer
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1/namespaces/default/configmaps`
})
afterAll(async () => {
  await cluster.close()
  server.closeAllConnections()
  server.close()
})

const TYPE = { apiVersion: 'v1', kind: 'ConfigMap' }
const nameOf = (i: number): string => `map-${String(i).padStart(3, '0')}`
/** Different in every place, so that one piece in the place of another is seen. */
const contentOf = (i: number): string => `${i} `.repeat(MAP_BYTES / 4).slice(0, MAP_BYTES)

/** A list whose client has read nothing of it yet, and for which the server waits. */
async function stalledList(): Promise<IncomingMessage> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false }, resolve).on('error', reject)
  })
  while (!response.writableNeedDrain) await nextTurn()
  return answer
}

it('a client that begins to read late gets each item of a list as it is', async () => {
  expectWhole(await new Response(Readable.toWeb(await stalledList()) as never).text())
})

it('so does one that takes it compressed', async () => {
  const answer = await fetch(url, { headers: { 'accept-encoding': 'gzip' } })
  expect(answer.headers.get('content-encoding')).toBe('gzip')
  expectWhole(await answer.text())
})

it('a client that goes away in the middle of a list harms no other', async () => {
  const answer = await stalledList()
  const left = response
  answer.destroy()
  while (!left.destroyed) await nextTurn()
  expectWhole(await (await fetch(url)).text())
})

it.each(['identity', 'gzip'])(
  'a list (%s) that fails in its middle is cut off, so that nobody takes it for whole',
  async (encoding) => {
    const map = { ...TYPE, metadata: { name: `unprintable-${encoding}`, namespace: 'default' }, data: { a: 'b' } }
    const { data } = (await cluster.client.create('configmaps', map as KubeObject)) as unknown as { data: object }
    const toJSON = () => {
      throw new Error('no JSON of it')
    }
    Object.assign(data, { toJSON })
    const answer = await fetch(url, { headers: { 'accept-encoding': encoding } })
    expect(answer.status).toBe(200)
    await expect(answer.text()).rejects.toThrow('terminated')
    await cluster.client.delete('configmaps', 'default', map.metadata.name)
  },
)

function expectWhole(text: string): void {
  const items: { metadata: { name: string }; data: { a: string } }[] = JSON.parse(text).items
  expect(items.map(({ metadata }) => metadata.name)).toEqual(Array.from({ length: MAPS }, (_, i) => nameOf(i)))
  expect(items.every(({ data }, i) => data.a === contentOf(i))).toBe(true)
}
