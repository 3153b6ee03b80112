/**
 * The one client for calls of this server to others: webhooks and extension API servers. Mirrors apiserver/pkg/util/webhook/client.go and
 * the transport of kube-aggregator.
 */
import type { ClientRequest, IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import type { Clock } from '../apimachinery/clock.ts'
import {
  DEFAULT_PORT,
  type Outbound,
  type OutboundAnswer,
  type OutboundCall,
  OutboundError,
  type OutboundTarget,
  type ResolveService,
  serviceHost,
} from '../registry/outbound.ts'
import { CertificateError, VerifyingAgent } from './connections.ts'
import { goText } from './go-error.ts'

/** A webhook that sends more than this is broken. */
const LIMIT_BYTES = 32 * 1024 * 1024

export interface OutboundOptions {
  clock: Clock
  resolve: ResolveService
}

/** What a proxy needs besides calls: requests it streams itself. */
export interface OutboundClient extends Outbound {
  /**
   * A request whose body the caller writes and whose answer it reads. `path` as it goes on the wire. Throws when the Service cannot be
   * resolved; errors of the connection come as events, goText says what they mean.
   */
  open(
    target: OutboundTarget,
    options: { method: string; path: string; headers: RequestOptions['headers'] },
  ): ClientRequest
  /** What Go would have said of an error of such a request. */
  explain(error: unknown, target: OutboundTarget): string
  /** Ends idle connections. */
  close(): void
}

interface Place {
  /** As Go prints it: `https://name.ns.svc:443`. */
  origin: string
  host: string
  port: number
  serverName: string
  path: string
}

export function createOutbound({ clock, resolve }: OutboundOptions): OutboundClient {
  const agent = new VerifyingAgent(clock)
  const open: OutboundClient['open'] = (target, { method, path, headers }) =>
    requestTo(placeOf(target, resolve), target, { method, path, headers })

  function requestTo(place: Place, target: OutboundTarget, options: RequestOptions): ClientRequest {
    const trust: RequestOptions & { verify?: boolean } = {
      ...(target.caBundle ? { ca: Buffer.from(target.caBundle, 'base64') } : {}),
      ...(target.insecureSkipTLSVerify ? { verify: false } : {}),
    }
    return httpsRequest({
      ...options,
      ...trust,
      agent,
      host: place.host,
      port: place.port,
      servername: place.serverName,
      headers: { Host: place.origin.slice('https://'.length), ...options.headers },
    })
  }

  async function call(target: OutboundTarget, wanted: OutboundCall): Promise<OutboundAnswer> {
    const deadline = clock.now() + wanted.timeoutMs
    let next: Hop = { target, path: wanted.path ?? nameOf(target).path, query: wanted.query, method: wanted.method }
    for (let redirects = 0; ; redirects++) {
      const body = next.method === 'POST' ? wanted.body : undefined
      const headers = next.method === wanted.method ? wanted.headers : {}
      const answer = await callOnce(next, { headers, body, timeoutMs: deadline - clock.now() })
      const hop = wanted.followRedirects && redirects < MAX_REDIRECTS ? redirected(next, answer) : undefined
      if (!hop) return answer
      next = hop
    }
  }

  async function callOnce(
    hop: Hop,
    wanted: Pick<OutboundCall, 'headers' | 'body' | 'timeoutMs'>,
  ): Promise<OutboundAnswer> {
    const { target, method } = hop
    const path = hop.query ? `${hop.path || '/'}?${hop.query}` : hop.path || '/'
    const printed = `${nameOf(target).origin}${hop.query ? path : hop.path}`
    const fail = (why: string): OutboundError =>
      new OutboundError(`${method === 'POST' ? 'Post' : 'Get'} "${printed}": ${why}`, why)
    let place: Place
    try {
      place = placeOf(target, resolve)
    } catch (error) {
      throw fail((error as Error).message)
    }
    const length = wanted.body ? { 'Content-Length': String(wanted.body.length) } : {}
    const headers = { Accept: 'application/json, */*', ...length, ...wanted.headers }
    for (let attempt = 1; ; attempt++) {
      const request = requestTo(place, target, { method, path, headers })
      try {
        return await answerOf(request, wanted, clock)
      } catch (error) {
        // The peer closed a kept connection while we took it. As Go: only what may be sent twice is sent again.
        if (request.reusedSocket && attempt === 1 && method === 'GET' && isReset(error)) continue
        if (error instanceof DeadlineError || error instanceof CertificateError) throw fail(error.message)
        throw fail(goText(error, `${place.host}:${place.port}`))
      }
    }
  }

  return {
    call,
    open,
    locate(target) {
      const { host, port } = placeOf(target, resolve)
      return `${host.includes(':') ? `[${host}]` : host}:${port}`
    },
    isElsewhere(service) {
      try {
        return resolve(service).said === true
      } catch {
        return false
      }
    },
    explain(error, target) {
      if (error instanceof CertificateError) return error.message
      const { host, port } = placeOf(target, resolve)
      return goText(error, `${host}:${port}`)
    },
    close: () => agent.destroy(),
  }
}

/** One request of a call: redirects make more. */
interface Hop {
  target: OutboundTarget
  path: string
  query: string | undefined
  method: string
}

const MAX_REDIRECTS = 10
const KEEPS_METHOD = new Set([307, 308])
const BECOMES_GET = new Set([301, 302, 303])

/** Where the answer sends us, as Go's http.Client takes it; undefined: it is the answer. */
function redirected({ target, path, query, method }: Hop, { status, headers }: OutboundAnswer): Hop | undefined {
  const { location } = headers
  const keeps = KEEPS_METHOD.has(status)
  if (typeof location !== 'string' || (!keeps && !BECOMES_GET.has(status))) return undefined
  const { origin } = nameOf(target)
  const to = new URL(location, `${origin}${path}${query ? `?${query}` : ''}`)
  const elsewhere = to.origin !== new URL(origin).origin
  return {
    target: elsewhere ? { ...target, service: undefined, url: to.href } : target,
    path: to.pathname,
    query: to.search.slice(1) || undefined,
    method: keeps ? method : 'GET',
  }
}

const isReset = (error: unknown): boolean =>
  ['ECONNRESET', 'EPIPE'].includes((error as NodeJS.ErrnoException).code ?? '')

class DeadlineError extends Error {}

function answerOf(
  request: ClientRequest,
  { body, timeoutMs }: Pick<OutboundCall, 'body' | 'timeoutMs'>,
  clock: Clock,
): Promise<OutboundAnswer> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(timeoutMs, () => {
      request.destroy(new DeadlineError('context deadline exceeded'))
    })
    const fail = (error: Error): void => {
      timer.cancel()
      reject(error)
    }
    request.on('error', fail)
    request.on('response', (response: IncomingMessage) => {
      const chunks: Buffer[] = []
      let size = 0
      response.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > LIMIT_BYTES) request.destroy(new Error('http: request body too large'))
        else chunks.push(chunk)
      })
      response.on('error', fail)
      response.on('end', () => {
        timer.cancel()
        resolve({
          status: response.statusCode ?? 0,
          contentType: response.headers['content-type'] ?? '',
          headers: response.headers,
          body: Buffer.concat(chunks),
        })
      })
    })
    request.end(body)
  })
}

/** How the target is called in messages, without looking anything up. */
function nameOf({ url, service }: OutboundTarget): { origin: string; path: string } {
  if (service) {
    return { origin: `https://${serviceHost(service)}:${service.port ?? DEFAULT_PORT}`, path: service.path || '/' }
  }
  const { host, pathname } = new URL(url ?? '')
  return { origin: `https://${host}`, path: pathname }
}

function placeOf(target: OutboundTarget, resolve: ResolveService): Place {
  const { origin, path } = nameOf(target)
  if (target.service) {
    const { namespace, name, port = DEFAULT_PORT } = target.service
    const { host, port: reached } = resolve({ namespace, name, port })
    return { host, port: reached, origin, serverName: serviceHost(target.service), path }
  }
  const { hostname, port } = new URL(target.url ?? '')
  const host = hostname.replace(/^\[|\]$/g, '')
  return { origin, host, port: port === '' ? DEFAULT_PORT : Number(port), serverName: host, path }
}
