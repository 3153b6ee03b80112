/** Paths that are not resources: discovery, OpenAPI, health, version, metrics. */
import type { RequestHandler } from 'express'
import { createDocuments } from '../documents.ts'
import { exchangeOf } from '../filters/with-exchange.ts'
import type { ApiOptions } from '../options.ts'
import { end } from '../respond.ts'
import type { ApiSource } from '../source.ts'

export function serveDocument({ registry, metrics, failingChecks }: ApiOptions): RequestHandler {
  const source: ApiSource = {
    get version() {
      return registry.generation
    },
    groups: registry.facts.groups,
    get resources() {
      return registry.resourceFacts()
    },
    types: registry.facts.types,
  }
  let address = ''
  const documents = createDocuments({
    source,
    kubernetesVersion: registry.facts.kubernetesVersion,
    serverAddress: () => address,
    failingChecks,
    otherPaths: ['/metrics'],
  })
  return async (req, res) => {
    const exchange = exchangeOf(req)
    if (exchange.info.path === '/metrics') {
      return end(exchange, 200, metrics.registry.contentType, Buffer.from(await metrics.registry.metrics()))
    }
    address = `${req.socket.localAddress}:${req.socket.localPort}`
    const document = documents({
      method: req.method,
      path: exchange.info.path,
      query: exchange.query,
      header: (name) => req.headers[name] as string | undefined,
    })
    for (const [name, value] of Object.entries(document.headers)) res.setHeader(name, value)
    if (document.status === 304) {
      // Headers of a 304 replace those of the cached answer: it must not speak of a body.
      res.statusCode = 304
      res.end()
      return
    }
    return end(exchange, document.status, document.headers['content-type'] ?? 'text/plain', document.body)
  }
}
