import { expect, test } from 'vitest'
import { newStaleWrite } from '../../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Client } from '../../../src/controllers/client.ts'
import type { ControllerDefinition } from '../../../src/controllers/controller.ts'
import { kubelet } from '../../../src/controllers/kubelet/kubelet.ts'
import type { Pod, PodStatus } from '../../../src/types/core-v1.ts'
import { controllerCluster } from '../../support/controller-cluster.ts'
import { node, pod } from '../../support/controllers.ts'

/** Every second write of a pod's status is a conflict, the first one is. */
function contended(client: Client): Client {
  let writes = 0
  return {
    ...client,
    async updateStatus(resource, object) {
      if (resource === 'pods' && writes++ % 2 === 0) {
        throw newStaleWrite({ group: '', resource }, object.metadata.name ?? '')
      }
      return client.updateStatus(resource, object)
    },
  }
}

/** What is told of a pod that is deleted after half a minute. */
async function told(web: DynamicObject, intercept: (client: Client) => Client): Promise<string[]> {
  const { client, runner, pass } = await controllerCluster([kubelet], { intercept })
  await client.create('nodes', node('node-1'))
  await runner.settle()
  await client.create('pods', web)
  await runner.settle()
  for (let i = 0; i < 10; i++) await pass(3)
  await client.delete('pods', 'default', 'web')
  for (let i = 0; i < 10; i++) await pass(3)
  await runner.stop()
  const events = await client.list<DynamicObject>('events')
  return events
    .filter(({ involvedObject }) => involvedObject.kind === 'Pod')
    .map(({ reason, message, firstTimestamp, count }) => `${reason}: ${message} (${count} since ${firstTimestamp})`)
    .sort()
}

test.each([
  { what: 'a pod that runs', reasons: ['Created', 'Killing', 'Pulled', 'Pulling', 'Started'], spec: {} },
  {
    what: 'a container that crashes',
    reasons: ['BackOff'],
    spec: { containers: [{ name: 'main', image: 'nginx', command: ['false'] }] },
  },
  {
    what: 'an image that cannot be pulled',
    reasons: ['BackOff', 'Failed'],
    spec: { containers: [{ name: 'main', image: 'nginx:missing' }] },
  },
  {
    what: 'a volume that cannot be mounted',
    reasons: ['FailedMount'],
    spec: { volumes: [{ name: 'config', configMap: { name: 'absent' } }] },
  },
  {
    what: 'a postStart hook that takes its time and fails',
    reasons: ['FailedPostStartHook', 'Killing', 'BackOff'],
    annotations: { 'kubemu.dev/behavior': '{postStartsAfter: 2s, postStartError: broken}' },
    spec: { containers: [{ name: 'main', image: 'nginx', lifecycle: { postStart: { httpGet: { port: 80 } } } }] },
  },
  {
    what: 'a container that restarts all',
    reasons: ['Killing'],
    annotations: { 'behavior.kubemu.dev/main': '{exitsAfter: 4s, exitCode: 42, times: 2}' },
    spec: {
      containers: [
        {
          name: 'main',
          image: 'nginx',
          restartPolicy: 'Never',
          restartPolicyRules: [{ action: 'RestartAllContainers', exitCodes: { operator: 'In', values: [42] } }],
        },
        { name: 'other', image: 'nginx' },
      ],
    },
  },
  {
    what: 'a container that is not well',
    reasons: ['Unhealthy'],
    annotations: { 'kubemu.dev/behavior': '{livenessFailsAfter: 5s, stopsAfter: 4s}' },
    spec: {
      containers: [{ name: 'main', image: 'nginx', livenessProbe: { tcpSocket: { port: 80 }, periodSeconds: 2 } }],
    },
  },
])('Writes that have to be done again lose no Event and tell none twice: $what', async (given) => {
  const web = pod('web', { nodeName: 'node-1', ...given.spec }, { annotations: given.annotations })
  const undisturbed = await told(web, (client) => client)
  const reasons = new Set(undisturbed.map((line) => line.split(':')[0]))
  expect([...reasons], undisturbed.join('\n')).toEqual(expect.arrayContaining(given.reasons))
  expect(await told(web, contended)).toEqual(undisturbed)
})

/** `Running web:running`: what a status says, in short. */
function inShort({ phase, initContainerStatuses = [], containerStatuses = [] }: PodStatus): string {
  const words = [...initContainerStatuses, ...containerStatuses].map(({ name, state, ready, restartCount }) => {
    const what = state?.waiting?.reason ?? Object.keys(state ?? {})[0]
    return `${name}:${what}${ready ? ' ready' : ''}${restartCount > 0 ? ` x${restartCount}` : ''}`
  })
  return [phase, ...words].join(' ')
}

const main = { name: 'main', image: 'nginx' }

test.each([
  { what: 'what has nothing in its way runs', spec: {}, statuses: ['Running main:running ready'], steps: 1 },
  {
    what: 'what ends at once is seen to run before',
    spec: { restartPolicy: 'Never', containers: [{ ...main, command: ['true'] }] },
    statuses: ['Running main:running', 'Succeeded main:terminated'],
    steps: 2,
  },
  {
    what: 'each run of what crashes is seen, and none is ready',
    spec: { containers: [{ ...main, command: ['false'] }] },
    statuses: [
      'Running main:running',
      'Running main:terminated',
      'Running main:running x1',
      'Running main:terminated x1',
      'Running main:CrashLoopBackOff x1',
    ],
  },
  {
    what: 'init containers run one after the other',
    spec: {
      initContainers: [
        { ...main, name: 'one' },
        { ...main, name: 'two', command: ['sleep', '5'] },
      ],
    },
    statuses: [
      'Pending one:running two:PodInitializing main:PodInitializing',
      'Pending one:terminated ready two:running main:PodInitializing',
      'Running one:terminated ready two:terminated ready main:running ready',
    ],
  },
  {
    what: 'an image that takes its time',
    annotations: { 'kubemu.dev/behavior': '{pulledAfter: 5s}' },
    spec: {},
    statuses: ['Pending main:ContainerCreating', 'Running main:running ready'],
    steps: 2,
  },
  {
    what: 'a restart waits for its image, and not for that again',
    annotations: { 'kubemu.dev/behavior': '{pulledAfter: 2s}' },
    spec: { containers: [{ ...main, command: ['false'] }] },
    statuses: [
      'Pending main:ContainerCreating',
      'Running main:running',
      'Running main:terminated',
      'Running main:running x1',
      'Running main:terminated x1',
      'Running main:CrashLoopBackOff x1',
    ],
  },
  {
    what: 'an image that cannot be pulled',
    spec: { containers: [{ ...main, image: 'nginx:missing' }] },
    statuses: ['Pending main:ErrImagePull', 'Pending main:ImagePullBackOff'],
  },
  {
    what: 'a volume that is not there',
    spec: { volumes: [{ name: 'config', configMap: { name: 'absent' } }] },
    statuses: ['Pending main:ContainerCreating'],
  },
  {
    what: 'readiness that takes its time',
    spec: { containers: [{ ...main, readinessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 5 } }] },
    statuses: ['Running main:running', 'Running main:running ready'],
    steps: 2,
  },
  {
    what: 'readiness that is there at once',
    spec: { containers: [{ ...main, readinessProbe: { tcpSocket: { port: 80 } } }] },
    statuses: ['Running main:running ready'],
    steps: 1,
  },
  {
    what: 'what its first probe kills is seen to run before',
    annotations: { 'kubemu.dev/behavior': '{livenessFailsAfter: 0s}' },
    spec: {
      restartPolicy: 'Never',
      containers: [{ ...main, livenessProbe: { tcpSocket: { port: 80 }, failureThreshold: 1 } }],
    },
    statuses: ['Running main:running', 'Failed main:terminated'],
    steps: 2,
  },
])('What happens at one instant is one status, and one reconcile: $what', async (given) => {
  const statuses: string[] = []
  let steps = 0
  const counted: ControllerDefinition = {
    ...kubelet,
    reconcile(key, context) {
      if (key.name === 'web') steps++
      return kubelet.reconcile(key, context)
    },
  }
  const intercept = (client: Client): Client => ({
    ...client,
    async updateStatus(resource, object) {
      if (resource === 'pods') statuses.push(inShort((object as Pod).status!))
      return client.updateStatus(resource, object)
    },
  })
  const { client, runner, pass } = await controllerCluster([counted], { intercept })
  await client.create('nodes', node('node-1'))
  await client.create('pods', pod('web', { nodeName: 'node-1', containers: [main], ...given.spec }, given))
  await pass(9)
  await runner.stop()
  expect(statuses).toEqual(given.statuses)
  if (given.steps !== undefined) expect(steps).toBe(given.steps)
})

const shownImage = ({ containerStatuses = [] }: PodStatus): string => containerStatuses[0].image.replace(/.*nginx:/, '')

test('A container gets another image whatever its policy, and runs on until that is pulled', async () => {
  const { client, runner, pass } = await controllerCluster([kubelet])
  const annotations = { 'kubemu.dev/behavior': '{pulledAfter: 5s}' }
  const withImage = (version: string) => ({ containers: [{ ...main, image: `nginx:${version}` }] })
  const turnTo = (version: string) =>
    client.modify<Pod>('pods', 'default', 'web', (old) => ({ ...old, spec: { ...old.spec!, ...withImage(version) } }))
  await client.create('nodes', node('node-1'))
  const spec = { nodeName: 'node-1', restartPolicy: 'Never', ...withImage('1.1') }
  await client.create('pods', pod('web', spec, { annotations }))
  const seen: string[] = []
  const see = async (seconds: number) => {
    await pass(seconds)
    const { status } = await client.get<Pod>('pods', 'default', 'web')
    seen.push(`${inShort(status!)} ${shownImage(status!)}`)
  }
  await see(3)
  // A pull that nobody waits for any more is no part of the next one.
  await turnTo('1.2')
  await see(3)
  await see(3)
  await turnTo('1.3')
  await see(3)
  await see(3)
  await runner.stop()
  expect(seen).toEqual([
    'Pending main:ContainerCreating 1.1',
    'Pending main:ContainerCreating 1.1',
    'Running main:running ready 1.2',
    'Running main:running ready 1.2',
    'Running main:running ready x1 1.3',
  ])
  const events = await client.list<DynamicObject>('events')
  const messages = events.filter(({ involvedObject }) => involvedObject.kind === 'Pod').map(({ message }) => message)
  expect(messages.filter((message) => /pull|definition/i.test(message))).toEqual([
    'Pulling image "nginx:1.1"',
    'Pulling image "nginx:1.2"',
    expect.stringContaining('Successfully pulled image "nginx:1.2" in 5s'),
    'Container main definition changed, will be restarted',
    'Pulling image "nginx:1.3"',
    expect.stringContaining('Successfully pulled image "nginx:1.3" in 5s'),
  ])
})
