/** Answers `/openapi/v2`, `/openapi/v3` and what is below it. Mirrors kube-openapi/pkg/{handler,handler3}. */
import { createHash } from 'node:crypto'
import type { RemoteApi } from '../../registry/apiregistration/apiservice.ts'
import { clauseMatches, parseAccept } from '../accept.ts'
import { type Document, type DocumentRequest, pageNotFound } from '../document.ts'
import { type ApiSource, perVersion } from '../source.ts'
import { describeApi } from './api-description.ts'
import { documentV2 } from './document-v2.ts'
import { documentNames, documentV3 } from './document-v3.ts'
import { encodeV2 } from './protobuf-v2.ts'
import { encodeV3 } from './protobuf-v3.ts'

/** A document as JSON, and the hash that clients keep it under. */
interface Written {
  json: Buffer
  hash: string
  /** Made on demand: few clients ask for it. */
  protobuf: () => Buffer
}

function once<T>(make: () => T): () => T {
  let made: { value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

function write(document: object, protobuf: () => Buffer): Written {
  const json = Buffer.from(JSON.stringify(document))
  return { json, hash: createHash('sha512').update(json).digest('hex').toUpperCase(), protobuf: once(protobuf) }
}

interface OpenApi {
  v2: () => Written
  /** By name: `api/v1`, `apis/apps/v1`. */
  v3: Map<string, () => Written>
  /** The index of the v3 documents; naming their hashes takes all of them. */
  index: () => Buffer
}

function openApi(source: ApiSource, version: string): OpenApi {
  const api = once(() => describeApi(source))
  const v3 = new Map(
    documentNames(api()).map((name) => [
      name,
      once(() => {
        const document = documentV3(api(), name, version)
        return write(document, () => encodeV3(document))
      }),
    ]),
  )
  for (const [name, remote] of remoteVersions(source)) {
    const { openApiV3 } = remote
    if (openApiV3)
      v3.set(
        name,
        once(() => write(openApiV3, () => encodeV3(openApiV3 as never))),
      )
  }
  const index = once(() => {
    const paths = [...v3].map(([name, document]) => [
      name,
      { serverRelativeURL: `/openapi/v3/${name}?hash=${document().hash}` },
    ])
    return Buffer.from(JSON.stringify({ paths: Object.fromEntries(paths) }))
  })
  const v2 = once(() => {
    const document = withRemotePaths(documentV2(api(), version), source)
    return write(document, () => encodeV2(document))
  })
  return { v2, v3, index }
}

function remoteVersions(source: ApiSource): [name: string, remote: RemoteApi][] {
  return source.groups.flatMap(({ name, versions }) =>
    versions.flatMap(({ version }): [string, RemoteApi][] => {
      const remote = source.remote?.(name, version)
      return remote ? [[`apis/${name}/${version}`, remote]] : []
    }),
  )
}

/** With the paths below each extension server's version, and the definitions that are not here already. */
function withRemotePaths<T extends object>(document: T, source: ApiSource): T {
  const { paths, definitions } = document as { paths: object; definitions: object }
  let merged: { paths: object; definitions: object } | undefined
  for (const [name, { openApiV2 }] of remoteVersions(source)) {
    if (!openApiV2) continue
    const own = Object.entries((openApiV2['paths'] as object | undefined) ?? {})
    merged ??= { paths, definitions }
    merged = {
      paths: { ...merged.paths, ...Object.fromEntries(own.filter(([path]) => `${path}/`.startsWith(`/${name}/`))) },
      definitions: { ...(openApiV2['definitions'] as object | undefined), ...merged.definitions },
    }
  }
  return merged ? { ...document, ...merged } : document
}

const JSON_TYPE = 'application/json'
/** Asked for with the at sign that was wrong, or with the dot; answered with the dot. */
const protobufTypes = (form: 'v2' | 'v3'): string[] =>
  ['.', '@'].map((sign) => `application/com.github.proto-openapi.spec.${form}${sign}v1.0+protobuf`)

function notAcceptable(): Document {
  return { status: 406, headers: { vary: 'Accept' }, body: Buffer.alloc(0) }
}

function negotiated(request: DocumentRequest, form: 'v2' | 'v3', { json, hash, protobuf }: Written): Document {
  const [protobufType, oldProtobufType] = protobufTypes(form)
  const offered = [JSON_TYPE, protobufType, oldProtobufType]
  for (const clause of parseAccept(request.header('accept') || '*/*')) {
    const mediaType = offered.find((candidate) => clauseMatches(clause, candidate))
    if (!mediaType) continue
    const etag = `"${hash}"`
    const headers: Record<string, string> = { vary: 'Accept', etag }
    if (request.header('if-none-match') === etag) return { status: 304, headers, body: Buffer.alloc(0) }
    headers['content-type'] = mediaType === JSON_TYPE ? JSON_TYPE : protobufType
    return { status: 200, headers, body: mediaType === JSON_TYPE ? json : protobuf() }
  }
  return notAcceptable()
}

function v3Document(request: DocumentRequest, name: string, document: Written): Document {
  const answer = negotiated(request, 'v3', document)
  const asked = request.query.get('hash')
  if (!asked || answer.status === 406) return answer
  if (asked !== document.hash) {
    const location = `/openapi/v3/${name}?hash=${document.hash}`
    return { status: 301, headers: { ...answer.headers, location }, body: Buffer.alloc(0) }
  }
  // Upstream adds an expiry of a year, which a test's clock could not hold to; the ETag serves those who ask again.
  return { ...answer, headers: { ...answer.headers, 'cache-control': 'public, immutable' } }
}

/** `version` is the server's minor: `1.37`. */
export function createOpenApi(source: ApiSource, version: string): (request: DocumentRequest) => Document {
  const current = perVersion(source, (changed) => openApi(changed, version))
  return (request) => {
    if (request.path === '/openapi/v2') return negotiated(request, 'v2', current().v2())
    if (request.path === '/openapi/v3') {
      // JSON, but that is not what upstream calls it.
      return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: current().index() }
    }
    if (!request.path.startsWith('/openapi/v3/')) return pageNotFound()
    const name = request.path.slice('/openapi/v3/'.length)
    const document = current().v3.get(name)
    return document ? v3Document(request, name, document()) : { status: 404, headers: {}, body: Buffer.alloc(0) }
  }
}
