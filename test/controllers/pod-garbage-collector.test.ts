import { expect, test } from 'vitest'
import { selectControllers } from '../../src/controllers/controllers.ts'
import { controllerCluster, names } from '../support/controller-cluster.ts'
import { node, pod } from '../support/controllers.ts'

test('A pod that goes without ever having had a node, and one of a node that is out of service, are ended after a while.', async () => {
  const { client, pass, runner } = await controllerCluster(selectControllers(['pod-garbage-collector']))
  const held = { finalizers: ['example.com/hold'] }
  await client.create(
    'nodes',
    node('gone', { spec: { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }] } }),
  )
  await client.create('pods', pod('unbound', {}, held))
  await client.create('pods', pod('bound', { nodeName: 'gone' }))
  await client.create('pods', pod('stays', { nodeName: 'gone' }))
  await client.delete('pods', 'default', 'unbound')
  await client.delete('pods', 'default', 'bound')
  await pass(19)
  expect(names(await client.list('pods'))).toEqual(['bound', 'stays', 'unbound'])
  await pass(2)
  expect(names(await client.list('pods'))).toEqual(['stays', 'unbound'])
  expect((await client.get('pods', 'default', 'unbound')) as object).toMatchObject({ status: { phase: 'Failed' } })
  await runner.stop()
})

test('Nodes are told for how long they may keep what they read, by how many they are.', async () => {
  const { client, runner } = await controllerCluster(selectControllers(['ttl']))
  const ttlOf = async (name: string): Promise<unknown> =>
    (await client.get('nodes', '', name)).metadata.annotations?.['node.alpha.kubernetes.io/ttl']
  await client.create('nodes', node('first'))
  await runner.settle()
  expect(await ttlOf('first')).toBe('0')
  for (let i = 0; i < 100; i++) await client.create('nodes', node(`n${i}`))
  await runner.settle()
  expect(await ttlOf('n99')).toBe('15')
  await runner.stop()
})
