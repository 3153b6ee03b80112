/** How long a request may take: a minute, or less where the client says so. Mirrors apiserver/pkg/endpoints/filters/request_deadline.go and server/filters/timeout.go. */
import type { RequestHandler } from 'express'
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import { durationMs } from '../../apimachinery/duration.ts'
import { newBadRequest } from '../../apimachinery/errors.ts'
import type { Exchange } from '../exchange.ts'
import { writeHead } from '../head.ts'
import { isLongRunning } from '../long-running.ts'
import type { ApiOptions } from '../options.ts'
import { exchangeOf } from './with-exchange.ts'

const MAXIMUM_MS = 60_000

/** Without the fields that only a kind would have, as upstream writes it. */
const TIMED_OUT = JSON.stringify({
  metadata: {},
  status: 'Failure',
  message: 'Timeout: request did not complete within the allotted timeout',
  reason: 'Timeout',
  details: {},
  code: 504,
})

/** 504 when nothing was answered in time; an answer that began is cut off. Watches and their like may last. */
export function withDeadline({ registry }: ApiOptions): RequestHandler {
  const { clock } = registry
  const deadlines = new Deadlines(clock)
  return (req, _res, next) => {
    const exchange = exchangeOf(req)
    if (isLongRunning(exchange.info)) return next()
    const asked = askedMs(exchange.query)
    if (asked > 0 && asked < MAXIMUM_MS) {
      const timer = clock.after(asked, () => expire(exchange))
      exchange.atEnd.push(() => timer.cancel())
    } else deadlines.add(exchange)
    next()
  }
}

/** The `timeout` of the query in milliseconds; 0: none. Throws 400. */
function askedMs(query: URLSearchParams): number {
  const text = query.get('timeout')
  if (!text) return 0
  try {
    return durationMs(text)
  } catch (error) {
    throw newBadRequest(`invalid timeout specified in the request URL - ${(error as Error).message}`)
  }
}

function expire(exchange: Exchange): void {
  const { req, res, headers } = exchange
  if (res.headersSent) {
    res.destroy()
    return
  }
  exchange.timedOut = true
  // A body that did not come in time is not waited for.
  if (!req.complete) headers.push('Connection', 'close')
  headers.push('Content-Type', 'text/plain; charset=utf-8', 'Content-Length', TIMED_OUT.length)
  writeHead(exchange, 504)
  res.end(TIMED_OUT)
}

/** One of a ring. */
interface Deadline {
  exchange: Exchange
  due: number
  before: Deadline
  after: Deadline
}

/**
 * Requests that all have the same time, so the oldest is due first: one timer does for any number of them. In a ring, which is joined and
 * left without a search; the ring's `end` is no deadline.
 */
class Deadlines {
  readonly #clock: Clock
  readonly #end = {} as Deadline
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
    this.#end.before = this.#end.after = this.#end
  }

  add(exchange: Exchange): void {
    const end = this.#end
    const deadline: Deadline = { exchange, due: this.#clock.now() + MAXIMUM_MS, before: end.before, after: end }
    end.before.after = deadline
    end.before = deadline
    exchange.atEnd.push(() => leave(deadline))
    this.#timer ??= this.#clock.after(MAXIMUM_MS, () => this.#sweep())
  }

  #sweep(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (let deadline = this.#end.after; deadline !== this.#end; deadline = this.#end.after) {
      if (deadline.due > now) {
        this.#timer = this.#clock.after(deadline.due - now, () => this.#sweep())
        return
      }
      leave(deadline)
      expire(deadline.exchange)
    }
  }
}

/** Idempotent. */
function leave(deadline: Deadline): void {
  deadline.before.after = deadline.after
  deadline.after.before = deadline.before
  deadline.before = deadline.after = deadline
}
