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
  const parts = new Parts(decoded)
  const prefix = parts.take()
  if (prefix !== 'api' && prefix !== 'apis') return info
  const group = prefix === 'apis' ? parts.take() : ''
  const version = parts.take()
  if (parts.areOver) return info
  info.prefix = prefix
  info.group = group
  info.version = version
  info.isResourceRequest = true
  readResource(info, parts)
  info.verb = info.isLegacyWatch && method === 'GET' ? 'watch' : verbOf(method, info, query)
  return info
}

/** The parts of a path between its slashes, one after the other; a slash at its end begins none. Cut as they are asked for: most paths are few. */
class Parts {
  readonly #path: string
  #at = 1

  constructor(path: string) {
    this.#path = path.endsWith('/') ? path.slice(0, -1) : path
  }

  get areOver(): boolean {
    return this.#at > this.#path.length
  }

  /** '' when they are over. */
  take(): string {
    const slash = this.#path.indexOf('/', this.#at)
    const end = slash < 0 ? this.#path.length : slash
    const part = this.#path.slice(this.#at, end)
    this.#at = end + 1
    return part
  }

  rest(): string {
    return this.#path.slice(this.#at)
  }
}

function readResource(info: RequestInfo, parts: Parts): void {
  let first = parts.take()
  info.isLegacyWatch = first === 'watch'
  if (info.isLegacyWatch) first = parts.take()
  if (first === 'namespaces' && !parts.areOver) {
    const namespace = parts.take()
    const third = parts.areOver ? undefined : parts.take()
    if (third === undefined || NAMESPACE_SUBRESOURCES.has(third)) {
      info.resource = first
      info.name = namespace
      info.subresource = third ?? ''
      info.rest = parts.rest()
      return
    }
    info.inNamespace = true
    info.namespace = namespace
    first = third
  }
  info.resource = first
  info.name = parts.take()
  info.subresource = parts.take()
  info.rest = parts.rest()
  // A namespace is itself a cluster-scoped object.
  if (first === 'namespaces') info.namespace = ''
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
