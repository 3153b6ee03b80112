import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
function disk(
  annotations: Record<string, string> = {},
  accessModes = ['ReadWriteOnce'],
  volumeHandle = 'h',
): DynamicObject[] {
  const volume = {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name: 'd', annotations },
    spec: {
      accessModes,
      capacity: { storage: '1Gi' },
      csi: { driver: DRIVER, volumeHandle },
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

test('The handle of a volume may be any text.', async () => {
  cluster = await testCluster()
  await cluster.make(...disk({}, ['ReadWriteOnce'], 'pool^a^b'), using('p'))
  const digest = createHash('sha256').update(`pool^a^b${DRIVER}node-1`).digest('hex')
  expect((await attachments()).map(({ metadata }) => metadata.name)).toEqual([`csi-${digest}`])
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.settle()
  expect(await attachments()).toEqual([])
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

/** What happens to a node whose pod uses a volume; no kubelet says then that the volume is free. */
const LOSSES: [how: string, lose: () => Promise<void>][] = [
  [
    'stopped and lost its pod',
    async () => {
      await cluster.client.modify('nodes', '', 'node-1', (old) => ({
        ...old,
        metadata: { ...old.metadata, annotations: { ...old.metadata.annotations, 'kubemu.dev/kubelet': 'stopped' } },
      }))
      await cluster.pass(2 * MINUTE)
      await cluster.client.delete('pods', 'default', 'p', { gracePeriodSeconds: 0 })
    },
  ],
  ['is deleted', async () => void (await cluster.client.delete('nodes', '', 'node-1'))],
]

test.each(LOSSES)('A node that %s keeps a volume for six minutes.', async (_, lose) => {
  cluster = await testCluster({ nodes: 2 })
  await cluster.make(...disk(), using('p', { nodeName: 'node-1' }))
  await lose()
  await cluster.make(using('q', { nodeName: 'node-2' }))
  for (let minute = 1; minute < 6; minute++) await cluster.pass(MINUTE)
  expect(await phaseOf('q')).toBe('Pending')
  expect((await attachments()).map(({ spec }) => spec.nodeName)).toEqual(['node-1'])
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

test('A VolumeAttachment that somebody deletes is made again after a minute.', async () => {
  cluster = await testCluster()
  await cluster.make(...disk(), using('p'))
  const [{ metadata }] = await attachments()
  await cluster.client.delete(ATTACHMENTS, '', metadata.name ?? '')
  await cluster.settle()
  expect(await attachments()).toEqual([])
  await cluster.pass(MINUTE)
  expect((await attachments()).map((each) => [each.metadata.name, each['status']])).toEqual([
    [metadata.name, { attached: true }],
  ])
  expect((await nodeStatus('node-1'))['volumesAttached']).toEqual([{ name: NAME, devicePath: '' }])
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.settle()
  expect(await attachments()).toEqual([])
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

test('A pod starts when the driver says that its volumes need no attaching, and what was attached is detached.', async () => {
  cluster = await testCluster({ controllers: ['-external-attacher'] })
  const driver = { apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: DRIVER } }
  const says = (attachRequired: boolean): DynamicObject => ({ ...driver, spec: { attachRequired } }) as DynamicObject
  await cluster.make(...disk(), using('p'))
  expect([await phaseOf('p'), (await nodeStatus('node-1'))['volumesInUse']]).toEqual(['Pending', [NAME]])
  await cluster.make(says(false))
  expect([await phaseOf('p'), (await nodeStatus('node-1'))['volumesInUse']]).toEqual(['Running', undefined])
  // The attempt lasts two minutes, and then the node has to speak again.
  for (let minute = 0; minute < 6; minute++) await cluster.pass(MINUTE)
  expect(await attachments()).toEqual([])
})

test('On a node that attaches volumes itself nobody is waited for.', async () => {
  cluster = await testCluster()
  await cluster.client.modify('nodes', '', 'node-1', (old) => ({
    ...old,
    metadata: { ...old.metadata, annotations: {} },
  }))
  await cluster.make(...disk(), using('p'))
  expect([await phaseOf('p'), await attachments()]).toEqual(['Running', []])
})

const isSecond = { matchFields: [{ key: 'metadata.name', operator: 'In', values: ['node-2'] }] }

test('A volume that several nodes may have is attached to each, and a pod that has ended needs it no more.', async () => {
  cluster = await testCluster({ nodes: 2 })
  const ends = { containers: [{ name: 'main', image: 'busybox', command: ['sleep', '60'] }], restartPolicy: 'Never' }
  const nodeAffinity = { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [isSecond] } }
  await cluster.make(
    ...disk({}, ['ReadWriteMany']),
    using('p', { nodeName: 'node-1', ...ends }),
    using('q', { affinity: { nodeAffinity } }),
  )
  expect((await attachments()).map(({ spec }) => spec.nodeName).sort()).toEqual(['node-1', 'node-2'])
  await cluster.pass(MINUTE)
  expect([await phaseOf('p'), await phaseOf('q')]).toEqual(['Succeeded', 'Running'])
  expect((await attachments()).map(({ spec }) => spec.nodeName)).toEqual(['node-2'])
})

test('After a restart volumes are in use by the pods that run, and free when these go.', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubemu-attach-'))
  const data = join(folder, 'data.json')
  try {
    cluster = await testCluster({ data })
    await cluster.make(...disk(), using('p'))
    const [before] = await attachments()
    await cluster.close()
    cluster = await testCluster({ data })
    await cluster.pass(SECOND)
    expect(await attachments()).toEqual([before])
    expect((await nodeStatus('node-1'))['volumesInUse']).toEqual([NAME])
    await cluster.client.delete('pods', 'default', 'p')
    await cluster.settle()
    expect(await attachments()).toEqual([])
    expect(await nodeStatus('node-1')).not.toHaveProperty('volumesAttached')
    await cluster.close()
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('A VolumeAttachment that a Stage selects is answered by the Stage alone.', async () => {
  const stage = {
    apiVersion: 'kubemu.dev/v1alpha1',
    kind: 'Stage',
    metadata: { name: 'attached' },
    spec: {
      resourceRef: { apiGroup: 'storage.k8s.io/v1', kind: 'VolumeAttachment' },
      selector: { matchExpressions: [{ key: '.status.attached', operator: 'In', values: ['false'] }] },
      delay: { durationMilliseconds: 3000 },
      next: { statusTemplate: 'attached: true' },
    },
  } as DynamicObject
  cluster = await testCluster({ stages: true })
  await cluster.make(stage, ...disk(), using('p'))
  expect((await attachments()).map(({ metadata, status }) => [metadata.finalizers, status])).toEqual([
    [undefined, { attached: false }],
  ])
  await cluster.pass(3 * SECOND)
  expect(await phaseOf('p')).toBe('Running')
})

test('What cannot be read of the wish for an attachment is its error.', async () => {
  cluster = await testCluster()
  await cluster.make(...disk({ [BEHAVIOUR]: '{fails: always}' }), using('p'))
  const known = 'attachesAfter, detachesAfter, attachError, detachError'
  expect((await attachments())[0]['status'].attachError.message).toBe(
    `kubemu.dev/attach: fails: "always" means nothing here; there are: ${known}`,
  )
  expect(await phaseOf('p')).toBe('Pending')
})

test('A volume stays as long as it is attached somewhere, though it is deleted.', async () => {
  cluster = await testCluster()
  await cluster.make(...disk({ [BEHAVIOUR]: 'detachesAfter: 10s' }), using('p'))
  await cluster.client.delete('pods', 'default', 'p')
  await cluster.client.delete('persistentvolumeclaims', 'default', 'd')
  await cluster.client.delete('persistentvolumes', '', 'd')
  await cluster.settle()
  const volumes = (): Promise<DynamicObject[]> => cluster.client.list<DynamicObject>('persistentvolumes')
  expect((await volumes()).map(({ metadata }) => metadata.finalizers)).toEqual([['external-attacher/disk-example-com']])
  await cluster.pass(10 * SECOND)
  expect([await attachments(), await volumes()]).toEqual([[], []])
})

test('A VolumeAttachment may be there before its volume, and go without being held while the volume waits for it.', async () => {
  cluster = await testCluster()
  const attachment = {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'VolumeAttachment',
    metadata: { name: 'a' },
    spec: { attacher: DRIVER, nodeName: 'node-1', source: { persistentVolumeName: 'd' } },
  } as DynamicObject
  await cluster.make(attachment)
  expect((await attachments())[0]['status'].attachError.message).toBe(
    'could not add PersistentVolume finalizer: persistentvolume "d" not found',
  )
  const [volume] = disk()
  await cluster.make(volume)
  expect((await attachments())[0]['status']).toEqual({ attached: true })
  await cluster.client.delete('persistentvolumes', '', 'd')
  await cluster.client.modify(ATTACHMENTS, '', 'a', (old) => ({
    ...old,
    metadata: { ...old.metadata, finalizers: undefined },
  }))
  await cluster.client.delete(ATTACHMENTS, '', 'a')
  await cluster.settle()
  expect(await cluster.client.list<DynamicObject>('persistentvolumes')).toEqual([])
})
