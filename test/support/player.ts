/** Plays requests one after another against a server, ours or a real kube-apiserver, and normalises the answers so that both can be compared. */
import { request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { Normaliser } from './normalise.ts'

/** One request. `$name` in path and body stands for what an earlier step saved; `$ns` for the namespace of the topic. */
export interface Step {
  /** `GET /api/v1/namespaces/$ns/configmaps?limit=1` */
  request: string
  body?: unknown
  /** Sent as they are; a body that is no string is JSON. */
  headers?: Record<string, string>
  /** Names for values of the answer: dotted paths. */
  save?: Record<string, string>
  /** A watch: read so many frames, then go away. */
  frames?: number
  /** The request changes what later answers depend on, but its own answer is not compared. */
  silent?: boolean
  /** Recording: what the request configures takes effect a moment later. */
  settles?: boolean
}

export interface Answer {
  status: number
  headers: Record<string, string>
  body?: unknown
}

export interface Played extends Step {
  answer: Answer
}

export interface Target {
  url: string
  token?: string
  /** Recording: a watch that says no more for so long has said all. */
  patienceMs?: number
  /** Resolves when what was configured has taken effect; a real server is given time. */
  settle?: () => Promise<void>
}

/** `variables`: more that `$name` stands for; `ns` among them is taken as it is. Their values are hidden in answers. */
export async function play(
  target: Target,
  topic: string,
  steps: readonly Step[],
  variables: Record<string, string> = {},
): Promise<Played[]> {
  const namespace = variables['ns'] ?? `${topic}-${Math.random().toString(36).slice(2, 8)}x`
  const saved = new Map([['ns', namespace], ...Object.entries(variables)])
  const normaliser = new Normaliser(namespace, variables)
  const played: Played[] = []
  for (const step of steps) {
    const raw = await send(target, fill(step, saved))
    for (const [name, path] of Object.entries(step.save ?? {})) saved.set(name, String(at(JSON.parse(raw.text), path)))
    const frames = raw.frames ? { frames: raw.frames.length } : {}
    played.push({ ...step, ...frames, answer: await normaliser.answer(raw) })
    if (step.settles) await settled(target)
  }
  return played
}

async function settled({ settle, patienceMs }: Target): Promise<void> {
  if (settle) await settle()
  else if (patienceMs) await new Promise((resolve) => setTimeout(resolve, patienceMs))
}

export interface RawAnswer {
  status: number
  headers: IncomingHttpHeaders
  bytes: Buffer
  text: string
  frames?: string[]
}

interface Filled {
  method: string
  path: string
  headers: Record<string, string>
  body: Buffer | undefined
  frames: number | undefined
}

function fill(step: Step, saved: ReadonlyMap<string, string>): Filled {
  const replaced = (text: string): string =>
    text.replace(/\$([a-z]+)\b/g, (all, name: string) => saved.get(name) ?? all)
  const space = step.request.indexOf(' ')
  let body: Buffer | undefined
  if (Buffer.isBuffer(step.body)) body = step.body
  else if (typeof step.body === 'string') body = Buffer.from(replaced(step.body))
  // `"#$port"` becomes a number.
  else if (step.body !== undefined)
    body = Buffer.from(replaced(JSON.stringify(step.body).replace(/"#(\$[a-z]+)"/g, '$1')))
  const headers: Record<string, string> = { ...(body ? { 'content-type': 'application/json' } : {}) }
  for (const [name, value] of Object.entries(step.headers ?? {})) headers[name.toLowerCase()] = value
  for (const name of Object.keys(headers)) if (headers[name] === '') delete headers[name]
  return {
    method: step.request.slice(0, space),
    path: replaced(step.request.slice(space + 1)),
    headers,
    body,
    frames: step.frames,
  }
}

function send({ url, token, patienceMs }: Target, { method, path, headers, body, frames }: Filled): Promise<RawAnswer> {
  const base = new URL(url)
  const options = {
    host: base.hostname,
    port: base.port,
    method,
    path: base.pathname.replace(/\/$/, '') + path,
    rejectUnauthorized: false,
    headers: {
      ...headers,
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...(body ? { 'content-length': String(body.length) } : {}),
    },
  }
  return new Promise((resolve, reject) => {
    const req = (base.protocol === 'https:' ? httpsRequest : httpRequest)(options, (res) => {
      read(res, frames, patienceMs).then(resolve, reject)
    })
    req.once('error', reject)
    req.setTimeout(15_000, () => req.destroy(new Error(`no answer to ${method} ${path}`)))
    req.end(body)
  })
}

/** The whole body; of a watch, so many frames. */
function read(res: IncomingMessage, frames: number | undefined, patienceMs: number | undefined): Promise<RawAnswer> {
  const chunks: Buffer[] = []
  const isWatch = frames !== undefined && res.statusCode === 200
  const lines = (): string[] => Buffer.concat(chunks).toString('utf8').split('\n').slice(0, -1)
  return new Promise((resolve, reject) => {
    const done = (): void => {
      clearTimeout(timer)
      res.destroy()
      const bytes = Buffer.concat(chunks)
      resolve({
        status: res.statusCode ?? 0,
        headers: res.headers,
        bytes,
        text: bytes.toString('utf8'),
        ...(isWatch ? { frames: lines().slice(0, frames) } : {}),
      })
    }
    const timer = isWatch && patienceMs ? setTimeout(done, patienceMs) : undefined
    if (isWatch && frames === 0) return done()
    res.on('data', (chunk: Buffer) => {
      chunks.push(chunk)
      if (isWatch && lines().length >= frames) done()
    })
    res.once('end', done)
    res.once('error', reject)
  })
}

function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((parent, name) => (parent as Record<string, unknown>)?.[name], value)
}
