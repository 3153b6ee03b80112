/** Pods that have to go for more important ones. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case } from './case.ts'
import { create, given, gone, node, type PodShape, pod, priorityClass } from './scheduler.ts'

const classes = [priorityClass('low', 10), priorityClass('middle', 100), priorityClass('high', 1000)]
const of = (priorityClassName: string, cpu: string, more: PodShape = {}): PodShape => ({
  requests: { cpu },
  ...more,
  spec: { priorityClassName, ...more.spec },
})
const running = (minute: number): object => ({
  phase: 'Running',
  startTime: `2026-01-01T10:${String(minute).padStart(2, '0')}:00Z`,
})
const budget = (name: string, labels: object, disruptionsAllowed: number): DynamicObject =>
  ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name },
    spec: { minAvailable: 1, selector: { matchLabels: labels } },
    status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1, expectedPods: 1, observedGeneration: 1 },
  }) as DynamicObject
const far = (labels: object): object => ({
  affinity: {
    podAntiAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: [
        { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: labels } },
      ],
    },
  },
})

const preempts = (title: string, before: DynamicObject[], shape: PodShape): Case => ({
  title,
  steps: [given(...classes, ...before), create(pod('p', shape))],
})

export const preemptionCases: readonly Case[] = [
  {
    title: 'a less important pod goes, and the node is kept for the other until it can be bound',
    steps: [
      given(...classes, node('a'), pod('x', of('low', '3', { node: 'a' }))),
      create(pod('p', of('high', '2'))),
      gone('x'),
    ],
  },
  preempts(
    'as few as are needed',
    [
      node('a'),
      pod('x', of('low', '1', { node: 'a' })),
      pod('y', of('low', '2', { node: 'a', status: running(1) })),
      pod('z', of('middle', '1', { node: 'a' })),
    ],
    of('high', '2'),
  ),
  preempts('equals are not preempted', [node('a'), pod('x', of('high', '3', { node: 'a' }))], of('high', '2')),
  preempts(
    'it would not be enough',
    [node('a'), pod('x', of('low', '1', { node: 'a' })), pod('y', of('high', '3', { node: 'a' }))],
    of('middle', '2'),
  ),
  preempts(
    'it does not help a pod that is too large',
    [node('a'), pod('x', of('low', '1', { node: 'a' }))],
    of('high', '8'),
  ),
  preempts(
    'it does not help against taints',
    [node('a', { taints: [{ key: 'k', effect: 'NoSchedule' }] }), node('b'), pod('x', of('high', '3', { node: 'b' }))],
    of('high', '2'),
  ),
  preempts(
    'the node whose victims are less important',
    [node('a'), node('b'), pod('x', of('middle', '3', { node: 'a' })), pod('y', of('low', '3', { node: 'b' }))],
    of('high', '2'),
  ),
  preempts(
    'the node with fewer victims',
    [
      node('a'),
      node('b'),
      pod('x1', of('low', '2', { node: 'a' })),
      pod('x2', of('low', '2', { node: 'a' })),
      pod('y', of('low', '4', { node: 'b' })),
    ],
    of('high', '4'),
  ),
  preempts(
    'the node whose victim started last',
    [
      node('a'),
      node('b'),
      pod('x', of('low', '3', { node: 'a', status: running(5) })),
      pod('y', of('low', '3', { node: 'b', status: running(30) })),
    ],
    of('high', '2'),
  ),
  preempts(
    'the younger of two on a node',
    [
      node('a'),
      pod('x', of('low', '2', { node: 'a', status: running(30) })),
      pod('y', of('low', '2', { node: 'a', status: running(5) })),
    ],
    of('high', '2'),
  ),
  preempts(
    'budgets are respected where it is possible',
    [
      node('a'),
      node('b'),
      budget('b', { app: 'db' }, 0),
      pod('x', of('low', '3', { node: 'a', labels: { app: 'db' } })),
      pod('y', of('middle', '3', { node: 'b' })),
    ],
    of('high', '2'),
  ),
  preempts(
    'budgets are broken where nothing else is left',
    [node('a'), budget('b', { app: 'db' }, 0), pod('x', of('low', '3', { node: 'a', labels: { app: 'db' } }))],
    of('high', '2'),
  ),
  preempts(
    'a budget spares one on the same node',
    [
      node('a'),
      budget('b', { app: 'db' }, 0),
      pod('x', of('low', '2', { node: 'a', labels: { app: 'db' }, status: running(5) })),
      pod('y', of('middle', '2', { node: 'a', labels: { app: 'web' } })),
    ],
    of('high', '2'),
  ),
  preempts(
    'a budget that allows one',
    [
      node('a'),
      budget('b', { app: 'db' }, 1),
      pod('x', of('low', '2', { node: 'a', labels: { app: 'db' }, status: running(5) })),
      pod('y', of('low', '2', { node: 'a', labels: { app: 'db' }, status: running(30) })),
    ],
    of('high', '2'),
  ),
  preempts(
    'never, if it says so',
    [priorityClass('polite', 1000, { preemptionPolicy: 'Never' }), node('a'), pod('x', of('low', '3', { node: 'a' }))],
    of('polite', '2'),
  ),
  preempts(
    'host ports are freed, too',
    [node('a'), pod('x', of('low', '1', { node: 'a', spec: ports(8080) }))],
    of('high', '1', { spec: ports(8080) }),
  ),
  preempts(
    'those who do not want it there go',
    [node('a'), pod('x', of('low', '1', { node: 'a', spec: far({ app: 'web' }) }))],
    of('high', '1', { labels: { app: 'web' } }),
  ),
  preempts(
    'those that it does not want there go',
    [node('a'), pod('x', of('low', '1', { node: 'a', labels: { app: 'db' } }))],
    of('high', '1', { spec: far({ app: 'db' }) }),
  ),
  {
    title: 'a second pod does not take the room that was made',
    steps: [
      given(...classes, node('a'), pod('x', of('low', '4', { node: 'a' }))),
      create(pod('p', of('high', '3'))),
      create(pod('q', of('middle', '2'))),
      gone('x'),
    ],
  },
  {
    title: 'a more important pod takes the place of one that waits',
    steps: [
      given(...classes, node('a'), pod('x', of('low', '4', { node: 'a' }))),
      create(pod('p', of('middle', '3'))),
      create(pod('q', of('high', '3'))),
      gone('x'),
    ],
  },
  {
    title: 'the more important one goes first when room comes',
    steps: [
      given(...classes, node('a'), pod('x', of('high', '4', { node: 'a' }))),
      create(pod('l', of('low', '3'))),
      // Neither backs off any more.
      { ...create(pod('m', of('middle', '3'))), seconds: 3 },
      gone('x'),
    ],
  },
]

function ports(hostPort: number): object {
  return {
    containers: [
      {
        name: 'main',
        image: 'busybox',
        ports: [{ containerPort: 80, hostPort }],
        resources: { requests: { cpu: '1' } },
      },
    ],
  }
}
