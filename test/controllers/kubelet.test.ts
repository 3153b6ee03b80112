import { afterEach, describe, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { container, pod, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

test('A bare pod is scheduled, runs with an address of its node, and goes when it is deleted.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('web'))
  const { spec, status } = await cluster.see('pods', 'web')
  expect(spec.nodeName).toBe('node-1')
  expect(status).toMatchObject({
    phase: 'Running',
    observedGeneration: 1,
    podIP: '10.244.0.2',
    podIPs: [{ ip: '10.244.0.2' }],
    hostIP: '172.18.0.2',
    startTime: '2026-01-01T00:00:00Z',
    qosClass: 'BestEffort',
  })
  expect(status.containerStatuses).toMatchObject([
    {
      name: 'main',
      ready: true,
      started: true,
      restartCount: 0,
      image: 'docker.io/library/nginx:latest',
      imageID: expect.stringMatching(/^docker\.io\/library\/nginx@sha256:[0-9a-f]{64}$/),
      containerID: expect.stringMatching(/^containerd:\/\/[0-9a-f]{64}$/),
      state: { running: { startedAt: '2026-01-01T00:00:00Z' } },
      lastState: {},
    },
  ])
  expect(status.conditions.map(({ type, status: is }: DynamicObject) => `${type}=${is}`)).toEqual([
    'PodReadyToStartContainers=True',
    'Initialized=True',
    'Ready=True',
    'ContainersReady=True',
    'PodScheduled=True',
  ])
  expect(await cluster.events('Pod', 'web')).toEqual([
    'Scheduled: Successfully assigned default/web to node-1',
    'Pulling: Pulling image "nginx"',
    expect.stringMatching(
      /^Pulled: Successfully pulled image "nginx" in 0s \(0s including waiting\)\. Image size: \d+ bytes\.$/,
    ),
    'Created: Container created',
    'Started: Container started',
  ])
  await cluster.client.delete('pods', 'default', 'web')
  await cluster.settle()
  expect(await cluster.client.list('pods')).toEqual([])
  expect(await cluster.events('Pod', 'web')).toContain('Killing: Stopping container main')
})

test('A pod reaches Running in two writes after its creation: bound, running.', async () => {
  cluster = await testCluster()
  const created = await cluster.client.create('pods', pod('web'))
  await cluster.settle()
  const { metadata } = await cluster.see('pods', 'web')
  // Revisions are shared by all writes; Events come afterwards.
  expect(Number(metadata.resourceVersion) - Number(created.metadata.resourceVersion)).toBe(2)
})

interface Case {
  name: string
  spec: object
  metadata?: object
  /** Time that passes before looking. */
  afterMs?: number
  phase: string
  statuses: object[]
  init?: object[]
  notReady?: string
}

const completed = (exitCode: number) => ({
  state: { terminated: { exitCode, reason: exitCode === 0 ? 'Completed' : 'Error' } },
  ready: false,
})
const running = { state: { running: {} }, ready: true }
const once = (words: string[]) => ({ restartPolicy: 'Never', containers: [container('main', { command: words })] })

const cases: Case[] = [
  {
    name: 'a container that runs `true` and is not restarted',
    spec: once(['true']),
    phase: 'Succeeded',
    statuses: [completed(0)],
    notReady: 'PodCompleted',
  },
  {
    name: 'a container that runs `false` and is not restarted',
    spec: once(['/bin/false']),
    phase: 'Failed',
    statuses: [completed(1)],
    notReady: 'PodFailed',
  },
  {
    name: 'a script that exits with a code',
    spec: once(['sh', '-c', 'echo working; exit 3']),
    phase: 'Failed',
    statuses: [completed(3)],
  },
  {
    name: 'a script whose first command fails',
    spec: once(['sh', '-c', 'false && exit 4 || exit 5']),
    phase: 'Failed',
    statuses: [completed(5)],
  },
  {
    name: 'a sleeping container before its time',
    spec: once(['sleep', '30']),
    afterMs: 29_000,
    phase: 'Running',
    statuses: [running],
  },
  {
    name: 'a sleeping container after its time',
    spec: once(['sleep', '30']),
    afterMs: 30_000,
    phase: 'Succeeded',
    statuses: [completed(0)],
  },
  {
    name: 'a container that sleeps for ever',
    spec: once(['sleep', 'infinity']),
    afterMs: 3_600_000,
    phase: 'Running',
    statuses: [running],
  },
  {
    name: 'one container that ended and one that runs',
    spec: { restartPolicy: 'Never', containers: [container('a', { command: ['true'] }), container('b')] },
    phase: 'Running',
    statuses: [completed(0), running],
    notReady: 'ContainersNotReady',
  },
  {
    name: 'a container restarted on failure only, that succeeded',
    spec: { ...once(['true']), restartPolicy: 'OnFailure' },
    phase: 'Succeeded',
    statuses: [completed(0)],
  },
  {
    name: 'a crashing container',
    spec: { containers: [container('main', { command: ['false'] })] },
    phase: 'Running',
    statuses: [
      {
        restartCount: 1,
        state: {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: expect.stringMatching(/^back-off 10s restarting failed container=main pod=case_default\(/),
          },
        },
        lastState: { terminated: { exitCode: 1 } },
        ready: false,
        started: false,
      },
    ],
  },
  {
    name: 'a crashing container after its first back-off',
    spec: { containers: [container('main', { command: ['false'] })] },
    afterMs: 10_000,
    phase: 'Running',
    statuses: [
      {
        restartCount: 2,
        state: { waiting: { reason: 'CrashLoopBackOff', message: expect.stringContaining('back-off 20s') } },
      },
    ],
  },
  {
    name: 'an image whose tag is missing',
    spec: { containers: [container('main', { image: 'nginx:missing' })] },
    phase: 'Pending',
    statuses: [
      {
        image: 'nginx:missing',
        imageID: '',
        state: {
          waiting: {
            reason: 'ImagePullBackOff',
            message: expect.stringMatching(
              /^Back-off pulling image "nginx:missing": ErrImagePull: rpc error: code = NotFound/,
            ),
          },
        },
      },
    ],
    notReady: 'ContainersNotReady',
  },
  {
    name: 'init containers that run to completion',
    spec: {
      initContainers: [container('one'), container('two', { command: ['true'] })],
      containers: [container('main')],
    },
    phase: 'Running',
    statuses: [running],
    init: [
      { ...completed(0), ready: true },
      { ...completed(0), ready: true },
    ],
  },
  {
    name: 'an init container that fails for good',
    spec: {
      restartPolicy: 'Never',
      initContainers: [container('one', { command: ['false'] })],
      containers: [container('main')],
    },
    phase: 'Failed',
    statuses: [{ state: { waiting: { reason: 'PodInitializing' } } }],
    init: [completed(1)],
  },
  {
    name: 'an init container that takes its time',
    spec: { initContainers: [container('one', { command: ['sleep', '60'] })], containers: [container('main')] },
    afterMs: 10_000,
    phase: 'Pending',
    statuses: [{ state: { waiting: { reason: 'PodInitializing' } }, ready: false }],
    init: [{ state: { running: {} }, ready: false }],
  },
  {
    name: 'a sidecar that stays',
    spec: {
      initContainers: [container('proxy', { restartPolicy: 'Always' }), container('setup')],
      containers: [container('main')],
    },
    phase: 'Running',
    statuses: [running],
    init: [
      { ...running, started: true },
      { ...completed(0), ready: true },
    ],
  },
  {
    name: 'a container of a Job without a known command',
    spec: { restartPolicy: 'Never', containers: [container('main')] },
    metadata: { ownerReferences: [{ apiVersion: 'batch/v1', kind: 'Job', name: 'j', uid: 'u', controller: true }] },
    phase: 'Succeeded',
    statuses: [completed(0)],
  },
  { name: 'a pod on the network of its node', spec: { hostNetwork: true }, phase: 'Running', statuses: [running] },
  {
    name: 'a readiness gate that nobody opened',
    spec: { readinessGates: [{ conditionType: 'example.com/gate' }] },
    phase: 'Running',
    statuses: [running],
    notReady: 'ReadinessGatesNotReady',
  },
]

describe('What becomes of', () => {
  test.each(cases)('$name', async ({ spec, metadata, afterMs, phase, statuses, init, notReady }) => {
    cluster = await testCluster({ controllers: ['*', '-garbage-collector'] })
    await cluster.make(pod('case', spec, metadata))
    if (afterMs) await cluster.pass(afterMs)
    const { status } = await cluster.see('pods', 'case')
    expect(status.phase).toBe(phase)
    expect(status.containerStatuses).toMatchObject(statuses)
    if (init) expect(status.initContainerStatuses).toMatchObject(init)
    const ready = status.conditions.find(({ type }: DynamicObject) => type === 'Ready')
    if (notReady) expect(ready).toMatchObject({ status: 'False', reason: notReady })
  })
})

test('A pod whose image cannot be pulled says so in Events and is tried again later.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('bad', { containers: [container('main', { image: 'does-not-exist' })] }))
  const pulls = async (): Promise<number> => {
    const events = await cluster.client.list<DynamicObject>('events')
    return events.filter(({ reason }) => reason === 'Pulling').reduce((sum, { count }) => sum + count, 0)
  }
  expect(await pulls()).toBe(1)
  expect(await cluster.events('Pod', 'bad')).toContain('Failed: Error: ImagePullBackOff')
  await cluster.pass(10_000)
  expect(await pulls()).toBe(2)
  await cluster.pass(19_000)
  expect(await pulls()).toBe(2)
  await cluster.pass(1_000)
  expect(await pulls()).toBe(3)
})

test.each([
  {
    name: 'one that backed off stays as it ended',
    spec: { containers: [container('main', { command: ['false'] })] },
    state: { terminated: { exitCode: 1, reason: 'Error' } },
  },
  {
    name: 'one that never started was not found',
    spec: { containers: [container('main', { image: 'nginx:missing' })] },
    state: { terminated: { exitCode: 137, reason: 'ContainerStatusUnknown' } },
  },
  {
    name: 'one behind an init container that did not end goes on waiting',
    spec: { initContainers: [container('one', { command: ['sleep', '60'] })], containers: [container('main')] },
    state: { waiting: { reason: 'PodInitializing' } },
  },
])('No container waits for a start in a pod that has ended: $name', async ({ spec, state }) => {
  cluster = await testCluster()
  const made = pod('held', spec)
  await cluster.make({ ...made, metadata: { ...made.metadata, finalizers: ['example.com/held'] } })
  await cluster.client.delete('pods', 'default', 'held')
  await cluster.settle()
  const { status } = await cluster.see('pods', 'held')
  expect(status.phase).toBe('Failed')
  expect(status.containerStatuses).toMatchObject([{ state, ready: false }])
})

test('An image is pulled once a node, unless the policy says always.', async () => {
  cluster = await testCluster()
  const image = { image: 'nginx:1.29' }
  await cluster.make(pod('one', { containers: [container('main', image)] }))
  await cluster.make(pod('two', { containers: [container('main', image)] }))
  expect(await cluster.events('Pod', 'two')).toContain(
    'Pulled: Container image "nginx:1.29" already present on machine and can be accessed by the pod',
  )
})

test('A changed image restarts the container.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('web'))
  await cluster.client.modify<DynamicObject>('pods', 'default', 'web', (old) => ({
    ...old,
    spec: { ...old.spec, containers: [{ ...old.spec.containers[0], image: 'nginx:1.29' }] },
  }))
  await cluster.settle()
  const { status } = await cluster.see('pods', 'web')
  expect(status.observedGeneration).toBe(2)
  expect(status.containerStatuses).toMatchObject([
    { image: 'docker.io/library/nginx:1.29', restartCount: 1, lastState: { terminated: { exitCode: 0 } } },
  ])
})

test('The address of a pod that is gone is not given out at once, but in its turn.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('one'))
  await cluster.client.delete('pods', 'default', 'one')
  await cluster.settle()
  await cluster.make(pod('two'))
  expect((await cluster.see('pods', 'two')).status.podIP).toBe('10.244.0.3')
})

test('A pod held by a finalizer stops, and goes when the finalizer does.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('held', {}, { finalizers: ['example.com/hold'] }))
  await cluster.client.delete('pods', 'default', 'held')
  await cluster.settle()
  const { metadata, status } = await cluster.see('pods', 'held')
  expect(metadata.deletionGracePeriodSeconds).toBe(0)
  expect(status.containerStatuses[0].state.terminated.exitCode).toBe(0)
  await cluster.client.modify('pods', 'default', 'held', (old) => ({
    ...old,
    metadata: { ...old.metadata, finalizers: [] },
  }))
  await cluster.settle()
  expect(await cluster.client.list('pods')).toEqual([])
})
