/** Writes answers: one object, or a list as it is read. The only writer of successful bodies. Mirrors handlers/response.go and responsewriters/writers.go. */
import type { ServerResponse } from 'node:http'
import { constants, createGzip, gzip } from 'node:zlib'
import { newNotAcceptable, type Status } from '../apimachinery/errors.ts'
import type { DynamicObject, KubeObject, ListMeta } from '../apimachinery/meta.ts'
import { objectBytes } from '../apimachinery/object-bytes.ts'
import type { ResourceDefinition } from '../registry/definition.ts'
import type { StoreList } from '../registry/store.ts'
import type { MaybePromise } from '../storage/interface.ts'
import { isPrettyPrint } from './accept.ts'
import { encodeBody } from './encode.ts'
import type { Exchange, ResourceExchange } from './exchange.ts'
import { setHeader, writeHead } from './head.ts'
import { type Item, itemsOf, keepsTypeInItems, listPieces, withoutType } from './list-bytes.ts'
import { listMeta } from './list-meta.ts'
import { partialItems, partialList, partialListHead, partialObject } from './metadata-only.ts'
import { contentType, type Encoding, type Negotiated } from './negotiation.ts'
import { rowItems, tableOf, tableParts, wholeTable } from './table.ts'

/** As upstream: smaller bodies are not worth it. */
const GZIP_THRESHOLD_BYTES = 128 * 1024
/** A text leaves with its headers in one write, bytes do not. Longer ones would be copied once too often. */
const ONE_WRITE_BYTES = 16 * 1024

/** A resource's object, or a Status, in the form the client accepts. */
export function sendObject(exchange: ResourceExchange, code: number, object: KubeObject | Status): MaybePromise<void> {
  const { accept, store, turns } = exchange
  turns.serveFew()
  if (accept.as === 'PartialObjectMetadataList') {
    const type = goType(store.definition, object.kind)
    throw newNotAcceptable(`you requested PartialObjectMetadataList, but the requested object is not a list (${type})`)
  }
  let shown: unknown = object
  if (object.kind !== 'Status') {
    if (accept.as === 'Table') {
      const list = { objects: [object as DynamicObject], resourceVersion: object.metadata.resourceVersion ?? '' }
      shown = tableOf(store, list, exchange.query, { version: accept.version })
    } else if (accept.as) shown = partialObject(object as KubeObject, accept.version)
  }
  if (accept.encoding === 'json' && shown === object && object.kind !== 'Status' && !wantsPretty(exchange)) {
    return end(exchange, code, 'application/json', objectBytes(object as KubeObject), '\n')
  }
  return sendValue(exchange, code, shown, accept.encoding)
}

/** Any JSON value, encoded. */
export async function sendValue(
  exchange: Exchange,
  code: number,
  value: unknown,
  encoding: Encoding,
  pretty = wantsPretty(exchange),
): Promise<void> {
  return end(
    exchange,
    code,
    contentType(encoding),
    await encodeBody(value, encoding, exchange.registry.schemas, pretty),
  )
}

/** The type that upstream's handlers hold the answer in. */
function goType({ custom, group }: ResourceDefinition, kind: string): string {
  if (kind === 'Status') return '*v1.Status'
  if (custom) return kind.endsWith('List') ? '*unstructured.UnstructuredList' : '*unstructured.Unstructured'
  const scheme = group === '' || group === 'events.k8s.io' ? 'core' : group.split('.')[0]
  return `*${scheme}.${kind}`
}

/** A list: streamed, item by item from the bytes that are kept beside each object, with back-pressure. */
export async function sendList(exchange: ResourceExchange, list: StoreList): Promise<void> {
  const { accept, store } = exchange
  const { definition } = store
  const isBare = accept.encoding === 'json' && !wantsPretty(exchange)
  if (accept.as === 'PartialObjectMetadata') {
    const type = goType(definition, `${definition.kind}List`)
    throw newNotAcceptable(`you requested PartialObjectMetadata, but the requested object is a list (${type})`)
  }
  if (accept.as === 'Table') {
    const table = tableParts(store, list, exchange.query, { version: accept.version, isList: true })
    if (!isBare) return sendValue(exchange, 200, wholeTable(table), accept.encoding)
    return streamList(exchange, opened(table.head, 'rows'), table.objects, rowItems(table))
  }
  if (accept.as) {
    const { version } = accept
    if (!isBare || list.objects.length === 0)
      return sendValue(exchange, 200, partialList(list, version), accept.encoding)
    return streamList(exchange, opened(partialListHead(list, version), 'items'), list.objects, partialItems(version))
  }
  const head = {
    kind: definition.custom?.listKind ?? `${definition.kind}List`,
    apiVersion: definition.apiVersion,
    metadata: metadataOf(list, definition),
  }
  if (!isBare) {
    const items = list.objects.map((object) => (keepsTypeInItems(definition) ? object : withoutType(object)))
    return sendValue(exchange, 200, { ...head, items }, accept.encoding)
  }
  return streamList(exchange, opened(head, 'items'), list.objects, itemsOf(definition))
}

/** The JSON of a list up to its first item. */
function opened(head: object, items: string): string {
  return `${JSON.stringify(head).slice(0, -1)},"${items}":[`
}

/** Lists of custom resources say `continue` also when there is nothing more. */
function metadataOf(list: StoreList, { custom }: ResourceDefinition): ListMeta {
  return custom ? { continue: '', ...listMeta(list) } : listMeta(list)
}

async function streamList(
  exchange: ResourceExchange,
  head: string,
  objects: readonly DynamicObject[],
  itemOf: (object: DynamicObject) => Item,
): Promise<void> {
  const pieces = listPieces(head, objects, itemOf)
  const first = pieces.next().value as Buffer
  let next = pieces.next()
  // A list of one piece is sent as any body.
  if (next.done) return end(exchange, 200, 'application/json', first)
  const { res } = exchange
  const gone = new Promise<void>((resolve) => res.once('close', resolve))
  const sink = openSink(exchange)
  let previous = written(sink, first)
  while (!next.done && !res.destroyed) {
    const last = written(sink, next.value)
    await Promise.race([previous, gone])
    previous = last
    next = pieces.next()
  }
  sink.end()
}

type Sink = Pick<ServerResponse, 'write' | 'end'>

function openSink(exchange: Exchange): Sink {
  const { res } = exchange
  if (!acceptsGzip(exchange)) {
    writeHeaders(exchange, 200, 'application/json')
    return res
  }
  sayGzip(exchange)
  writeHeaders(exchange, 200, 'application/json')
  const compressor = createGzip({ level: constants.Z_BEST_SPEED })
  compressor.pipe(res)
  res.once('close', () => compressor.destroy())
  return compressor as unknown as Sink
}

/** Resolves when the sink is done with the piece. Of a client that is gone it may never be. */
function written(sink: Sink, piece: Buffer): Promise<void> {
  return new Promise((resolve) => sink.write(piece, () => resolve()))
}

function wantsPretty(exchange: Exchange & { accept?: Negotiated }): boolean {
  return exchange.accept?.pretty ?? isPrettyPrint(exchange.query, exchange.req.headers['user-agent'])
}

function acceptsGzip(exchange: Exchange): boolean {
  const header = exchange.req.headers['accept-encoding']
  return typeof header === 'string' && /\bgzip\b/.test(header)
}

function sayGzip(exchange: Exchange): void {
  setHeader(exchange, 'Content-Encoding', 'gzip')
  setHeader(exchange, 'Vary', 'Accept-Encoding')
}

/** The head of an answer from a handler. `length`: of the body, where it is known. */
export function writeHeaders(exchange: Exchange, code: number, type: string, length?: number): void {
  const { headers, warnings } = exchange
  headers.push('Content-Type', type)
  for (const warning of warnings) headers.push('Warning', `299 - ${quoteHeader(warning)}`)
  if (length !== undefined) headers.push('Content-Length', length)
  writeHead(exchange, code)
}

/** As Go writes it: the bytes of its UTF-8, each of which is a character to node. */
function quoteHeader(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a header line must not hold them
  const quoted = text.replace(/[\\"]/g, '\\$&').replace(/[\u0000-\u001f\u007f]/g, ' ')
  return `"${Buffer.from(quoted).toString('latin1')}"`
}

/** A whole body; `ending` is ASCII. Large ones are compressed for clients that can read it, off the event loop. */
export function end(exchange: Exchange, code: number, type: string, body: Buffer, ending = ''): MaybePromise<void> {
  const { res } = exchange
  if (body.length <= ONE_WRITE_BYTES) {
    writeHeaders(exchange, code, type, body.length + ending.length)
    res.end(body.toString('latin1') + ending, 'latin1')
    return
  }
  const whole = ending === '' ? body : Buffer.concat([body, Buffer.from(ending)])
  if (whole.length > GZIP_THRESHOLD_BYTES && exchange.req.method === 'GET' && acceptsGzip(exchange)) {
    return endPacked(exchange, code, type, whole)
  }
  writeHeaders(exchange, code, type, whole.length)
  res.end(whole)
}

async function endPacked(exchange: Exchange, code: number, type: string, body: Buffer): Promise<void> {
  const packed = await new Promise<Buffer>((resolve, reject) => {
    gzip(body, { level: constants.Z_BEST_SPEED }, (error, result) => (error ? reject(error) : resolve(result)))
  })
  sayGzip(exchange)
  writeHeaders(exchange, code, type, packed.length)
  exchange.res.end(packed)
}
