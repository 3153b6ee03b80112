/** Requests for extension API servers leave here, before their bodies are read. Mirrors the place of the proxy handlers in kube-aggregator/pkg/apiserver/apiserver.go. */
import type { RequestHandler } from 'express'
import type { ApiOptions } from '../options.ts'
import { proxyRequest, remoteApiAt } from '../proxy.ts'
import { exchangeOf } from './with-exchange.ts'

export function withAggregation({ registry, proxy }: ApiOptions): RequestHandler {
  return (req, _res, next) => {
    const exchange = exchangeOf(req)
    const api = remoteApiAt(registry, exchange.info.path)
    if (api) proxyRequest(proxy, api, exchange)
    else next()
  }
}
