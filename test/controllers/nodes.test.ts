import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { node, pod, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const READY = { type: 'Ready', status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' }
const lease = (name: string) => cluster.see('leases.coordination.k8s.io', name, 'kube-node-lease')

async function setReady(name: string, status: string): Promise<void> {
  await cluster.client.modify<DynamicObject>(
    'nodes',
    '',
    name,
    (old) => ({
      ...old,
      status: {
        ...old.status,
        conditions: old.status.conditions.map((each: DynamicObject) =>
          each['type'] === 'Ready' ? { ...each, status } : each,
        ),
      },
    }),
    { subresource: 'status' },
  )
  await cluster.settle()
}

test('A node object gets a kubelet: a status, labels, a part of the pod network, a lease, Events.', async () => {
  cluster = await testCluster({ nodes: 0 })
  await cluster.make(node('worker'))
  const { metadata, spec, status } = await cluster.see('nodes', 'worker')
  expect(metadata.labels).toMatchObject({ 'kubernetes.io/hostname': 'worker', 'kubernetes.io/os': 'linux' })
  expect(spec).toEqual({ podCIDR: '10.244.0.0/24', podCIDRs: ['10.244.0.0/24'] })
  expect(status.capacity).toMatchObject({ cpu: '32', memory: '256Gi', pods: '110' })
  expect(status.conditions.map(({ type, status: is }: DynamicObject) => `${type}=${is}`)).toEqual([
    'MemoryPressure=False',
    'DiskPressure=False',
    'PIDPressure=False',
    'Ready=True',
  ])
  expect(status.conditions[3]).toMatchObject(READY)
  expect(status.nodeInfo).toMatchObject({ kubeletVersion: 'v1.37.0', operatingSystem: 'linux', architecture: 'amd64' })
  expect((await lease('worker'))['spec']).toEqual({
    holderIdentity: 'worker',
    leaseDurationSeconds: 40,
    renewTime: '2026-01-01T00:00:00.000000Z',
  })
  expect(await cluster.events('Node', 'worker')).toEqual(
    expect.arrayContaining([
      'Starting: Starting kubelet.',
      'NodeReady: Node worker status is now: NodeReady',
      'RegisteredNode: Node worker event: Registered Node worker in Controller',
    ]),
  )
})

test('What a node says of itself is kept.', async () => {
  cluster = await testCluster({ nodes: 0 })
  const status = {
    capacity: { cpu: '2', memory: '4Gi', 'example.com/gpu': '1' },
    addresses: [{ type: 'InternalIP', address: '192.0.2.7' }],
    nodeInfo: { kubeletVersion: 'v1.30.1', architecture: 'arm64' },
  }
  await cluster.make(node('own', { labels: { 'kubernetes.io/arch': 'arm64' }, status }))
  const { status: seen } = await cluster.see('nodes', 'own')
  expect(seen.capacity).toMatchObject({ ...status.capacity, pods: '110' })
  expect(seen.allocatable).toEqual(seen.capacity)
  expect(seen.addresses).toEqual(status.addresses)
  expect(seen.nodeInfo).toMatchObject(status.nodeInfo)
})

test('Leases are renewed every ten seconds, statuses every five minutes.', async () => {
  cluster = await testCluster()
  const before = await cluster.see('nodes', 'node-1')
  await cluster.pass(10_000)
  expect((await lease('node-1'))['spec'].renewTime).toBe('2026-01-01T00:00:10.000000Z')
  expect((await cluster.see('nodes', 'node-1')).metadata.resourceVersion).toBe(before.metadata.resourceVersion)
  await cluster.pass(290_000)
  const { status } = await cluster.see('nodes', 'node-1')
  expect(status.conditions[3]).toMatchObject({
    ...READY,
    lastHeartbeatTime: '2026-01-01T00:05:00Z',
    lastTransitionTime: '2026-01-01T00:00:00Z',
  })
})

test('A clock that jumps does not make nodes unreachable.', async () => {
  cluster = await testCluster({ nodes: 2 })
  for (let i = 0; i < 5; i++) await cluster.pass(24 * 3_600_000)
  expect((await cluster.see('nodes', 'node-2')).spec.taints).toBeUndefined()
})

test('A node that is said to be not ready is tainted, its pods are not ready, and both are undone.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('web'))
  await setReady('node-1', 'False')
  expect((await cluster.see('nodes', 'node-1')).spec.taints).toMatchObject([
    { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' },
    { key: 'node.kubernetes.io/not-ready', effect: 'NoExecute', timeAdded: '2026-01-01T00:00:00Z' },
  ])
  expect(await cluster.events('Pod', 'web')).toContain('NodeNotReady: Node is not ready')
  const ready = async () => {
    const { status } = await cluster.see('pods', 'web')
    return status.conditions.find(({ type }: DynamicObject) => type === 'Ready').status
  }
  expect(await ready()).toBe('False')
  await setReady('node-1', 'True')
  expect((await cluster.see('nodes', 'node-1')).spec.taints).toBeUndefined()
  expect(await ready()).toBe('True')
})

test('A pod of a node that is not ready stays when it is deleted, until the node is back.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('web'))
  await setReady('node-1', 'False')
  await cluster.client.delete('pods', 'default', 'web')
  await cluster.settle()
  expect((await cluster.see('pods', 'web')).metadata.deletionTimestamp).toBe('2026-01-01T00:00:30Z')
  await setReady('node-1', 'True')
  expect(await cluster.client.list('pods')).toEqual([])
})

test('A cordoned node is tainted; taints of others stay.', async () => {
  cluster = await testCluster({ nodes: 0 })
  await cluster.make(node('n', { spec: { unschedulable: true, taints: [{ key: 'mine', effect: 'NoSchedule' }] } }))
  const keys = async () => (await cluster.see('nodes', 'n')).spec.taints.map(({ key }: DynamicObject) => key)
  expect(await keys()).toEqual(['mine', 'node.kubernetes.io/unschedulable'])
  await cluster.client.modify<DynamicObject>('nodes', '', 'n', (old) => ({
    ...old,
    spec: { ...old.spec, unschedulable: false },
  }))
  await cluster.settle()
  expect(await keys()).toEqual(['mine'])
})

test('A node whose kubelet never speaks becomes unreachable.', async () => {
  cluster = await testCluster({ controllers: ['*', '-kubelet'] })
  await cluster.pass(59_000)
  expect((await cluster.see('nodes', 'node-1')).status.conditions).toBeUndefined()
  await cluster.pass(1_000)
  await cluster.pass(5_000)
  const { spec, status } = await cluster.see('nodes', 'node-1')
  expect(status.conditions[0]).toMatchObject({ type: 'Ready', status: 'Unknown', reason: 'NodeStatusNeverUpdated' })
  expect(spec.taints.map(({ key, effect }: DynamicObject) => `${key}:${effect}`)).toContain(
    'node.kubernetes.io/unreachable:NoExecute',
  )
})

test('Pods of a node that is deleted are deleted.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('web'))
  await cluster.client.delete('nodes', '', 'node-1')
  await cluster.settle()
  expect(await cluster.client.list('pods')).toEqual([])
})

test('A pod that names a node that is not there yet waits 40 seconds for it.', async () => {
  cluster = await testCluster({ nodes: 0 })
  await cluster.make(pod('early', { nodeName: 'late' }), pod('lost', { nodeName: 'never' }))
  await cluster.pass(39_000)
  expect((await cluster.see('pods', 'lost')).status.phase).toBe('Pending')
  await cluster.make(node('late'))
  expect((await cluster.see('pods', 'early')).status.phase).toBe('Running')
  await cluster.pass(1_000)
  const left = await cluster.client.list('pods')
  expect(left.map(({ metadata }) => metadata.name)).toEqual(['early'])
})

test('The part of the pod network that a deleted node had is given to the next one.', async () => {
  cluster = await testCluster({ nodes: 3 })
  const part = async (name: string) => (await cluster.see('nodes', name)).spec.podCIDR
  expect([await part('node-1'), await part('node-2'), await part('node-3')]).toEqual([
    '10.244.0.0/24',
    '10.244.1.0/24',
    '10.244.2.0/24',
  ])
  await cluster.client.delete('nodes', '', 'node-2')
  await cluster.settle()
  await cluster.make(node('next'))
  expect(await part('next')).toBe('10.244.1.0/24')
})
