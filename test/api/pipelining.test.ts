import { once } from 'node:events'
import { connect } from 'node:net'
import { expect, it } from 'vitest'
import { createCluster } from '../../src/cluster.ts'

const requestFor = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: test\r\n\r\n`

it('a request that waits behind another one of its connection ends with the connection', async () => {
  await using cluster = await createCluster({ controllers: false, nodes: 0, maxRequestsInFlight: 1 })
  const url = await cluster.listen()
  const socket = connect(Number(new URL(url).port), '127.0.0.1')
  socket.write(requestFor('/api/v1/pods?watch=true') + requestFor('/api/v1/pods'))
  await once(socket, 'data')
  const statusOfNext = async (): Promise<number> => (await fetch(`${url}/api/v1/nodes`)).status
  expect(await statusOfNext()).toBe(429)
  socket.destroy()
  let status = 429
  for (let i = 0; i < 100 && status === 429; i++) status = await statusOfNext()
  expect(status).toBe(200)
})
