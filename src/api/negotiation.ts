/** Content negotiation: what the client accepts, what it sent. Mirrors apiserver/pkg/endpoints/handlers/negotiation. */
import { newNotAcceptable, newUnsupportedMediaType } from '../apimachinery/errors.ts'

export type Encoding = 'json' | 'yaml' | 'protobuf'

export interface Negotiated {
  encoding: Encoding
  /** The object is to be shown as this meta.k8s.io kind. */
  as?: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  /** Version of `as`: v1 or v1beta1. */
  version?: string
  /** `;pretty=1` */
  pretty?: boolean
}

const MEDIA_TYPES: Record<string, Encoding> = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
}
const ACCEPTED = 'application/json, application/yaml, application/vnd.kubernetes.protobuf'
const CONTENT_TYPES: Record<Encoding, string> = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
}
const ENCODINGS: readonly Encoding[] = ['json', 'yaml', 'protobuf']
/** Watches have no YAML form. */
export const WATCH_ENCODINGS: readonly Encoding[] = ['json', 'protobuf']
const WATCH_TYPES = 'application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch'
export const JSON_ANSWER: Negotiated = { encoding: 'json' }
const TRANSFORMS = new Set(['Table', 'PartialObjectMetadata', 'PartialObjectMetadataList'])

interface Clause {
  type: string
  parameters: Record<string, string>
  quality: number
}

/**
 * The first of the client's types, in its order, that can be given. `allowTransforms`: this answer can be shown as a Table or as metadata
 * only. `isCustom`: the object itself has no protobuf form, its metadata has. Throws 406.
 */
export function negotiate(
  accept: string | undefined,
  allowTransforms: boolean,
  encodings = ENCODINGS,
  isCustom = false,
): Negotiated {
  if (accept === undefined || accept === '' || accept === 'application/json' || accept === '*/*') return JSON_ANSWER
  const clauses = parseAccept(accept)
  let offered = encodings === ENCODINGS ? ACCEPTED : WATCH_TYPES
  for (const { type, parameters } of clauses) {
    const encoding = type === '*/*' || type === 'application/*' ? 'json' : MEDIA_TYPES[type]
    if (!encoding || !encodings.includes(encoding)) continue
    const { as, g, v } = parameters
    const pretty = parameters.pretty === '1' ? { pretty: true } : {}
    if (as === undefined) {
      if (encoding !== 'protobuf' || !isCustom) return { encoding, ...pretty }
      offered = ACCEPTED
      continue
    }
    if (!allowTransforms || !TRANSFORMS.has(as) || g !== 'meta.k8s.io' || (v !== 'v1' && v !== 'v1beta1')) continue
    if (encoding === 'protobuf' && as === 'Table') continue
    return { encoding, as: as as Negotiated['as'], version: v, ...pretty }
  }
  throw newNotAcceptable(`only the following media types are accepted: ${offered}`)
}

/**
 * The route's own check, before anything else: coarser than `negotiate`, and with another text. Mirrors go-restful's matchesAccept. Throws
 * 406.
 */
export function checkAccept(accept: string | undefined, isCollection: boolean): void {
  if (accept === undefined || accept === '' || accept === 'application/json') return
  for (const clause of accept.split(',')) {
    const range = clause.split(';')[0]?.trim() ?? ''
    if (range === '*/*' || range in MEDIA_TYPES) return
  }
  const types = isCollection ? `${ACCEPTED}, ${WATCH_TYPES}` : ACCEPTED
  throw newNotAcceptable(`406: Not Acceptable\n\nAvailable representations: ${types}`, {})
}

function parseAccept(accept: string): Clause[] {
  const clauses = accept.split(',').map((text) => {
    const [type, ...rest] = text.split(';')
    const parameters: Record<string, string> = {}
    for (const parameter of rest) {
      const equals = parameter.indexOf('=')
      if (equals > 0) parameters[parameter.slice(0, equals).trim().toLowerCase()] = parameter.slice(equals + 1).trim()
    }
    const quality = parameters.q === undefined ? 1 : Number(parameters.q)
    return { type: (type ?? '').trim().toLowerCase(), parameters, quality: Number.isNaN(quality) ? 1 : quality }
  })
  return clauses.filter((clause) => clause.quality > 0).sort((a, b) => b.quality - a.quality)
}

export function contentType(encoding: Encoding): string {
  return CONTENT_TYPES[encoding]
}

/** How a body is to be read. An absent header is JSON. Throws 415. */
export function bodyEncoding(header: string | undefined): Encoding {
  if (header === undefined || header === '' || header === 'application/json') return 'json'
  const encoding = MEDIA_TYPES[mediaType(header)]
  if (!encoding) {
    throw newUnsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${ACCEPTED}`,
    )
  }
  return encoding
}

/** `application/json; charset=utf-8` -> `application/json` */
export function mediaType(header: string): string {
  const semicolon = header.indexOf(';')
  return (semicolon < 0 ? header : header.slice(0, semicolon)).trim().toLowerCase()
}
