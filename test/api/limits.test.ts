import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { openWatch } from '../support/watch.ts'

const MAPS = '/api/v1/namespaces/default/configmaps'
const LIMIT = 3 * 1024 * 1024
const clock = new ManualClock(Date.UTC(2026, 0, 1))
let cluster: Cluster
let url: string

beforeAll(async () => {
  cluster = await createCluster({ controllers: false, nodes: 0, clock })
  url = await cluster.listen()
})
afterAll(() => cluster.close())

/** What the server says on one connection until it closes it. `parts` are sent one after another. */
function say(at: string, ...parts: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(new URL(at).port), '127.0.0.1')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    // A server that closes while we still write: what it said came before.
    socket.on('error', (error) => (text === '' ? reject(error) : resolve(text)))
    socket.once('close', () => resolve(text))
    for (const part of parts) socket.write(part)
  })
}

const codeOf = (answer: string): number => Number(answer.slice(9, 12))
const bodyOf = (answer: string): string => answer.slice(answer.indexOf('\r\n\r\n') + 4)
const head = (method: string, path: string, ...headers: string[]): string =>
  `${[`${method} ${path} HTTP/1.1`, 'Host: a', 'Connection: close', ...headers].join('\r\n')}\r\n\r\n`

describe('what is no HTTP request is answered in the words of the real server', () => {
  it.each([
    ['noise', 'GARBAGE\r\n\r\n', '400 Bad Request', ''],
    ['bytes', '\x00\x01\x02\r\n\r\n', '400 Bad Request', ''],
    ['no host', 'GET /version HTTP/1.1\r\n\r\n', '400 Bad Request: missing required Host header', ''],
    ['a host with a space', 'GET /version HTTP/1.1\r\nHost: a b\r\n\r\n', '400 Bad Request: malformed Host header', ''],
    ['a header without a colon', 'GET /version HTTP/1.1\r\nHost: a\r\nNothing\r\n\r\n', '400 Bad Request', ''],
    ['a version to come', 'GET / HTTP/3.0\r\n\r\n', '505 HTTP Version Not Supported: unsupported protocol version', ''],
    ['no path', 'GET version HTTP/1.1\r\nHost: a\r\n\r\n', '400 Bad Request', ''],
    ['a length that is none', 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n', '400 Bad Request', ''],
    [
      'headers of over a megabyte',
      head('GET', '/version', `X: ${'x'.repeat(1_060_000)}`),
      '431 Request Header Fields Too Large',
      '',
    ],
    [
      'an encoding that nobody knows',
      head('POST', MAPS, 'Transfer-Encoding: chunked, gzip'),
      '501 Not Implemented',
      'Unsupported transfer encoding',
    ],
  ])('%s', async (_, request, line, body) => {
    const headers = 'Content-Type: text/plain; charset=utf-8\r\nConnection: close'
    expect(await say(url, request)).toBe(`HTTP/1.1 ${line}\r\n${headers}\r\n\r\n${body || line}`)
  })

  it.each([
    ['a megabyte of headers', 'GET', `X: ${'x'.repeat(1_000_000)}`],
    ['three thousand headers', 'GET', Array.from({ length: 3_000 }, (_, i) => `X-${i}: a`).join('\r\n')],
  ])('%s are read', async (_, method, headers) => {
    expect(codeOf(await say(url, head(method, '/version', headers)))).toBe(200)
  })
})

describe('a body over the limit', () => {
  const large = Buffer.alloc(LIMIT + 1, 'x')
  const status = { message: 'Request entity too large: limit is 3145728', reason: 'RequestEntityTooLarge', code: 413 }

  it.each([
    ['POST', MAPS, 'application/json'],
    ['PUT', `${MAPS}/a`, 'application/yaml'],
    ['PATCH', `${MAPS}/a`, 'application/merge-patch+json'],
    ['DELETE', `${MAPS}/a`, 'application/json'],
    ['DELETE', MAPS, 'application/json'],
  ])('is refused at once when it says so, and when it comes in chunks: %s %s', async (method, path, type) => {
    const said = head(method, path, `Content-Type: ${type}`, `Content-Length: ${large.length}`)
    const chunked = head(method, path, `Content-Type: ${type}`, 'Transfer-Encoding: chunked')
    for (const answer of [await say(url, said), await say(url, chunked, `${large.length.toString(16)}\r\n`, large)]) {
      expect(answer).toMatch(/^HTTP\/1.1 413 Request Entity Too Large\r\n/)
      expect(JSON.parse(bodyOf(answer))).toMatchObject(status)
    }
  })
})

describe('a request that takes too long', () => {
  const begun = head('POST', MAPS, 'Content-Type: application/json', 'Content-Length: 50')
  const answered = {
    metadata: {},
    status: 'Failure',
    message: 'Timeout: request did not complete within the allotted timeout',
    reason: 'Timeout',
    details: {},
    code: 504,
  }

  it.each([
    ['a minute', '', 60_000],
    ['what the client gives it', '?timeout=2s', 2_000],
    ['never longer than a minute', '?timeout=2h', 60_000],
    ['a minute when the client gives it none', '?timeout=0s', 60_000],
  ])('has %s', async (_, query, ms) => {
    const answer = say(url, begun.replace(MAPS, MAPS + query), '{')
    let ended = false
    answer.then(() => {
      ended = true
    })
    await openedAt(1)
    clock.advance(ms - 1)
    await fetch(`${url}/version`)
    expect(ended).toBe(false)
    clock.advance(1)
    expect(codeOf(await answer)).toBe(504)
    expect(JSON.parse(bodyOf(await answer))).toEqual(answered)
    await openedAt(0)
  })

  it.each([
    ['bogus', 'time: invalid duration "bogus"'],
    ['1', 'time: missing unit in duration "1"'],
  ])('is refused when its time is %s', async (text, why) => {
    for (const path of [MAPS, '/version', '/nowhere']) {
      const response = await fetch(`${url}${path}?timeout=${text}`)
      const message = `invalid timeout specified in the request URL - ${why}`
      expect(await response.json()).toMatchObject({ code: 400, reason: 'BadRequest', message })
    }
  })

  it('may take its time when it is a watch', async () => {
    const watch = await openWatch(`${url}${MAPS}?watch=1&timeout=1s`)
    clock.advance(120_000)
    await cluster.apply({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'late' } })
    await watch.until(1)
    expect(watch.frames.at(-1)).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'late' } } })
    watch.close()
  })
})

/** Waits until so many writes are in hand. */
async function openedAt(count: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text()
    if (text.includes(`apiserver_current_inflight_requests{request_kind="mutating"} ${count}\n`)) return
  }
}

const post = (at: string) =>
  fetch(at + MAPS, { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' })

/** The first refusal: then another write has arrived and is in hand. */
async function untilRefused(at: string): Promise<Response> {
  for (;;) {
    const response = await post(at)
    if (response.status === 429) return response
  }
}

describe('requests at once', () => {
  let small: Cluster
  let at: string
  beforeAll(async () => {
    small = await createCluster({
      controllers: false,
      nodes: 0,
      maxRequestsInFlight: 1,
      maxMutatingRequestsInFlight: 1,
    })
    at = await small.listen()
  })
  afterAll(() => small.close())

  it('are limited for writes and for reads; watches do not count', async () => {
    const watch = await openWatch(`${at}${MAPS}?watch=1`)
    const one = connect(Number(new URL(at).port), '127.0.0.1')
    one.write(head('POST', MAPS, 'Content-Type: application/json', 'Content-Length: 29'))
    const refused = await untilRefused(at)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.headers.get('content-type')).toBe('text/plain; charset=utf-8')
    expect(await refused.text()).toBe('Too many requests, please try again later.\n')
    expect((await fetch(at + MAPS)).status).toBe(200)
    one.write('{"metadata":{"name":"first"}}')
    await new Promise((resolve) => one.once('data', resolve))
    expect((await post(at)).status).toBe(422)
    watch.close()
    one.destroy()
  })
})

describe('a server that ends', () => {
  it('ends its watches, answers what it has in hand, and closes what is idle', async () => {
    const ending = await createCluster({ controllers: false, nodes: 0, maxMutatingRequestsInFlight: 1 })
    const at = await ending.listen()
    const watch = await openWatch(`${at}${MAPS}?watch=1`)
    const silent = connect(Number(new URL(at).port), '127.0.0.1')
    const left = new Promise((resolve) => silent.once('close', resolve))
    const write = connect(Number(new URL(at).port), '127.0.0.1')
    write.write(head('POST', MAPS, 'Content-Type: application/json', 'Content-Length: 29'))
    await untilRefused(at)
    const closed = ending.close()
    await watch.until(Number.POSITIVE_INFINITY)
    expect(watch.ended).toBe(true)
    const answer = new Promise<string>((resolve) => write.once('data', (chunk) => resolve(String(chunk))))
    write.write('{"metadata":{"name":"first"}}')
    expect(codeOf(await answer)).toBe(201)
    await closed
    await left
    await expect(fetch(`${at}/version`)).rejects.toThrow()
  })
})
