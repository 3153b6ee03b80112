/** Where a pod can go, and what is said when it cannot. */
import type { Case } from './case.ts'
import { comes, create, given, gone, node, patchNode, patchPod, pod } from './scheduler.ts'

const taint = (key: string, effect: string, value?: string): object => ({ key, effect, ...(value ? { value } : {}) })
const requires = (...terms: object[]): object => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: terms } } },
})
const label = (key: string, operator: string, ...values: string[]): object => ({
  matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }],
})
const named = (...values: string[]): object => ({ matchFields: [{ key: 'metadata.name', operator: 'In', values }] })
const port = (hostPort: number, more: object = {}): object => ({
  containers: [{ name: 'main', image: 'busybox', ports: [{ containerPort: 80, hostPort, ...more }] }],
})

const resources: Case[] = [
  { title: 'no nodes', steps: [create(pod('p'))] },
  comes('room on one', [node('a', { cpu: '1' }), node('b')], { requests: { cpu: '2' } }),
  comes('more than any node has', [node('a'), node('b')], { requests: { cpu: '8', memory: '1Gi' } }),
  comes('too much of two resources', [node('a')], { requests: { cpu: '8', memory: '64Gi' } }),
  comes(
    'others hold what is asked for',
    [
      node('a'),
      node('b'),
      pod('x', { node: 'a', requests: { cpu: '3' } }),
      pod('y', { node: 'b', requests: { memory: '7Gi' } }),
    ],
    { requests: { cpu: '2', memory: '2Gi' } },
  ),
  comes('no pod slots', [node('a', { more: { pods: '1' } }), pod('x', { node: 'a' })], {}),
  comes('extended resource on one node', [node('a'), node('b', { more: { 'example.com/gpu': '2' } })], {
    requests: { 'example.com/gpu': '1' },
  }),
  comes(
    'extended resource used up',
    [node('b', { more: { 'example.com/gpu': '2' } }), pod('x', { node: 'b', requests: { 'example.com/gpu': '2' } })],
    { requests: { 'example.com/gpu': '1' } },
  ),
  comes('extended resource that nobody has', [node('a')], { requests: { 'example.com/gpu': '1', cpu: '8' } }),
  comes('ephemeral storage', [node('a', { more: { 'ephemeral-storage': '1Gi' } })], {
    requests: { 'ephemeral-storage': '2Gi' },
  }),
  comes('the largest init container counts', [node('a')], {
    requests: { cpu: '1' },
    spec: { initContainers: [{ name: 'i', image: 'busybox', resources: { requests: { cpu: '5' } } }] },
  }),
  comes('sidecars count beside containers', [node('a')], {
    requests: { cpu: '2' },
    spec: {
      initContainers: [
        { name: 's', image: 'busybox', restartPolicy: 'Always', resources: { requests: { cpu: '2500m' } } },
      ],
    },
  }),
  comes('what the whole pod asks for counts', [node('a')], {
    requests: { cpu: '1' },
    spec: { resources: { requests: { cpu: '5' } } },
  }),
]

const selection: Case[] = [
  comes('node selector', [node('a'), node('b', { labels: { disk: 'ssd' } })], {
    spec: { nodeSelector: { disk: 'ssd' } },
  }),
  comes('node selector that matches none', [node('a'), node('b')], { spec: { nodeSelector: { disk: 'ssd' } } }),
  comes('affinity: In', [node('a', { labels: { disk: 'hdd' } }), node('b', { labels: { disk: 'ssd' } })], {
    spec: requires(label('disk', 'In', 'ssd', 'nvme')),
  }),
  comes('affinity: Gt', [node('a', { labels: { gen: '3' } }), node('b', { labels: { gen: '5' } })], {
    spec: requires(label('gen', 'Gt', '4')),
  }),
  comes('affinity: one of two terms', [node('a'), node('b', { labels: { gen: '5' } })], {
    spec: requires(label('disk', 'Exists'), label('gen', 'Exists')),
  }),
  comes('affinity: a node by name', [node('a'), node('b')], { spec: requires(named('b')) }),
  comes('affinity: a node by name that is full', [node('a'), node('b', { cpu: '1' }), node('c')], {
    spec: requires(named('b')),
    requests: { cpu: '2' },
  }),
  comes('affinity: a node by name that is not there', [node('a'), node('b')], { spec: requires(named('nowhere')) }),
  comes('affinity: names that exclude one another', [node('a'), node('b')], {
    spec: requires({
      matchFields: [
        { key: 'metadata.name', operator: 'In', values: ['a'] },
        { key: 'metadata.name', operator: 'In', values: ['b'] },
      ],
    }),
  }),
  comes(
    'taints that are not tolerated',
    [node('a', { taints: [taint('k', 'NoSchedule', 'v')] }), node('b', { taints: [taint('k', 'NoExecute')] })],
    {},
  ),
  comes(
    'a taint that is tolerated',
    [node('a', { taints: [taint('k', 'NoSchedule', 'v')] }), node('b', { taints: [taint('other', 'NoSchedule')] })],
    {
      spec: { tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }] },
    },
  ),
  comes('a cordoned node', [node('a', { unschedulable: true })], {}),
  comes('a cordoned node that is tolerated', [node('a', { unschedulable: true })], {
    spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] },
  }),
  comes('a taken host port', [node('a'), pod('x', { node: 'a', spec: port(8080) })], { spec: port(8080) }),
  comes('the same port of another protocol', [node('a'), pod('x', { node: 'a', spec: port(8080) })], {
    spec: port(8080, { protocol: 'UDP' }),
  }),
  comes(
    'the same port of another address',
    [node('a'), pod('x', { node: 'a', spec: port(8080, { hostIP: '10.0.0.1' }) })],
    {
      spec: port(8080, { hostIP: '10.0.0.2' }),
    },
  ),
  comes(
    'the same port of all addresses',
    [node('a'), pod('x', { node: 'a', spec: port(8080, { hostIP: '10.0.0.1' }) })],
    {
      spec: port(8080),
    },
  ),
  comes(
    'each node for another reason',
    [
      node('a', { taints: [taint('k', 'NoSchedule')] }),
      node('b', { unschedulable: true }),
      node('c', { labels: { disk: 'ssd' }, cpu: '1' }),
      node('d'),
    ],
    { spec: { nodeSelector: { disk: 'ssd' } }, requests: { cpu: '2' } },
  ),
]

const queue: Case[] = [
  {
    title: 'a node that comes helps',
    steps: [given(node('a', { cpu: '1' })), create(pod('p', { requests: { cpu: '2' } })), given(node('b'))],
  },
  {
    title: 'a node that grows helps',
    steps: [
      given(node('a', { cpu: '1' })),
      create(pod('p', { requests: { cpu: '2' } })),
      {
        patch: {
          resource: 'nodes',
          name: 'a',
          subresource: 'status',
          merge: { status: { capacity: { cpu: '4' }, allocatable: { cpu: '4' } } },
        },
      },
    ],
  },
  {
    title: 'a pod that goes helps',
    steps: [
      given(node('a'), pod('x', { node: 'a', requests: { cpu: '3' } })),
      create(pod('p', { requests: { cpu: '2' } })),
      gone('x'),
    ],
  },
  {
    title: 'a pod that is over helps',
    steps: [
      given(node('a'), pod('x', { node: 'a', requests: { cpu: '3' } })),
      create(pod('p', { requests: { cpu: '2' } })),
      { pods: { names: ['x'], status: { phase: 'Succeeded' } } },
    ],
  },
  {
    title: 'a taint that goes helps',
    steps: [
      given(node('a', { taints: [taint('k', 'NoSchedule')] })),
      create(pod('p')),
      patchNode('a', { spec: { taints: null } }),
    ],
  },
  {
    title: 'a label that comes helps',
    steps: [
      given(node('a')),
      create(pod('p', { spec: { nodeSelector: { disk: 'ssd' } } })),
      patchNode('a', { metadata: { labels: { disk: 'ssd' } } }),
    ],
  },
  {
    title: 'uncordoning helps',
    steps: [
      given(node('a', { unschedulable: true })),
      create(pod('p')),
      patchNode('a', { spec: { unschedulable: null, taints: null } }),
    ],
  },
  {
    title: 'a toleration that comes helps',
    steps: [
      given(node('a', { taints: [taint('k', 'NoSchedule')] })),
      create(pod('p')),
      patchPod('p', {
        spec: {
          tolerations: [
            { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
            { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 300 },
            { key: 'k', operator: 'Exists' },
          ],
        },
      }),
    ],
  },
  {
    title: 'gates keep a pod waiting until the last is gone',
    steps: [
      given(node('a')),
      create(pod('p', { spec: { schedulingGates: [{ name: 'example.com/one' }, { name: 'example.com/two' }] } })),
      patchPod('p', { spec: { schedulingGates: [{ name: 'example.com/two' }] } }),
      patchPod('p', { spec: { schedulingGates: [] } }),
    ],
  },
  {
    title: 'pods of another scheduler are left alone, and count once they are bound',
    steps: [
      given(node('a')),
      create(pod('other', { spec: { schedulerName: 'custom' }, requests: { cpu: '3' } })),
      { bind: { name: 'other', node: 'a' } },
      create(pod('p', { requests: { cpu: '2' } })),
    ],
  },
  {
    title: 'the message changes when the reason does',
    steps: [
      given(node('a', { cpu: '1' })),
      create(pod('p', { requests: { cpu: '2' } })),
      given(node('b', { taints: [taint('k', 'NoSchedule')] })),
    ],
  },
]

export const filterCases: readonly Case[] = [...resources, ...selection, ...queue]
