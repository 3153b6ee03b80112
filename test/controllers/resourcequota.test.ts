import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { pod, service, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const quota = (hard: Record<string, string>, spec: object = {}): DynamicObject => ({
  apiVersion: 'v1',
  kind: 'ResourceQuota',
  metadata: { name: 'q', namespace: 'default' },
  spec: { hard, ...spec },
})

const status = async (): Promise<DynamicObject['status']> => (await cluster.see('resourcequotas', 'q')).status

const asking = (name: string, cpu: string): DynamicObject =>
  pod(name, { containers: [{ name: 'main', image: 'nginx', resources: { requests: { cpu } } }] })

test('A new quota says what is in use already.', async () => {
  cluster = await testCluster()
  await cluster.make(asking('a', '100m'), asking('b', '150m'), service('s', { type: 'NodePort' }))
  const hard = { pods: '4', 'requests.cpu': '1', 'services.nodeports': '2', 'count/deployments.apps': '3' }
  await cluster.make(quota(hard))
  expect(await status()).toEqual({
    hard,
    used: { pods: '2', 'requests.cpu': '250m', 'services.nodeports': '1', 'count/deployments.apps': '0' },
  })
})

test('A quota refuses what is too much, and counts what goes.', async () => {
  cluster = await testCluster()
  await cluster.make(quota({ pods: '1' }), pod('a'))
  expect(await status()).toEqual({ hard: { pods: '1' }, used: { pods: '1' } })
  await expect(cluster.make(pod('b'))).rejects.toThrow(
    'pods "b" is forbidden: exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1',
  )
  await cluster.client.delete('pods', 'default', 'a', { gracePeriodSeconds: 0 })
  await cluster.settle()
  expect((await status()).used).toEqual({ pods: '0' })
  await cluster.make(pod('b'))
  expect((await status()).used).toEqual({ pods: '1' })
})

test('A pod that is over uses nothing any more.', async () => {
  cluster = await testCluster({ controllers: ['*', '-kubelet'] })
  await cluster.make(quota({ pods: '1', 'count/pods': '5' }), pod('a'))
  await cluster.client.modify<DynamicObject>(
    'pods',
    'default',
    'a',
    (old) => ({ ...old, status: { ...old.status, phase: 'Succeeded' } }),
    { subresource: 'status' },
  )
  await cluster.settle()
  expect((await status()).used).toEqual({ pods: '0', 'count/pods': '1' })
})

test('Only pods in scope are counted, and a changed limit shows.', async () => {
  cluster = await testCluster()
  await cluster.make(asking('a', '100m'), pod('b'), quota({ pods: '5' }, { scopes: ['BestEffort'] }))
  expect(await status()).toEqual({ hard: { pods: '5' }, used: { pods: '1' } })
  await cluster.make(quota({ pods: '7' }, { scopes: ['BestEffort'] }))
  expect(await status()).toEqual({ hard: { pods: '7' }, used: { pods: '1' } })
})
