/** A ReplicationController keeps its count whatever is done to its pods, and its Service follows. */
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Cluster, createCluster } from '../../src/cluster.ts'
import type { Endpoints, Pod, ReplicationController, Service } from '../../src/types/core-v1.ts'
import type { EndpointSlice } from '../../src/types/discovery-v1.ts'

const labels = { app: 'web' }
const NAMESPACE = 'default'

const service: Service = {
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'web', namespace: NAMESPACE },
  spec: { selector: labels, ports: [{ port: 80 }] },
}

const hundred: ReplicationController = {
  apiVersion: 'v1',
  kind: 'ReplicationController',
  metadata: { name: 'web', namespace: NAMESPACE },
  spec: {
    replicas: 100,
    selector: labels,
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx:1.29' }] } },
  },
}

let cluster: Cluster

beforeEach(async () => {
  cluster = await createCluster({ nodes: 3, seed: 4 })
  await cluster.client.create('services', service)
  await cluster.client.create('replicationcontrollers', hundred)
  await cluster.settle()
})
afterEach(() => cluster.close())

const pods = (): Promise<Pod[]> => cluster.client.list<Pod>('pods', { namespace: NAMESPACE })

function isReady({ status }: Pod): boolean {
  return (
    status?.phase === 'Running' &&
    status.conditions?.some((one) => one.type === 'Ready' && one.status === 'True') === true
  )
}

async function addressesOfPods(): Promise<string[]> {
  return (await pods()).map(({ status }) => status?.podIP ?? '').sort()
}

async function addressesOfEndpoints(): Promise<string[]> {
  const { subsets = [] } = await cluster.client.get<Endpoints>('endpoints', NAMESPACE, 'web')
  return subsets.flatMap(({ addresses = [] }) => addresses.map(({ ip }) => ip)).sort()
}

async function addressesOfSlices(): Promise<string[]> {
  const slices = await cluster.client.list<EndpointSlice>('endpointslices.discovery.k8s.io', { namespace: NAMESPACE })
  return slices
    .filter(({ metadata }) => metadata.labels?.['kubernetes.io/service-name'] === 'web')
    .flatMap(({ endpoints }) => (endpoints ?? []).flatMap(({ addresses }) => addresses))
    .sort()
}

/** `count` ready pods, each with an address of its own that the Service leads to; and the controller's status says so. */
async function expectReplicas(count: number): Promise<Pod[]> {
  const all = await pods()
  expect(all.filter(isReady)).toHaveLength(count)
  expect(all).toHaveLength(count)
  const addresses = await addressesOfPods()
  expect(new Set(addresses).size).toBe(count)
  expect(await addressesOfEndpoints()).toEqual(addresses)
  expect(await addressesOfSlices()).toEqual(addresses)
  const { status } = await cluster.client.get<ReplicationController>('replicationcontrollers', NAMESPACE, 'web')
  expect(status).toMatchObject({ replicas: count, readyReplicas: count, availableReplicas: count })
  return all
}

const uids = (all: readonly Pod[]): Set<string | undefined> => new Set(all.map(({ metadata }) => metadata.uid))

test('a hundred replicas run, spread over the nodes', async () => {
  const all = await expectReplicas(100)
  const perNode = new Map<string | undefined, number>()
  for (const { spec } of all) perNode.set(spec?.nodeName, (perNode.get(spec?.nodeName) ?? 0) + 1)
  expect([...perNode.keys()].sort()).toEqual(['node-1', 'node-2', 'node-3'])
  expect(Math.max(...perNode.values()) - Math.min(...perNode.values())).toBeLessThanOrEqual(1)
})

test('thirty pods deleted at once are replaced by thirty others', async () => {
  const before = await pods()
  const doomed = before.filter((_, i) => i % 3 === 0).slice(0, 30)
  await Promise.all(doomed.map(({ metadata }) => cluster.client.delete('pods', NAMESPACE, metadata.name ?? '')))
  await cluster.settle()
  const after = await expectReplicas(100)
  const kept = uids(after)
  expect(doomed.filter(({ metadata }) => kept.has(metadata.uid))).toEqual([])
  const survivors = uids(before.filter((pod) => !doomed.includes(pod)))
  expect(after.filter(({ metadata }) => survivors.has(metadata.uid))).toHaveLength(70)
})

test('scaled to three, ninety-seven pods go and the Service leads to the three', async () => {
  const before = uids(await pods())
  await cluster.client.modify<ReplicationController>('replicationcontrollers', NAMESPACE, 'web', (old) => ({
    ...old,
    spec: { ...old.spec, replicas: 3 },
  }))
  await cluster.settle()
  const left = await expectReplicas(3)
  expect(left.every(({ metadata }) => before.has(metadata.uid))).toBe(true)
  const { metadata, status } = await cluster.client.get<ReplicationController>(
    'replicationcontrollers',
    NAMESPACE,
    'web',
  )
  expect(status?.observedGeneration).toBe(metadata.generation)
})

test('thirty pods deleted while it is scaled to three end with three', async () => {
  const doomed = (await pods()).slice(0, 30)
  await Promise.all([
    ...doomed.map(({ metadata }) => cluster.client.delete('pods', NAMESPACE, metadata.name ?? '')),
    cluster.client.modify<ReplicationController>('replicationcontrollers', NAMESPACE, 'web', (old) => ({
      ...old,
      spec: { ...old.spec, replicas: 3 },
    })),
  ])
  await cluster.settle()
  await expectReplicas(3)
})
