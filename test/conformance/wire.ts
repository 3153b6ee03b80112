/** How cases reach a server, real or emulated: plain requests over kept-alive connections. */
import * as http from 'node:http'
import * as https from 'node:https'
import { fromProtobuf } from './protobuf.ts'
import { PROTOBUF } from './steps.ts'

export interface Target {
  url: string
  token?: string
}

export interface WireRequest {
  method: string
  path: string
  /** A string or bytes are sent as they are. */
  body?: unknown
  type?: string
  accept?: string
}

/** What is compared of an answer; headers only where they say something. */
export interface Answer {
  status: number
  /** Content-Type, when it is not application/json. */
  type?: string
  warnings?: string[]
  retryAfter?: string
  body: unknown
}

export type Send = (request: WireRequest) => Promise<Answer>

/** Becomes the manager of the fields that are written without saying whose they are. */
const AGENT = 'conformance'

export function connect({ url, token }: Target): Send & { close(): void } {
  const secure = url.startsWith('https:')
  const client = secure ? https : http
  const agent = new client.Agent({ keepAlive: true, maxSockets: 16, ...(secure ? { rejectUnauthorized: false } : {}) })
  const once = ({ method, path, body, type = 'application/json', accept = 'application/json' }: WireRequest) =>
    new Promise<Answer>((resolve, reject) => {
      const isReady = typeof body === 'string' || Buffer.isBuffer(body)
      const text = body === undefined ? undefined : isReady ? (body as string | Buffer) : JSON.stringify(body)
      const headers: http.OutgoingHttpHeaders = { Accept: accept, 'User-Agent': AGENT }
      if (token) headers.Authorization = `Bearer ${token}`
      if (text !== undefined) {
        headers['Content-Type'] = type
        headers['Content-Length'] = Buffer.byteLength(text)
      }
      const request = client.request(`${url}${path}`, { method, headers, agent }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => resolve(toAnswer(response, Buffer.concat(chunks))))
      })
      request.on('error', reject)
      request.end(text)
    })
  // A kept connection may close as it is used: once more. Where that closes too, the server gave up on the request (a panic).
  const send: Send = (request) =>
    once(request)
      .catch(() => once(request))
      .catch(() => ({ status: 0, body: 'closed' }))
  return Object.assign(send, { close: () => agent.destroy() })
}

function toAnswer(response: http.IncomingMessage, bytes: Buffer): Answer {
  const type = response.headers['content-type']
  const body = type?.startsWith(PROTOBUF) ? fromProtobuf(bytes) : parsed(bytes.toString('utf8'))
  const answer: Answer = { status: response.statusCode ?? 0, body }
  if (type !== 'application/json') answer.type = type ?? ''
  const warnings: string[] = []
  response.rawHeaders.forEach((name, i) => {
    if (i % 2 === 0 && name.toLowerCase() === 'warning') warnings.push(response.rawHeaders[i + 1])
  })
  if (warnings.length) answer.warnings = warnings
  if (response.headers['retry-after']) answer.retryAfter = response.headers['retry-after']
  return answer
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text.includes('}\n{') ? text.trimEnd().split('\n').map(parsed) : text
  }
}

/** Runs the work on all items, `width` at a time; answers come in the order of the items. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = new Array(items.length)
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const i = next++
      results[i] = await work(items[i])
    }
  }
  await Promise.all(Array.from({ length: width }, lane))
  return results
}
