/** Watches over a real socket, read at the pace the test wants: NDJSON frames, or messages of a WebSocket. */
import { type IncomingMessage, request } from 'node:http'
import { WebSocket } from 'ws'

export interface Frame {
  type: string
  object: {
    kind: string
    metadata: { name?: string; namespace?: string; resourceVersion?: string; annotations?: Record<string, string> }
  }
}

/** Frames as they came. While paused the socket is not read: the server feels it. */
export class WatchReader {
  readonly frames: Frame[] = []
  #rest = ''
  readonly #response: IncomingMessage
  #waiting: { count: number; resolve: () => void } | undefined
  ended = false

  constructor(response: IncomingMessage) {
    this.#response = response
    response.setEncoding('utf8')
    response.on('data', (text: string) => this.#take(text))
    response.on('close', () => this.#finish())
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.frames.push(JSON.parse(line) as Frame)
    this.#wake()
  }

  #finish(): void {
    this.ended = true
    this.#wake()
  }

  #wake(): void {
    if (this.#waiting && (this.ended || this.frames.length >= this.#waiting.count)) this.#waiting.resolve()
  }

  pause(): void {
    this.#response.pause()
  }

  resume(): void {
    this.#response.resume()
  }

  /** Resolves when so many frames are there, or the watch is over. */
  until(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = { count, resolve }
      this.#wake()
    })
  }

  close(): void {
    this.#response.destroy()
  }
}

/** Resolves when the headers are there: the watch is open. */
export function openWatch(url: string, headers: Record<string, string> = {}): Promise<WatchReader> {
  return new Promise((resolve, reject) => {
    const req = request(url, { headers, agent: false }, (response) => {
      if (response.statusCode === 200) resolve(new WatchReader(response))
      else reject(new Error(`${response.statusCode} for ${url}`))
    })
    req.once('error', reject)
    req.end()
  })
}

/** Collects the messages of a watch over a WebSocket until there are so many. */
export function watchMessages(url: string, count: number): Promise<{ frames: Frame[]; socket: WebSocket }> {
  const frames: Frame[] = []
  const socket = new WebSocket(url.replace(/^http/, 'ws'))
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    socket.once('unexpected-response', (_, response) => reject(new Error(String(response.statusCode))))
    socket.on('message', (text) => {
      frames.push(JSON.parse(String(text)) as Frame)
      if (frames.length === count) resolve({ frames, socket })
    })
  })
}
