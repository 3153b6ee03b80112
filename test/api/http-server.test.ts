import { once } from 'node:events'
import { IncomingMessage, ServerResponse } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Express } from 'express'
import { afterEach, expect, it, vi } from 'vitest'
import { createHttpServer } from '../../src/api/http-server.ts'
import type { ApiOptions } from '../../src/api/options.ts'

afterEach(() => void vi.useRealTimers())

const GRACE_MS = 5_000
const MORE_THAN_SOCKETS_HOLD = 64 * 1024 * 1024

it('a server that ends does not wait for an upgraded client that does not read', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  const app = {
    request: Object.create(IncomingMessage.prototype),
    response: Object.create(ServerResponse.prototype),
  } as Express
  const options = { metrics: { whenIdle: async () => {} }, logger: { error() {} } } as unknown as ApiOptions
  const http = await createHttpServer(app, options)
  http.server.prependListener('upgrade', (_, socket) => void socket.write(Buffer.alloc(MORE_THAN_SOCKETS_HOLD)))
  http.server.listen(0, '127.0.0.1')
  await once(http.server, 'listening')
  const client = connect((http.server.address() as AddressInfo).port, '127.0.0.1').pause()
  client.on('error', () => client.destroy())
  client.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: any\r\n\r\n')
  const [, socket] = await once(http.server, 'upgrade')
  const closed = http.close()
  await nextTurn()
  expect(socket.destroyed).toBe(false)
  await vi.advanceTimersByTimeAsync(GRACE_MS)
  await closed
  expect(socket.destroyed).toBe(true)
  client.destroy()
})

it.each([
  [
    'a text leaves with its head as one, without a vectored write',
    0,
    (res: ServerResponse) => res.end('text', 'latin1'),
  ],
  [
    'chunks leave with what frames them, in one vectored write',
    1,
    (res: ServerResponse) => res.write('te') && res.end('xt'),
  ],
])('%s', async (_, expected, answer) => {
  const listener = (_: IncomingMessage, res: ServerResponse) => answer(res.setHeader('Content-Type', 'text/plain'))
  const app = Object.assign(listener, {
    request: Object.create(IncomingMessage.prototype),
    response: Object.create(ServerResponse.prototype),
  })
  const options = { metrics: { whenIdle: async () => {} }, logger: { error() {} } } as unknown as ApiOptions
  const http = await createHttpServer(app as never, options)
  let vectored = 0
  http.server.prependListener('connection', (socket: Socket) => {
    const { _writev } = socket
    socket._writev = (pieces, done) => {
      vectored++
      _writev?.call(socket, pieces, done)
    }
  })
  http.server.listen(0, '127.0.0.1')
  await once(http.server, 'listening')
  const url = `http://127.0.0.1:${(http.server.address() as AddressInfo).port}`
  expect(await (await fetch(url)).text()).toBe('text')
  expect(await (await fetch(url)).text()).toBe('text')
  expect(vectored).toBe(expected * 2)
  await http.close()
})
