import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { pod, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const labels = { app: 'web' }

const budget = (spec: object): DynamicObject => ({
  apiVersion: 'policy/v1',
  kind: 'PodDisruptionBudget',
  metadata: { name: 'web', namespace: 'default' },
  spec: { selector: { matchLabels: labels }, ...spec },
})

const deployment = (replicas: number): DynamicObject => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: 'default' },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: { metadata: { labels }, spec: { containers: [{ name: 'web', image: 'nginx' }] } },
  },
})

const status = async (): Promise<DynamicObject['status']> =>
  (await cluster.see('poddisruptionbudgets.policy', 'web')).status

const pods = (): Promise<DynamicObject[]> => cluster.client.list<DynamicObject>('pods')

const evict = (name: string): Promise<unknown> =>
  cluster.client.createSubresource('pods', 'default', name, 'eviction', {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name, namespace: 'default' },
  })

test.each([
  { spec: { minAvailable: 2 }, expected: 5, desired: 2, allowed: 3 },
  { spec: { minAvailable: '50%' }, expected: 5, desired: 3, allowed: 2 },
  { spec: { maxUnavailable: 1 }, expected: 5, desired: 4, allowed: 1 },
  { spec: { maxUnavailable: '30%' }, expected: 5, desired: 3, allowed: 2 },
  { spec: { minAvailable: 9 }, expected: 5, desired: 9, allowed: 0 },
])('Of five replicas $spec lets $allowed go.', async ({ spec, expected, desired, allowed }) => {
  cluster = await testCluster()
  await cluster.make(deployment(5), budget(spec))
  expect(await status()).toEqual({
    currentHealthy: 5,
    desiredHealthy: desired,
    expectedPods: expected,
    disruptionsAllowed: allowed,
    observedGeneration: 1,
    conditions: [
      {
        type: 'DisruptionAllowed',
        status: allowed > 0 ? 'True' : 'False',
        reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
        message: '',
        observedGeneration: 1,
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
  })
})

test('Evictions go as far as the budget allows, and again once the pods are replaced.', async () => {
  cluster = await testCluster()
  await cluster.make(deployment(3), budget({ maxUnavailable: 1 }))
  const [first, second] = (await pods()).map(({ metadata }) => metadata.name ?? '')
  const both = Promise.all([evict(first!), evict(second!)])
  await expect(both).rejects.toThrow("Cannot evict pod as it would violate the pod's disruption budget.")
  await cluster.settle()
  expect((await pods()).map(({ metadata }) => metadata.name)).not.toContain(first)
  expect(await pods()).toHaveLength(3)
  expect(await status()).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 })
  expect(await status()).not.toHaveProperty('disruptedPods')
  await evict(second!)
  await cluster.settle()
  expect(await status()).toMatchObject({ currentHealthy: 3, disruptionsAllowed: 1 })
})

test('A budget without pods allows nothing and says that there are none.', async () => {
  cluster = await testCluster()
  await cluster.make(budget({ minAvailable: 0 }))
  expect(await status()).toMatchObject({ expectedPods: 0, disruptionsAllowed: 0 })
  expect(await cluster.events('PodDisruptionBudget', 'web')).toEqual(['NoPods: No matching pods found'])
})

test('A share of pods that nobody controls is no number, which is told.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('web', {}, { labels }), budget({ maxUnavailable: '50%' }))
  expect(await status()).toMatchObject({ currentHealthy: 1, desiredHealthy: 0, expectedPods: 0, disruptionsAllowed: 0 })
  const [event] = await cluster.events('PodDisruptionBudget', 'web')
  expect(event).toMatch(
    /^UnmanagedPods: .*\(selector: &LabelSelector\{MatchLabels:map\[string\]string\{app: web,\},MatchExpressions:\[\]LabelSelectorRequirement\{\},\}\)/,
  )
})

test('A share of pods whose controller cannot be scaled fails safe.', async () => {
  cluster = await testCluster()
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'c', controller: true }
  await cluster.make({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'default' } })
  const { metadata } = await cluster.see('configmaps', 'c')
  await cluster.make(
    pod('web', {}, { labels, ownerReferences: [{ ...owner, uid: metadata.uid }] }),
    budget({ minAvailable: '50%' }),
  )
  expect(await status()).toMatchObject({
    disruptionsAllowed: 0,
    conditions: [{ status: 'False', reason: 'SyncFailed', message: 'found no controllers for pod "web"' }],
  })
})

test('Scaling changes what a percentage means.', async () => {
  cluster = await testCluster()
  await cluster.make(deployment(2), budget({ minAvailable: '50%' }))
  expect(await status()).toMatchObject({ expectedPods: 2, desiredHealthy: 1, disruptionsAllowed: 1 })
  await cluster.make(deployment(10))
  expect(await status()).toMatchObject({ expectedPods: 10, desiredHealthy: 5, disruptionsAllowed: 5 })
})
