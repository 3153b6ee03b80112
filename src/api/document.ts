/** One answer on a path that is not a resource, and how its media type is chosen. Mirrors apiserver/pkg/endpoints/handlers/{negotiation,responsewriters}. */
import { failure, newNotAcceptable } from '../apimachinery/errors.ts'
import { type AcceptClause, clauseMatches, parseAccept } from './accept.ts'

export interface DocumentRequest {
  /** `GET`; most documents answer any method, as upstream's do. */
  method: string
  /** Without the query, as sent. */
  path: string
  query: URLSearchParams
  /** Header by its lower-case name. */
  header(name: string): string | undefined
}

export interface Document {
  status: number
  /** Lower-case names. */
  headers: Record<string, string>
  body: Buffer
}

export type MediaType = 'application/json' | 'application/yaml' | 'application/vnd.kubernetes.protobuf'
const MEDIA_TYPES: readonly MediaType[] = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
]

/** The first acceptable media type whose clause passes; undefined when there is none. No header at all means JSON. */
export function negotiateMediaType(
  accept: string | undefined,
  passes: (parameters: AcceptClause['parameters']) => boolean,
): MediaType | undefined {
  if (!accept) return passes({}) ? MEDIA_TYPES[0] : undefined
  for (const clause of parseAccept(accept)) {
    const mediaType = MEDIA_TYPES.find((candidate) => clauseMatches(clause, candidate))
    if (mediaType && passes(clause.parameters)) return mediaType
  }
  return undefined
}

export function newNoAcceptableMediaType(): Error {
  return newNotAcceptable(`only the following media types are accepted: ${MEDIA_TYPES.join(', ')}`)
}

/**
 * Refuses what upstream's router refuses before its handler runs: methods other than GET, and an Accept header that names none
 * of the media types literally.
 */
export function requireRoute(request: DocumentRequest, produces: readonly string[] = MEDIA_TYPES): void {
  if (request.method !== 'GET') {
    throw failure(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {})
  }
  const ranges = (request.header('accept') || '*/*').split(',').map((part) => part.split(';')[0].trim())
  if (!ranges.some((range) => range === '*/*' || produces.includes(range))) {
    const message = `406: Not Acceptable\n\nAvailable representations: ${produces.join(', ')}`
    throw failure(406, 'NotAcceptable', message, {})
  }
}

/** Some documents are always indented, whoever asks. */
export function rawJsonDocument(object: unknown): Document {
  return {
    status: 200,
    headers: { 'content-type': 'application/json' },
    body: Buffer.from(JSON.stringify(object, null, 2)),
  }
}

/** What Go's http.Error writes. */
export function errorDocument(status: number, text: string): Document {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return { status, headers, body: Buffer.from(`${text}\n`) }
}

/** What Go's http.NotFound writes: the path is nobody's. */
export const pageNotFound = (): Document => errorDocument(404, '404 page not found')
