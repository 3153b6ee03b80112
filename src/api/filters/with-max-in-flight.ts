/** Refuses what is too much at once, before it costs anything. Mirrors apiserver/pkg/server/filters/maxinflight.go. */
import type { ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import { isLongRunning } from '../long-running.ts'
import type { ApiOptions } from '../options.ts'
import { exchangeOf } from './with-exchange.ts'

const READS = new Set(['get', 'list'])
const REFUSAL = 'Too many requests, please try again later.\n'

/**
 * Two limits, for what reads and for what may write; 0 is none. DEVIATION(admins-count-in-flight): upstream lets administrators pass,
 * which all clients without credentials are here.
 */
export function withMaxInFlight({
  maxRequestsInFlight: reads = 0,
  maxMutatingRequestsInFlight: writes = 0,
}: ApiOptions): RequestHandler {
  const reading = { limit: reads, count: 0 }
  const writing = { limit: writes, count: 0 }
  return (req, res, next) => {
    const { info } = exchangeOf(req)
    const group = READS.has(info.verb) ? reading : writing
    if (group.limit === 0 || isLongRunning(info)) return next()
    if (group.count >= group.limit) return refuse(res)
    group.count++
    res.once('close', () => group.count--)
    next()
  }
}

/** In the form of Go's http.Error: clients read the code and the header. */
function refuse(res: ServerResponse): void {
  res.writeHead(429, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Retry-After': '1',
    'X-Content-Type-Options': 'nosniff',
    'Content-Length': REFUSAL.length,
  })
  res.end(REFUSAL)
}
