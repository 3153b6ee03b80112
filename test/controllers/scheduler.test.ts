import { afterEach, describe, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { container, node, pod, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const asks = (requests: object) => ({ containers: [container('main', { resources: { requests } })] })
const NOT_HELPFUL = 'preemption: 0/2 nodes are available: 2 Preemption is not helpful for scheduling.'
const NO_VICTIMS = 'preemption: 0/2 nodes are available: 2 No preemption victims found for incoming pod.'
const labelled = (key: string, operator: string, ...values: string[]) => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, ...(values.length > 0 ? { values } : {}) }] }],
      },
    },
  },
})

interface Case {
  name: string
  spec: object
  /** Pods that are there before. */
  before?: DynamicObject[]
  /** The node, or the message. */
  expected: string
}

/** Two nodes: `big` (4 cpu, 8Gi, two gadgets, disk=ssd) and `small` (1 cpu, 1Gi, tainted for the group of infra). */
const cases: Case[] = [
  { name: 'where there is room', spec: asks({ cpu: '2' }), expected: 'big' },
  {
    name: 'nowhere, when it asks for more than any node has',
    spec: asks({ cpu: '8' }),
    expected: `0/2 nodes are available: 1 Insufficient cpu, 1 node(s) had untolerated taint(s). ${NOT_HELPFUL}`,
  },
  {
    name: 'nowhere, when others hold what it asks for',
    spec: { ...asks({ cpu: '500m', memory: '6Gi' }), tolerations: [{ operator: 'Exists' }] },
    before: [pod('other', asks({ cpu: '3800m', memory: '4Gi' }))],
    expected:
      '0/2 nodes are available: 1 Insufficient cpu, 2 Insufficient memory. preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
  },
  {
    name: 'to the tainted node, when it tolerates the taint and wants that node',
    spec: { nodeSelector: { size: 'small' }, tolerations: [{ key: 'group', value: 'infra', effect: 'NoSchedule' }] },
    expected: 'small',
  },
  {
    name: 'nowhere, when its node selector matches none',
    spec: { nodeSelector: { disk: 'tape' }, tolerations: [{ operator: 'Exists' }] },
    expected: `0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector. ${NOT_HELPFUL}`,
  },
  { name: 'where node affinity says In', spec: labelled('disk', 'In', 'ssd', 'nvme'), expected: 'big' },
  { name: 'where node affinity says Gt', spec: labelled('generation', 'Gt', '4'), expected: 'big' },
  {
    name: 'nowhere, when node affinity says DoesNotExist of a label that is there',
    spec: labelled('disk', 'DoesNotExist'),
    expected: `0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1 node(s) had untolerated taint(s). ${NOT_HELPFUL}`,
  },
  {
    name: 'where an extended resource is left',
    spec: { containers: [container('main', { resources: { limits: { 'example.com/gadget': '2' } } })] },
    expected: 'big',
  },
  {
    name: 'nowhere, when an extended resource is used up',
    spec: { containers: [container('main', { resources: { limits: { 'example.com/gadget': '1' } } })] },
    before: [
      pod('other', { containers: [container('main', { resources: { limits: { 'example.com/gadget': '2' } } })] }),
    ],
    expected:
      '0/2 nodes are available: 1 Insufficient example.com/gadget, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.',
  },
  {
    name: 'nowhere, when its host port is taken',
    spec: { containers: [container('main', { ports: [{ containerPort: 80, hostPort: 8080 }] })] },
    before: [pod('other', { containers: [container('main', { ports: [{ containerPort: 80, hostPort: 8080 }] })] })],
    expected:
      "0/2 nodes are available: 1 node(s) didn't have free ports for the requested pod ports, 1 node(s) had untolerated taint(s). preemption: 0/2 nodes are available: 1 No preemption victims found for incoming pod, 1 Preemption is not helpful for scheduling.",
  },
  {
    name: 'nowhere, counting the largest init container',
    spec: {
      initContainers: [container('init', { resources: { requests: { cpu: '5' } } })],
      ...asks({ cpu: '1' }),
      tolerations: [{ operator: 'Exists' }],
    },
    expected: `0/2 nodes are available: 2 Insufficient cpu. ${NOT_HELPFUL}`,
  },
  {
    name: 'nowhere, counting sidecars beside containers',
    spec: {
      initContainers: [container('proxy', { restartPolicy: 'Always', resources: { requests: { cpu: '2' } } })],
      ...asks({ cpu: '2500m' }),
      tolerations: [{ operator: 'Exists' }],
    },
    expected: `0/2 nodes are available: 2 Insufficient cpu. ${NOT_HELPFUL}`,
  },
]

describe('A pod goes', () => {
  test.each(cases)('$name', async ({ spec, before = [], expected }) => {
    cluster = await testCluster({ nodes: 0 })
    const big = { cpu: '4', memory: '8Gi', pods: '10', 'ephemeral-storage': '10Gi', 'example.com/gadget': '2' }
    await cluster.make(
      node('big', {
        labels: { size: 'big', disk: 'ssd', generation: '5' },
        status: { capacity: big, allocatable: big },
      }),
      node('small', {
        labels: { size: 'small', generation: '3' },
        spec: { taints: [{ key: 'group', value: 'infra', effect: 'NoSchedule' }] },
        status: { capacity: { cpu: '1', memory: '1Gi' } },
      }),
    )
    await cluster.make(...before)
    await cluster.make(pod('case', spec))
    const { spec: seen, status } = await cluster.see('pods', 'case')
    if (!expected.startsWith('0/')) return expect(seen.nodeName).toBe(expected)
    expect(seen.nodeName).toBeUndefined()
    expect(status.conditions).toMatchObject([
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: expected },
    ])
    expect(await cluster.events('Pod', 'case')).toEqual([`FailedScheduling: ${expected}`])
  })
})

test('Without nodes a pod waits, and is bound when one comes.', async () => {
  cluster = await testCluster({ nodes: 0 })
  await cluster.make(pod('early'))
  expect(await cluster.events('Pod', 'early')).toEqual(['FailedScheduling: no nodes available to schedule pods'])
  await cluster.make(node('late'))
  expect((await cluster.see('pods', 'early')).status.phase).toBe('Running')
})

test('A waiting pod is bound when another one leaves room.', async () => {
  cluster = await testCluster({ nodes: 2 })
  await cluster.make(
    pod('one', asks({ cpu: '30' })),
    pod('two', asks({ cpu: '30' })),
    pod('three', asks({ cpu: '30' })),
  )
  const { status } = await cluster.see('pods', 'three')
  expect(status.conditions[0].message).toBe(`0/2 nodes are available: 2 Insufficient cpu. ${NO_VICTIMS}`)
  await cluster.client.delete('pods', 'default', 'one')
  await cluster.settle()
  expect((await cluster.see('pods', 'three')).status.phase).toBe('Running')
})

test('A cordoned node takes no pods until it is uncordoned.', async () => {
  cluster = await testCluster()
  const cordon = (unschedulable: boolean) =>
    cluster.client.modify<DynamicObject>('nodes', '', 'node-1', (old) => ({
      ...old,
      spec: { ...old.spec, unschedulable },
    }))
  await cordon(true)
  await cluster.settle()
  await cluster.make(pod('web'))
  expect((await cluster.see('pods', 'web')).status.conditions[0].message).toBe(
    '0/1 nodes are available: 1 node(s) were unschedulable. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
  )
  await cordon(false)
  await cluster.settle()
  expect((await cluster.see('pods', 'web')).spec.nodeName).toBe('node-1')
})

test('Pods are spread over equal nodes, as evenly as rounded scores can.', async () => {
  cluster = await testCluster({ nodes: 4 })
  await cluster.make(...Array.from({ length: 40 }, (_, i) => pod(`web-${i}`)))
  const counts = new Map<string, number>()
  for (const { spec } of await cluster.client.list<DynamicObject>('pods')) {
    counts.set(spec.nodeName, (counts.get(spec.nodeName) ?? 0) + 1)
  }
  expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(2)
  expect(counts.size).toBe(4)
})

test('Pods of another scheduler and gated pods are left alone.', async () => {
  cluster = await testCluster()
  await cluster.make(
    pod('mine', { schedulerName: 'custom' }),
    pod('gated', { schedulingGates: [{ name: 'example.com/g' }] }),
  )
  for (const name of ['mine', 'gated']) expect((await cluster.see('pods', name)).spec.nodeName).toBeUndefined()
  await cluster.client.modify<DynamicObject>('pods', 'default', 'gated', (old) => ({
    ...old,
    spec: { ...old.spec, schedulingGates: [] },
  }))
  await cluster.settle()
  expect((await cluster.see('pods', 'gated')).spec.nodeName).toBe('node-1')
})
