/** The HTTP server under the app: its limits, what it says to those who do not speak HTTP, and how it ends. Mirrors apiserver/pkg/server/secure_serving.go and Go's net/http. */
import {
  createServer,
  type IncomingMessage,
  IncomingMessage as NodeIncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  ServerResponse,
} from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Express } from 'express'
import type { ApiOptions } from './options.ts'
import { attachWebSocket } from './web-socket.ts'

const LIMITS: ServerOptions = {
  /** Go reads a little more than the megabyte that upstream allows. */
  maxHeaderSize: 1024 * 1024 + 4096,
  /** As client-go's transport, so that neither side closes what the other is about to use. */
  keepAliveTimeout: 90_000,
  headersTimeout: 32_000,
  /** For bodies that nobody waits for: those that are read have a deadline of their own. */
  requestTimeout: 75_000,
  connectionsCheckingInterval: 5_000,
  /** Peers that are gone without a word. */
  keepAlive: true,
  keepAliveInitialDelay: 180_000,
  noDelay: true,
  /** Asked for here, with Go's words. */
  requireHostHeader: false,
}

/** Requests in hand may take so long once the server ends. */
const GRACE_MS = 5_000

/** PEM texts. `clientAuthority`: whose certificates say who a client is. */
export interface TlsMaterial {
  cert: string
  key: string
  clientAuthority: string
}

export interface HttpServer {
  /** Not yet listening. */
  readonly server: Server
  /** Takes nothing new, answers what is in hand, then closes every connection; in hand for longer than the grace is cut. */
  close(): Promise<void>
}

/**
 * An HTTP server for the app, or an HTTPS one. Requests and responses are born with express's prototypes: express then does not change
 * the prototype of each, which costs more than all the rest it does.
 */
export async function createHttpServer(app: Express, options: ApiOptions, tls?: TlsMaterial): Promise<HttpServer> {
  class Request extends NodeIncomingMessage {}
  class Response<T extends IncomingMessage> extends ServerResponse<T> {}
  Object.setPrototypeOf(Request.prototype, app.request)
  Object.setPrototypeOf(Response.prototype, app.response)
  app.request = Request.prototype as never
  app.response = Response.prototype as never
  const listener: RequestListener = (req, res) => {
    const problem = hostProblem(req)
    if (problem) refuse(req.socket, problem)
    else app(req, res)
  }
  const settings = { ...LIMITS, IncomingMessage: Request, ServerResponse: Response }
  const server = tls ? await createSecureServer(settings, tls, listener) : createServer(settings, listener)
  server.on(tls ? 'secureConnection' : 'connection', writeOneTextAsOne)
  // Node would drop all headers after the 2,000th.
  server.maxHeadersCount = 0
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) => {
    const answer = answerTo(error.code)
    if (answer && socket.writable && !hasBegunToAnswer(socket)) refuse(socket, answer)
    else socket.destroy()
  })
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (_, socket: Duplex) => {
    upgraded.add(socket)
    // Who goes away while an upgrade is thought about is no reason to end.
    socket.on('error', () => socket.destroy())
    socket.once('close', () => upgraded.delete(socket))
  })
  attachWebSocket(server, options)
  return {
    server,
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      await atMost(GRACE_MS, options.metrics.whenIdle())
      for (const socket of upgraded) (socket as Socket).destroySoon()
      server.closeAllConnections()
      await atMost(GRACE_MS, closed)
      // Whoever does not read does not let what is still to be sent to it come to its end.
      for (const socket of upgraded) socket.destroy()
      await closed
    },
  }
}

/** Certificates of clients are asked for, not required: there are tokens, too. What they are worth is judged by each request. */
async function createSecureServer(
  settings: ServerOptions,
  tls: TlsMaterial,
  listener: RequestListener,
): Promise<Server> {
  const https = await import('node:https')
  const { cert, key, clientAuthority } = tls
  const asked = { requestCert: true, rejectUnauthorized: false, ca: clientAuthority }
  const handshakeTimeout = LIMITS.headersTimeout
  return https.createServer({ ...settings, ...asked, cert, key, minVersion: 'TLSv1.2', handshakeTimeout }, listener)
}

/**
 * A response that ends leaves as its text and an empty one, which is there for its callback. Node would put both into one vectored write,
 * which costs more than writing the text.
 */
function writeOneTextAsOne(socket: Socket): void {
  const writeAll = socket._writev
  socket._writev = (pieces, done) => {
    const [text, end] = pieces
    if (text && end?.chunk === '' && pieces.length === 2) socket._write(text.chunk, text.encoding, done)
    else writeAll?.call(socket, pieces, done)
  }
}

function atMost(ms: number, done: Promise<void>): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms).unref()
    done.then(() => {
      clearTimeout(timer)
      resolve()
    })
  })
}

const BAD_REQUEST = '400 Bad Request'

function hostProblem({ headers, httpVersion }: IncomingMessage): string | undefined {
  const { host } = headers
  if (host === undefined) return httpVersion === '1.0' ? undefined : `${BAD_REQUEST}: missing required Host header`
  // What Go takes for a host at this point: anything without white space, controls and a few other characters.
  return /[\s"/<>?@\\^`{|}\u007f-\uffff]/.test(host) ? `${BAD_REQUEST}: malformed Host header` : undefined
}

/** What is said about a request that cannot be read; undefined: nothing, the peer is gone or slow. */
function answerTo(code: string | undefined): string | undefined {
  switch (code) {
    case 'HPE_HEADER_OVERFLOW':
      return '431 Request Header Fields Too Large'
    case 'HPE_INVALID_VERSION':
      return '505 HTTP Version Not Supported: unsupported protocol version'
    case 'HPE_INVALID_TRANSFER_ENCODING':
      return '501 Not Implemented'
    default:
      return code?.startsWith('HPE_') ? BAD_REQUEST : undefined
  }
}

function hasBegunToAnswer(socket: Duplex & { _httpMessage?: ServerResponse }): boolean {
  return socket._httpMessage?.headersSent === true
}

function refuse(socket: Duplex, text: string): void {
  const body = text.startsWith('501') ? 'Unsupported transfer encoding' : text
  socket.end(`HTTP/1.1 ${text}\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n${body}`, () =>
    socket.destroy(),
  )
}
