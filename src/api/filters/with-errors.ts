/** The end of every failed request: a Status body, and the stack of a defect in the log only. */
import type { ErrorRequestHandler } from 'express'
import { errorFrame } from '../handlers/watch-frames.ts'
import { type Negotiated, negotiate } from '../negotiation.ts'
import type { ApiOptions } from '../options.ts'
import { sendValue } from '../respond.ts'
import { isUnexpected, toStatusError } from '../status.ts'
import { exchangeOf } from './with-exchange.ts'

export function withErrors({ logger }: ApiOptions): ErrorRequestHandler {
  return async (error: unknown, req, res, _next) => {
    const exchange = exchangeOf(req)
    if (exchange.timedOut) return
    if (isUnexpected(error)) logger.error({ err: error, method: req.method, path: req.url }, 'request failed')
    if (res.headersSent) {
      // Too late for a status code. A watch can still say it in its own words.
      if (!res.writableEnded) res.end(exchange.info.verb === 'watch' ? errorFrame(error) : undefined)
      return
    }
    const { status, code } = toStatusError(error)
    if (status.details?.retryAfterSeconds) exchange.headers.push('Retry-After', status.details.retryAfterSeconds)
    const { encoding, pretty } = errorForm(req.headers.accept)
    await sendValue(exchange, code, status, encoding, pretty)
  }
}

/** Errors are told in indented JSON to those who accept nothing that a Status can be shown as. */
function errorForm(accept: string | undefined): Pick<Negotiated, 'encoding' | 'pretty'> {
  try {
    return negotiate(accept, false)
  } catch {
    return { encoding: 'json', pretty: true }
  }
}
