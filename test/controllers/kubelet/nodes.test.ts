import { expect, test } from 'vitest'
import { failure } from '../../../src/apimachinery/errors.ts'
import type { KubeObject } from '../../../src/apimachinery/meta.ts'
import type { Client } from '../../../src/controllers/client.ts'
import { kubelet } from '../../../src/controllers/kubelet/kubelet.ts'
import type { Lease } from '../../../src/types/coordination-v1.ts'
import { controllerCluster, START } from '../../support/controller-cluster.ts'
import { node, pod, type TestCluster, testCluster } from '../../support/controllers.ts'

const LEASES = 'leases.coordination.k8s.io'

test('A node whose lease is refused does not keep the others from renewing theirs.', async () => {
  let refused = false
  const intercept = (client: Client): Client => ({
    ...client,
    async modify(resource, namespace, name, change, options) {
      if (refused && resource === LEASES && name === 'a') throw failure(403, 'Forbidden', 'not this one')
      return client.modify(resource, namespace, name, change, options)
    },
  })
  const cluster = await controllerCluster([kubelet], { intercept })
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } }
  await cluster.client.create<KubeObject>('namespaces', namespace)
  for (const name of ['a', 'b']) await cluster.client.create<KubeObject>('nodes', node(name))
  await cluster.runner.settle()
  const renewed = async (name: string) => {
    const { spec } = await cluster.client.get<Lease>(LEASES, 'kube-node-lease', name)
    return Date.parse(spec?.renewTime as string) - START
  }
  refused = true
  await cluster.pass(10)
  expect(await renewed('b')).toBe(10_000)
  await cluster.pass(290)
  expect(await renewed('b')).toBeGreaterThan(289_000)
  expect(await renewed('a')).toBe(0)
  await cluster.runner.stop()
})

test('All nodes renew their leases once an interval, also when they are more than are renewed in one go.', async () => {
  const renewed: string[] = []
  const intercept = (client: Client): Client => ({
    ...client,
    modify(resource, namespace, name, change, options) {
      if (resource === LEASES) renewed.push(name)
      return client.modify(resource, namespace, name, change, options)
    },
  })
  const cluster = await controllerCluster([kubelet], { intercept })
  const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'kube-node-lease' } }
  await cluster.client.create<KubeObject>('namespaces', namespace)
  const nodes = Array.from({ length: 40 }, (_, i) => `node-${i}`)
  for (const name of nodes) await cluster.client.create<KubeObject>('nodes', node(name))
  await cluster.runner.settle()
  for (let round = 0; round < 2; round++) {
    renewed.length = 0
    await cluster.pass(10)
    expect(renewed).toEqual(nodes)
  }
  await cluster.runner.stop()
})

test('A node that comes again under the name of another pulls its images itself.', async () => {
  const cluster = await testCluster({ nodes: 0 })
  const uses = (name: string) => pod(name, { nodeName: 'worker', containers: [{ name: 'main', image: 'nginx:1' }] })
  await cluster.make(node('worker'))
  await cluster.make(uses('first'))
  await cluster.client.delete('nodes', '', 'worker')
  await cluster.settle()
  await cluster.make(node('worker'))
  await cluster.make(uses('second'), uses('third'))
  expect(await cluster.events('Pod', 'second')).toContain('Pulling: Pulling image "nginx:1"')
  expect(await cluster.events('Pod', 'third')).not.toContain('Pulling: Pulling image "nginx:1"')
  await cluster.close()
})

test('An image without names keeps no pod from its node.', async () => {
  const cluster = await testCluster({ nodes: 0 })
  await cluster.make(node('node-1', { status: { images: [{ sizeBytes: 3 }, { names: [], sizeBytes: 2 }] } }))
  await cluster.make(pod('bound', { nodeName: 'node-1' }), pod('free'))
  for (const name of ['bound', 'free']) {
    expect(await cluster.see('pods', name)).toMatchObject({
      spec: { nodeName: 'node-1' },
      status: { phase: 'Running' },
    })
  }
  await cluster.close()
})

const WORKER = node('worker', { spec: { podCIDRs: ['10.244.7.0/29'] } })
const podIPs = (cluster: TestCluster, ...names: string[]) =>
  Promise.all(names.map(async (name) => (await cluster.see('pods', name))['status'].podIP))

test('A node that comes again at once has its old address, and its pods keep theirs.', async () => {
  await using cluster = await testCluster({ nodes: 0 })
  await cluster.make(WORKER)
  await cluster.make(pod('old'), pod('older'))
  await cluster.client.delete('nodes', '', 'worker')
  await cluster.make(WORKER, pod('new'))
  expect((await cluster.see('nodes', 'worker'))['status'].addresses[0].address).toBe('172.18.0.2')
  expect(await podIPs(cluster, 'old', 'older', 'new')).toEqual(['10.244.7.2', '10.244.7.3', '10.244.7.4'])
  // What they have of the new node is its own again.
  await cluster.client.delete('pods', 'default', 'old', { gracePeriodSeconds: 0 })
  await cluster.make(pod('a'), pod('b'), pod('c'))
  expect(await podIPs(cluster, 'a', 'b', 'c')).toEqual(['10.244.7.5', '10.244.7.6', '10.244.7.2'])
})

test('A node that is new here gives no pod the address of one that it has not looked at yet.', async () => {
  await using cluster = await testCluster({ nodes: 0 })
  await cluster.client.create('pods', pod('a', { nodeName: 'worker' }))
  const later = await cluster.client.create('pods', pod('later', { nodeName: 'worker' }))
  const podIP = '10.244.7.2'
  await cluster.client.updateStatus('pods', { ...later, status: { phase: 'Pending', podIP, podIPs: [{ ip: podIP }] } })
  await cluster.make(WORKER)
  expect(await podIPs(cluster, 'a', 'later')).toEqual(['10.244.7.3', podIP])
})
