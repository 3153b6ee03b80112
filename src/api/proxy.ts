/** Requests for APIs of extension servers are passed on, streamed both ways. Mirrors kube-aggregator/pkg/apiserver/handler_proxy.go and apimachinery/pkg/util/proxy. */
import type { ClientRequest, IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import type { Duplex } from 'node:stream'
import type { RemoteApi } from '../registry/apiregistration/apiservice.ts'
import type { UserInfo } from '../registry/definition.ts'
import type { OutboundTarget } from '../registry/outbound.ts'
import type { Registry } from '../registry/registry.ts'
import type { Exchange } from './exchange.ts'
import { refuse, setHeader, writeHead } from './head.ts'

/** What a proxy needs: the client for calls to others (src/outbound) is one. */
export interface ProxyClient {
  /** A request whose body the caller writes and whose answer it reads. Throws when the Service cannot be resolved. */
  open(target: OutboundTarget, options: { method: string; path: string; headers: OutgoingHttpHeaders }): ClientRequest
  /** What Go would have said of an error of such a request. */
  explain(error: unknown, target: OutboundTarget): string
}

/** The API behind a path, where it is an extension server's. */
export function remoteApiAt(registry: Registry, path: string): RemoteApi | undefined {
  if (!registry.hasRemoteApis || !path.startsWith('/apis/')) return undefined
  const [, , group = '', version = ''] = path.split('/')
  return registry.remoteApi(group, version)
}

const UNAVAILABLE = 'service unavailable'

export function proxyRequest(client: ProxyClient | undefined, api: RemoteApi, exchange: Exchange): void {
  const { req, res, user } = exchange
  const request = client && openRequest(client, api, user, req)
  if (!client || !request) {
    refuse(exchange, 503, `${UNAVAILABLE}\n`)
    return
  }
  request.on('response', (answer) => {
    // The deadline was first.
    if (res.headersSent) return request.destroy()
    for (const [name, value = ''] of Object.entries(keptHeaders(answer.headers))) setHeader(exchange, name, value)
    writeHead(exchange, answer.statusCode ?? 502)
    // Watches: the first bytes may be long in coming, clients wait for the headers.
    res.flushHeaders()
    answer.pipe(res)
    answer.once('error', () => res.destroy())
  })
  request.on('error', (error) => {
    if (res.headersSent) res.destroy()
    else refuse(exchange, 503, `error trying to reach service: ${client.explain(error, api.target)}\n`)
  })
  res.once('close', () => request.destroy())
  req.pipe(request)
}

/** An upgraded connection is passed on as it is. Answers other than 101 are written to the socket as they come. */
export function proxyUpgrade(
  client: ProxyClient | undefined,
  api: RemoteApi,
  user: UserInfo,
  { req, socket, head }: { req: IncomingMessage; socket: Duplex; head: Buffer },
): void {
  const { connection = 'Upgrade', upgrade = '' } = req.headers
  const request = client && openRequest(client, api, user, req, { connection, upgrade })
  const fail = (why: string): void => {
    const body = `${why}\n`
    socket.end(
      `HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    )
  }
  if (!client || !request) {
    fail(UNAVAILABLE)
    return
  }
  request.on('upgrade', (answer, backend, first) => {
    socket.write(statusLines(answer))
    if (first.length > 0) socket.write(first)
    if (head.length > 0) backend.write(head)
    backend.pipe(socket)
    socket.pipe(backend)
    for (const [one, other] of [
      [backend, socket],
      [socket, backend],
    ]) {
      one?.once('error', () => other?.destroy())
      one?.once('close', () => other?.destroy())
    }
  })
  request.on('response', (answer) => {
    socket.write(statusLines(answer))
    answer.pipe(socket)
  })
  request.on('error', (error) => fail(`error trying to reach service: ${client.explain(error, api.target)}`))
  socket.once('close', () => request.destroy())
  request.end()
}

/** Undefined: there is nobody to ask. */
function openRequest(
  client: ProxyClient,
  api: RemoteApi,
  user: UserInfo,
  req: IncomingMessage,
  more: OutgoingHttpHeaders = {},
): ClientRequest | undefined {
  if (!api.available) return undefined
  const headers = { ...keptHeaders(req.headers), ...identityHeaders(user), ...forwardedFor(req), ...more }
  delete headers['host']
  delete headers['authorization']
  try {
    return client.open(api.target, { method: req.method ?? 'GET', path: req.url ?? '/', headers })
  } catch {
    return undefined
  }
}

/** Of one connection, not of the request. */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

const IDENTITY = /^(x-remote-|impersonate-)/

function keptHeaders(headers: IncomingMessage['headers']): OutgoingHttpHeaders {
  const named = String(headers.connection ?? '')
    .split(',')
    .map((name) => name.trim().toLowerCase())
  const kept: OutgoingHttpHeaders = {}
  for (const [name, value] of Object.entries(headers)) {
    // Who the user is, only the server itself may say.
    if (HOP_BY_HOP.has(name) || named.includes(name) || IDENTITY.test(name)) continue
    kept[name] = value
  }
  return kept
}

/** What extension servers know the user by. Mirrors client-go/transport (SetAuthProxyHeaders). */
function identityHeaders({ username, groups, uid, extra = {} }: UserInfo): OutgoingHttpHeaders {
  const headers: OutgoingHttpHeaders = { 'X-Remote-User': username, 'X-Remote-Group': [...groups] }
  if (uid) headers['X-Remote-Uid'] = uid
  for (const [key, values] of Object.entries(extra)) headers[`X-Remote-Extra-${encodeURIComponent(key)}`] = [...values]
  return headers
}

function forwardedFor(req: IncomingMessage): OutgoingHttpHeaders {
  const address = req.socket?.remoteAddress
  if (!address) return {}
  const before = req.headers['x-forwarded-for']
  return { 'X-Forwarded-For': before ? `${String(before)}, ${address}` : address }
}

function statusLines({ statusCode, statusMessage, rawHeaders }: IncomingMessage): string {
  let text = `HTTP/1.1 ${statusCode} ${statusMessage}\r\n`
  for (let i = 0; i < rawHeaders.length; i += 2) text += `${rawHeaders[i]}: ${rawHeaders[i + 1]}\r\n`
  return `${text}\r\n`
}
