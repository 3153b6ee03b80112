/** Refuses what is too much at once, before it costs anything. Mirrors apiserver/pkg/server/filters/maxinflight.go. */
import type { RequestHandler } from 'express'
import { refuse } from '../head.ts'
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
  return (req, _res, next) => {
    const exchange = exchangeOf(req)
    const { info } = exchange
    const group = READS.has(info.verb) ? reading : writing
    if (group.limit === 0 || isLongRunning(info)) return next()
    if (group.count >= group.limit) {
      exchange.headers.push('Retry-After', '1')
      refuse(exchange, 429, REFUSAL)
      return
    }
    group.count++
    exchange.atEnd.push(() => group.count--)
    next()
  }
}
