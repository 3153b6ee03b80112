import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

function deployment(usage: string): DynamicObject {
  const containers = [{ name: 'main', image: 'nginx', resources: { requests: { cpu: '100m' } } }]
  const metadata = { labels: { app: 'web' }, annotations: { 'metrics.kubemu.dev/cpu': usage } }
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: { selector: { matchLabels: { app: 'web' } }, template: { metadata, spec: { containers } } },
  } as DynamicObject
}

function autoscaler(metrics: object[], more: object = {}): DynamicObject {
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
  const metadata = { name: 'web', namespace: 'default' }
  const spec = { scaleTargetRef, maxReplicas: 5, metrics, ...more }
  return { apiVersion: 'autoscaling/v2', kind: 'HorizontalPodAutoscaler', metadata, spec } as DynamicObject
}

const byCpu = { type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } } }
const replicas = async (): Promise<number> => (await cluster.see('deployments.apps', 'web'))['spec'].replicas

test('Annotations of pods are their metrics: a busy Deployment grows, an idle one shrinks after five minutes.', async () => {
  cluster = await testCluster()
  await cluster.make(deployment('90m'), autoscaler([byCpu]))
  for (let i = 0; i < 3; i++) await cluster.pass(15_000)
  expect(await replicas()).toBe(5)
  await cluster.make(deployment('10m'))
  await cluster.pass(15_000)
  expect(await replicas()).toBe(5)
  for (let i = 0; i < 21; i++) await cluster.pass(15_000)
  expect(await replicas()).toBe(1)
})

test('A metric of an object is an annotation on it, and one from outside is on the namespace.', async () => {
  cluster = await testCluster()
  await cluster.make(deployment('1m'))
  const queue = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'queue', namespace: 'default', annotations: { 'metrics.kubemu.dev/length': '30' } },
  } as DynamicObject
  const describedObject = { apiVersion: 'v1', kind: 'ConfigMap', name: 'queue' }
  const target = { type: 'AverageValue', averageValue: '10' }
  await cluster.make(
    queue,
    autoscaler([{ type: 'Object', object: { metric: { name: 'length' }, describedObject, target } }]),
  )
  expect(await replicas()).toBe(3)
  await cluster.client.modify('namespaces', '', 'default', (old) => ({
    ...old,
    metadata: { ...old.metadata, annotations: { 'metrics.kubemu.dev/visitors': '44' } },
  }))
  await cluster.make(autoscaler([{ type: 'External', external: { metric: { name: 'visitors' }, target } }]))
  expect(await replicas()).toBe(5)
})
