/** What of etcd's v3 API is spoken here: messages and calls by their numbers and paths. Mirrors etcd api/etcdserverpb/rpc.proto. */
import protobuf from 'protobufjs/light.js'

/** `name: [number, type]`; a type that ends in [] is repeated. Enumerations are their numbers. */
type Fields = Record<string, readonly [id: number, type: string]>

const MESSAGES: Record<string, Fields> = {
  ResponseHeader: { clusterId: [1, 'uint64'], revision: [3, 'int64'] },
  KeyValue: { key: [1, 'bytes'], modRevision: [3, 'int64'], value: [5, 'bytes'] },
  RangeRequest: {
    key: [1, 'bytes'],
    rangeEnd: [2, 'bytes'],
    limit: [3, 'int64'],
    revision: [4, 'int64'],
    countOnly: [9, 'bool'],
  },
  RangeResponse: { header: [1, 'ResponseHeader'], kvs: [2, 'KeyValue[]'], more: [3, 'bool'] },
  PutRequest: { key: [1, 'bytes'], value: [2, 'bytes'] },
  DeleteRangeRequest: { key: [1, 'bytes'] },
  RequestOp: { range: [1, 'RangeRequest'], put: [2, 'PutRequest'], deleteRange: [3, 'DeleteRangeRequest'] },
  ResponseOp: { range: [1, 'RangeResponse'] },
  Compare: { result: [1, 'int32'], target: [2, 'int32'], key: [3, 'bytes'], modRevision: [6, 'int64'] },
  TxnRequest: { compare: [1, 'Compare[]'], success: [2, 'RequestOp[]'], failure: [3, 'RequestOp[]'] },
  TxnResponse: { header: [1, 'ResponseHeader'], succeeded: [2, 'bool'], responses: [3, 'ResponseOp[]'] },
  CompactionRequest: { revision: [1, 'int64'] },
  CompactionResponse: { header: [1, 'ResponseHeader'] },
  WatchCreateRequest: {
    key: [1, 'bytes'],
    rangeEnd: [2, 'bytes'],
    startRevision: [3, 'int64'],
    progressNotify: [4, 'bool'],
    fragment: [8, 'bool'],
  },
  WatchRequest: { createRequest: [1, 'WatchCreateRequest'] },
  Event: { type: [1, 'int32'], kv: [2, 'KeyValue'] },
  WatchResponse: {
    header: [1, 'ResponseHeader'],
    created: [3, 'bool'],
    canceled: [4, 'bool'],
    compactRevision: [5, 'int64'],
    cancelReason: [6, 'string'],
    fragment: [7, 'bool'],
    events: [11, 'Event[]'],
  },
  AuthenticateRequest: { name: [1, 'string'], password: [2, 'string'] },
  AuthenticateResponse: { header: [1, 'ResponseHeader'], token: [2, 'string'] },
}

export interface KeyValue {
  key: Buffer
  modRevision: number
  value: Buffer
}

interface Header {
  revision: number
}

export interface Range {
  key: Buffer
  rangeEnd?: Buffer
  limit?: number
  revision?: number
  countOnly?: boolean
}

export interface RangeResult {
  header: Header
  kvs: KeyValue[]
  more: boolean
}

export type Operation = { put: { key: Buffer; value: Buffer } } | { deleteRange: { key: Buffer } } | { range: Range }

export interface Transaction {
  compare: { result: number; target: number; key: Buffer; modRevision: number }[]
  success: Operation[]
  failure: Operation[]
}

export interface TransactionResult {
  header: Header
  succeeded: boolean
  responses: { range?: RangeResult }[]
}

export interface WatchCreate {
  createRequest: { key: Buffer; rangeEnd: Buffer; startRevision: number; progressNotify: boolean; fragment: boolean }
}

/** `type` 0: put, 1: delete. */
export interface EtcdEvent {
  type: number
  kv: KeyValue
}

export interface WatchResult {
  header: Header
  created: boolean
  canceled: boolean
  compactRevision: number
  cancelReason: string
  fragment: boolean
  events: EtcdEvent[]
}

/** One call: its path, and its messages as bytes. */
export interface Method<Request, Response> {
  path: string
  encode(request: Request): Buffer
  decode(bytes: Buffer): Response
}

const root = protobuf.Root.fromJSON({
  nested: Object.fromEntries(Object.entries(MESSAGES).map(([name, fields]) => [name, { fields: fieldsOf(fields) }])),
})

export const RANGE = method<Range, RangeResult>('KV/Range', 'RangeRequest', 'RangeResponse')
export const TXN = method<Transaction, TransactionResult>('KV/Txn', 'TxnRequest', 'TxnResponse')
export const COMPACT = method<{ revision: number }, { header: Header }>(
  'KV/Compact',
  'CompactionRequest',
  'CompactionResponse',
)
export const WATCH = method<WatchCreate, WatchResult>('Watch/Watch', 'WatchRequest', 'WatchResponse')
export const AUTHENTICATE = method<{ name: string; password: string }, { token: string }>(
  'Auth/Authenticate',
  'AuthenticateRequest',
  'AuthenticateResponse',
)

/** Is true while the key's last change is the one at `modRevision`; 0: while there is no such key. */
export function unchangedSince(key: Buffer, modRevision: number): Transaction['compare'][number] {
  const EQUAL = 0
  const MOD = 2
  return { result: EQUAL, target: MOD, key, modRevision }
}

/** The first key after all that start with `prefix`: with it as the range's end, the range is all of them. */
export function endOfPrefix(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix)
  const last = end.length - 1
  end[last] = (end[last] ?? 0) + 1
  return end
}

function fieldsOf(fields: Fields): Record<string, { id: number; type: string; rule?: string }> {
  const entries = Object.entries(fields).map(([name, [id, type]]) => {
    const isList = type.endsWith('[]')
    return [name, isList ? { id, type: type.slice(0, -2), rule: 'repeated' } : { id, type }] as const
  })
  return Object.fromEntries(entries)
}

function method<Request extends object, Response>(path: string, request: string, response: string) {
  const requestType = root.lookupType(request)
  const responseType = root.lookupType(response)
  const made: Method<Request, Response> = {
    path: `/etcdserverpb.${path}`,
    encode: (message) => requestType.encode(message).finish() as Buffer,
    // Revisions stay far below 2^53.
    decode: (bytes) =>
      responseType.toObject(responseType.decode(bytes), { longs: Number, defaults: true, arrays: true }) as Response,
  }
  return made
}
