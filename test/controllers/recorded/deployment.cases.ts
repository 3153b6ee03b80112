/** Deployments: what the deployment and replicaset controllers do. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, pod, type Step, type Suite } from './case.ts'

const template = (image: string, more: object = {}): object => ({
  metadata: { labels: { app: 'web' } },
  spec: { containers: [{ name: 'main', image }], ...more },
})

const create = (spec: object = {}, metadata: object = {}): Step => ({
  create: {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', ...metadata },
    spec: { replicas: 3, selector: { matchLabels: { app: 'web' } }, template: template('one'), ...spec },
  } as DynamicObject,
})
const merge = (patch: object): Step => ({ patch: { resource: 'deployments.apps', name: 'web', merge: patch } })
const patch = (spec: object): Step => merge({ spec })
const image = (name: string): Step => patch({ template: { spec: { containers: [{ name: 'main', image: name }] } } })
const ready: Step = { pods: { status: pod.ready() } }
const readyIn = (hash: number, ...pods: number[]): Step => ({
  pods: { status: pod.ready(), names: pods.map((n) => `web-HASH${hash}-POD${n}`) },
})
/** One after the other: what the controllers do in between is not left to chance. */
const eachReady = (hash: number, ...pods: number[]): Step[] => pods.map((n) => readyIn(hash, n))
const wait = (seconds: number): Step => ({ seconds })
const rolling = (maxSurge: number | string, maxUnavailable: number | string): object => ({
  strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } },
})
const recreate = { strategy: { type: 'Recreate' } }
const remove = (propagationPolicy: string): Step => ({
  delete: { resource: 'deployments.apps', name: 'web', propagationPolicy },
})

const rollouts: Case[] = [
  { title: 'replicas are made, and are available when they are ready', steps: [create(), ready] },
  { title: 'no replicas', steps: [create({ replicas: 0 })] },
  { title: 'a new image, step by step', steps: [create(), ready, image('two'), ...eachReady(2, 1, 2, 3)] },
  { title: 'surge only', steps: [create(rolling(2, 0)), ready, image('two'), ...eachReady(2, 1, 2, 3)] },
  { title: 'unavailable only', steps: [create(rolling(0, 1)), ready, image('two'), ...eachReady(2, 1, 2, 3)] },
  {
    title: 'percents are rounded up for surge and down for unavailable',
    steps: [create({ replicas: 5, ...rolling('30%', '30%') }), ready, image('two'), ...eachReady(2, 1, 2)],
  },
  {
    title: 'when both percents come to nothing, one may be unavailable',
    steps: [create({ replicas: 2, ...rolling(0, '1%') }), ready, image('two')],
  },
  { title: 'pods that never were ready go first', steps: [create(), readyIn(1, 1), image('two')] },
  {
    title: 'a third image while the second comes',
    steps: [create(), ready, image('two'), image('three'), ready, ready],
  },
  {
    title: 'back to the first image while the second comes',
    steps: [create(), ready, image('two'), image('one'), ready],
  },
  {
    title: 'back to the first image later, which is a new revision of the old ReplicaSet',
    steps: [create({ replicas: 1 }), ready, image('two'), ready, image('one'), ready],
  },
  {
    title: 'old ReplicaSets beyond the limit go',
    steps: [
      create({ replicas: 1, revisionHistoryLimit: 1 }),
      ready,
      ...['two', 'three', 'four'].flatMap((name) => [image(name), ready]),
    ],
  },
  {
    title: 'a limit of nothing keeps none',
    steps: [create({ replicas: 1, revisionHistoryLimit: 0 }), ready, image('two'), ready],
  },
  { title: 'all go before the new ones come', steps: [create(recreate), ready, image('two'), ready] },
  { title: 'from Recreate to RollingUpdate', steps: [create(recreate), ready, patch(rolling(1, 0)), image('two')] },
]

const scaling: Case[] = [
  {
    title: 'more replicas, then fewer',
    steps: [create(), ready, patch({ replicas: 5 }), ready, patch({ replicas: 2 })],
  },
  { title: 'to nothing and back', steps: [create(), ready, patch({ replicas: 0 }), patch({ replicas: 2 }), ready] },
  {
    title: 'more in the middle of a rollout are spread in proportion',
    steps: [create({ replicas: 8, ...rolling(3, 2) }), ready, image('two'), patch({ replicas: 12 })],
  },
  {
    title: 'fewer in the middle of a rollout are taken in proportion',
    steps: [create({ replicas: 8, ...rolling(3, 2) }), ready, image('two'), patch({ replicas: 5 })],
  },
  {
    title: 'more while it is paused in the middle of a rollout',
    steps: [
      create({ replicas: 8, ...rolling(3, 2) }),
      ready,
      image('two'),
      patch({ paused: true }),
      patch({ replicas: 16 }),
      patch({ paused: false }),
    ],
  },
  {
    title: 'three templates share what is added',
    steps: [create({ replicas: 6, ...rolling(2, 2) }), ready, image('two'), image('three'), patch({ replicas: 12 })],
  },
]

const conditions: Case[] = [
  {
    title: 'no progress within the deadline',
    steps: [create({ replicas: 1, progressDeadlineSeconds: 6 }), wait(7), ready],
  },
  {
    title: 'a rollout that stalls, and an image that heals it',
    steps: [create({ replicas: 2, progressDeadlineSeconds: 6 }), ready, image('bad'), wait(7), image('one'), ready],
  },
  {
    title: 'complete is complete: pods that are no longer ready do not count against the deadline',
    steps: [create({ replicas: 1, progressDeadlineSeconds: 6 }), ready, { pods: { status: pod.running() } }, wait(7)],
  },
  {
    title: 'no deadline, no condition about progress',
    steps: [create({ progressDeadlineSeconds: 2147483647 }), ready],
  },
  {
    title: 'ready for long enough',
    steps: [create({ replicas: 2, minReadySeconds: 6 }), ready, wait(7)],
  },
  {
    title: 'ready for long enough, in a rollout',
    steps: [
      create({ replicas: 2, minReadySeconds: 6, ...rolling(1, 0) }),
      ready,
      wait(7),
      image('two'),
      readyIn(2, 1),
      wait(7),
      readyIn(2, 2),
      wait(7),
    ],
  },
  { title: 'some are available, and that is enough', steps: [create({ replicas: 4 }), readyIn(1, 1, 2, 3)] },
  { title: 'pods that are no longer ready', steps: [create(), ready, { pods: { status: pod.running() } }] },
]

const pausing: Case[] = [
  { title: 'paused from the start', steps: [create({ paused: true }), patch({ paused: false }), ready] },
  {
    title: 'paused, changed twice, resumed',
    steps: [create(), ready, patch({ paused: true }), image('two'), image('three'), patch({ paused: false }), ready],
  },
  {
    title: 'time does not run out while it is paused',
    steps: [
      create({ replicas: 1, progressDeadlineSeconds: 2 }),
      patch({ paused: true }),
      wait(4),
      patch({ paused: false }),
    ],
  },
  { title: 'scaled while it is paused', steps: [create(), ready, patch({ paused: true }), patch({ replicas: 5 })] },
]

const owning: Case[] = [
  {
    title: 'annotations go to the ReplicaSet, but for the last applied configuration',
    steps: [
      create({ replicas: 1 }, { annotations: { team: 'a', 'kubectl.kubernetes.io/last-applied-configuration': '{}' } }),
      merge({ metadata: { annotations: { team: 'b', 'kubernetes.io/change-cause': 'because' } } }),
    ],
  },
  {
    title: 'a label of the template that is new makes a ReplicaSet',
    steps: [create(), ready, patch({ template: { metadata: { labels: { tier: 'x' } } } })],
  },
  {
    title: 'a ReplicaSet that somebody deletes comes again',
    steps: [create({ replicas: 1 }), { delete: { resource: 'replicasets.apps', name: 'web-HASH1' } }],
  },
  { title: 'deleted in the background', steps: [create(), remove('Background')] },
  { title: 'deleted in the foreground', steps: [create(), remove('Foreground')] },
  { title: 'deleted, its ReplicaSet orphaned and adopted by the next', steps: [create(), remove('Orphan'), create()] },
]

export const deployment: Suite = {
  name: 'deployment',
  controllers: ['deployment', 'replicaset', 'garbage-collector'],
  components: ['deployment-controller', 'replicaset-controller'],
  shows: ['deployments.apps', 'replicasets.apps'],
  sees: ['pods'],
  alikePods: true,
  quietMs: 1500,
  cases: [...rollouts, ...scaling, ...conditions, ...pausing, ...owning],
}
