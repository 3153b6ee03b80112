import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { node, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

function daemonSet(image: string): DynamicObject {
  const template = { metadata: { labels: { app: 'agent' } }, spec: { containers: [{ name: 'main', image }] } }
  const metadata = { name: 'agent', namespace: 'default' }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata,
    spec: { selector: { matchLabels: { app: 'agent' } }, template },
  }
}

test('A DaemonSet runs on each node, follows nodes that come, and updates one after the other.', async () => {
  cluster = await testCluster({ nodes: 2 })
  await cluster.make(daemonSet('agent:1'))
  expect((await cluster.see('daemonsets.apps', 'agent'))['status']).toMatchObject({
    desiredNumberScheduled: 2,
    numberAvailable: 2,
    updatedNumberScheduled: 2,
  })
  await cluster.make(node('late'))
  const placed = await cluster.client.list<DynamicObject>('pods')
  expect(placed.map(({ spec }) => spec.nodeName).sort()).toEqual(['late', 'node-1', 'node-2'])
  await cluster.make(daemonSet('agent:2'))
  const { status } = await cluster.see('daemonsets.apps', 'agent')
  expect(status).toMatchObject({ desiredNumberScheduled: 3, numberAvailable: 3, updatedNumberScheduled: 3 })
  const pods = await cluster.client.list<DynamicObject>('pods')
  expect(pods.map(({ spec }) => spec.containers[0].image)).toEqual(['agent:2', 'agent:2', 'agent:2'])
  expect(await cluster.client.list('controllerrevisions.apps')).toHaveLength(2)
})
