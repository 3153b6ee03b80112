/**
 * Calls to etcd over gRPC: TLS, user and password, deadlines, and the next endpoint when one does not answer. Mirrors etcd client/v3.
 * Reads are tried again until their deadline. A write is sent once: whether one that got no answer was done, only etcd knows.
 */
import { readFile } from 'node:fs/promises'
import type { Client, ClientDuplexStream, Metadata, ServiceError } from '@grpc/grpc-js'
import { StorageError } from '../interface.ts'
import { AUTHENTICATE, type Method, WATCH, type WatchCreate, type WatchResult } from './protocol.ts'

type Grpc = typeof import('@grpc/grpc-js')

/** How to reach etcd, in the words of kube-apiserver's flags. */
export interface EtcdAddress {
  /** URLs: `http://127.0.0.1:2379`. All of one kind, http or https. */
  endpoints: readonly string[]
  /** PEM files: who may have signed etcd's certificate, and a client certificate of ours. */
  caFile?: string
  certFile?: string
  keyFile?: string
  username?: string
  password?: string
  /** How long etcd may take to answer; default 34 s, a kube-apiserver's time for a write. */
  timeoutMs?: number
}

export type WatchCall = ClientDuplexStream<WatchCreate, WatchResult>

/** How long an endpoint may take to connect before the next one is tried. */
const CONNECT_MS = 2_000
const TIMEOUT_MS = 34_000
const AUTHENTICATE_MS = 10_000
const OPTIONS = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1_000,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
}

/** Rejects when an address is none, a file cannot be read, or the gRPC package is not installed. Connects at the first call. */
export async function connect(address: EtcdAddress): Promise<EtcdConnection> {
  const targets = address.endpoints.map(parseEndpoint)
  const [secure] = targets.map((target) => target.secure)
  if (secure === undefined) throw new Error('etcd: there has to be an endpoint, such as http://127.0.0.1:2379')
  if (targets.some((target) => target.secure !== secure)) throw new Error('etcd: endpoints are all http or all https')
  const files = [address.caFile, address.certFile, address.keyFile]
  if (!secure && files.some(Boolean)) throw new Error('etcd: certificates are for https endpoints')
  if ((address.certFile === undefined) !== (address.keyFile === undefined)) {
    throw new Error('etcd: a client certificate is a certFile and a keyFile')
  }
  if ((address.username === undefined) !== (address.password === undefined)) {
    throw new Error('etcd: a user has a username and a password')
  }
  const grpc = await loadGrpc()
  const [ca, cert, key] = await Promise.all(files.map((file) => (file === undefined ? null : readFile(file))))
  const credentials = secure ? grpc.credentials.createSsl(ca, key, cert) : grpc.credentials.createInsecure()
  const clients = targets.map(({ host }) => new grpc.Client(host, credentials, OPTIONS))
  return new EtcdConnection(grpc, clients, address)
}

async function loadGrpc(): Promise<Grpc> {
  try {
    return await import('@grpc/grpc-js')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    throw new Error(
      'etcd is spoken to with the package @grpc/grpc-js, which is not installed: npm install @grpc/grpc-js',
    )
  }
}

function parseEndpoint(text: string): { host: string; secure: boolean } {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url && url.pathname.length <= 1 && url.search === '' && url.username === ''
  if (!isPlain || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new Error(`etcd: ${JSON.stringify(text)} is no endpoint; one looks like http://127.0.0.1:2379`)
  }
  return { host: `${url.hostname}:${url.port || '2379'}`, secure: url.protocol === 'https:' }
}

export class EtcdConnection {
  readonly timeoutMs: number
  readonly #grpc: Grpc
  readonly #clients: readonly Client[]
  readonly #address: EtcdAddress
  #current = 0
  #token: Promise<string> | undefined

  constructor(grpc: Grpc, clients: readonly Client[], address: EtcdAddress) {
    this.#grpc = grpc
    this.#clients = clients
    this.#address = address
    this.timeoutMs = address.timeoutMs ?? TIMEOUT_MS
  }

  /** Throws StorageError: Timeout when there was no answer in time, Failed with etcd's text for what it refuses. */
  async read<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    timeoutMs = this.timeoutMs,
  ): Promise<Response> {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      try {
        return await this.#call(method, request, deadline)
      } catch (error) {
        if (!this.#isUnavailable(error) || Date.now() >= deadline) throw this.#explained(error)
      }
    }
  }

  /** As `read`, sent at most once. After an error it may have been done all the same. */
  async write<Request, Response>(method: Method<Request, Response>, request: Request): Promise<Response> {
    try {
      return await this.#call(method, request, Date.now() + this.timeoutMs)
    } catch (error) {
      throw this.#explained(error)
    }
  }

  /** An open stream for one watch; its errors are gRPC's. Rejects when nobody answers for a time. */
  async watch(): Promise<WatchCall> {
    const deadline = Date.now() + AUTHENTICATE_MS
    const client = await this.#ready(deadline)
    // A stream cannot try again: its token has to be a fresh one.
    this.#token = undefined
    const metadata = await this.#metadata(client, deadline)
    return client.makeBidiStreamRequest<WatchCreate, WatchResult>(WATCH.path, WATCH.encode, WATCH.decode, metadata)
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  async #call<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    deadline: number,
  ): Promise<Response> {
    const client = await this.#ready(deadline)
    try {
      return await this.#send(client, method, request, deadline, await this.#metadata(client, deadline))
    } catch (error) {
      if (!this.#isOldToken(error)) throw error
      // Refused before anything was done: a write may be sent again, too.
      this.#token = undefined
      return this.#send(client, method, request, deadline, await this.#metadata(client, deadline))
    }
  }

  #send<Request, Response>(
    client: Client,
    { path, encode, decode }: Method<Request, Response>,
    request: Request,
    deadline: number,
    metadata: Metadata,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const options = { deadline, waitForReady: true }
      client.makeUnaryRequest(path, encode, decode, request, metadata, options, (error, response) => {
        if (error) reject(error)
        else resolve(response as Response)
      })
    })
  }

  /** A client that is connected. Goes round the endpoints until one is. */
  async #ready(deadline: number): Promise<Client> {
    for (;;) {
      const client = this.#clients[this.#current] as Client
      if (client.getChannel().getConnectivityState(true) === this.#grpc.connectivityState.READY) return client
      const until = Math.min(deadline, Date.now() + CONNECT_MS)
      try {
        await new Promise<void>((resolve, reject) =>
          client.waitForReady(until, (error) => (error ? reject(error) : resolve())),
        )
        return client
      } catch {
        if (Date.now() >= deadline) throw new StorageError('Timeout', 'context deadline exceeded')
        this.#current = (this.#current + 1) % this.#clients.length
      }
    }
  }

  async #metadata(client: Client, deadline: number): Promise<Metadata> {
    const metadata = new this.#grpc.Metadata()
    const { username, password } = this.#address
    if (username === undefined || password === undefined) return metadata
    const none = new this.#grpc.Metadata()
    this.#token ??= this.#send(client, AUTHENTICATE, { name: username, password }, deadline, none).then(
      ({ token }) => token,
    )
    try {
      metadata.set('token', await this.#token)
    } catch (error) {
      this.#token = undefined
      throw error
    }
    return metadata
  }

  #isUnavailable(error: unknown): boolean {
    return (error as ServiceError).code === this.#grpc.status.UNAVAILABLE
  }

  #isOldToken(error: unknown): boolean {
    const { code, details } = error as ServiceError
    return code === this.#grpc.status.UNAUTHENTICATED || details === 'etcdserver: revision of auth store is old'
  }

  #explained(error: unknown): Error {
    const { code, details } = error as ServiceError
    if (error instanceof StorageError || typeof code !== 'number') return error as Error
    if (code === this.#grpc.status.DEADLINE_EXCEEDED) return new StorageError('Timeout', 'context deadline exceeded')
    if (code === this.#grpc.status.CANCELLED) return new StorageError('Unavailable', 'storage is closed')
    // etcd's own refusals carry their text; what the connection says is put as Go's client puts it.
    const isOwn = details.startsWith('etcdserver:')
    const text = isOwn ? details : `rpc error: code = ${goName(this.#grpc.status[code] ?? '')} desc = ${details}`
    return new StorageError('Failed', text)
  }
}

/** `RESOURCE_EXHAUSTED` -> `ResourceExhausted`. */
function goName(status: string): string {
  return status.toLowerCase().replace(/(^|_)([a-z])/g, (_all, _mark, letter: string) => letter.toUpperCase())
}
