/** What the API server answers on paths that are not resources, health aside: discovery, OpenAPI, version, the root's list of paths. */
import type { TokenSigner } from '../registry/definition.ts'
import { createDiscovery } from './discovery/discovery.ts'
import { namedGroups } from './discovery/groups.ts'
import { type Document, type DocumentRequest, pageNotFound, rawJsonDocument } from './document.ts'
import { healthPaths } from './health.ts'
import { OPEN_ID_PATHS, openIdDocument } from './open-id.ts'
import { createOpenApi } from './openapi/openapi.ts'
import type { ApiSource } from './source.ts'
import { versionDocument } from './version.ts'

export interface DocumentOptions {
  source: ApiSource
  /** `1.37.0` */
  kubernetesVersion: string
  /** Host and port that `/api` tells clients. */
  serverAddress: () => string
  /** Signs service account tokens; absent: nothing is said about it. */
  tokens?: TokenSigner
  /** Paths answered elsewhere that the root lists too (`/metrics`). */
  otherPaths?: readonly string[]
}

/** What `/` lists. */
function rootPaths(source: ApiSource, otherPaths: readonly string[]): string[] {
  const groups = namedGroups(source).flatMap((group) => [
    `/apis/${group.name}`,
    ...group.versions.map(({ version }) => `/apis/${group.name}/${version}`),
  ])
  const paths = ['/api', '/api/v1', '/apis', '/apis/', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/version']
  return [...paths, ...groups, ...healthPaths(), ...otherPaths].sort()
}

/**
 * Answers a request that names no served resource; the answer may be the 404 text. Throws a StatusError where upstream answers a
 * Status. Pure but for what is kept until the source's version changes: nothing is built before it is asked for.
 */
export function createDocuments(options: DocumentOptions): (request: DocumentRequest) => Document {
  const { source, kubernetesVersion } = options
  const discovery = createDiscovery(source, options.serverAddress)
  const openApi = createOpenApi(source, kubernetesVersion.split('.').slice(0, 2).join('.'))
  return (request) => {
    const { path } = request
    if (path === '/' || path === '/index.html') {
      return rawJsonDocument({
        paths: rootPaths(source, [...(options.tokens ? OPEN_ID_PATHS : []), ...(options.otherPaths ?? [])]),
      })
    }
    if (/^\/apis?(\/|$)/.test(path)) return discovery(request)
    if (path.startsWith('/openapi/')) return openApi(request)
    if (path === '/version' || path === '/version/') return versionDocument(request, kubernetesVersion)
    const openId = openIdDocument(request, options.tokens, options.serverAddress)
    if (openId) return openId
    return pageNotFound()
  }
}
