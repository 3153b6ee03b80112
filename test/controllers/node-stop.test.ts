import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

const podsOn = async (): Promise<string[]> =>
  (await cluster.client.list<DynamicObject>('pods'))
    .map(({ metadata, spec }) => `${spec.nodeName}${metadata.deletionTimestamp ? ' terminating' : ''}`)
    .sort()
const readiness = async (name: string): Promise<string> => {
  const { status } = await cluster.see('nodes', name)
  return status.conditions.find(({ type }: DynamicObject) => type === 'Ready').status
}

test('A node whose kubelet is stopped falls silent, its pods move, and what is left of them ends when it is back.', async () => {
  cluster = await testCluster({ nodes: 2 })
  await cluster.make({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'main', image: 'nginx' }] },
      },
    },
  })
  const [node] = await podsOn()
  const other = node === 'node-1' ? 'node-2' : 'node-1'
  await cluster.stopNode(node)
  for (let i = 0; i < 7; i++) await cluster.pass(10_000)
  expect(await readiness(node)).toBe('Unknown')
  expect((await cluster.see('nodes', node)).spec.taints.map(({ key }: DynamicObject) => key)).toContain(
    'node.kubernetes.io/unreachable',
  )
  expect(await podsOn()).toEqual([node])
  for (let i = 0; i < 31; i++) await cluster.pass(10_000)
  expect(await podsOn()).toEqual([`${node} terminating`, other].sort())
  await cluster.startNode(node)
  expect(await readiness(node)).toBe('True')
  expect(await podsOn()).toEqual([other])
  expect((await cluster.see('nodes', node)).spec.taints).toBeUndefined()
  expect(await cluster.events('Node', node)).toContain('Starting: Starting kubelet.')
})

test('There is no node to stop of a name that none has.', async () => {
  cluster = await testCluster()
  await expect(cluster.stopNode('nobody')).rejects.toThrow('nodes "nobody" not found')
})
