import { expect, test } from 'vitest'
import { newStaleWrite } from '../../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Client } from '../../../src/controllers/client.ts'
import { kubelet } from '../../../src/controllers/kubelet/kubelet.ts'
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
