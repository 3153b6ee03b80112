/** PodDisruptionBudgets: what the disruption controller counts. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Case, pod, type Step, type Suite } from './case.ts'

const budget = (spec: object): Step => ({
  create: {
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name: 'pdb' },
    spec: { selector: { matchLabels: { app: 'web' } }, ...spec },
  } as DynamicObject,
})

const replicas = (count: number, kind = 'ReplicaSet', name = 'web'): Step => ({
  create: {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name },
    spec: {
      replicas: count,
      selector: { matchLabels: { set: name } },
      ...(kind === 'StatefulSet' ? { serviceName: 'x', podManagementPolicy: 'Parallel' } : {}),
      template: {
        metadata: { labels: { app: 'web', set: name } },
        spec: { containers: [{ name: 'main', image: 'one' }] },
      },
    },
  } as DynamicObject,
})

const bare = (...names: string[]): Step => ({
  create: names.map((name) => ({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web' } },
    spec: { containers: [{ name: 'main', image: 'one' }] },
  })) as DynamicObject[],
})
const ready: Step = { pods: { status: pod.ready() } }
const readyOnly = (...names: string[]): Step => ({ pods: { status: pod.ready(), names } })
const patch = (spec: object): Step => ({
  patch: { resource: 'poddisruptionbudgets.policy', name: 'pdb', merge: { spec } },
})
const scale = (count: number): Step => ({
  patch: { resource: 'replicasets.apps', name: 'web', merge: { spec: { replicas: count } } },
})
const disrupted = (times: object): Step => ({
  patch: {
    resource: 'poddisruptionbudgets.policy',
    name: 'pdb',
    subresource: 'status',
    merge: { status: { disruptedPods: times } },
  },
})

const counts: Case[] = [
  { title: 'no pods', steps: [budget({ minAvailable: 1 })] },
  { title: 'at least one of three', steps: [budget({ minAvailable: 1 }), replicas(3), ready] },
  { title: 'at least more than there are', steps: [budget({ minAvailable: 5 }), replicas(3), ready] },
  { title: 'at least half, rounded up', steps: [budget({ minAvailable: '50%' }), replicas(3), ready] },
  { title: 'at least all', steps: [budget({ minAvailable: '100%' }), replicas(2), ready] },
  { title: 'one may be unavailable', steps: [budget({ maxUnavailable: 1 }), replicas(3), ready] },
  { title: 'a third may be unavailable, rounded up', steps: [budget({ maxUnavailable: '30%' }), replicas(4), ready] },
  { title: 'none may be unavailable', steps: [budget({ maxUnavailable: 0 }), replicas(2), ready] },
  { title: 'neither is said', steps: [budget({}), replicas(2), ready] },
  { title: 'some are ready', steps: [budget({ minAvailable: 1 }), replicas(3), readyOnly('web-POD1')] },
  { title: 'pods without an owner count for a number', steps: [budget({ minAvailable: 1 }), bare('a', 'b'), ready] },
  { title: 'pods without an owner do not count for a share', steps: [budget({ maxUnavailable: 1 }), bare('a'), ready] },
  {
    title: 'pods of two owners',
    steps: [budget({ maxUnavailable: '50%' }), replicas(2), replicas(3, 'ReplicaSet', 'other'), ready],
  },
  { title: 'pods of a Deployment', steps: [budget({ maxUnavailable: 1 }), replicas(2, 'Deployment'), ready] },
  { title: 'pods of a StatefulSet', steps: [budget({ maxUnavailable: 1 }), replicas(2, 'StatefulSet'), ready] },
  { title: 'every pod of the namespace', steps: [budget({ minAvailable: 1, selector: {} }), bare('a', 'b'), ready] },
]

const changes: Case[] = [
  { title: 'another number', steps: [budget({ minAvailable: 1 }), replicas(3), ready, patch({ minAvailable: 3 })] },
  { title: 'another size', steps: [budget({ maxUnavailable: 1 }), replicas(2), ready, scale(4), ready] },
  {
    title: 'pods that are no longer ready',
    steps: [budget({ minAvailable: 2 }), replicas(3), ready, { pods: { status: pod.running() } }],
  },
  {
    title: 'another selector',
    steps: [budget({ minAvailable: 1 }), replicas(2), ready, patch({ selector: { matchLabels: { app: 'other' } } })],
  },
  { title: 'an eviction', steps: [budget({ minAvailable: 1 }), bare('a', 'b'), ready, { evict: 'a' }] },
  { title: 'an eviction that is refused', steps: [budget({ minAvailable: 2 }), bare('a', 'b'), ready, { evict: 'a' }] },
  {
    title: 'an eviction of a pod that is not ready',
    steps: [
      budget({ minAvailable: 2, unhealthyPodEvictionPolicy: 'AlwaysAllow' }),
      bare('a', 'b'),
      readyOnly('a'),
      { evict: 'b' },
    ],
  },
  {
    title: 'a pod that was evicted and is still there',
    steps: [budget({ minAvailable: 1 }), bare('a', 'b'), ready, disrupted({ a: 'NOW-30' })],
  },
  {
    title: 'a pod that was evicted long ago and is still there',
    steps: [budget({ minAvailable: 1 }), bare('a', 'b'), ready, disrupted({ a: 'NOW-200' })],
  },
  {
    title: 'a disruption that did not come is taken back',
    steps: [
      bare('a'),
      ready,
      {
        pods: {
          status: {
            conditions: [
              {
                type: 'DisruptionTarget',
                status: 'True',
                reason: 'EvictionByEvictionAPI',
                message: 'm',
                lastTransitionTime: 'NOW-150',
              },
            ],
          },
        },
      },
    ],
  },
]

export const disruption: Suite = {
  name: 'disruption',
  controllers: ['disruption', 'replicaset', 'deployment', 'statefulset'],
  components: ['controllermanager'],
  shows: ['poddisruptionbudgets.policy'],
  sees: ['pods'],
  ignoresCounts: true,
  quietMs: 2000,
  cases: [...counts, ...changes],
}
