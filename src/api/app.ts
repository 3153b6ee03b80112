/** The HTTP server's filters as one ordered list. Mirrors DefaultBuildHandlerChain of apiserver/pkg/server/config.go. */
import express, { type Express, type RequestHandler } from 'express'
import { ALLOW_ALL } from '../registry/authorization/authorizer.ts'
import { withAggregation } from './filters/with-aggregation.ts'
import { withAuthorization } from './filters/with-authorization.ts'
import { withBody } from './filters/with-body.ts'
import { withDeadline } from './filters/with-deadline.ts'
import { withErrors, withLastWord } from './filters/with-errors.ts'
import { withExchange } from './filters/with-exchange.ts'
import { withIdentity } from './filters/with-identity.ts'
import { withMaxInFlight } from './filters/with-max-in-flight.ts'
import { withMetrics } from './filters/with-metrics.ts'
import { serveDocument } from './handlers/document.ts'
import { serveResource } from './handlers/resource.ts'
import type { ApiOptions } from './options.ts'

/** A request passes these from top to bottom; an error thrown anywhere goes to withErrors. */
function filters(options: ApiOptions): RequestHandler[] {
  return [
    withExchange(options),
    withMetrics(options),
    withDeadline(options),
    withIdentity(),
    withMaxInFlight(options),
    ...(options.registry.authorizer === ALLOW_ALL ? [] : [withAuthorization()]),
    withAggregation(options),
    withBody(),
    serveResource(),
    serveDocument(options),
  ]
}

/** The filters as one: express looks at the path anew for each that it is given. What one throws, or rejects with, goes to `done`. */
function chain(filters: readonly RequestHandler[]): RequestHandler {
  return (req, res, done) => {
    let i = 0
    const next = (error?: unknown): void => {
      const filter = filters[i++]
      if (error !== undefined || filter === undefined) {
        done(error)
        return
      }
      try {
        const result: unknown = filter(req, res, next)
        if (result instanceof Promise) result.catch(done)
      } catch (thrown) {
        done(thrown)
      }
    }
    next()
  }
}

/** The application, to be served or handed to supertest. Starts nothing. */
export function createApp(options: ApiOptions): Express {
  const app = express()
  app.disable('x-powered-by')
  app.disable('etag')
  app.set('query parser', false)
  app.enable('case sensitive routing')
  app.enable('strict routing')
  app.use(chain(filters(options)))
  app.use(withErrors(options))
  app.use(withLastWord(options))
  return app
}
