/** Which of several nodes that fit is taken: each case has one winner. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case } from './case.ts'
import { comes, create, given, node, pod } from './scheduler.ts'

const zone = (name: string): Record<string, string> => ({ 'topology.kubernetes.io/zone': name })
const prefers = (...terms: [weight: number, key: string, ...values: string[]][]): object => ({
  affinity: {
    nodeAffinity: {
      preferredDuringSchedulingIgnoredDuringExecution: terms.map(([weight, key, ...values]) => ({
        weight,
        preference: { matchExpressions: [{ key, operator: 'In', values }] },
      })),
    },
  },
})
const service = (name: string, selector: object): DynamicObject =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { selector, ports: [{ port: 80 }] },
  }) as DynamicObject

const MB = 1024 * 1024
const image = (name: string, megabytes: number): object => ({ names: [name], sizeBytes: megabytes * MB })

export const scoreCases: readonly Case[] = [
  comes('the node with more room', [node('a', { cpu: '4' }), node('b', { cpu: '16', memory: '32Gi' })], {
    requests: { cpu: '2', memory: '4Gi' },
  }),
  comes(
    'the node that others use less',
    [node('a'), node('b'), pod('x', { node: 'a', requests: { cpu: '2', memory: '4Gi' } })],
    {
      requests: { cpu: '1', memory: '2Gi' },
    },
  ),
  comes(
    'pods that ask for nothing count as something',
    [node('a'), node('b'), pod('x', { node: 'b' }), pod('y', { node: 'b' })],
    {},
  ),
  comes(
    'the node that comes to be balanced',
    [
      node('a'),
      node('b'),
      pod('x', { node: 'a', requests: { cpu: '3', memory: '2Gi' } }),
      pod('y', { node: 'b', requests: { cpu: '1', memory: '6Gi' } }),
    ],
    { requests: { cpu: '1' } },
  ),
  comes(
    'preferred labels by weight',
    [node('a', { labels: { disk: 'hdd' } }), node('b', { labels: { disk: 'ssd' } })],
    {
      spec: prefers([10, 'disk', 'hdd'], [80, 'disk', 'ssd']),
    },
  ),
  comes('preferred labels outweigh a little room', [node('a', { labels: { disk: 'ssd' } }), node('b', { cpu: '6' })], {
    spec: prefers([1, 'disk', 'ssd']),
  }),
  comes(
    'taints that discourage',
    [node('a', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }], cpu: '16', memory: '64Gi' }), node('b')],
    {},
  ),
  comes(
    'taints that discourage are tolerated',
    [
      node('a', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }], cpu: '16', memory: '64Gi' }),
      node('b', { cpu: '1' }),
    ],
    { spec: { tolerations: [{ key: 'k', operator: 'Exists' }] }, requests: { cpu: '500m', memory: '1Gi' } },
  ),
  comes(
    'the node with fewer taints that discourage',
    [
      node('a', {
        taints: [
          { key: 'k', effect: 'PreferNoSchedule' },
          { key: 'l', effect: 'PreferNoSchedule' },
        ],
      }),
      node('b', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }),
    ],
    {},
  ),
  comes('the node that has the image', [node('a'), node('b', { images: [image('busybox:latest', 800)] })], {}),
  comes(
    'an image on few nodes counts less',
    [
      node('a', { images: [image('busybox:latest', 600)] }),
      node('b', { images: [image('busybox:latest', 600)], unschedulable: true }),
      node('c', { images: [image('other:1', 900)] }),
    ],
    {
      spec: {
        containers: [
          { name: 'main', image: 'other:1' },
          { name: 'side', image: 'busybox' },
        ],
      },
    },
  ),
  {
    title: 'pods of a Service are spread over nodes',
    steps: [
      given(
        service('web', { app: 'web' }),
        node('a'),
        node('b'),
        pod('x', { node: 'a', labels: { app: 'web' } }),
        pod('y', { node: 'b', labels: { app: 'other' } }),
      ),
      create(pod('p', { labels: { app: 'web' } })),
    ],
  },
  {
    title: 'pods of a Service are spread over zones',
    steps: [
      given(
        service('web', { app: 'web' }),
        node('a1', { labels: zone('a') }),
        node('a2', { labels: zone('a') }),
        node('b1', { labels: zone('b') }),
        pod('x', { node: 'a1', labels: { app: 'web' } }),
        pod('y', { node: 'a1', labels: { app: 'web' } }),
        pod('z', { node: 'a2', labels: { app: 'web' } }),
        pod('w', { node: 'b1', labels: { app: 'web' } }),
      ),
      create(pod('p', { labels: { app: 'web' } })),
    ],
  },
  {
    title: 'pods of a ReplicaSet are spread',
    steps: [
      given(node('a'), node('b'), node('c')),
      create({
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: { name: 'rs' },
        spec: {
          replicas: 0,
          selector: { matchLabels: { app: 'rs' } },
          template: {
            metadata: { labels: { app: 'rs' } },
            spec: { containers: [{ name: 'main', image: 'busybox' }] },
          },
        },
      } as DynamicObject),
      create(
        pod('x', { node: 'a', labels: { app: 'rs' } }),
        pod('y', { node: 'c', labels: { app: 'rs' } }),
        pod('n', { node: 'b', requests: { cpu: '200m', memory: '400Mi' } }),
      ),
      create(pod('p', { labels: { app: 'rs' }, metadata: { ownerReferences: [ownedBy('ReplicaSet', 'rs')] } })),
    ],
  },
]

function ownedBy(kind: string, name: string): object {
  return { apiVersion: 'apps/v1', kind, name, uid: `uid-of-${name}`, controller: true }
}
