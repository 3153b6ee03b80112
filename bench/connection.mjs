// One keep-alive HTTP/1.1 connection, one request at a time, with as little work as can be: what the load generator costs, the server lacks.
import net from 'node:net'
import { StringDecoder } from 'node:string_decoder'
import tls from 'node:tls'

/** `target`: { host, port, tls, token, accept }. Resolves when connected. */
export function connect(target) {
  const { host, port } = target
  return new Promise((resolve, reject) => {
    const socket = target.tls
      ? tls.connect({ host, port, rejectUnauthorized: false }, () => resolve(socket))
      : net.connect({ host, port }, () => resolve(socket))
    socket.setNoDelay(true)
    socket.once('error', reject)
  })
}

export function requestText(
  { host, port, token, accept = 'application/json' },
  method,
  path,
  body,
  type = 'application/json',
) {
  const length = body === undefined ? '' : `Content-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n`
  const authorization = token ? `Authorization: Bearer ${token}\r\n` : ''
  return `${method} ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\nAccept: ${accept}\r\n${authorization}${length}\r\n${body ?? ''}`
}

const END_OF_CHUNKS = Buffer.from('0\r\n\r\n')

export class Connection {
  #socket
  #target
  #chunks = []
  #size = 0
  #status = 0
  #needed = -1
  #done
  #failed

  static async open(target) {
    const connection = new Connection()
    connection.#target = target
    connection.#socket = await connect(target)
    connection.#socket.on('data', (chunk) => connection.#read(chunk))
    connection.#socket.on('error', () => {})
    connection.#socket.once('close', () => connection.#failed?.(new Error('connection closed')))
    return connection
  }

  /** Resolves with { status, bytes, body(), text(length) } of the answer; rejects on a code of 300 or more. */
  send(method, path, body, type) {
    return new Promise((resolve, reject) => {
      if (this.#socket.closed) reject(new Error('connection closed'))
      this.#failed = reject
      this.#done = (answer) => {
        if (answer.status < 300) resolve(answer)
        else reject(new Error(`${method} ${path}: ${answer.status} ${answer.body()}`))
      }
      this.#socket.write(requestText(this.#target, method, path, body, type))
    })
  }

  /** A watch: `told` of each line, until the connection ends. */
  lines(path, told) {
    this.#socket.removeAllListeners('data')
    this.#socket.write(requestText(this.#target, 'GET', path))
    const chunks = new Chunks()
    let text = ''
    this.#socket.on('data', (bytes) => {
      text += chunks.take(bytes)
      const lines = text.split('\n')
      text = lines.pop()
      for (const line of lines) told(line)
    })
    return new Promise((resolve) => {
      if (this.#socket.closed) resolve()
      this.#socket.once('close', resolve)
    })
  }

  close() {
    this.#socket.destroy()
  }

  #read(chunk) {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#status === 0) this.#readHead()
    const ended =
      this.#needed >= 0 ? this.#size >= this.#needed : this.#status > 0 && chunk.subarray(-5).equals(END_OF_CHUNKS)
    if (!ended) return
    const chunks = this.#chunks
    const answer = {
      status: this.#status,
      bytes: this.#size,
      body: () => bodyOf(Buffer.concat(chunks)),
      /** The first bytes as they came, head and framing included. */
      text: (length) => Buffer.concat(chunks).latin1Slice(0, length),
    }
    this.#chunks = []
    this.#size = this.#status = 0
    this.#needed = -1
    this.#done(answer)
  }

  #readHead() {
    const head = this.#chunks.length === 1 ? this.#chunks[0] : Buffer.concat(this.#chunks)
    const end = head.indexOf('\r\n\r\n')
    if (end < 0) return
    const text = head.latin1Slice(0, end)
    this.#status = Number(text.slice(9, 12))
    const length = /\r\ncontent-length: (\d+)/i.exec(text)
    this.#needed = length ? end + 4 + Number(length[1]) : -1
  }
}

/** Takes a chunked answer apart as it comes: a line may be in several chunks. */
class Chunks {
  #rest = Buffer.alloc(0)
  #inBody = false
  #decoder = new StringDecoder('utf8')

  /** The text that is complete with these bytes. */
  take(bytes) {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes
    if (!this.#inBody) {
      const end = this.#rest.indexOf('\r\n\r\n')
      if (end < 0) return ''
      this.#inBody = true
      this.#rest = this.#rest.subarray(end + 4)
    }
    let text = ''
    for (let at = 0; ; ) {
      const line = this.#rest.indexOf('\r\n', at)
      const length = line < 0 ? 0 : Number.parseInt(this.#rest.latin1Slice(at, line), 16)
      if (!length || this.#rest.length < line + 2 + length + 2) {
        this.#rest = this.#rest.subarray(at)
        return text
      }
      text += this.#decoder.write(this.#rest.subarray(line + 2, line + 2 + length))
      at = line + 2 + length + 2
    }
  }
}

function bodyOf(answer) {
  const end = answer.indexOf('\r\n\r\n')
  const body = answer.subarray(end + 4)
  if (!/transfer-encoding: chunked/i.test(answer.latin1Slice(0, end))) return body.toString()
  const parts = []
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at)
    const length = Number.parseInt(body.latin1Slice(at, line), 16)
    if (!length) return Buffer.concat(parts).toString()
    parts.push(body.subarray(line + 2, line + 2 + length))
    at = line + 2 + length + 2
  }
}
