/** kube-scheduler and the volume binder: where pods go for their volumes, and what is bound before they do. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Suite } from './case.ts'
import { create, given, node, pod } from './scheduler.ts'

const ZONE = 'topology.kubernetes.io/zone'
const local = (name: string, on: string, more: object = {}): DynamicObject =>
  volume(name, {
    local: { path: '/' },
    storageClassName: 'late',
    nodeAffinity: {
      required: {
        nodeSelectorTerms: [{ matchExpressions: [{ key: 'kubernetes.io/hostname', operator: 'In', values: [on] }] }],
      },
    },
    ...more,
  })

function volume(name: string, spec: object, labels: object = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, labels },
    spec: { capacity: { storage: '10Gi' }, accessModes: ['ReadWriteOnce'], ...spec },
  } as DynamicObject
}

function claim(name: string, spec: object = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: 'late',
      ...spec,
    },
  } as DynamicObject
}

function storageClass(name: string, provisioner: string, more: object = {}): DynamicObject {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name },
    provisioner,
    volumeBindingMode: 'WaitForFirstConsumer',
    ...more,
  } as DynamicObject
}

const user = (name: string, claimNames: string[], spec: object = {}): DynamicObject =>
  pod(name, {
    spec: {
      volumes: claimNames.map((claimName, i) => ({ name: `v${i}`, persistentVolumeClaim: { claimName } })),
      ...spec,
    },
  })

const noProvisioner = storageClass('late', 'kubernetes.io/no-provisioner')
const made = storageClass('late', 'example.com/driver')
const driver = (spec: object): DynamicObject =>
  ({ apiVersion: 'storage.k8s.io/v1', kind: 'CSIDriver', metadata: { name: 'example.com' }, spec }) as DynamicObject
const csiClass = storageClass('late', 'example.com')
const csi = (volumeHandle: string): object => ({
  csi: { driver: 'example.com', volumeHandle },
  storageClassName: 'now',
})
const boundTo = (name: string): object => ({
  claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace: 'NAMESPACE', name },
})
const capacity = (name: string, host: string, size: string): DynamicObject =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIStorageCapacity',
    metadata: { name },
    storageClassName: 'late',
    capacity: size,
    nodeTopology: { matchLabels: { 'kubernetes.io/hostname': host } },
  }) as DynamicObject
const csiNode = (name: string, count: number): DynamicObject =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSINode',
    metadata: { name },
    spec: { drivers: [{ name: 'example.com', nodeID: name, allocatable: { count } }] },
  }) as DynamicObject

const comes = (title: string, before: DynamicObject[], ...pods: DynamicObject[]): Case => ({
  title,
  steps: [given(...before), create(...pods)],
})

const cases: Case[] = [
  comes('a claim that is not there', [node('a')], user('p', ['c'])),
  {
    title: 'a claim that comes helps',
    steps: [
      given(node('a'), volume('v', { nfs: { server: 'h', path: '/' }, storageClassName: 'none' })),
      create(user('p', ['c'])),
      create(claim('c', { storageClassName: 'none' })),
    ],
  },
  comes('a claim that is not bound', [node('a'), claim('c', { storageClassName: 'none' })], user('p', ['c'])),
  comes(
    'the node that the volume is on',
    [
      node('a'),
      node('b'),
      local('v', 'b', { storageClassName: 'now', ...boundTo('c') }),
      claim('c', { storageClassName: 'now', volumeName: 'v' }),
    ],
    user('p', ['c']),
  ),
  comes(
    'the node that the volume is on is full',
    [
      node('a'),
      node('b', { cpu: '1' }),
      local('v', 'b', { storageClassName: 'now', ...boundTo('c') }),
      claim('c', { storageClassName: 'now', volumeName: 'v' }),
    ],
    pod('p', { requests: { cpu: '2' }, spec: { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'c' } }] } }),
  ),
  comes(
    'a volume for the first consumer',
    [noProvisioner, node('a', { unschedulable: true }), node('b'), local('va', 'a'), local('vb', 'b'), claim('c')],
    user('p', ['c']),
  ),
  comes('no volume for the first consumer', [noProvisioner, node('a'), claim('c')], user('p', ['c'])),
  comes(
    'volumes on other nodes only',
    [noProvisioner, node('a'), node('b', { unschedulable: true }), local('vb', 'b'), claim('c')],
    user('p', ['c']),
  ),
  {
    title: 'a volume that comes helps',
    steps: [given(noProvisioner, node('a'), claim('c')), create(user('p', ['c'])), create(local('v', 'a'))],
  },
  comes(
    'the node whose volume is less full',
    [
      noProvisioner,
      node('a'),
      node('b'),
      local('va', 'a', { capacity: { storage: '2Gi' } }),
      local('vb', 'b', { capacity: { storage: '20Gi' } }),
      claim('c'),
    ],
    user('p', ['c']),
  ),
  comes(
    'two claims get the volumes that suit their size',
    [
      noProvisioner,
      node('a'),
      local('small', 'a', { capacity: { storage: '2Gi' } }),
      local('large', 'a', { capacity: { storage: '20Gi' } }),
      claim('c1', { resources: { requests: { storage: '15Gi' } } }),
      claim('c2'),
    ],
    user('p', ['c1', 'c2']),
  ),
  comes('a volume is made for the node', [made, node('a'), claim('c')], user('p', ['c'])),
  comes(
    'where the class allows volumes',
    [
      storageClass('late', 'example.com/driver', {
        allowedTopologies: [{ matchLabelExpressions: [{ key: ZONE, values: ['b'] }] }],
      }),
      node('a', { labels: { [ZONE]: 'a' } }),
      node('b', { labels: { [ZONE]: 'b' } }),
      claim('c'),
    ],
    user('p', ['c']),
  ),
  comes(
    'a driver without room',
    [driver({ storageCapacity: true }), csiClass, node('a'), claim('c')],
    user('p', ['c']),
  ),
  comes(
    'a driver with room on one node',
    [
      driver({ storageCapacity: true }),
      csiClass,
      node('a'),
      node('b'),
      capacity('ca', 'a', '100Mi'),
      capacity('cb', 'b', '5Gi'),
      claim('c'),
    ],
    user('p', ['c']),
  ),
  comes(
    'the node with more room for the volume',
    [
      driver({ storageCapacity: true }),
      csiClass,
      node('a'),
      node('b'),
      capacity('ca', 'a', '2Gi'),
      capacity('cb', 'b', '50Gi'),
      claim('c'),
    ],
    user('p', ['c']),
  ),
  comes(
    'a claim of one pod at a time',
    [
      node('a'),
      node('b'),
      volume('v', { nfs: { server: 'h', path: '/' }, storageClassName: 'now', accessModes: ['ReadWriteOncePod'] }),
      claim('c', { storageClassName: 'now', accessModes: ['ReadWriteOncePod'] }),
      user('x', ['c'], { nodeName: 'a' }),
    ],
    user('p', ['c']),
  ),
  comes(
    'the zone of the volume',
    [
      node('a', { labels: { [ZONE]: 'a' } }),
      node('b', { labels: { [ZONE]: 'b' } }),
      volume('v', { nfs: { server: 'h', path: '/' }, storageClassName: 'now' }, { [ZONE]: 'b' }),
      claim('c', { storageClassName: 'now' }),
    ],
    user('p', ['c']),
  ),
  comes(
    'no node in the zone of the volume',
    [
      node('a', { labels: { [ZONE]: 'a' } }),
      volume('v', { nfs: { server: 'h', path: '/' }, storageClassName: 'now' }, { [ZONE]: 'b' }),
      claim('c', { storageClassName: 'now' }),
    ],
    user('p', ['c']),
  ),
  comes(
    'too many volumes of a driver',
    [
      node('a'),
      csiNode('a', 1),
      volume('v1', { ...csi('1'), ...boundTo('c1') }),
      volume('v2', { ...csi('2'), ...boundTo('c2') }),
      claim('c1', { storageClassName: 'now', volumeName: 'v1' }),
      claim('c2', { storageClassName: 'now', volumeName: 'v2' }),
      user('x', ['c1'], { nodeName: 'a' }),
    ],
    user('p', ['c2']),
  ),
  comes(
    'the same volume counts once',
    [
      node('a'),
      csiNode('a', 1),
      volume('v1', { ...csi('1'), ...boundTo('c1') }),
      claim('c1', { storageClassName: 'now', volumeName: 'v1' }),
      user('x', ['c1'], { nodeName: 'a' }),
    ],
    user('p', ['c1']),
  ),
  comes(
    'a driver that is not on the node',
    [
      driver({ preventPodSchedulingIfMissing: true }),
      node('a'),
      volume('v1', { ...csi('1'), ...boundTo('c1') }),
      claim('c1', { storageClassName: 'now', volumeName: 'v1' }),
    ],
    user('p', ['c1']),
  ),
  comes(
    'a disk that another pod writes to',
    [node('a'), pod('x', { node: 'a', spec: { volumes: [{ name: 'd', gcePersistentDisk: { pdName: 'disk' } }] } })],
    pod('p', { spec: { volumes: [{ name: 'd', gcePersistentDisk: { pdName: 'disk' } }] } }),
  ),
  comes(
    'a disk that all read',
    [
      node('a'),
      pod('x', {
        node: 'a',
        spec: { volumes: [{ name: 'd', gcePersistentDisk: { pdName: 'disk', readOnly: true } }] },
      }),
    ],
    pod('p', { spec: { volumes: [{ name: 'd', gcePersistentDisk: { pdName: 'disk', readOnly: true } }] } }),
  ),
]

export const schedulerVolumes: Suite = {
  name: 'scheduler-volumes',
  controllers: [
    'scheduler',
    'persistentvolume-binder',
    'persistentvolumeclaim-protection',
    'persistentvolume-protection',
  ],
  components: ['default-scheduler'],
  shows: ['pods', 'persistentvolumeclaims', 'persistentvolumes'],
  ignoresCounts: true,
  quietMs: 2200,
  exclusive: true,
  cleans: [
    'pods',
    'nodes',
    'storageclasses.storage.k8s.io',
    'csidrivers.storage.k8s.io',
    'csinodes.storage.k8s.io',
    'csistoragecapacities.storage.k8s.io',
  ],
  // It taints new nodes until they are ready: nobody would take the taint away.
  withoutAdmission: ['TaintNodesByCondition'],
  cases,
}
