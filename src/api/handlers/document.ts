/** Paths that are not resources: discovery, OpenAPI, health, version, metrics. All but health is loaded when first asked for. */
import type { RequestHandler } from 'express'
import type { Document, DocumentRequest } from '../document.ts'
import { exchangeOf } from '../filters/with-exchange.ts'
import { setHeader, writeHead } from '../head.ts'
import { type FailingChecks, healthDocument, isHealthPath } from '../health.ts'
import type { ApiOptions } from '../options.ts'
import { end } from '../respond.ts'
import type { ApiSource } from '../source.ts'

const NO_FAILURES: FailingChecks = new Map()

export function serveDocument({ registry, metrics, failingChecks }: ApiOptions): RequestHandler {
  const source: ApiSource = {
    get version() {
      return registry.generation
    },
    get groups() {
      return registry.groups()
    },
    get resources() {
      return registry.resourceFacts()
    },
    remote: registry.remoteApi,
    types: registry.facts.types,
  }
  let address = ''
  let documents: Promise<(request: DocumentRequest) => Document> | undefined
  const load = async (): Promise<(request: DocumentRequest) => Document> => {
    const { createDocuments } = await import('../documents.ts')
    return createDocuments({
      source,
      kubernetesVersion: registry.facts.kubernetesVersion,
      serverAddress: () => address,
      tokens: registry.tokens,
      otherPaths: ['/metrics'],
    })
  }
  return async (req, res) => {
    const exchange = exchangeOf(req)
    if (exchange.info.path === '/metrics') {
      const { contentType, text } = await metrics.exposition()
      return end(exchange, 200, contentType, Buffer.from(text))
    }
    const request: DocumentRequest = {
      method: req.method,
      path: exchange.info.path,
      query: exchange.query,
      header: (name) => req.headers[name] as string | undefined,
    }
    let document = isHealthPath(request.path)
      ? healthDocument(request, (await failingChecks?.()) ?? NO_FAILURES)
      : undefined
    if (!document) {
      documents ??= load()
      const answer = await documents
      address = `${req.socket.localAddress}:${req.socket.localPort}`
      document = answer(request)
    }
    const { 'content-type': type = 'text/plain', ...headers } = document.headers
    for (const [name, value] of Object.entries(headers)) setHeader(exchange, name, value)
    if (document.status === 304) {
      // Headers of a 304 replace those of the cached answer: it must not speak of a body.
      writeHead(exchange, 304)
      res.end()
      return
    }
    return end(exchange, document.status, type, document.body)
  }
}
