import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { dynamicResources } from '../../../src/controllers/scheduler/plugins/dynamic-resources.ts'
import { node, pod, type TestCluster, testCluster } from '../../support/controllers.ts'

let cluster: TestCluster | undefined
afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

const of = (kind: string, name: string, spec: object): DynamicObject =>
  ({ apiVersion: 'resource.k8s.io/v1', kind, metadata: { name }, spec }) as DynamicObject
const slice = (...devices: object[]): DynamicObject =>
  of('ResourceSlice', 'a', {
    driver: 'gpu.example.com',
    nodeName: 'a',
    pool: { name: 'a', generation: 1, resourceSliceCount: 1 },
    devices,
  })
const claim = (name: string, ...requests: object[]): DynamicObject => ({
  ...of('ResourceClaim', name, { devices: { requests } }),
  metadata: { name, namespace: 'default' },
})
const user = (name: string, resourceClaimName: string): DynamicObject =>
  pod(name, { resourceClaims: [{ name: 'r', resourceClaimName }] })

async function withDevices(options: object, ...objects: DynamicObject[]): Promise<TestCluster> {
  cluster = await testCluster({ nodes: 0, ...options })
  const allocatable = { cpu: '8', memory: '16Gi', pods: '10' }
  await cluster.make(node('a', { status: { capacity: allocatable, allocatable } }), of('DeviceClass', 'gpu', {}))
  await cluster.make(...objects)
  return cluster
}

const devicesOf = async (name: string): Promise<string[]> => {
  const { status } = await cluster!.see('resourceclaims.resource.k8s.io', name)
  return (status?.allocation?.devices?.results ?? []).map(
    ({ request, device }: { request: string; device: string }) => `${request}: ${device}`,
  )
}

test('A device that does not become ready in time is given back, and tried again.', async () => {
  const args = { pluginConfig: [{ name: 'DynamicResources', args: { bindingTimeout: '7s' } }] }
  const schedulerConfiguration = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    profiles: [args],
  }
  const slow = { name: 'gpu-0', bindsToNode: true, bindingConditions: ['ready'], bindingFailureConditions: ['failed'] }
  const made = await withDevices(
    { schedulerConfiguration },
    slice(slow),
    claim('c', { name: 'r', exactly: { deviceClassName: 'gpu' } }),
    user('p', 'c'),
  )
  const waits = 'BindingConditionsPending: waiting for binding conditions for device on node a'
  await made.pass(6000)
  expect((await made.events('Pod', 'p')).slice(-1)).toEqual([waits])
  for (let i = 0; i < 4; i++) await made.pass(1000)
  const nodes = '0/1 nodes are available: 1'
  const unhelpful = `${nodes} Preemption is not helpful for scheduling.`
  // What is told a second time is told by the same Event.
  expect((await made.events('Pod', 'p')).slice(-3)).toEqual([
    'FailedScheduling: running PreBind plugin "DynamicResources": device binding timeout: context deadline exceeded',
    `FailedScheduling: ${nodes} resourceclaim not available on the node. deallocation of ResourceClaim completed, preemption: ${unhelpful}`,
    waits,
  ])
})

test('Administrators have devices that others hold, and hold none.', async () => {
  const watching = { name: 'r', exactly: { deviceClassName: 'gpu', adminAccess: true } }
  const using = { name: 'r', exactly: { deviceClassName: 'gpu' } }
  const made = await withDevices({}, slice({ name: 'gpu-0' }))
  const namespace = await made.client.get<DynamicObject>('namespaces', '', 'default')
  const labels = { ...namespace.metadata.labels, 'resource.kubernetes.io/admin-access': 'true' }
  await made.client.update('namespaces', { ...namespace, metadata: { ...namespace.metadata, labels } })
  await made.make(claim('look', watching), claim('use', using), claim('look-too', watching))
  for (const name of ['look', 'use', 'look-too']) await made.make(user(name, name))
  expect(await Promise.all(['look', 'use', 'look-too'].map(devicesOf))).toEqual([
    ['r: gpu-0'],
    ['r: gpu-0'],
    ['r: gpu-0'],
  ])
})

test('Where an alternative would be more than a claim can hold the next one is taken.', async () => {
  const devices = Array.from({ length: 40 }, (_, i) => ({ name: `gpu-${i}` }))
  const many = { deviceClassName: 'gpu', count: 20 }
  const firstAvailable = [
    { name: 'many', ...many },
    { name: 'one', deviceClassName: 'gpu' },
  ]
  await withDevices(
    {},
    slice(...devices),
    claim('c', { name: 'first', exactly: many }, { name: 'second', firstAvailable }),
    user('p', 'c'),
  )
  expect((await devicesOf('c')).slice(-2)).toEqual(['first: gpu-19', 'second/one: gpu-20'])
})

test.each([
  [{ bindingTimeout: '0s' }, /must be at least 1 second/],
  [{ bindingTimeout: '999ms' }, /must be at least 1 second/],
  [{ bindingTimeout: 600 }, /^bindingTimeout: Invalid value: 600: must be a duration such as 600s$/],
  [{ bindingTimeout: 'soon' }, /must be a duration such as 600s/],
  [{ filterTimeout: '1s' }, /filterTimeout is not supported/],
])('The arguments %j are refused.', (args, words) => {
  expect(() => dynamicResources(args as object)).toThrow(words)
})

test('Arguments that are null are the defaults.', () => {
  expect(() => dynamicResources({ bindingTimeout: null, filterTimeout: null })).not.toThrow()
})

const numbered = (group: number) =>
  Array.from({ length: 30 }, (_, i) => ({ name: `gpu-${group}-${i}`, attributes: { numa: { int: group } } }))

test('A search for devices is over at once where no group is large enough.', async () => {
  const wide = claim('c', { name: 'r', exactly: { deviceClassName: 'gpu', count: 31 } })
  wide.spec.devices.constraints = [{ matchAttribute: 'gpu.example.com/numa' }]
  const made = await withDevices({}, slice(...numbered(0), ...numbered(1)), wide, user('p', 'c'))
  expect(await made.events('Pod', 'p')).toEqual([
    'FailedScheduling: 0/1 nodes are available: 1 cannot allocate all claims. preemption: 0/1 nodes are available: 1 Preemption is not helpful for scheduling.',
  ])
})

test('A search for devices ends after a number of tries.', async () => {
  const selectors = [{ cel: { expression: 'false' } }]
  const many = claim(
    'c',
    { name: 'many', exactly: { deviceClassName: 'gpu', count: 10 } },
    { name: 'none', exactly: { deviceClassName: 'gpu', selectors } },
  )
  const made = await withDevices({}, slice(...numbered(0), ...numbered(1)), many, user('p', 'c'))
  expect(await made.events('Pod', 'p')).toEqual([
    'FailedScheduling: running "DynamicResources" filter plugin: node a: timed out trying to allocate devices',
  ])
  cluster = undefined
  await expect(made.close()).rejects.toThrow('could not schedule a pod, will be tried again')
})

const SLOW = { bindsToNode: true, bindingConditions: ['ready'], bindingFailureConditions: ['failed'] }
const gpus = (count: number): DynamicObject => ({
  ...of('ResourceClaimTemplate', '', {
    spec: { devices: { requests: [{ name: 'r', exactly: { deviceClassName: 'gpu', count } }] } },
  }),
  metadata: { name: `gpus-${count}`, namespace: 'default' },
})
const userOf = (name: string, count: number, metadata: object = {}): DynamicObject =>
  pod(name, { resourceClaims: [{ name: 'r', resourceClaimTemplateName: `gpus-${count}` }] }, metadata)
const given = async (): Promise<string[]> => {
  const claims = await cluster!.client.list<DynamicObject>('resourceclaims.resource.k8s.io')
  return claims.flatMap(({ metadata, status }) => {
    const user = metadata.name?.split('-')[0]
    return (status?.allocation?.devices?.results ?? []).map(({ device }: { device: string }) => `${user}: ${device}`)
  })
}

test.each([
  { next: 'p' },
  { next: 'other' },
  { next: 'p', how: { gracePeriodSeconds: 0 } },
  { next: 'other', finalizers: ['example.com/stay'] },
])('A pod deleted while its devices get ready gives them back: %o.', async ({ next, finalizers, how }) => {
  const devices = slice({ name: 'gpu-0', ...SLOW }, { name: 'gpu-1', ...SLOW })
  const made = await withDevices({}, devices, gpus(1), gpus(2), userOf('p', 1, { finalizers }), userOf('waits', 2))
  expect(await given()).toEqual(['p: gpu-0'])
  await made.client.delete('pods', 'default', 'p', how)
  await made.settle()
  expect(await given()).toEqual(['waits: gpu-0', 'waits: gpu-1'])
  await made.client.delete('pods', 'default', 'waits')
  await made.make(userOf(next, 1))
  await made.client.delete('pods', 'default', next, how)
  await made.settle()
  await made.make(userOf('last', 2))
  expect(await given()).toEqual(['last: gpu-0', 'last: gpu-1'])
})
