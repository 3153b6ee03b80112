/** StatefulSets: what the statefulset controller does, with the protection of claims and the garbage collector beside it. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, pod, type Step, type Suite } from './case.ts'

const template = (image = 'one'): object => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image }] },
})

function setWith(spec: object, metadata: object = {}): DynamicObject {
  return {
    apiVersion: 'apps/v1',
    kind: 'StatefulSet',
    metadata: { name: 'web', ...metadata },
    spec: { serviceName: 'web', selector: { matchLabels: { app: 'web' } }, template: template(), ...spec },
  } as DynamicObject
}

const create = (spec: object, metadata?: object): Step => ({ create: setWith(spec, metadata) })
const patch = (spec: object): Step => ({ patch: { resource: 'statefulsets.apps', name: 'web', merge: { spec } } })
const image = (name: string): Step => patch({ template: { spec: { containers: [{ name: 'main', image: name }] } } })
const ready = (...ordinals: number[]): Step => ({
  pods: { status: pod.ready(), names: ordinals.map((ordinal) => `web-${ordinal}`) },
})
const unready = (...ordinals: number[]): Step => ({
  pods: { status: pod.running(), names: ordinals.map((ordinal) => `web-${ordinal}`) },
})
const bind = (ordinal: number): Step => ({ bind: { name: `web-${ordinal}`, node: 'n1' } })
const remove = (ordinal: number, gone = false): Step => ({
  delete: { resource: 'pods', name: `web-${ordinal}`, ...(gone ? { gone } : {}) },
})
const claims = (name = 'data'): object[] => [
  { metadata: { name }, spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
]
const parallel = { podManagementPolicy: 'Parallel' }

const basics: Case[] = [
  {
    title: 'pods are made one after the other, each when the one before is ready',
    steps: [create({ replicas: 3 }), ready(0), unready(1), ready(1), ready(2)],
  },
  { title: 'parallel pods are made at once', steps: [create({ replicas: 3, ...parallel }), ready(1), ready(0, 2)] },
  {
    title: 'ordinals start where they are told to',
    steps: [create({ replicas: 2, ordinals: { start: 5 } }), ready(5)],
  },
  {
    title: 'the start of ordinals moves',
    steps: [create({ replicas: 2, ...parallel }), ready(0, 1), patch({ ordinals: { start: 1 } }), ready(2)],
  },
  { title: 'no replicas', steps: [create({ replicas: 0 }), patch({ replicas: 1 })] },
  {
    title: 'scaling down removes the highest first, one after the other',
    steps: [create({ replicas: 3 }), ready(0), ready(1), ready(2), patch({ replicas: 1 })],
  },
  {
    title: 'scaling down waits for pods that stop',
    steps: [
      create({ replicas: 3, ...parallel }),
      bind(2),
      bind(1),
      ready(0, 1, 2),
      patch({ replicas: 1 }),
      remove(2, true),
      remove(1, true),
    ],
  },
  {
    title: 'ordered scaling down waits for pods that stop',
    steps: [
      create({ replicas: 2 }),
      bind(0),
      ready(0),
      bind(1),
      ready(1),
      patch({ replicas: 0 }),
      remove(1, true),
      remove(0, true),
    ],
  },
  {
    title: 'scaling down waits for an unready pod below',
    steps: [create({ replicas: 3 }), ready(0), ready(1), ready(2), unready(0), patch({ replicas: 1 }), ready(0)],
  },
  {
    title: 'parallel scaling down does not wait',
    steps: [create({ replicas: 3, ...parallel }), patch({ replicas: 1 })],
  },
  { title: 'a deleted pod is made again', steps: [create({ replicas: 2 }), ready(0), ready(1), remove(0)] },
  {
    title: 'a failed pod is deleted and made again',
    steps: [create({ replicas: 1 }), { pods: { status: pod.failed(), names: ['web-0'] } }],
  },
  {
    title: 'a succeeded pod is deleted and made again, in parallel too',
    steps: [create({ replicas: 2, ...parallel }), { pods: { status: pod.succeeded(), names: ['web-1'] } }],
  },
  {
    title: 'pods are available after minReadySeconds',
    steps: [create({ replicas: 2, minReadySeconds: 5 }), ready(0), { seconds: 5 }],
  },
  {
    title: 'a pod without a label of its identity gets it back',
    steps: [
      create({ replicas: 1 }),
      ready(0),
      { pods: { names: ['web-0'], merge: { metadata: { labels: { 'statefulset.kubernetes.io/pod-name': null } } } } },
    ],
  },
  {
    title: 'a pod that loses its labels is let go and replaced is in the way',
    steps: [
      create({ replicas: 1 }),
      ready(0),
      { pods: { names: ['web-0'], merge: { metadata: { labels: { app: null } } } } },
    ],
  },
  {
    title: 'a matching pod with the right name is adopted',
    steps: [
      {
        create: {
          apiVersion: 'v1',
          kind: 'Pod',
          metadata: { name: 'web-0', labels: { app: 'web' } },
          spec: { containers: [{ name: 'main', image: 'one' }] },
        } as DynamicObject,
      },
      create({ replicas: 1 }),
      ready(0),
    ],
  },
  {
    title: 'a deleted set takes its pods with it',
    steps: [
      create({ replicas: 2, ...parallel }),
      { delete: { resource: 'statefulsets.apps', name: 'web', propagationPolicy: 'Background' } },
    ],
  },
]

const updates: Case[] = [
  {
    title: 'a rolling update goes from the highest down, one at a time',
    steps: [create({ replicas: 3 }), ready(0), ready(1), ready(2), image('two'), ready(2), ready(1), ready(0)],
  },
  {
    title: 'a rolling update waits for pods that stop',
    steps: [create({ replicas: 2, ...parallel }), bind(1), ready(0, 1), image('two'), remove(1, true), ready(1)],
  },
  {
    title: 'an update stops at the partition, and goes on when it is lowered',
    steps: [
      create({ replicas: 3, ...parallel, updateStrategy: { rollingUpdate: { partition: 2 } } }),
      ready(0, 1, 2),
      image('two'),
      ready(2),
      remove(0),
      ready(0),
      patch({ updateStrategy: { rollingUpdate: { partition: 0 } } }),
      ready(1),
      ready(0),
    ],
  },
  {
    title: 'OnDelete updates what is deleted',
    steps: [
      create({ replicas: 2, ...parallel, updateStrategy: { type: 'OnDelete' } }),
      ready(0, 1),
      image('two'),
      remove(0),
      ready(0),
    ],
  },
  {
    title: 'maxUnavailable updates several at a time',
    steps: [
      create({ replicas: 4, updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } }),
      ready(0),
      ready(1),
      ready(2),
      ready(3),
      image('two'),
      ready(2),
      ready(3),
    ],
  },
  {
    title: 'maxUnavailable in percent, in parallel',
    steps: [
      create({ replicas: 4, ...parallel, updateStrategy: { rollingUpdate: { maxUnavailable: '50%' } } }),
      ready(0, 1, 2, 3),
      image('two'),
      ready(2, 3),
    ],
  },
  {
    title: 'a broken update is rolled back',
    steps: [create({ replicas: 2 }), ready(0), ready(1), image('two'), image('one'), ready(1)],
  },
  {
    title: 'a broken parallel update is replaced',
    steps: [create({ replicas: 2, ...parallel }), ready(0, 1), image('two'), image('three'), ready(1)],
  },
  {
    title: 'going back to an old template makes its revision the newest',
    steps: [create({ replicas: 0 }), image('two'), image('one')],
  },
  {
    title: 'old revisions are deleted beyond the limit',
    steps: [create({ replicas: 0, revisionHistoryLimit: 1 }), image('two'), image('three'), image('four')],
  },
  {
    title: 'a revision has the annotations of the set and the labels of the template',
    steps: [create({ replicas: 0 }, { annotations: { why: 'first' } })],
  },
  {
    title: 'a template that Go prints otherwise has its hash',
    steps: [
      create({
        replicas: 0,
        template: {
          metadata: { labels: { app: 'web' }, annotations: { text: 'a<b>&"c"' } },
          spec: {
            containers: [{ name: 'main', image: 'i', resources: { limits: { cpu: '0.5', memory: '1Gi' } } }],
            volumes: [{ name: 'v', emptyDir: {} }],
          },
        },
      }),
    ],
  },
]

const storage: Case[] = [
  {
    title: 'each pod has claims of its own, which stay',
    steps: [create({ replicas: 2, volumeClaimTemplates: claims() }), ready(0), ready(1), patch({ replicas: 1 })],
  },
  {
    title: 'claims with several templates and labels',
    steps: [
      create({
        replicas: 1,
        volumeClaimTemplates: [{ ...claims()[0], metadata: { name: 'data', labels: { tier: 'db' } } }],
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'main', image: 'i' }], volumes: [{ name: 'other', emptyDir: {} }] },
        },
      }),
    ],
  },
  {
    title: 'claims go when the set is scaled down',
    steps: [
      create({
        replicas: 2,
        ...parallel,
        volumeClaimTemplates: claims(),
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Retain' },
      }),
      ready(0, 1),
      patch({ replicas: 1 }),
    ],
  },
  {
    title: 'claims go with the set',
    steps: [
      create({
        replicas: 1,
        volumeClaimTemplates: claims(),
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Delete' },
      }),
      ready(0),
      { delete: { resource: 'statefulsets.apps', name: 'web', propagationPolicy: 'Background' } },
    ],
  },
  {
    title: 'both retention policies delete',
    steps: [
      create({
        replicas: 2,
        ...parallel,
        volumeClaimTemplates: claims(),
        persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Delete' },
      }),
      ready(0, 1),
      patch({ replicas: 1 }),
    ],
  },
  {
    title: 'a retention policy that changes is followed',
    steps: [
      create({ replicas: 1, volumeClaimTemplates: claims() }),
      ready(0),
      patch({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Delete', whenDeleted: 'Delete' } }),
      patch({ persistentVolumeClaimRetentionPolicy: { whenScaled: 'Retain', whenDeleted: 'Retain' } }),
    ],
  },
  {
    title: 'a claim that is there is used',
    steps: [
      {
        create: {
          apiVersion: 'v1',
          kind: 'PersistentVolumeClaim',
          metadata: { name: 'data-web-0' },
          spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } } },
        } as DynamicObject,
      },
      create({ replicas: 1, volumeClaimTemplates: claims() }),
    ],
  },
]

export const statefulset: Suite = {
  name: 'statefulset',
  controllers: ['statefulset', 'persistentvolumeclaim-protection', 'garbage-collector'],
  components: ['statefulset-controller'],
  shows: ['statefulsets.apps', 'pods', 'persistentvolumeclaims', 'controllerrevisions.apps'],
  quietMs: 1500,
  cases: [...basics, ...updates, ...storage],
}
