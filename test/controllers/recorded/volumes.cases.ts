/** PersistentVolumes and their claims: what the binder and the protection controllers do. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, pod, type Step, type Suite } from './case.ts'

function volume(name: string, spec: object = {}, metadata: object = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name, ...metadata },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      nfs: { server: 'host', path: '/' },
      ...spec,
    },
  } as DynamicObject
}

function claim(name: string, spec: object = {}, metadata: object = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name, ...metadata },
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      ...spec,
    },
  } as DynamicObject
}

const storageClass = (name: string, provisioner: string, more: object = {}): DynamicObject =>
  ({ apiVersion: 'storage.k8s.io/v1', kind: 'StorageClass', metadata: { name }, provisioner, ...more }) as DynamicObject

function user(name: string, claimName: string): DynamicObject {
  const volumes = [{ name: 'data', persistentVolumeClaim: { claimName } }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { containers: [{ name: 'main', image: 'busybox' }], volumes },
  } as DynamicObject
}

const create = (...objects: DynamicObject[]): Step => ({ create: objects })
const removeClaim = (name: string): Step => ({ delete: { resource: 'persistentvolumeclaims', name } })
const removeVolume = (name: string): Step => ({ delete: { resource: 'persistentvolumes', name } })
const removePod = (name: string): Step => ({ delete: { resource: 'pods', name, gone: true } })
const patchClaim = (name: string, merge: object): Step => ({
  patch: { resource: 'persistentvolumeclaims', name, merge },
})
const patchVolume = (name: string, merge: object): Step => ({ patch: { resource: 'persistentvolumes', name, merge } })
const size = (storage: string): object => ({ capacity: { storage } })
const wants = (storage: string): object => ({ resources: { requests: { storage } } })
const delayed = { volumeBindingMode: 'WaitForFirstConsumer' }

const binding: Case[] = [
  { title: 'a claim without a volume waits', steps: [create(claim('c'))] },
  { title: 'a claim gets the volume', steps: [create(volume('v')), create(claim('c'))] },
  { title: 'a claim that waits gets the volume that comes', steps: [create(claim('c')), create(volume('v'))] },
  {
    title: 'the smallest that is large enough is taken',
    steps: [create(volume('l', size('5Gi')), volume('s', size('500Mi')), volume('m', size('2Gi'))), create(claim('c'))],
  },
  {
    title: 'fewer access modes are better, whatever the size',
    steps: [
      create(
        volume('many', { accessModes: ['ReadWriteOnce', 'ReadOnlyMany'] }),
        volume('one', { ...size('9Gi'), accessModes: ['ReadWriteOnce'] }),
      ),
      create(claim('c')),
    ],
  },
  {
    title: 'a volume without the access mode is not taken',
    steps: [create(volume('v')), create(claim('c', { accessModes: ['ReadWriteMany'] }))],
  },
  {
    title: 'a volume of another mode is not taken',
    steps: [create(volume('v', { volumeMode: 'Block' })), create(claim('c'))],
  },
  {
    title: 'a volume of another class is not taken',
    steps: [create(volume('v', { storageClassName: 'slow' })), create(claim('c'))],
  },
  {
    title: 'a selector chooses',
    steps: [
      create(volume('a'), volume('b', {}, { labels: { disk: 'b' } })),
      create(claim('c', { selector: { matchLabels: { disk: 'b' } } })),
    ],
  },
  {
    title: 'a volume is asked for by name',
    steps: [create(volume('a'), volume('b')), create(claim('c', { volumeName: 'b' }))],
  },
  { title: 'a name that does not exist yet', steps: [create(claim('c', { volumeName: 'v' })), create(volume('v'))] },
  {
    title: 'a named volume that is too small',
    steps: [create(volume('v')), create(claim('c', { volumeName: 'v', ...wants('5Gi') }))],
  },
  {
    title: 'a named volume that is taken',
    steps: [create(volume('v')), create(claim('c')), create(claim('d', { volumeName: 'v' }))],
  },
  {
    title: 'a volume is kept for a claim',
    steps: [
      create(volume('v', { claimRef: { namespace: 'NAMESPACE', name: 'mine' } })),
      create(claim('other')),
      create(claim('mine')),
    ],
  },
  {
    title: 'a volume that is deleted under its claim',
    steps: [
      create(volume('v')),
      create(claim('c')),
      removeVolume('v'),
      patchVolume('v', { metadata: { finalizers: null } }),
    ],
  },
  {
    title: 'two claims, one volume',
    steps: [create(volume('v')), create(claim('a')), create(claim('b')), removeClaim('a')],
  },
]

const reclaim: Case[] = [
  { title: 'a retained volume is released', steps: [create(volume('v')), create(claim('c')), removeClaim('c')] },
  {
    title: 'a released volume can be had when its reference is removed',
    steps: [create(volume('v')), create(claim('c')), removeClaim('c'), patchVolume('v', { spec: { claimRef: null } })],
  },
  {
    title: 'what nobody can delete has failed',
    steps: [create(volume('v', { persistentVolumeReclaimPolicy: 'Delete' })), create(claim('c')), removeClaim('c')],
  },
  {
    title: 'a path that may not be deleted',
    steps: [
      create(volume('v', { nfs: null, hostPath: { path: '/data' }, persistentVolumeReclaimPolicy: 'Delete' })),
      create(claim('c')),
      removeClaim('c'),
    ],
  },
  {
    title: 'a path under /tmp is deleted',
    steps: [
      create(
        volume('v', { nfs: null, hostPath: { path: '/tmp/kubemu-none' }, persistentVolumeReclaimPolicy: 'Delete' }),
      ),
      create(claim('c')),
      removeClaim('c'),
    ],
  },
  {
    title: 'a volume of a driver is left to it',
    steps: [
      create(
        volume('v', {
          nfs: null,
          csi: { driver: 'example.com', volumeHandle: 'h' },
          persistentVolumeReclaimPolicy: 'Delete',
        }),
      ),
      create(claim('c')),
      removeClaim('c'),
    ],
  },
]

function withEphemeral(metadata: object = {}): DynamicObject {
  const spec = { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } }, storageClassName: '' }
  const volumes = [{ name: 'scratch', ephemeral: { volumeClaimTemplate: { metadata, spec } } }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'p' },
    spec: { containers: [{ name: 'main', image: 'busybox' }], volumes },
  } as DynamicObject
}

const ephemeral: Case[] = [
  {
    title: 'the claim of an ephemeral volume is made, and goes with its pod',
    steps: [create(withEphemeral({ labels: { a: 'b' }, annotations: { c: 'd' } })), removePod('p')],
  },
  {
    title: 'the claim of an ephemeral volume is bound and made again',
    steps: [create(volume('v')), create(withEphemeral()), removeClaim('p-scratch')],
  },
  {
    title: 'a claim of somebody else is in the way of an ephemeral volume',
    steps: [create(claim('p-scratch')), create(withEphemeral())],
  },
]

const protection: Case[] = [
  {
    title: 'a claim in use stays until its pod is gone',
    steps: [
      create(volume('v')),
      create(claim('c')),
      create(user('p', 'c')),
      { bind: { name: 'p', node: 'n1' } },
      removeClaim('c'),
      removePod('p'),
    ],
  },
  {
    title: 'a pod that is not bound does not hold a claim',
    steps: [create(claim('c')), create(user('p', 'c')), removeClaim('c')],
  },
  {
    title: 'a claim says since when nobody uses it',
    steps: [
      create(volume('v')),
      create(claim('c')),
      create(user('p', 'c')),
      { pods: { names: ['p'], status: pod.succeeded() } },
      create(user('q', 'c')),
      removePod('q'),
    ],
  },
  { title: 'a volume that is free goes at once', steps: [create(volume('v')), removeVolume('v')] },
  {
    title: 'a volume that is bound goes after its claim',
    steps: [create(volume('v')), create(claim('c')), removeVolume('v'), removeClaim('c')],
  },
]

const classes: Case[] = [
  {
    title: 'a class that does not exist',
    steps: [create(claim('c', { storageClassName: 'none' })), create(storageClass('none', 'example.com/made'))],
  },
  {
    title: 'an external provisioner is waited for',
    steps: [
      create(storageClass('fast', 'example.com/made')),
      create(claim('c', { storageClassName: 'fast' })),
      create(volume('v', { storageClassName: 'fast' })),
    ],
  },
  {
    title: 'a class without a provisioner',
    steps: [
      create(storageClass('local', 'kubernetes.io/no-provisioner')),
      create(claim('c', { storageClassName: 'local' })),
    ],
  },
  {
    title: 'a provisioner of old is served by a driver',
    steps: [create(storageClass('ebs', 'kubernetes.io/aws-ebs')), create(claim('c', { storageClassName: 'ebs' }))],
  },
  {
    title: 'a claim waits for its first consumer, and for its being scheduled',
    steps: [
      create(storageClass('late', 'example.com/made', delayed), volume('v', { storageClassName: 'late' })),
      create(claim('c', { storageClassName: 'late' })),
      create(user('p', 'c')),
      patchClaim('c', { metadata: { annotations: { 'volume.kubernetes.io/selected-node': 'n1' } } }),
    ],
  },
  {
    title: 'a delayed claim takes the volume that a scheduler chose',
    steps: [
      create(storageClass('late', 'example.com/made', delayed), volume('v', { storageClassName: 'late' })),
      create(claim('c', { storageClassName: 'late' })),
      patchVolume('v', { spec: { claimRef: { namespace: 'NAMESPACE', name: 'c' } } }),
    ],
  },
  {
    title: 'a default class that comes later is taken',
    steps: [
      create(claim('c', { storageClassName: undefined })),
      create({
        ...storageClass('std', 'example.com/made'),
        metadata: { name: 'std', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
      } as DynamicObject),
    ],
  },
]

const growing = { allowVolumeExpansion: true }
const grown = (storage: string): Step => patchClaim('c', { spec: wants(storage) })
const csi = { nfs: null, csi: { driver: 'example.com', volumeHandle: 'h' } }
const bound = (spec: object = {}): Step[] => [
  create(storageClass('grows', 'example.com/made', growing), volume('v', { storageClassName: 'grows', ...spec })),
  create(claim('c', { storageClassName: 'grows' })),
]

const expansion: Case[] = [
  { title: 'a claim that grows waits for somebody else', steps: [...bound(csi), grown('2Gi')] },
  { title: 'a claim of a volume of old waits, too', steps: [...bound(), grown('2Gi')] },
  {
    title: 'a claim that has grown waits no more',
    steps: [
      ...bound(csi),
      grown('2Gi'),
      {
        patch: {
          resource: 'persistentvolumeclaims',
          name: 'c',
          subresource: 'status',
          merge: { status: { capacity: { storage: '2Gi' } } },
        },
      },
    ],
  },
  {
    title: 'a claim smaller than its volume waits for what it has',
    steps: [...bound({ ...csi, ...size('5Gi') }), grown('2Gi'), grown('6Gi')],
  },
]

export const volumes: Suite = {
  name: 'volumes',
  controllers: [
    'ephemeral-volume',
    'garbage-collector',
    'persistentvolume-binder',
    'volume-provisioner',
    'persistentvolumeclaim-protection',
    'persistentvolume-protection',
    'persistentvolume-expander',
  ],
  components: ['persistentvolume-controller', 'ephemeral_volume', 'volume_expand'],
  shows: ['persistentvolumeclaims', 'persistentvolumes'],
  cleans: ['storageclasses.storage.k8s.io', 'pods'],
  ignoresCounts: true,
  exclusive: true,
  quietMs: 2500,
  cases: [...binding, ...reclaim, ...ephemeral, ...protection, ...classes, ...expansion],
}
