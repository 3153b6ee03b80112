/** What webhooks may do to a write in between, beyond the recorded cases. */
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import { type HttpsBackend, startHttpsBackend } from '../support/https-backend.ts'
import { createTlsAuthority, type ServerCertificate, type TlsAuthority } from '../support/tls-authority.ts'

let authority: TlsAuthority
let certificate: ServerCertificate
let backend: HttpsBackend
let cluster: Cluster

beforeAll(async () => {
  authority = await createTlsAuthority()
  certificate = await authority.serverFor(['hook.default.svc'])
})

beforeEach(async () => {
  backend = await startHttpsBackend(certificate)
  cluster = await createCluster({
    controllers: false,
    nodes: 0,
    serviceAddresses: { 'default/hook:443': `127.0.0.1:${backend.port}` },
  })
})

afterEach(async () => {
  await cluster.close()
  await backend.close()
})

const allow = ({ body }: { body: { request: { uid: string } } }) => ({
  apiVersion: 'admission.k8s.io/v1',
  kind: 'AdmissionReview',
  response: { uid: body.request.uid, allowed: true },
})

async function configure(operations: string[], more: object = {}): Promise<void> {
  await cluster.apply({
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'hooks' },
    webhooks: [
      {
        name: 'hook.example.com',
        admissionReviewVersions: ['v1'],
        sideEffects: 'None',
        clientConfig: { service: { namespace: 'default', name: 'hook', path: '/review' }, caBundle: authority.bundle },
        rules: [{ operations, apiGroups: [''], apiVersions: ['v1'], resources: ['configmaps'] }],
        ...more,
      },
    ],
  } as never)
}

const map = (data: Record<string, string>) =>
  ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'map', namespace: 'default' }, data }) as never

describe('a write that waits for a webhook', () => {
  it('sees what was written meanwhile, and asks again', async () => {
    await cluster.client.create('configmaps', map({ count: '0' }))
    await configure(['UPDATE'])
    let first = true
    backend.routes.set('/review', async (request) => {
      if (first) {
        first = false
        await cluster.client.modify('configmaps', 'default', 'map', (old) => ({ ...old, data: { count: '5' } }))
      }
      return allow(request as never)
    })
    const { data } = (await cluster.client.modify('configmaps', 'default', 'map', (old) => {
      const { count } = (old as unknown as { data: { count: string } }).data
      return { ...old, data: { count: `${Number(count) + 1}` } } as never
    })) as unknown as { data: object }
    expect(data).toEqual({ count: '6' })
    expect(backend.requests.map(({ body }) => body.request.object.data.count)).toEqual(['1', '5', '6'])
  })

  it('asks nobody once the configuration is gone', async () => {
    await configure(['CREATE'])
    await cluster.client.delete('validatingwebhookconfigurations.admissionregistration.k8s.io', '', 'hooks')
    await cluster.client.create('configmaps', map({}))
    expect(backend.requests).toEqual([])
  })

  it('asks again after reset what the configuration of then says', async () => {
    await configure(['CREATE'])
    await cluster.reset()
    await cluster.client.create('configmaps', map({}))
    expect(backend.requests).toEqual([])
  })

  it('is told of the Service it cannot reach', async () => {
    await configure(['CREATE'], {
      clientConfig: { service: { namespace: 'default', name: 'nobody' }, caBundle: authority.bundle },
    })
    await expect(cluster.client.create('configmaps', map({}))).rejects.toThrow(
      'failed calling webhook "hook.example.com": failed to call webhook: Post "https://nobody.default.svc:443/?timeout=10s": service "nobody" not found',
    )
  })
})
