/** The end of every failed request: a Status body, and the stack of a defect in the log only. */
import type { ErrorRequestHandler } from 'express'
import { newInternalError } from '../../apimachinery/errors.ts'
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
      // Too late for a status code. A watch can still say it in its own words; any other answer must not look whole.
      if (exchange.info.verb !== 'watch') res.destroy()
      else if (!res.writableEnded) res.end(errorFrame(error))
      return
    }
    const { status, code } = toStatusError(error)
    if (status.details?.retryAfterSeconds) exchange.headers.push('Retry-After', status.details.retryAfterSeconds)
    const { encoding, pretty } = errorForm(req.headers.accept)
    await sendValue(exchange, code, status, encoding, pretty)
  }
}

/** What `withErrors` itself fails with: said without anything that could fail once more. Express would show its stack to the client. */
export function withLastWord({ logger }: Pick<ApiOptions, 'logger'>): ErrorRequestHandler {
  return (error: unknown, req, res, _next) => {
    logger.error({ err: error, method: req.method, path: req.url }, 'the error of a request could not be told')
    if (res.headersSent) {
      res.destroy()
      return
    }
    res.statusCode = 500
    res.setHeader('Content-Type', 'application/json')
    res.end(JSON.stringify(newInternalError('the error of this request could not be told').status))
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
