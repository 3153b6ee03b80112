import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { pod, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const key = 'example.com/drain'

async function taint(...taints: object[]): Promise<void> {
  await cluster.client.modify<DynamicObject>('nodes', '', 'node-1', (old) => ({
    ...old,
    spec: { ...old.spec, taints },
  }))
  await cluster.settle()
}

const names = async (): Promise<(string | undefined)[]> =>
  (await cluster.client.list<DynamicObject>('pods')).map(({ metadata }) => metadata.name)

test('A NoExecute taint drives out the pods that do not bear it, at once or when their time is over.', async () => {
  cluster = await testCluster()
  await cluster.make(
    pod('none'),
    pod('some', { tolerations: [{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }] }),
    pod('all', { tolerations: [{ key, operator: 'Exists' }] }),
  )
  await taint({ key, effect: 'NoExecute' })
  expect(await names()).toEqual(['all', 'some'])
  expect(await cluster.events('Pod', 'none')).toContain('TaintManagerEviction: Marking for deletion Pod default/none')
  await cluster.pass(59_000)
  expect(await names()).toEqual(['all', 'some'])
  await cluster.pass(1_000)
  expect(await names()).toEqual(['all'])
})

test('A pod that comes to a node with a NoExecute taint stays as long as it bears that.', async () => {
  cluster = await testCluster()
  await taint({ key, effect: 'NoExecute' })
  const tolerations = [{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }]
  await cluster.make(pod('late', { nodeName: 'node-1', tolerations }))
  await cluster.pass(59_000)
  expect(await names()).toEqual(['late'])
  await cluster.pass(1_000)
  expect(await names()).toEqual([])
})

test('A taint that goes in time drives out nobody.', async () => {
  cluster = await testCluster()
  await cluster.make(
    pod('some', { tolerations: [{ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: 60 }] }),
  )
  await taint({ key, effect: 'NoExecute' })
  await cluster.pass(30_000)
  await taint()
  await cluster.pass(60_000)
  expect(await names()).toEqual(['some'])
})

test('Pods of a node that is not ready are deleted after five minutes.', async () => {
  cluster = await testCluster()
  await cluster.make(pod('web'))
  await cluster.client.modify<DynamicObject>(
    'nodes',
    '',
    'node-1',
    ({ status, ...old }) => ({
      ...old,
      status: {
        ...status,
        conditions: status.conditions.map((each: DynamicObject) => ({
          ...each,
          status: each['type'] === 'Ready' ? 'False' : each['status'],
        })),
      },
    }),
    { subresource: 'status' },
  )
  await cluster.settle()
  await cluster.pass(299_000)
  expect((await cluster.see('pods', 'web')).metadata.deletionTimestamp).toBeUndefined()
  await cluster.pass(1_000)
  expect((await cluster.see('pods', 'web')).metadata.deletionTimestamp).toBe('2026-01-01T00:05:30Z')
})
