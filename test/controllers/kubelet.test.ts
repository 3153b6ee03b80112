import { afterEach, expect, test } from 'vitest'
import { ManualClock } from '../../src/apimachinery/clock.ts'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../src/cluster.ts'

let cluster: Cluster
afterEach(() => cluster.close())

test('A bare pod is scheduled, runs with an address of its node, and goes when it is deleted.', async () => {
  cluster = await createCluster({ seed: 1, clock: new ManualClock(Date.UTC(2026, 0, 1)) })
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default' },
    spec: { containers: [{ name: 'web', image: 'nginx' }] },
  } as DynamicObject)
  await cluster.settle()
  const pod = await cluster.client.get<DynamicObject>('pods', 'default', 'web')
  expect(pod.spec.nodeName).toBe('node-1')
  expect(pod.status).toMatchObject({ phase: 'Running', podIP: '10.244.0.2', hostIP: '172.18.0.2' })
  await cluster.client.delete('pods', 'default', 'web')
  await cluster.settle()
  expect(await cluster.client.list('pods')).toEqual([])
})
