/** Requests for extension API servers leave here, before their bodies are read. Mirrors the place of the proxy handlers in kube-aggregator/pkg/apiserver/apiserver.go. */
import type { RequestHandler } from 'express'
import type { ApiOptions } from '../options.ts'
import { proxyRequest, remoteApiAt } from '../proxy.ts'
import { exchangeOf } from './with-exchange.ts'

export function withAggregation({ registry, proxy }: ApiOptions): RequestHandler {
  return (req, res, next) => {
    const { info, user } = exchangeOf(req)
    const api = remoteApiAt(registry, info.path)
    if (!api) return next()
    proxyRequest(proxy, api, user, req, res)
  }
}
