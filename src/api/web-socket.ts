/** Watches over WebSocket: one text message an event. Mirrors the WebSocket branch of endpoints/handlers/watch.go. */
import { type IncomingMessage, type Server, ServerResponse, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import type { WebSocket } from 'ws'
import { newNotImplemented } from '../apimachinery/errors.ts'
import { requireAccess } from './filters/with-authorization.ts'
import { newExchange } from './filters/with-exchange.ts'
import { identify } from './filters/with-identity.ts'
import { CONNECTS } from './handlers/connect.ts'
import { findResource, locate } from './handlers/resource.ts'
import { type FrameSink, startWatch } from './handlers/watch.ts'
import { jsonFrames } from './handlers/watch-frames.ts'
import type { ApiOptions } from './options.ts'
import { proxyUpgrade, remoteApiAt } from './proxy.ts'
import { isUnexpected, toStatusError } from './status.ts'

/** Bytes that may wait in the socket before the watch pauses. */
const HIGH_WATER_BYTES = 256 * 1024
const PROTOCOLS = new Set(['', 'binary.k8s.io'])

/** Serves upgrade requests of `server`. The WebSocket library is loaded when the first one comes. */
export function attachWebSocket(server: Server, options: ApiOptions): void {
  server.on('upgrade', (req, socket, head) => {
    upgrade(req, socket, head, options).catch((error) => {
      if (isUnexpected(error)) options.logger.error({ err: error, path: req.url }, 'upgrade failed')
      refuse(socket, error)
    })
  })
}

async function upgrade(req: IncomingMessage, socket: Duplex, head: Buffer, options: ApiOptions): Promise<void> {
  const base = newExchange(req, new ServerResponse(req), options)
  await identify(base)
  requireAccess(base)
  const api = remoteApiAt(options.registry, base.info.path)
  if (api) return proxyUpgrade(options.proxy, api, base.user, { req, socket, head })
  locate(base)
  const { exchange, handle } = findResource(base)
  // What is wrong with it is told first; nothing comes back but an error.
  const { verb, subresource } = exchange.info
  if (CONNECTS.has(subresource) && subresource !== 'log') return handle(exchange)
  if (verb !== 'watch') throw newNotImplemented(`upgraded connections for ${verb}`)
  const { WebSocketServer } = await import('ws')
  // Errors of the request itself are answered as HTTP: the stream is opened before the upgrade.
  const sink = webSocketSink()
  if (exchange.accept.encoding !== 'json') throw newNotImplemented('watches over WebSocket in protobuf')
  const pump = await startWatch(exchange, jsonFrames(exchange), sink)
  // Also when there was something wrong with the upgrade.
  socket.once('close', pump.stop)
  const upgrader = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered].find((name) => PROTOCOLS.has(name)) ?? false,
  })
  upgrader.handleUpgrade(req, socket, head, (webSocket) => {
    webSocket.on('error', pump.stop)
    sink.open(webSocket)
    pump.start()
  })
}

function webSocketSink(): FrameSink & { open(webSocket: WebSocket): void } {
  let target: WebSocket | undefined
  let resume: (() => void) | undefined
  const sent = (): void => {
    if (!resume || (target?.bufferedAmount ?? 0) > 0) return
    const callback = resume
    resume = undefined
    callback()
  }
  return {
    open(webSocket) {
      target = webSocket
    },
    write(frames) {
      for (const frame of frames) target?.send(frame.subarray(0, -1), { binary: false }, sent)
      return (target?.bufferedAmount ?? 0) < HIGH_WATER_BYTES
    },
    onDrain(callback) {
      resume = callback
      sent()
    },
    end: () => target?.close(1000),
    cut: () => target?.terminate(),
  }
}

function refuse(socket: Duplex, error: unknown): void {
  const { status, code } = toStatusError(error)
  const body = `${JSON.stringify(status)}\n`
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? 'Error'}\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  )
}
