/** What a URL asks for. Mirrors apiserver/pkg/endpoints/request/requestinfo.go. */

export interface RequestInfo {
  isResourceRequest: boolean
  /** Kubernetes verb: get, list, watch, create, update, patch, delete, deletecollection; the lower-case method for other paths. */
  verb: string
  /** `api` or `apis`; '' for other paths. */
  prefix: string
  group: string
  version: string
  namespace: string
  resource: string
  subresource: string
  name: string
  /** The path goes through `namespaces/`, be it an empty one. */
  inNamespace: boolean
  /** `/api/v1/watch/...`: what `?watch=true` was once. */
  isLegacyWatch: boolean
  /** Parts after the subresource: `proxy/a/b` has `a/b`. */
  rest: string
  /** Path without the query, as sent. */
  path: string
}

const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize'])

/** Never throws: what it cannot read is a request for a path that is nobody's. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  const info: RequestInfo = {
    isResourceRequest: false,
    verb: method.toLowerCase(),
    prefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    inNamespace: false,
    isLegacyWatch: false,
    rest: '',
    path,
  }
  let decoded: string
  try {
    decoded = path.includes('%') ? decodeURIComponent(path) : path
  } catch {
    return info
  }
  // Decoded before it is cut, as upstream: %2F separates.
  const parts: string[] = decoded.slice(1).split('/')
  if (parts.at(-1) === '') parts.pop()
  if (parts[0] !== 'api' && parts[0] !== 'apis') return info
  if (parts.length < (parts[0] === 'api' ? 3 : 4)) return info
  info.prefix = parts[0]
  parts.shift()
  if (info.prefix === 'apis') info.group = parts.shift() as string
  info.version = parts.shift() as string
  info.isResourceRequest = true
  const [first] = parts.slice(0, 1)
  info.isLegacyWatch = first === 'watch'
  if (info.isLegacyWatch) parts.shift()
  readResource(info, parts)
  info.verb = info.isLegacyWatch && method === 'GET' ? 'watch' : verbOf(method, info, query)
  return info
}

function readResource(info: RequestInfo, parts: string[]): void {
  if (parts[0] === 'namespaces' && parts.length > 1) {
    info.namespace = parts[1] ?? ''
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2] ?? '')) {
      info.inNamespace = true
      parts = parts.slice(2)
    }
  }
  info.resource = parts[0] ?? ''
  info.name = parts[1] ?? ''
  info.subresource = parts[2] ?? ''
  info.rest = parts.slice(3).join('/')
  // A namespace is itself a cluster-scoped object.
  if (info.resource === 'namespaces') info.namespace = ''
}

function verbOf(method: string, info: RequestInfo, query: URLSearchParams): string {
  switch (method) {
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return info.name === '' ? 'deletecollection' : 'delete'
    case 'GET':
      if (info.name !== '') return 'get'
      return isTrue(query.get('watch')) ? 'watch' : 'list'
    default:
      return method.toLowerCase()
  }
}

/** Upstream's conversion of a query value to bool: everything but '', '0' and 'false' is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value !== '0' && value.toLowerCase() !== 'false'
}
