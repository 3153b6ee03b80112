/** Asks the documents of the API without a server. */
import { load } from 'js-yaml'
import type { Document } from '../../src/api/document.ts'
import { createDocuments, type DocumentOptions } from '../../src/api/documents.ts'
import { type FailingChecks, healthDocument } from '../../src/api/health.ts'
import type { ApiSource } from '../../src/api/source.ts'
import { isStatusError } from '../../src/apimachinery/errors.ts'
import { loadFacts } from '../../src/apimachinery/schema/load-facts.ts'

export type Ask = (path: string, headers?: Record<string, string>, method?: string) => Document

/** The built-in resources of the facts, and what a test adds to them. */
export function factsSource(changes: Partial<ApiSource> = {}): ApiSource {
  const { groups, resources, types } = loadFacts()
  return { version: 1, groups, resources, types, ...changes }
}

/** The documents and the health checks, of which those of `failing` fail. */
export function askDocuments(options: Partial<DocumentOptions> = {}, failing: FailingChecks = new Map()): Ask {
  const documents = createDocuments({
    source: factsSource(),
    kubernetesVersion: loadFacts().kubernetesVersion,
    serverAddress: () => 'ADDRESS',
    ...options,
  })
  return (url, headers = {}, method = 'GET') => {
    const [path, query] = url.split('?')
    try {
      const request = { method, path, query: new URLSearchParams(query), header: (name: string) => headers[name] }
      return healthDocument(request, failing) ?? documents(request)
    } catch (error) {
      if (!isStatusError(error)) throw error
      const body = Buffer.from(JSON.stringify(error.status))
      return { status: error.code, headers: { 'content-type': 'application/json' }, body }
    }
  }
}

/** The body's object, whether JSON or YAML. */
export const parsed = (document: Document): unknown => load(document.body.toString())
