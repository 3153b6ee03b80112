/** Refuses what is too much at once, before it costs anything. Mirrors apiserver/pkg/server/filters/maxinflight.go. */
import type { RequestHandler } from 'express'
import { newTooManyRequests } from '../../apimachinery/errors.ts'
import type { ApiOptions } from '../options.ts'
import { exchangeOf } from './with-exchange.ts'

export function withMaxInFlight({ maxInFlight = 0 }: ApiOptions): RequestHandler {
  let inFlight = 0
  return (req, res, next) => {
    // Watches are long and idle: they do not count.
    if (maxInFlight === 0 || exchangeOf(req).info.verb === 'watch') return next()
    if (inFlight >= maxInFlight) return next(newTooManyRequests('too many requests, please try again later.', 1))
    inFlight++
    res.once('close', () => inFlight--)
    next()
  }
}
