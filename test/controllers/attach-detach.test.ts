import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { pod, type TestCluster, testCluster } from '../support/controllers.ts'

const DRIVER = 'disk.example.com'
const ATTACHMENTS = 'volumeattachments.storage.k8s.io'
const BEHAVIOUR = 'kubemu.dev/attach'
const SECOND = 1000
const MINUTE = 60 * SECOND

let cluster: TestCluster
afterEach(() => cluster.close())

/** A volume `d` of an external driver, and its claim. */
function disk(annotations: Record<string, string> = {}, accessModes = ['ReadWriteOnce']): DynamicObject[] {
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'd', annotations },
    spec: {
      accessModes,
      capacity: { storage: '1Gi' },
      csi: { driver: DRIVER, volumeHandle: 'h' },
      claimRef: { namespace: 'default', name: 'd' },
    },
  }
  const claim = {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name: 'd', namespace: 'default' },
    spec: { accessModes, resources: { requests: { storage: '1Gi' } }, storageClassName: '', volumeName: 'd' },
  }
  return [volume, claim] as DynamicObject[]
}

const using = (name: string, spec: object = {}): DynamicObject =>
  pod(name, { volumes: [{ name: 'data', persistentVolumeClaim: { claimName: 'd' } }], ...spec })

const phaseOf = async (name: string): Promise<string> => (await cluster.see('pods', name))['status'].phase
const attachments = (): Promise<DynamicObject[]> => cluster.client.list<DynamicObject>(ATTACHMENTS)
const nodeStatus = async (name: string): Promise<DynamicObject> => (await cluster.see('nodes', name))['status']
const attachEvents = async (name: string): Promise<string[]> =>
  (await cluster.events('Pod', name)).filter((event) => event.includes('AttachVolume'))

const NAME = `kubernetes.io/csi/${DRIVER}^h`
const SUCCEEDED = 'SuccessfulAttachVolume: AttachVolume.Attach succeeded for volume "d" '

test('A volume is attached before its pod starts, and detached when the pod is gone.', async () => {
  cluster = await testCluster()
  await cluster.make(...disk(), using('p'))
  expect(await phaseOf('p')).toBe('Running')
  const [attachment, ...more] = await attachments()
  expect(more).toEqual([])
  expect(attachment).toMatchObject({
    metadata: { finalizers: ['external-attacher/disk-example-com'] },
    spec: { attacher: DRIVER, nodeName: 'node-1', source: { persistentVolumeName: 'd' } },
    status: { attached: true },
  })
  expect((await cluster.see('persistentvolumes', 'd', '')).metadata.finalizers).toContain(
    'external-attacher/disk-example-com',
  )
  const { volumesInUse, volumesAttached } = await nodeStatus('node-1')
  expect([volumesInUse, volumesAttached]).toEqual([[NAME], [{ name: NAME, devicePath: '' }]])
  expect(await attachEvents('p')).toEqual([SUCCEEDED])
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.settle()
  expect(await attachments()).toEqual([])
  const after = await nodeStatus('node-1')
  expect([after['volumesInUse'], after['volumesAttached']]).toEqual([undefined, undefined])
})

test('A pod waits for an attacher that takes its time, and for one that has something against it.', async () => {
  cluster = await testCluster()
  await cluster.make(...disk({ [BEHAVIOUR]: '{attachesAfter: 5s, detachesAfter: 10s}' }), using('p'))
  const { status } = await cluster.see('pods', 'p')
  expect(status.containerStatuses[0].state).toEqual({ waiting: { reason: 'ContainerCreating' } })
  await cluster.pass(4 * SECOND)
  expect(await phaseOf('p')).toBe('Pending')
  await cluster.pass(SECOND)
  expect(await phaseOf('p')).toBe('Running')
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.settle()
  expect(await attachments()).toHaveLength(1)
  await cluster.pass(10 * SECOND)
  expect(await attachments()).toEqual([])
  await cluster.client.modify('persistentvolumes', '', 'd', (old) => ({
    ...old,
    metadata: { ...old.metadata, annotations: { [BEHAVIOUR]: 'attachError: no slot is left' } },
  }))
  await cluster.make(using('q'))
  await cluster.pass(10 * SECOND)
  expect(await phaseOf('q')).toBe('Pending')
  expect((await attachments())[0]['status']).toMatchObject({
    attached: false,
    attachError: { message: 'no slot is left' },
  })
  await cluster.client.modify('persistentvolumes', '', 'd', (old) => ({
    ...old,
    metadata: { ...old.metadata, annotations: {} },
  }))
  await cluster.settle()
  await cluster.pass(2 * MINUTE)
  expect(await phaseOf('q')).toBe('Running')
  expect(await attachEvents('q')).toEqual([
    'FailedAttachVolume: AttachVolume.Attach failed for volume "d" : no slot is left',
    SUCCEEDED,
  ])
})

test('A volume for one node is not attached to a second one before the first pod has gone.', async () => {
  cluster = await testCluster({ nodes: 2 })
  await cluster.make(...disk(), using('p', { nodeName: 'node-1' }), using('q', { nodeName: 'node-2' }))
  expect([await phaseOf('p'), await phaseOf('q')]).toEqual(['Running', 'Pending'])
  expect(await cluster.events('Pod', 'q')).toContain(
    'FailedAttachVolume: Waiting for detach for volume "d" Volume is already used by pod(s) p',
  )
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.settle()
  expect(await phaseOf('q')).toBe('Running')
  expect((await attachments()).map(({ spec }) => spec.nodeName)).toEqual(['node-2'])
})

test('A node that is lost keeps a volume for six minutes after its pod is gone.', async () => {
  cluster = await testCluster({ nodes: 2 })
  await cluster.make(...disk(), using('p', { nodeName: 'node-1' }))
  await cluster.client.modify('nodes', '', 'node-1', (old) => ({
    ...old,
    metadata: { ...old.metadata, annotations: { ...old.metadata.annotations, 'kubemu.dev/kubelet': 'stopped' } },
  }))
  await cluster.pass(2 * MINUTE)
  await cluster.client.delete('pods', 'default', 'p', { gracePeriodSeconds: 0 })
  await cluster.make(using('q', { nodeName: 'node-2' }))
  for (let minute = 1; minute < 6; minute++) await cluster.pass(MINUTE)
  expect(await phaseOf('q')).toBe('Pending')
  expect((await nodeStatus('node-1'))['volumesInUse']).toEqual([NAME])
  await cluster.pass(MINUTE)
  expect(await phaseOf('q')).toBe('Running')
  expect((await attachments()).map(({ spec }) => spec.nodeName)).toEqual(['node-2'])
})

test('An attacher that is not there is waited for two minutes, again and again.', async () => {
  cluster = await testCluster({ controllers: ['-external-attacher'] })
  await cluster.make(...disk(), using('p'))
  await cluster.pass(2 * MINUTE)
  const message = `timed out waiting for external-attacher of ${DRIVER} CSI driver to attach volume h`
  expect(await attachEvents('p')).toEqual([
    `FailedAttachVolume: AttachVolume.Attach failed for volume "d" : ${message}`,
  ])
  const [attachment] = await attachments()
  await cluster.client.updateStatus(ATTACHMENTS, { ...attachment, status: { attached: true } })
  await cluster.pass(SECOND)
  expect(await phaseOf('p')).toBe('Running')
})

test('Volumes of the default class need no attaching, as long as their driver says so.', async () => {
  cluster = await testCluster()
  const [, { spec, ...claim }] = disk()
  const { volumeName: _, storageClassName: __, ...rest } = spec
  await cluster.make({ ...claim, spec: rest } as DynamicObject, using('p'))
  expect([await phaseOf('p'), await attachments()]).toEqual(['Running', []])
  await cluster.client.delete('csidrivers.storage.k8s.io', '', 'fake.kubemu.dev')
  await cluster.settle()
  expect((await attachments()).map((each) => [each['spec'].attacher, each['status']])).toEqual([
    ['fake.kubemu.dev', { attached: true }],
  ])
})
