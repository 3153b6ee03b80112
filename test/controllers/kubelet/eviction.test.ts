import { expect, test } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { pod, testCluster } from '../../support/controllers.ts'

test('A pod that comes while its node is short of memory is evicted, too.', async () => {
  const cluster = await testCluster()
  const change = (old: DynamicObject): DynamicObject => ({
    ...old,
    status: {
      ...old.status,
      conditions: old.status.conditions.map((each: DynamicObject) =>
        each['type'] === 'MemoryPressure' ? { ...each, status: 'True' } : each,
      ),
    },
  })
  await cluster.client.modify('nodes', '', 'node-1', change, { subresource: 'status' })
  await cluster.settle()
  await cluster.make(pod('late', { tolerations: [{ operator: 'Exists' }] }))
  expect((await cluster.see('pods', 'late')).status.phase).toBe('Running')
  await cluster.pass(10_000)
  expect((await cluster.see('pods', 'late')).status).toMatchObject({ phase: 'Failed', reason: 'Evicted' })
  await cluster.close()
})
