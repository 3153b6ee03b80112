/** How long a request may take: a minute, or less where the client says so. Mirrors apiserver/pkg/endpoints/filters/request_deadline.go and server/filters/timeout.go. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestHandler } from 'express'
import type { Clock, Timer } from '../../apimachinery/clock.ts'
import { durationMs } from '../../apimachinery/duration.ts'
import { newBadRequest } from '../../apimachinery/errors.ts'
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
  return (req, res, next) => {
    const { info, query } = exchangeOf(req)
    if (isLongRunning(info)) return next()
    const asked = askedMs(query)
    if (asked > 0 && asked < MAXIMUM_MS) {
      const timer = clock.after(asked, () => expire(req, res))
      res.once('close', () => timer.cancel())
    } else deadlines.add(req, res)
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

function expire(req: IncomingMessage, res: ServerResponse): void {
  if (res.headersSent) {
    res.destroy()
    return
  }
  exchangeOf(req).timedOut = true
  // A body that did not come in time is not waited for.
  if (!req.complete) res.setHeader('Connection', 'close')
  res.statusCode = 504
  res.setHeader('Content-Type', 'text/plain; charset=utf-8')
  res.setHeader('Content-Length', TIMED_OUT.length)
  res.end(TIMED_OUT)
}

interface Deadline {
  req: IncomingMessage
  res: ServerResponse
  due: number
}

/** Requests that all have the same time, so the oldest is due first: one timer does for any number of them. */
class Deadlines {
  readonly #clock: Clock
  readonly #open = new Set<Deadline>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  add(req: IncomingMessage, res: ServerResponse): void {
    const deadline = { req, res, due: this.#clock.now() + MAXIMUM_MS }
    this.#open.add(deadline)
    res.once('close', () => this.#open.delete(deadline))
    this.#timer ??= this.#clock.after(MAXIMUM_MS, () => this.#sweep())
  }

  #sweep(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    for (const deadline of this.#open) {
      if (deadline.due > now) {
        this.#timer = this.#clock.after(deadline.due - now, () => this.#sweep())
        return
      }
      this.#open.delete(deadline)
      expire(deadline.req, deadline.res)
    }
  }
}
