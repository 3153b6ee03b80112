/** Plays topics of webhook requests against a server, with the backends that they call. Keeps what the backends were asked. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Answer, type HttpsBackend, startHttpsBackend } from './https-backend.ts'
import { Normaliser } from './normalise.ts'
import { type Played, play, type Step, type Target } from './player.ts'
import { createTlsAuthority, type TlsAuthority } from './tls-authority.ts'

export interface PlayedTopic {
  steps: Omit<Played, 'body'>[]
  /** Bodies of the requests that the main backend got, in order. */
  asked: unknown[]
}

export interface Backends {
  main: HttpsBackend
  variables: Record<string, string>
  close(): Promise<void>
}

/** The main backend is for 127.0.0.1 and the Services `hook` and `backend` of `namespaces`. */
export async function startBackends(routes: Record<string, Answer>, namespaces: readonly string[]): Promise<Backends> {
  const authority = await createTlsAuthority()
  const other = await createTlsAuthority('another-ca')
  const services = namespaces.flatMap((namespace) => [`hook.${namespace}.svc`, `backend.${namespace}.svc`])
  const start = async (by: TlsAuthority, hosts: string[], days?: number): Promise<HttpsBackend> =>
    startHttpsBackend(await by.serverFor(hosts, days), routes)
  const main = await start(authority, ['127.0.0.1', 'backend.example', ...services])
  const expired = await start(authority, ['127.0.0.1'], -3)
  const named = await start(authority, ['backend.example'])
  const closed = await start(authority, ['127.0.0.1'])
  await closed.close()
  const plain = createServer((_, res) => res.end('plain'))
  await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve))
  return {
    main,
    variables: {
      port: String(main.port),
      expiredport: String(expired.port),
      namedport: String(named.port),
      closed: String(closed.port),
      plainport: String((plain.address() as AddressInfo).port),
      bundle: authority.bundle,
      otherbundle: other.bundle,
    },
    async close() {
      plain.close()
      await Promise.all([main.close(), expired.close(), named.close()])
    },
  }
}

export async function playTopic(
  target: Target,
  backends: Backends,
  topic: string,
  steps: readonly Step[],
): Promise<PlayedTopic> {
  backends.main.requests.length = 0
  const variables = { ...backends.variables, ns: topic }
  const played = await play(target, topic, steps, variables)
  const normaliser = new Normaliser(topic, backends.variables)
  return {
    steps: played.filter(({ silent }) => !silent).map(({ body: _, ...step }) => step),
    asked: backends.main.requests.map(({ method, url, headers, body }) => ({
      call: normaliser.text(`${method} ${url}`),
      accept: headers.accept,
      type: headers['content-type'],
      host: normaliser.text(headers.host ?? ''),
      body: normaliser.value(withoutUser(body)),
    })),
  }
}

/** Who asks is another on each server. */
function withoutUser(body: { request?: { userInfo?: unknown } }): unknown {
  return body.request ? { ...body, request: { ...body.request, userInfo: '<user>' } } : body
}
