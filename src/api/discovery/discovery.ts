/** Answers `/api`, `/apis` and what is below them down to a group version. Mirrors kube-aggregator's handler_apis.go and apiserver/pkg/endpoints/discovery. */
import { createHash } from 'node:crypto'
import { newPathNotFound } from '../../apimachinery/errors.ts'
import type { GroupFact } from '../../apimachinery/schema/facts.ts'
import type { AcceptClause } from '../accept.ts'
import { type Document, type DocumentRequest, negotiateMediaType, pageNotFound, requireRoute } from '../document.ts'
import { objectDocument } from '../object-document.ts'
import { type ApiSource, perVersion } from '../source.ts'
import { type ApiGroupDiscoveryList, apiGroupDiscoveryList } from './aggregated.ts'
import { apiGroup, apiGroupList, apiVersions } from './groups.ts'
import { encodeDiscovery } from './protobuf.ts'
import { apiResourceList } from './resource-list.ts'

/** v2 only: 1.37 no longer serves v2beta1, and clients that ask for it first fall back to plain discovery. */
const asksForAggregated = ({ g, v, as }: AcceptClause['parameters']): boolean =>
  g === 'apidiscovery.k8s.io' && v === 'v2' && as === 'APIGroupDiscoveryList'

interface Aggregated {
  list: ApiGroupDiscoveryList
  etag: string
}

function aggregate(source: ApiSource, root: '/api' | '/apis'): Aggregated {
  const list = apiGroupDiscoveryList(source, root)
  const hash = createHash('sha512').update(JSON.stringify(list)).digest('hex').toUpperCase()
  return { list, etag: `"${hash}"` }
}

function aggregatedDocument({ list, etag }: Aggregated, request: DocumentRequest): Document {
  const headers = { 'cache-control': 'public', etag, vary: 'Accept' }
  if (request.header('if-none-match') === etag) return { status: 304, headers, body: Buffer.alloc(0) }
  return objectDocument(list, request, {
    passes: asksForAggregated,
    parameters: ';g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
    headers,
    protobuf: encodeDiscovery,
  })
}

const plain = (object: object, request: DocumentRequest): Document =>
  objectDocument(object, request, { protobuf: encodeDiscovery })

/** A group version's list, or the 404 of the server that would serve the group. */
function versionDocument(source: ApiSource, request: DocumentRequest, group: GroupFact, rest: string[]): Document {
  const custom = source.resources.some((resource) => resource.group === group.name && resource.custom)
  const served = rest.length === 1 && group.versions.some(({ version }) => version === rest[0])
  // Custom resources are served by plain handlers: any method, and their 404 is a text.
  const remote = group.versions.some(({ version }) => source.remote?.(group.name, version))
  if (!served && (custom || remote)) return pageNotFound()
  if (!served) throw newPathNotFound()
  if (!custom) requireRoute(request)
  return plain(apiResourceList(source, { group: group.name, version: rest[0] }), request)
}

/** `serverAddress` is what `/api` tells clients: host and port. */
export function createDiscovery(source: ApiSource, serverAddress: () => string) {
  const aggregated = {
    '/api': perVersion(source, (current) => aggregate(current, '/api')),
    '/apis': perVersion(source, (current) => aggregate(current, '/apis')),
  }
  const groupNamed = (name: string): GroupFact | undefined => source.groups.find((group) => group.name === name)

  function rootDocument(request: DocumentRequest, root: '/api' | '/apis'): Document {
    if (root === '/api') requireRoute(request)
    if (negotiateMediaType(request.header('accept') || '*/*', asksForAggregated)) {
      return aggregatedDocument(aggregated[root](), request)
    }
    return plain(root === '/api' ? apiVersions(source, serverAddress()) : apiGroupList(source), request)
  }

  /** The path must be `/api`, `/apis` or below; paths of served resources are not asked here. */
  return (request: DocumentRequest): Document => {
    const [root, ...segments] = request.path.replace(/\/$/, '').split('/').slice(1)
    if (segments.length === 0) return rootDocument(request, `/${root}` as '/api' | '/apis')
    const group = root === 'api' ? groupNamed('') : groupNamed(segments.shift() ?? '')
    if (!group || (root === 'apis' && group.name === '')) return pageNotFound()
    if (segments.length === 0) return plain(apiGroup(group), request)
    return versionDocument(source, request, group, segments)
  }
}
