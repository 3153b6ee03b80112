/** Counts and times each request. Mirrors apiserver/pkg/endpoints/metrics. */
import type { RequestHandler } from 'express'
import type { RequestLabels } from '../metrics.ts'
import type { ApiOptions } from '../options.ts'
import type { RequestInfo } from '../request-info.ts'
import { exchangeOf } from './with-exchange.ts'

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

export function withMetrics({ metrics }: ApiOptions): RequestHandler {
  return (req, res, next) => {
    const { info, atEnd } = exchangeOf(req)
    const kind = info.verb === 'watch' ? 'watch' : WRITES.has(info.verb) ? 'mutating' : 'readOnly'
    const answered = metrics.begin(labelsOf(info), kind)
    // What is not served gets one label, so that a client cannot make up new ones.
    atEnd.push(() => answered(res.statusCode, res.statusCode !== 404))
    next()
  }
}

function labelsOf(info: RequestInfo): RequestLabels {
  const known = info.isResourceRequest
  return {
    verb: info.verb,
    group: known ? info.group : '',
    version: known ? info.version : '',
    resource: known ? info.resource : '',
    subresource: known ? info.subresource : '',
    scope: info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster',
  }
}
