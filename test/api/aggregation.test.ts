/** What the recorded cases of aggregation do not show: identity, streams, documents, and what happens over time. */
import { connect } from 'node:net'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { type HttpsBackend, startHttpsBackend } from '../support/https-backend.ts'
import { createTlsAuthority, type ServerCertificate, type TlsAuthority } from '../support/tls-authority.ts'
import { aggregationRoutes } from '../webhooks/aggregation-routes.ts'

let authority: TlsAuthority
let certificate: ServerCertificate
let backend: HttpsBackend
let cluster: Cluster
let clock: ManualClock
let url: string

const NAME = 'v1.wardle.example.com'
const PATH = '/apis/wardle.example.com/v1'

const service = () =>
  ({
    apiVersion: 'apiregistration.k8s.io/v1',
    kind: 'APIService',
    metadata: { name: NAME },
    spec: {
      group: 'wardle.example.com',
      version: 'v1',
      groupPriorityMinimum: 2000,
      versionPriority: 10,
      service: { namespace: 'default', name: 'wardle', port: 443 },
      caBundle: authority.bundle,
    },
  }) as never

// biome-ignore lint/suspicious/noExplicitAny: documents of many kinds
async function json(path: string, headers: Record<string, string> = {}): Promise<any> {
  return (await fetch(url + path, { headers })).json()
}

async function condition() {
  await cluster.settle()
  const { status } = await json(`/apis/apiregistration.k8s.io/v1/apiservices/${NAME}`)
  return status.conditions[0]
}

beforeAll(async () => {
  authority = await createTlsAuthority()
  certificate = await authority.serverFor(['wardle.default.svc'])
})

beforeEach(async () => {
  backend = await startHttpsBackend(certificate, aggregationRoutes)
  clock = new ManualClock(Date.now())
  cluster = await createCluster({
    controllers: false,
    nodes: 0,
    clock,
    serviceAddresses: { 'default/wardle': `127.0.0.1:${backend.port}` },
  })
  url = await cluster.listen()
  await cluster.apply(service())
  await cluster.settle()
})

afterEach(async () => {
  await cluster.close()
  await backend.close()
})

describe('an extension API server', () => {
  it('is told who asks, and not by the client', async () => {
    const headers = {
      authorization: 'Bearer secret',
      'x-remote-user': 'somebody',
      'x-remote-extra-a': 'b',
      'x-mine': '1',
    }
    await json(`${PATH}/flunders?limit=5`, headers)
    const { url: asked, headers: got } = backend.requests.at(-1)!
    expect(asked).toBe(`${PATH}/flunders?limit=5`)
    expect(got).toMatchObject({ 'x-remote-user': 'kubernetes-admin', 'x-mine': '1' })
    expect(got['x-remote-group']).toBe('system:masters, system:authenticated')
    expect(got).not.toHaveProperty('authorization')
    expect(got).not.toHaveProperty('x-remote-extra-a')
  })

  it('loses a watch when its client goes away', async () => {
    const aborting = new AbortController()
    const closed = new Promise<void>((resolve) => {
      backend.server.once('request', (_, res) => res.once('close', resolve))
    })
    const answer = await fetch(`${url}${PATH}/flunders?watch=true`, { signal: aborting.signal })
    const { value } = await answer.body!.getReader().read()
    expect(Buffer.from(value!).toString()).toContain('"ADDED"')
    aborting.abort()
    await closed
  })

  it('gets connections that are upgraded', async () => {
    backend.server.on('upgrade', (req, socket) => {
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${req.headers.upgrade}\r\n\r\n`)
      socket.on('data', (chunk: Buffer) => socket.end(`echo ${chunk}`))
    })
    const { port } = new URL(url)
    const socket = connect(Number(port), '127.0.0.1')
    socket.write(
      `GET ${PATH}/flunders/a/attach HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n\r\n`,
    )
    let text = ''
    await new Promise<void>((resolve) => {
      socket.on('data', (chunk) => {
        text += chunk
        if (text.endsWith('\r\n\r\n')) socket.write('hello')
      })
      socket.on('close', resolve)
    })
    expect(text).toMatch(/^HTTP\/1\.1 101 .*Upgrade: SPDY\/3\.1\r\n\r\necho hello$/s)
  })

  it('has its place in discovery by its priority', async () => {
    const groups = (await json('/apis')).groups.map(({ name }: { name: string }) => name)
    expect(groups).toContain('wardle.example.com')
    expect(groups.indexOf('wardle.example.com')).toBe(groups.length - 1)
    const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
    const { items } = await json('/apis', { accept })
    expect(items.at(-1)).toEqual({
      metadata: { name: 'wardle.example.com' },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: [
            {
              resource: 'flunders',
              responseKind: { group: '', version: '', kind: 'Flunder' },
              scope: 'Namespaced',
              singularResource: 'flunder',
              verbs: ['get', 'list', 'watch', 'create'],
              subresources: [
                {
                  subresource: 'status',
                  responseKind: { group: '', version: '', kind: 'Flunder' },
                  verbs: ['get'],
                },
              ],
            },
          ],
        },
      ],
    })
  })

  it('has its paths and definitions in OpenAPI', async () => {
    backend.routes.set('/openapi/v2', () => ({
      paths: { [`${PATH}/flunders`]: { get: {} }, '/apis/other/v1/x': {}, '/api/v1/pods': { get: { own: false } } },
      definitions: { 'io.wardle.Flunder': { type: 'object' } },
    }))
    backend.routes.set(`/openapi/v3${PATH}`, () => ({ openapi: '3.0.0', info: { title: 'wardle' }, paths: {} }))
    clock.advance(30_000)
    await cluster.settle()
    const v2 = await json('/openapi/v2')
    expect(v2.paths[`${PATH}/flunders`]).toEqual({ get: {} })
    expect(v2.paths).not.toHaveProperty('/apis/other/v1/x')
    expect(v2.definitions).toHaveProperty('io.wardle.Flunder')
    const index = await (await fetch(`${url}/openapi/v3`)).text()
    const { serverRelativeURL } = JSON.parse(index).paths['apis/wardle.example.com/v1']
    expect((await json(serverRelativeURL)).info.title).toBe('wardle')
  })

  it('is found to be gone, and back, as time goes by', async () => {
    expect((await condition()).status).toBe('True')
    const answer = backend.routes.get('*')!
    backend.routes.set('*', (_, res) => void res.writeHead(500).end('broken'))
    clock.advance(30_000)
    expect(await condition()).toMatchObject({
      status: 'False',
      reason: 'FailedDiscoveryCheck',
      message: `failing or missing response from https://127.0.0.1:${backend.port}${PATH}: bad status from https://127.0.0.1:${backend.port}${PATH}: 500`,
    })
    expect((await fetch(`${url}${PATH}/flunders`)).status).toBe(503)
    backend.routes.set('*', answer)
    clock.advance(30_000)
    expect((await condition()).status).toBe('True')
    expect((await fetch(`${url}${PATH}/flunders`)).status).toBe(200)
  })

  it('is forgotten with its APIService', async () => {
    await cluster.client.delete('apiservices.apiregistration.k8s.io', '', NAME)
    await cluster.settle()
    expect((await fetch(`${url}${PATH}/flunders`)).status).toBe(404)
    const asked = backend.requests.length
    clock.advance(120_000)
    await cluster.settle()
    expect(backend.requests).toHaveLength(asked)
  })
})
