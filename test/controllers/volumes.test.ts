import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { pod, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

function claim(name: string, spec: object = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, namespace: 'default' },
    spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, ...spec },
  }
}

const using = (name: string, claimName: string): DynamicObject =>
  pod(name, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName } }] })

function delayedClass(): DynamicObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'late' },
    provisioner: 'fake.kubemu.dev',
    volumeBindingMode: 'WaitForFirstConsumer',
  } as DynamicObject
}

function localVolume(name: string, node: string): DynamicObject {
  const matchExpressions = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [node] }]
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      capacity: { storage: '1Gi' },
      local: { path: '/disk' },
      storageClassName: 'late',
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions }] } },
    },
  } as DynamicObject
}

test('A claim of the default class is bound to a volume made for it, which goes with the claim.', async () => {
  cluster = await testCluster()
  await cluster.make(claim('c'))
  const { spec, status } = await cluster.see('persistentvolumeclaims', 'c')
  expect([spec.storageClassName, status.phase, status.capacity]).toEqual(['standard', 'Bound', { storage: '1Gi' }])
  const [volume] = await cluster.client.list<DynamicObject>('persistentvolumes')
  expect(volume).toMatchObject({
    metadata: { name: spec.volumeName, annotations: { 'pv.kubernetes.io/provisioned-by': 'fake.kubemu.dev' } },
    status: { phase: 'Bound' },
  })
  await cluster.make(using('p', 'c'))
  expect((await cluster.see('pods', 'p'))['status'].phase).toBe('Running')
  await cluster.client.delete('persistentvolumeclaims', 'default', 'c')
  await cluster.settle()
  expect((await cluster.see('persistentvolumeclaims', 'c')).metadata.deletionTimestamp).toBeDefined()
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.settle()
  expect(await cluster.client.list('persistentvolumeclaims')).toEqual([])
  expect(await cluster.client.list('persistentvolumes')).toEqual([])
})

test('A pod waits for its claim, and a claim of a late class for its pod.', async () => {
  cluster = await testCluster({ nodes: 2 })
  await cluster.make(delayedClass(), using('p', 'c'))
  expect(await cluster.events('Pod', 'p')).toEqual([
    'FailedScheduling: 0/2 nodes are available: persistentvolumeclaim "c" not found. not found',
  ])
  await cluster.make(claim('c', { storageClassName: 'late' }))
  const { spec } = await cluster.see('pods', 'p')
  const { metadata, status } = await cluster.see('persistentvolumeclaims', 'c')
  expect(status.phase).toBe('Bound')
  expect(metadata.annotations?.['volume.kubernetes.io/selected-node']).toBe(spec.nodeName)
})

test('A pod goes where the volume of its claim can be reached.', async () => {
  cluster = await testCluster({ nodes: 3 })
  await cluster.make(delayedClass(), localVolume('disk', 'node-2'), claim('c', { storageClassName: 'late' }))
  expect((await cluster.see('persistentvolumeclaims', 'c'))['status'].phase).toBe('Pending')
  await cluster.make(pod('p', { nodeSelector: { 'kubernetes.io/hostname': 'node-2' }, ...using('p', 'c')['spec'] }))
  expect((await cluster.see('persistentvolumeclaims', 'c'))['spec'].volumeName).toBe('disk')
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.make(using('q', 'c'))
  expect((await cluster.see('pods', 'q'))['spec'].nodeName).toBe('node-2')
})

const conditionsOf = ({ conditions }: DynamicObject['status']): string[] =>
  conditions.map(({ type }: { type: string }) => type)

test('A claim that asks for more gets it with its next pod, and its volume grows at once.', async () => {
  cluster = await testCluster()
  await cluster.make(claim('c'))
  await cluster.make(claim('c', { resources: { requests: { storage: '5Gi' } } }))
  const { spec, status } = await cluster.see('persistentvolumeclaims', 'c')
  const volume = await cluster.client.get<DynamicObject>('persistentvolumes', '', spec.volumeName)
  expect(volume['spec'].capacity).toEqual({ storage: '5Gi' })
  expect(status).toMatchObject({
    capacity: { storage: '1Gi' },
    allocatedResources: { storage: '5Gi' },
    allocatedResourceStatuses: { storage: 'NodeResizePending' },
  })
  expect(conditionsOf(status)).toEqual(['Unused', 'Resizing', 'FileSystemResizePending'])
  await cluster.make(using('p', 'c'))
  const after = (await cluster.see('persistentvolumeclaims', 'c'))['status']
  expect(after).toMatchObject({ capacity: { storage: '5Gi' }, allocatedResources: { storage: '5Gi' } })
  expect(after).not.toHaveProperty('allocatedResourceStatuses')
  expect(conditionsOf(after)).toEqual(['Unused'])
  const done = `FileSystemResizeSuccessful: MountVolume.NodeExpandVolume succeeded for volume "${spec.volumeName}" node-1`
  expect(await cluster.events('Pod', 'p')).toContain(done)
  expect((await cluster.events('PersistentVolumeClaim', 'c')).slice(-4)).toEqual([
    'ExternalExpanding: waiting for an external controller to expand this PVC',
    `Resizing: External resizer is resizing volume ${spec.volumeName}`,
    'FileSystemResizeRequired: Require file system resize of volume on node',
    done,
  ])
})

test('A claim in use grows at once, as often as it asks.', async () => {
  cluster = await testCluster()
  await cluster.make(claim('c'), using('p', 'c'))
  for (const storage of ['2Gi', '3Gi']) {
    await cluster.make(claim('c', { resources: { requests: { storage } } }))
    expect((await cluster.see('persistentvolumeclaims', 'c'))['status'].capacity).toEqual({ storage })
  }
})

test('A pod with an ephemeral volume runs with a claim of its own, which goes with it.', async () => {
  cluster = await testCluster()
  const template = { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } }
  await cluster.make(pod('p', { volumes: [{ name: 'scratch', ephemeral: { volumeClaimTemplate: template } }] }))
  expect((await cluster.see('pods', 'p'))['status'].phase).toBe('Running')
  expect((await cluster.see('persistentvolumeclaims', 'p-scratch'))['status'].phase).toBe('Bound')
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.settle()
  expect(await cluster.client.list('persistentvolumeclaims')).toEqual([])
})
