import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { container, node, pod, service, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const web = { metadata: { labels: { app: 'web' } } }
const named = [container('main', { ports: [{ name: 'http', containerPort: 8080 }] })]

async function slices(name: string): Promise<DynamicObject[]> {
  const all = await cluster.client.list<DynamicObject>('endpointslices.discovery.k8s.io')
  return all.filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === name)
}

test('A Service leads to its ready pods, in Endpoints and in a slice.', async () => {
  cluster = await testCluster()
  await cluster.make(
    service('web', { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 'http' }] }, { labels: { team: 'a' } }),
    pod('one', { containers: named }, web.metadata),
    pod('other'),
  )
  const { metadata } = await cluster.see('pods', 'one')
  const targetRef = { kind: 'Pod', namespace: 'default', name: 'one', uid: metadata.uid }
  const endpoints = await cluster.see('endpoints', 'web')
  expect(endpoints.metadata.labels).toEqual({ team: 'a', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' })
  expect(endpoints.metadata.annotations).toEqual({
    'endpoints.kubernetes.io/last-change-trigger-time': '2026-01-01T00:00:00Z',
  })
  expect(endpoints['subsets']).toEqual([
    {
      addresses: [{ ip: '10.244.0.2', nodeName: 'node-1', targetRef }],
      ports: [{ port: 8080, protocol: 'TCP' }],
    },
  ])
  const [slice, ...others] = await slices('web')
  expect(others).toEqual([])
  expect(slice).toMatchObject({
    metadata: {
      generateName: 'web-',
      labels: {
        team: 'a',
        'kubernetes.io/service-name': 'web',
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Service', name: 'web', controller: true, blockOwnerDeletion: true }],
    },
    addressType: 'IPv4',
    ports: [{ name: '', port: 8080, protocol: 'TCP' }],
    endpoints: [
      {
        addresses: ['10.244.0.2'],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: 'node-1',
        targetRef,
      },
    ],
  })
})

test('A Service without pods has empty Endpoints and one empty slice.', async () => {
  cluster = await testCluster()
  await cluster.make(service('empty', { selector: { app: 'none' } }))
  expect((await cluster.see('endpoints', 'empty'))['subsets']).toBeUndefined()
  const all = await slices('empty')
  expect(all.map(({ endpoints, ports }) => ({ endpoints: endpoints ?? null, ports: ports ?? null }))).toEqual([
    { endpoints: null, ports: null },
  ])
})

test('A pod that is not ready is told apart, and published only where the Service asks for it.', async () => {
  cluster = await testCluster()
  const gate = { readinessGates: [{ conditionType: 'example.com/gate' }] }
  await cluster.make(
    service('web', { selector: { app: 'web' } }),
    service('all', { selector: { app: 'web' }, publishNotReadyAddresses: true, clusterIP: 'None' }),
    pod('one', gate, web.metadata),
  )
  expect((await cluster.see('endpoints', 'web'))['subsets']).toMatchObject([
    { notReadyAddresses: [{ ip: '10.244.0.2' }] },
  ])
  expect((await slices('web'))[0].endpoints[0].conditions).toEqual({ ready: false, serving: false, terminating: false })
  const all = await cluster.see('endpoints', 'all')
  expect(all['subsets']).toMatchObject([{ addresses: [{ ip: '10.244.0.2' }] }])
  expect(all.metadata.labels).toHaveProperty(['service.kubernetes.io/headless'], '')
  expect((await slices('all'))[0].endpoints[0].conditions).toEqual({ ready: true, serving: false, terminating: false })
})

test('Zones of nodes and host names of pods are handed on.', async () => {
  cluster = await testCluster({ nodes: 0 })
  await cluster.make(
    node('east', { labels: { 'topology.kubernetes.io/zone': 'zone-e' } }),
    service('db', { selector: { app: 'db' }, clusterIP: 'None' }),
    pod('db-0', { hostname: 'db-0', subdomain: 'db' }, { labels: { app: 'db' } }),
  )
  expect((await slices('db'))[0].endpoints).toMatchObject([{ hostname: 'db-0', zone: 'zone-e', nodeName: 'east' }])
  expect((await cluster.see('endpoints', 'db'))['subsets'][0].addresses).toMatchObject([{ hostname: 'db-0' }])
})

test('More than a hundred endpoints are laid out over several slices, and one that goes changes one slice.', async () => {
  cluster = await testCluster({ nodes: 2 })
  const pods = Array.from({ length: 150 }, (_, i) => pod(`web-${i}`, {}, web.metadata))
  await cluster.make(service('web', { selector: { app: 'web' } }), ...pods)
  const before = await slices('web')
  expect(before.reduce((sum, { endpoints }) => sum + endpoints.length, 0)).toBe(150)
  expect(before.every(({ endpoints }) => endpoints.length <= 100)).toBe(true)
  await cluster.client.delete('pods', 'default', 'web-7')
  await cluster.settle()
  const after = await slices('web')
  expect(after.reduce((sum, { endpoints }) => sum + endpoints.length, 0)).toBe(149)
  const versions = new Set(before.map(({ metadata }) => metadata.resourceVersion))
  expect(after.filter(({ metadata }) => !versions.has(metadata.resourceVersion))).toHaveLength(1)
})

test('Endpoints go with their Service, and come back when somebody deletes them.', async () => {
  cluster = await testCluster()
  await cluster.make(service('web', { selector: { app: 'web' } }))
  await cluster.client.delete('endpoints', 'default', 'web')
  await cluster.settle()
  await cluster.see('endpoints', 'web')
  await cluster.client.delete('services', 'default', 'web')
  await cluster.settle()
  await expect(cluster.see('endpoints', 'web')).rejects.toThrow('endpoints "web" not found')
  expect(await slices('web')).toEqual([])
})

test('Hand-written Endpoints of a Service without a selector are mirrored.', async () => {
  cluster = await testCluster()
  const subsets = [{ addresses: [{ ip: '192.0.2.1' }, { ip: '192.0.2.2' }], ports: [{ name: 'sql', port: 5432 }] }]
  await cluster.make(service('sql', { ports: [{ name: 'sql', port: 5432 }] }), {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { name: 'sql', namespace: 'default' },
    subsets,
  } as DynamicObject)
  expect(await slices('sql')).toMatchObject([
    {
      metadata: {
        labels: { 'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io' },
        ownerReferences: [{ kind: 'Endpoints', name: 'sql' }],
      },
      endpoints: [{ addresses: ['192.0.2.1'] }, { addresses: ['192.0.2.2'] }],
      ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }],
    },
  ])
  await cluster.client.delete('endpoints', 'default', 'sql')
  await cluster.settle()
  expect(await slices('sql')).toEqual([])
})
