import { describe, expect, test } from 'vitest'
import { newStaleWrite } from '../../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Client } from '../../../src/controllers/client.ts'
import { allocationOf } from '../../../src/controllers/kubelet/allocation.ts'
import { kubelet } from '../../../src/controllers/kubelet/kubelet.ts'
import type { Pod } from '../../../src/types/core-v1.ts'
import { controllerCluster } from '../../support/controller-cluster.ts'
import { node, pod } from '../../support/controllers.ts'

const asking = (cpu: string) => ({ containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu } } }] })

/** Every second write of a pod's status is a conflict, the first one is. */
function contended(client: Client): Client {
  let writes = 0
  return {
    ...client,
    async updateStatus(resource, object) {
      if (resource === 'pods' && writes++ % 2 === 0)
        throw newStaleWrite({ group: '', resource }, object.metadata.name ?? '')
      return client.updateStatus(resource, object)
    },
  }
}

async function resized(annotation: string, intercept: (client: Client) => Client) {
  const { client, runner, pass } = await controllerCluster([kubelet], { intercept })
  await client.create('nodes', { ...node('node-1'), status: { allocatable: { cpu: '2', pods: '10' } } } as never)
  await client.create('pods', pod('other', { nodeName: 'node-1', ...asking('1') }))
  const annotations = { 'kubemu.dev/behavior': annotation }
  await client.create('pods', pod('web', { nodeName: 'node-1', ...asking('500m') }, { annotations }))
  await pass(5)
  await client.patch('pods', 'default', 'web', 'strategic', { spec: asking('1500m') }, { subresource: 'resize' })
  await pass(5)
  await client.delete('pods', 'default', 'other')
  for (let i = 0; i < 10; i++) await pass(3)
  await runner.stop()
  const events = await client.list<DynamicObject>('events')
  const { status } = await client.get<Pod>('pods', 'default', 'web')
  return {
    events: events.filter(({ reason }) => reason.startsWith('Resize')).map(({ reason, count }) => `${reason} ${count}`),
    resources: status?.containerStatuses?.[0].resources,
  }
}

test.each(['{}', '{resizedAfter: 4s}', '{resizeError: broken}'])(
  'Writes of a resize that have to be done again lose no Event and tell none twice: %s',
  async (annotation) => {
    const undisturbed = await resized(annotation, (client) => client)
    expect(undisturbed.events).toContain('ResizeStarted 1')
    expect(await resized(annotation, contended)).toEqual(undisturbed)
  },
)

test('A pod whose resize waits holds what its status says, also for a kubelet that sees it for the first time', () => {
  const spec = {
    resources: { requests: { cpu: '2' }, limits: { cpu: '3' } },
    containers: [{ name: 'main', resources: { requests: { cpu: '1' }, limits: { cpu: '2' } } }, { name: 'new' }],
  }
  const status = {
    observedGeneration: 2,
    conditions: [{ type: 'PodResizePending', status: 'True' }],
    allocatedResources: { cpu: '1500m', memory: '1Gi' },
    containerStatuses: [
      { name: 'main', resources: { limits: { cpu: '1' } }, allocatedResources: { cpu: '500m' } },
      { name: 'new' },
    ],
  }
  const waiting = { metadata: { generation: 2 }, spec, status } as unknown as Pod
  expect(allocationOf(waiting)).toEqual({
    resources: { requests: { cpu: '1500m' }, limits: { cpu: '3' } },
    containers: [{ name: 'main', resources: { requests: { cpu: '500m' }, limits: { cpu: '1' } } }, { name: 'new' }],
  })
  const done = { ...waiting, status: { ...status, conditions: [] } } as unknown as Pod
  expect(allocationOf(done)).toBe(spec)
})

describe('A kubelet that sees a running pod for the first time takes it to hold what its spec asks for, if its status', () => {
  const resources = { requests: { cpu: '1' }, limits: { cpu: '2' } }
  const spec = { resources, containers: [{ name: 'main', resources }] }
  const pending = { type: 'PodResizePending', status: 'True' }
  test.each([
    { says: 'is of no generation', status: {} },
    {
      says: 'is of no generation, and says what containers have',
      status: { containerStatuses: [{ name: 'main', resources: {} }] },
    },
    { says: 'does not say what was allocated', status: { observedGeneration: 1 } },
    {
      says: 'says what is there, not what was allocated',
      status: { conditions: [pending], resources, containerStatuses: [{ name: 'main', resources }] },
    },
  ])('$says', ({ status }) => {
    expect(allocationOf({ metadata: { generation: 2 }, spec, status } as unknown as Pod)).toEqual(spec)
  })
})
