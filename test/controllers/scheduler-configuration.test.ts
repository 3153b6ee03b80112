import { afterEach, describe, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { profilesOf } from '../../src/controllers/scheduler/configuration.ts'
import { container, node, pod, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster | undefined
afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

const configuration = (...profiles: object[]): object => ({
  apiVersion: 'kubescheduler.config.k8s.io/v1',
  kind: 'KubeSchedulerConfiguration',
  profiles,
})
const asks = (cpu: string, memory: string): object => ({
  containers: [container('main', { resources: { requests: { cpu, memory } } })],
})

describe('A scheduler configuration is refused', () => {
  test.each([
    ['of another kind', { kind: 'Pod' }, /has to be a KubeSchedulerConfiguration of kubescheduler.config.k8s.io\/v1/],
    ['with extenders', { ...configuration(), extenders: [] }, /extenders is not supported/],
    [
      'with an unknown plugin',
      configuration({ plugins: { multiPoint: { enabled: [{ name: 'Mine' }] } } }),
      /profiles\[0\].plugins.multiPoint: there is no plugin "Mine"; there are: SchedulingGates, NodeName/,
    ],
    ['with an unknown point', configuration({ plugins: { permit: {} } }), /plugins.permit is not supported/],
    ['with two nameless profiles', configuration({}, {}), /profiles\[0\].schedulerName: Required value/],
    [
      'with two profiles of a name',
      configuration({ schedulerName: 'a' }, { schedulerName: 'a' }),
      /two have the name "a"/,
    ],
    [
      'with a percentage that is none',
      { ...configuration(), percentageOfNodesToScore: 120 },
      /percentageOfNodesToScore: not in valid range \[0-100\]/,
    ],
  ])('%s', (_name, shape, words) => {
    expect(() => profilesOf(shape)).toThrow(words)
  })
})

test('createCluster says what is wrong with it, before anything starts.', async () => {
  const wrong = testCluster({ schedulerConfiguration: 'kind: Pod' })
  await expect(wrong).rejects.toThrow('scheduler configuration: it has to be a KubeSchedulerConfiguration')
})

test('Plugins are taken out, weighed and given arguments as it says.', () => {
  const [profile] = profilesOf(
    configuration({
      plugins: {
        multiPoint: { enabled: [{ name: 'ImageLocality', weight: 7 }], disabled: [{ name: 'NodePorts' }] },
        score: { disabled: [{ name: 'PodTopologySpread' }], enabled: [{ name: 'NodeAffinity', weight: 9 }] },
        postFilter: { disabled: [{ name: '*' }] },
      },
    }),
  )
  const plugin = (name: string) => profile.plugins.find((each) => each.name === name)
  expect(profile.schedulerName).toBe('default-scheduler')
  expect(profile.preempts).toBe(false)
  expect(plugin('NodePorts')).toBeUndefined()
  expect(plugin('PodTopologySpread')).toMatchObject({ preScore: undefined, preFilter: expect.any(Function) })
  expect(['ImageLocality', 'NodeAffinity', 'TaintToleration'].map((name) => profile.weights.get(name))).toEqual([
    7, 9, 3,
  ])
})

test('Each profile schedules the pods that name it, in its own way, and speaks under its name.', async () => {
  const strategy = { type: 'MostAllocated' }
  const packing = {
    schedulerName: 'packing',
    plugins: { score: { disabled: [{ name: 'NodeResourcesBalancedAllocation' }] } },
    pluginConfig: [{ name: 'NodeResourcesFit', args: { scoringStrategy: strategy } }],
  }
  cluster = await testCluster({
    nodes: 0,
    schedulerConfiguration: configuration({ schedulerName: 'default-scheduler' }, packing),
  })
  const capacity = { cpu: '8', memory: '16Gi', pods: '10' }
  for (const name of ['full', 'empty']) await cluster.make(node(name, { status: { capacity, allocatable: capacity } }))
  await cluster.make(pod('there', { nodeName: 'full', ...asks('4', '8Gi') }))
  await cluster.make(
    pod('packed', { schedulerName: 'packing', ...asks('1', '2Gi') }),
    pod('spread', asks('1', '2Gi')),
    pod('other', { schedulerName: 'nobody' }),
  )
  const nodeOf = async (name: string): Promise<string | undefined> =>
    (await cluster!.see('pods', name))['spec'].nodeName
  expect(await Promise.all(['packed', 'spread', 'other'].map(nodeOf))).toEqual(['full', 'empty', undefined])
  const events = await cluster.client.list<DynamicObject>('events')
  const speakers = events
    .filter(({ reason }) => reason === 'Scheduled')
    .map(({ involvedObject, reportingComponent }) => `${involvedObject.name}: ${reportingComponent}`)
  expect(speakers.sort()).toEqual(['packed: packing', 'spread: default-scheduler'])
})

test('A gated pod keeps waiting however much time passes, and costs nothing.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('gated', { schedulingGates: [{ name: 'example.com/g' }] }))
  await cluster.pass(20 * 60_000)
  const { status } = await cluster.see('pods', 'gated')
  expect(status.conditions).toMatchObject([{ type: 'PodScheduled', status: 'False', reason: 'SchedulingGated' }])
  expect(await cluster.events('Pod', 'gated')).toEqual([])
})
