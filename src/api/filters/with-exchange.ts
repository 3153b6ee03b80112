/** Reads what the request is about, before anything else looks at it. Mirrors filters/{requestinfo,audit_init,cachecontrol}.go. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import type { Exchange } from '../exchange.ts'
import type { ApiOptions } from '../options.ts'
import { parseRequestInfo } from '../request-info.ts'

/**
 * Who a request comes from until its credentials say more (with-identity.ts).
 * DEVIATION(no-authentication): who shows no certificate and no token of this cluster is its admin.
 */
export const ADMIN = { username: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] } as const

const NO_QUERY = new URLSearchParams()
const EMPTY = Buffer.alloc(0)
/** On the request itself: a WeakMap makes each of the garbage collector's rounds look at all requests. */
const EXCHANGE = Symbol('exchange')

type Carrier = IncomingMessage & { [EXCHANGE]?: Exchange }

export function withExchange(options: ApiOptions): RequestHandler {
  return (req, res, next) => {
    ;(req as Carrier)[EXCHANGE] = newExchange(req, res, options)
    res.on('close', close)
    if (!res.socket) endWithConnection(req, res)
    next()
  }
}

/** Node says nothing of the end of its connection to a response that waits behind another one (pipelining). */
function endWithConnection({ socket }: IncomingMessage, res: ServerResponse): void {
  const end = (): void => {
    // In its turn it is told.
    if (res.socket) return
    res.destroy()
    res.emit('close')
  }
  socket.once('close', end)
  res.once('close', () => socket.off('close', end))
}

/** One listener for all who want to know. */
function close(this: ServerResponse): void {
  for (const callback of exchangeOf(this.req).atEnd) callback()
}

/** The exchange of a request that came through the filter. */
export function exchangeOf(req: IncomingMessage): Exchange {
  return (req as Carrier)[EXCHANGE] as Exchange
}

export function newExchange(req: IncomingMessage, res: ServerResponse, options: ApiOptions): Exchange {
  const url = req.url ?? '/'
  const mark = url.indexOf('?')
  const query = mark < 0 ? NO_QUERY : new URLSearchParams(url.slice(mark + 1))
  const path = mark < 0 ? url : url.slice(0, mark)
  return {
    req,
    res,
    info: parseRequestInfo(req.method ?? 'GET', path, query),
    query,
    body: EMPTY,
    user: ADMIN,
    registry: options.registry,
    headers: ['Audit-Id', options.registry.random.uuid(), 'Cache-Control', 'no-cache, private'],
    warnings: [],
    turns: options.turns,
    logger: options.logger,
    ending: options.ending,
    timedOut: false,
    atEnd: [],
    store: undefined,
    accept: undefined,
  }
}
