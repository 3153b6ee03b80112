/** Sends the requests of one seed to a cluster and says what no answer may be: an inner error, a hang, a broken Status. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { prepare } from '../conformance/play-mutations.ts'
import { connect } from '../conformance/wire.ts'
import { drawn } from './draw.ts'
import { type FuzzRequest, NAMESPACE, requestOf } from './requests.ts'
import { verifyStored } from './verify.ts'

export interface Finding {
  what: string
  /** Enough to try it again. */
  request: string
}

export interface Played {
  requests: number
  /** How many answers of each status. */
  statuses: Record<number, number>
  /** Objects that were there in the end of each round and held. */
  verified: number
  findings: Finding[]
}

export interface FuzzOptions {
  requests: number
  seed: number
  controllers?: boolean
  /** Told after each round. */
  progress?: (played: Played) => void
}

/** Requests between two looks at everything that is stored. */
const ROUND = 2000
const PATIENCE_MS = 10_000
const WATCH_MS = 30

/** 500s that the real server answers too: errors that it knows no reason for. */
const UPSTREAM_500 = [
  /strconv.ParseUint: parsing/,
  /the spec replicas field .* does not exist/,
  /more than one PodDisruptionBudget/,
  /failed to (create typed patch object|convert new object)/,
  /unable to find api field in struct/,
  /unknown patch type: /,
  /merging lists cannot yet be specified in the patch/,
  /resourceVersion should not be set on objects to be created/,
  /list element types are not identical/,
  /does not contain declared merge key/,
  /The order in patch list/,
  /merging an object in json but data type is not struct/,
  /expected slice or array type, but got: /,
  /value for key \d+ is not a map/,
  /target\.(kind|name): /,
  /expected a .* but received a/,
]

export async function fuzz({ requests, seed, controllers = false, progress }: FuzzOptions): Promise<Played> {
  const played: Played = { requests: 0, statuses: {}, verified: 0, findings: [] }
  for (let round = 0; round * ROUND < requests; round++) {
    const count = Math.min(ROUND, requests - round * ROUND)
    await playRound(played, drawn(requestOf, count, seed + round), controllers, seed + round)
    progress?.(played)
  }
  return played
}

async function playRound(
  played: Played,
  requests: readonly FuzzRequest[],
  controllers: boolean,
  seed: number,
): Promise<void> {
  let current = ''
  const found = (what: string, request = current): void => void played.findings.push({ what, request })
  const note = (fields: object, text?: string): void => {
    const { err } = fields as { err?: Error }
    found(`logged: ${text} ${err?.stack ?? JSON.stringify(fields)}`)
  }
  const fatal = (error: unknown): void => found(`not caught: ${(error as Error)?.stack ?? error}`)
  process.on('unhandledRejection', fatal).on('uncaughtException', fatal)
  const logger = { debug: ignore, info: ignore, warn: ignore, error: note }
  const cluster = await createCluster({
    controllers,
    nodes: 0,
    seed,
    logger,
    disableAdmissionPlugins: ['ServiceAccount'],
  })
  const agent = new Agent({ keepAlive: true })
  try {
    const url = await cluster.listen()
    const setUp = connect({ url })
    await prepare(setUp)
    await setUp({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name: NAMESPACE } } })
    setUp.close()
    for (const request of requests) {
      current = described(request)
      played.requests++
      await play(url, agent, request, played, found)
    }
    current = 'after the round'
    played.verified += await verifyStored(url, found)
  } finally {
    agent.destroy()
    await close(cluster)
    process.off('unhandledRejection', fatal).off('uncaughtException', fatal)
  }
}

async function close(cluster: Cluster): Promise<void> {
  await cluster.close()
}

function described({ method, path, headers, body }: FuzzRequest): string {
  const text = typeof body === 'string' ? body : body ? `base64:${body.toString('base64')}` : ''
  return `${method} ${path} ${JSON.stringify(headers)} ${text}`
}

async function play(
  url: string,
  agent: Agent,
  request: FuzzRequest,
  played: Played,
  found: (what: string) => void,
): Promise<void> {
  try {
    const { status, type, text } = await send(url, agent, request)
    played.statuses[status] = (played.statuses[status] ?? 0) + 1
    if (status === 500 && !UPSTREAM_500.some((known) => known.test(text))) {
      found(`${status}: ${text.slice(0, 500)}`)
    }
    if (status >= 400 && type.startsWith('application/json') && request.method !== 'HEAD')
      checkStatus(status, text, found)
  } catch (error) {
    found(`no answer: ${(error as Error).message}`)
  }
}

function checkStatus(status: number, text: string, found: (what: string) => void): void {
  try {
    const body = JSON.parse(text)
    if (body.kind !== 'Status' || body.code !== status || typeof body.message !== 'string') {
      found(`a Status that is none: ${status} ${text.slice(0, 300)}`)
    }
  } catch {
    found(`an error that is no JSON: ${status} ${text.slice(0, 300)}`)
  }
}

interface Answer {
  status: number
  type: string
  text: string
}

function send(url: string, agent: Agent, { method, path, headers, body, isWatch }: FuzzRequest): Promise<Answer> {
  const { hostname, port } = new URL(url)
  return new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }
    const options = { hostname, port, method, path, agent, headers: { ...headers, ...length } }
    const req = httpRequest(options, (res) => {
      read(res, isWatch).then(resolve, reject)
    })
    req.once('error', reject)
    req.setTimeout(PATIENCE_MS, () => req.destroy(new Error(`nothing for ${PATIENCE_MS} ms`)))
    req.end(body)
  })
}

function read(res: IncomingMessage, isWatch = false): Promise<Answer> {
  const chunks: Buffer[] = []
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer)
      const text = Buffer.concat(chunks).toString('utf8')
      resolve({ status: res.statusCode ?? 0, type: res.headers['content-type'] ?? '', text })
    }
    const leave = (): void => {
      res.destroy()
      done()
    }
    const timer = setTimeout(
      isWatch && res.statusCode === 200 ? leave : () => reject(new Error(`the body did not end in ${PATIENCE_MS} ms`)),
      isWatch && res.statusCode === 200 ? WATCH_MS : PATIENCE_MS,
    )
    res.on('data', (chunk: Buffer) => chunks.push(chunk))
    res.once('end', done)
    res.once('error', (error) => (isWatch ? done() : reject(error)))
  })
}

function ignore(): void {}
