/** Volumes that nodes must have attached: what the attach-detach controller does. The case itself is the attacher of the driver, and the kubelet. */
import { createHash } from 'node:crypto'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, type Patch, pod, type Step, type Suite } from './case.ts'

const DRIVER = 'disk.example.com'
const MANAGED = 'volumes.kubernetes.io/controller-managed-attach-detach'
const ATTACHMENTS = 'volumeattachments.storage.k8s.io'

const unique = (handle: string): string => `kubernetes.io/csi/${DRIVER}^${handle}`

/** The VolumeAttachment of a volume and a node. */
const attachment = (handle: string, node: string): string =>
  `csi-${createHash('sha256').update(`${handle}${DRIVER}${node}`).digest('hex')}`

function node(name: string, annotations: object = { [MANAGED]: 'true' }): DynamicObject {
  const conditions = [{ type: 'Ready', status: 'True', reason: 'KubeletReady', lastHeartbeatTime: 'NOW' }]
  return { apiVersion: 'v1', kind: 'Node', metadata: { name, annotations }, status: { conditions } } as DynamicObject
}

interface Disk {
  modes?: string[]
  handle?: string
  driver?: string
  claimName?: string
}

/** A volume that is kept for the claim of its name, or another. */
function volume(name: string, { modes, handle = name, driver = DRIVER, claimName = name }: Disk = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolume',
    metadata: { name },
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: modes ?? ['ReadWriteOnce'],
      csi: { driver, volumeHandle: handle },
      claimRef: { namespace: 'NAMESPACE', name: claimName },
    },
  } as DynamicObject
}

function claim(name: string, modes: string[] = ['ReadWriteOnce']): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: { name },
    spec: {
      accessModes: modes,
      resources: { requests: { storage: '1Gi' } },
      storageClassName: '',
      volumeName: name,
    },
  } as DynamicObject
}

const disk = (name: string, more: Disk = {}): DynamicObject[] => [volume(name, more), claim(name, more.modes)]

/** On a node from the start, with the volumes of these claims. */
function user(name: string, nodeName: string, ...claims: string[]): DynamicObject {
  const volumes = claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } }))
  return podWith(name, nodeName, volumes)
}

const podWith = (name: string, nodeName: string, volumes: object[]): DynamicObject =>
  ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name },
    spec: { nodeName, containers: [{ name: 'main', image: 'busybox' }], volumes },
  }) as DynamicObject

const driver = (attachRequired: boolean): DynamicObject =>
  ({
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: DRIVER },
    spec: { attachRequired },
  }) as DynamicObject

const create = (...objects: DynamicObject[]): Step => ({ create: objects })
const remove = (name: string): Step => ({ delete: { resource: 'pods', name, gone: true } })
const say = (handle: string, on: string, status: object): Patch => ({
  resource: ATTACHMENTS,
  name: attachment(handle, on),
  subresource: 'status',
  merge: { status },
})
const hold = (handle: string, on: string, finalizers: string[] | null): Patch => ({
  resource: ATTACHMENTS,
  name: attachment(handle, on),
  merge: { metadata: { finalizers } },
})
const attached = (handle: string, on: string): Step => ({ patch: say(handle, on, { attached: true }) })
const uses = (name: string, ...handles: string[]): Patch => ({
  resource: 'nodes',
  name,
  subresource: 'status',
  merge: { status: { volumesInUse: handles.length > 0 ? handles.map(unique) : null } },
})
const using = (name: string, ...handles: string[]): Step => ({ patch: uses(name, ...handles) })

/** A pod on n1 has the disk. */
const held: Step[] = [
  create(node('n1'), node('n2'), ...disk('d')),
  create(user('p', 'n1', 'd')),
  attached('d', 'n1'),
  using('n1', 'd'),
]

const attaching: Case[] = [
  {
    title: 'a volume is attached to the node of its pod',
    steps: [create(node('n1'), ...disk('d')), create(user('p', 'n1', 'd')), attached('d', 'n1')],
  },
  {
    title: 'a driver that needs it by its own word',
    steps: [create(driver(true), node('n1'), ...disk('d')), create(user('p', 'n1', 'd')), attached('d', 'n1')],
  },
  {
    title: 'a driver that needs no attaching',
    steps: [create(driver(false), node('n1'), ...disk('d')), create(user('p', 'n1', 'd'))],
  },
  {
    title: 'a node that attaches volumes itself',
    steps: [create(node('n1', {}), ...disk('d')), create(user('p', 'n1', 'd'))],
  },
  {
    title: 'a pod without a node',
    steps: [
      create(node('n1'), ...disk('d')),
      create(podWith('p', '', [{ name: 'd', persistentVolumeClaim: { claimName: 'd' } }])),
      { bind: { name: 'p', node: 'n1' } },
      attached('d', 'n1'),
    ],
  },
  {
    title: 'a claim that is bound after its pod has a node',
    steps: [create(node('n1')), create(user('p', 'n1', 'd')), create(...disk('d')), attached('d', 'n1')],
  },
  {
    title: 'two volumes of a pod',
    steps: [
      create(node('n1'), ...disk('d'), ...disk('e')),
      create(user('p', 'n1', 'd', 'e')),
      attached('d', 'n1'),
      attached('e', 'n1'),
    ],
  },
  {
    title: 'two pods of a node with one volume',
    steps: [
      create(node('n1'), ...disk('d')),
      create(user('p', 'n1', 'd')),
      attached('d', 'n1'),
      create(user('q', 'n1', 'd')),
      using('n1', 'd'),
      remove('p'),
      remove('q'),
      using('n1'),
    ],
  },
  {
    title: 'two volumes that are the same disk',
    steps: [
      create(node('n1'), ...disk('d', { handle: 'h' }), ...disk('e', { handle: 'h' })),
      create(user('p', 'n1', 'd')),
      attached('h', 'n1'),
      create(user('q', 'n1', 'e')),
      remove('p'),
      remove('q'),
    ],
  },
  {
    title: 'volumes that are no CSI volumes of their own',
    steps: [
      create(node('n1')),
      create(
        podWith('p', 'n1', [
          { name: 'inline', csi: { driver: DRIVER } },
          { name: 'empty', emptyDir: {} },
          { name: 'share', nfs: { server: 'host', path: '/' } },
        ]),
      ),
    ],
  },
  {
    title: 'an ephemeral volume',
    steps: [
      create(node('n1'), volume('d', { claimName: 'p-scratch' })),
      create(
        podWith('p', 'n1', [
          { name: 'scratch', ephemeral: { volumeClaimTemplate: { spec: { ...claim('d')['spec'], volumeName: 'd' } } } },
        ]),
      ),
      attached('d', 'n1'),
    ],
  },
  {
    title: 'several nodes may have it',
    steps: [
      create(node('n1'), node('n2'), ...disk('d', { modes: ['ReadWriteMany'] })),
      create(user('p', 'n1', 'd'), user('q', 'n2', 'd')),
      attached('d', 'n1'),
      attached('d', 'n2'),
      remove('p'),
      remove('q'),
    ],
  },
]

const failing: Case[] = [
  {
    title: 'what the attacher has against it',
    steps: [
      create(node('n1'), ...disk('d')),
      create(user('p', 'n1', 'd')),
      { patch: say('d', 'n1', { attached: false, attachError: { message: 'no slot is left', time: 'NOW' } }) },
      { patch: say('d', 'n1', { attached: true, attachError: null }), seconds: 9 },
    ],
  },
  {
    title: 'a pod that goes before its volume is attached',
    steps: [
      create(node('n1'), ...disk('d')),
      create(user('p', 'n1', 'd')),
      { patch: say('d', 'n1', { attached: false, attachError: { message: 'not yet', time: 'NOW' } }) },
      { ...remove('p'), seconds: 3 },
    ],
  },
  {
    title: 'what the attacher has against detaching',
    steps: [
      ...held,
      { patch: hold('d', 'n1', ['example.com/attacher']) },
      { patch: uses('n1') },
      remove('p'),
      { patch: say('d', 'n1', { attached: true, detachError: { message: 'busy', time: 'NOW' } }) },
      { patch: hold('d', 'n1', null), seconds: 5 },
    ],
  },
  {
    title: 'a pod that comes back while its volume is detached',
    steps: [
      ...held,
      { patch: hold('d', 'n1', ['example.com/attacher']) },
      { patch: uses('n1') },
      remove('p'),
      create(user('q', 'n1', 'd')),
      { patch: hold('d', 'n1', null), seconds: 3 },
      attached('d', 'n1'),
    ],
  },
]

const detaching: Case[] = [
  { title: 'a volume in use stays when its pod goes', steps: [...held, remove('p'), using('n1')] },
  { title: 'a volume that is not in use goes with its pod', steps: [...held, using('n1'), remove('p')] },
  {
    title: 'a pod that has succeeded',
    steps: [...held, using('n1'), { pods: { names: ['p'], status: pod.succeeded() } }],
  },
  {
    title: 'a pod that is told to stop, and does',
    steps: [
      ...held,
      using('n1'),
      { pods: { names: ['p'], status: { ...pod.running(), containerStatuses: [container({ running: {} })] } } },
      { delete: { resource: 'pods', name: 'p' } },
      {
        pods: {
          names: ['p'],
          status: { containerStatuses: [container({ terminated: { exitCode: 0 }, running: null })] },
        },
      },
    ],
  },
  {
    title: 'a node that is out of service keeps nothing',
    steps: [
      ...held,
      remove('p'),
      {
        patch: {
          resource: 'nodes',
          name: 'n1',
          merge: { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', value: 'x', effect: 'NoExecute' }] } },
        },
      },
    ],
  },
  {
    title: 'a node that is deleted keeps what it had in use',
    steps: [...held, create(user('q', 'n2', 'd')), { delete: { resource: 'nodes', name: 'n1' } }],
  },
]

function container(state: object): object {
  return { name: 'main', ready: false, restartCount: 0, image: 'busybox', imageID: '', state }
}

const moving: Case[] = [
  {
    title: 'a volume that another pod has on another node',
    steps: [...held, create(user('q', 'n2', 'd')), remove('p'), using('n1'), attached('d', 'n2')],
  },
  {
    title: 'a volume that two pods have on another node',
    steps: [...held, create(user('o', 'n1', 'd')), create(user('q', 'n2', 'd'))],
  },
  {
    title: 'a volume that is in use on another node without a pod',
    steps: [...held, remove('p'), create(user('q', 'n2', 'd')), using('n1'), attached('d', 'n2')],
  },
  {
    title: 'a volume that is being detached from another node',
    steps: [
      ...held,
      { patch: hold('d', 'n1', ['example.com/attacher']) },
      using('n1'),
      remove('p'),
      create(user('q', 'n2', 'd')),
      { patch: hold('d', 'n1', null) },
      attached('d', 'n2'),
    ],
  },
]

export const attach: Suite = {
  name: 'attach',
  controllers: [
    'persistentvolume-attach-detach',
    'persistentvolume-binder',
    'persistentvolumeclaim-protection',
    'persistentvolume-protection',
    'ephemeral-volume',
    'ttl',
    'node-lifecycle',
  ],
  components: ['attachdetach-controller'],
  shows: [ATTACHMENTS, 'nodes'],
  sees: ['persistentvolumeclaims', 'persistentvolumes', 'pods'],
  ignoresCounts: true,
  exclusive: true,
  cleans: ['pods', 'persistentvolumeclaims', 'persistentvolumes', 'csidrivers.storage.k8s.io'],
  quietMs: 2500,
  cases: [...attaching, ...failing, ...detaching, ...moving],
}
