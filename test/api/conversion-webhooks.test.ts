/** How often a conversion webhook is asked, and who is not kept waiting by it. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { type HttpsBackend, startHttpsBackend } from '../support/https-backend.ts'
import { createTlsAuthority, type ServerCertificate, type TlsAuthority } from '../support/tls-authority.ts'
import { conversionRoutes } from '../webhooks/conversion-routes.ts'

let authority: TlsAuthority
let certificate: ServerCertificate
let backend: HttpsBackend
let cluster: Cluster
let url: string

const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }

const definition = (storage: 'v1' | 'v2', hook = '/convert') =>
  ({
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'places.example.com' },
    spec: {
      group: 'example.com',
      scope: 'Namespaced',
      names: { plural: 'places', singular: 'place', kind: 'Place', listKind: 'PlaceList' },
      versions: ['v1', 'v2'].map((name) => ({
        name,
        served: true,
        storage: name === storage,
        schema: { openAPIV3Schema: OPEN },
      })),
      conversion: {
        strategy: 'Webhook',
        webhook: {
          conversionReviewVersions: ['v1'],
          clientConfig: { url: `https://127.0.0.1:${backend.port}${hook}`, caBundle: authority.bundle },
        },
      },
    },
  }) as never

const at = (version: string, name = ''): string => `${url}/apis/example.com/${version}/namespaces/default/places${name}`

async function send(method: string, to: string, body?: object) {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(to, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) })
  // biome-ignore lint/suspicious/noExplicitAny: objects of no known kind
  return { status: response.status, body: (await response.json()) as any }
}

const place = (name: string) => ({
  apiVersion: 'example.com/v1',
  kind: 'Place',
  metadata: { name, namespace: 'default', labels: { name } },
  spec: { host: name, port: 1 },
})

beforeAll(async () => {
  authority = await createTlsAuthority()
  certificate = await authority.serverFor(['127.0.0.1'])
})

beforeEach(async () => {
  backend = await startHttpsBackend(certificate, conversionRoutes)
  cluster = await createCluster({ nodes: 0 })
  url = await cluster.listen()
  await cluster.apply(definition('v1'))
  await cluster.settle()
  for (const name of ['a', 'b', 'c']) await send('POST', at('v1'), place(name))
})

afterEach(async () => {
  await cluster.close()
  await backend.close()
})

describe('a conversion webhook', () => {
  it('is asked about a list in one call, and about each object once', async () => {
    const list = await send('GET', at('v2'))
    expect(list.body.items.map((item: { spec: object }) => item.spec)).toEqual([
      { address: 'a:1' },
      { address: 'b:1' },
      { address: 'c:1' },
    ])
    expect(backend.requests.map(({ body }) => body.request.objects.length)).toEqual([3])
    await send('GET', at('v2', '/b'))
    await send('GET', `${at('v2')}?labelSelector=name%3Da`)
    expect(backend.requests).toHaveLength(1)
  })

  it('is not asked for what is read as it is stored', async () => {
    await send('GET', at('v1'))
    await send('DELETE', at('v1', '/a'))
    expect(backend.requests).toEqual([])
  })

  it('converts what was stored before the storage version changed', async () => {
    await cluster.apply(definition('v2'))
    await cluster.settle()
    expect((await send('GET', at('v1', '/a'))).body.spec).toEqual({ host: 'a', port: 1 })
    expect(backend.requests).toEqual([])
    const { body } = await send('GET', at('v2', '/a'))
    expect(body.spec).toEqual({ address: 'a:1' })
    await send('PUT', at('v2', '/a'), body)
    expect((await send('GET', at('v1', '/a'))).body.spec).toEqual({ host: 'a', port: 1 })
  })

  it('that is broken does not stop controllers, nor the deletion of the definition', async () => {
    await cluster.apply(definition('v1', '/error'))
    await cluster.settle()
    expect((await send('GET', at('v2', '/a'))).status).toBe(500)
    await send('DELETE', `${url}/apis/apiextensions.k8s.io/v1/customresourcedefinitions/places.example.com`)
    await cluster.settle()
    expect((await fetch(at('v1'))).status).toBe(404)
  })
})
