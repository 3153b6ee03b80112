import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

function statefulSet(image: string, spec: object = {}): DynamicObject {
  const template = { metadata: { labels: { app: 'db' } }, spec: { containers: [{ name: 'main', image }] } }
  const selector = { matchLabels: { app: 'db' } }
  const metadata = { name: 'db', namespace: 'default' }
  return { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata, spec: { ...spec, selector, template } }
}

test('Pods of a StatefulSet start in order, and a new image goes from the last to the first.', async () => {
  cluster = await testCluster()
  await cluster.make(statefulSet('postgres:17', { replicas: 3 }))
  expect((await cluster.see('statefulsets.apps', 'db'))['status']).toMatchObject({
    readyReplicas: 3,
    currentReplicas: 3,
  })
  await cluster.make(statefulSet('postgres:18', { replicas: 3 }))
  const { status } = await cluster.see('statefulsets.apps', 'db')
  expect(status).toMatchObject({ readyReplicas: 3, updatedReplicas: 3, currentRevision: status.updateRevision })
  const deleted = (await cluster.events('StatefulSet', 'db')).filter((line) => line.startsWith('SuccessfulDelete'))
  expect(deleted).toEqual(
    ['db-2', 'db-1', 'db-0'].map((pod) => `SuccessfulDelete: Delete Pod ${pod} in StatefulSet db successful`),
  )
})

test('A pod that is deleted comes back under its name.', async () => {
  cluster = await testCluster()
  await cluster.make(statefulSet('redis', { replicas: 2 }))
  const { metadata } = await cluster.see('pods', 'db-0')
  await cluster.client.delete('pods', 'default', 'db-0')
  await cluster.settle()
  const again = await cluster.see('pods', 'db-0')
  expect(again.metadata.uid).not.toBe(metadata.uid)
  expect(again['status'].phase).toBe('Running')
})
