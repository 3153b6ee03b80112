/** Counts and times each request. Mirrors apiserver/pkg/endpoints/metrics. */
import type { RequestHandler } from 'express'
import type { ApiOptions } from '../options.ts'
import type { RequestInfo } from '../request-info.ts'
import { exchangeOf } from './with-exchange.ts'

const WRITES = new Set(['create', 'update', 'patch', 'delete', 'deletecollection'])

export function withMetrics({ metrics }: ApiOptions): RequestHandler {
  return (req, res, next) => {
    const { info } = exchangeOf(req)
    const started = process.hrtime.bigint()
    const isWatch = info.verb === 'watch'
    const kind = WRITES.has(info.verb) ? 'mutating' : 'readOnly'
    const { group, version, resource } = info
    if (isWatch) metrics.watches.inc({ group, version, resource })
    else metrics.inflight.inc({ request_kind: kind })
    res.once('close', () => {
      const labels = labelsOf(info, res.statusCode)
      metrics.requests.inc({ ...labels, code: String(res.statusCode) })
      if (isWatch) return metrics.watches.dec({ group, version, resource })
      metrics.inflight.dec({ request_kind: kind })
      metrics.durations.observe(labels, Number(process.hrtime.bigint() - started) / 1e9)
    })
    next()
  }
}

/** What is not served gets one label, so that a client cannot make up new ones. */
function labelsOf(info: RequestInfo, code: number) {
  const known = info.isResourceRequest && code !== 404
  return {
    verb: info.verb.toUpperCase(),
    group: known ? info.group : '',
    version: known ? info.version : '',
    resource: known ? info.resource : '',
    subresource: known ? info.subresource : '',
    scope: info.name !== '' ? 'resource' : info.namespace !== '' ? 'namespace' : 'cluster',
  }
}
