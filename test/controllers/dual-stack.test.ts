/** Clusters whose nodes and pods have addresses of two families, or of IPv6 alone. */
import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { createCluster } from '../../src/index.ts'
import { node, pod, service, type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster | undefined
afterEach(async () => {
  await cluster?.close()
  cluster = undefined
})

const V4 = { node: '172.18.0.2', part: '10.244.0.0/24', pod: '10.244.0.2' }
const V6 = { node: 'fc00:f853:ccd:e793::2', part: 'fd00:10:244::/64', pod: 'fd00:10:244::2' }
const DUAL = { serviceCidr: '10.96.0.0/16,fd00:10:96::/112' }

test.each([
  ['Without a word', {}, [V4]],
  ['With a pod network of both families', { podCidr: '10.244.0.0/16,fd00:10:244::/56' }, [V4, V6]],
  ['With IPv6 first', { podCidr: 'fd00:10:244::/56,10.244.0.0/16' }, [V6, V4]],
  ['With Services of both families', DUAL, [V4, V6]],
  ['With Services of IPv6', { serviceCidr: 'fd00:10:96::/112' }, [V6]],
])('%s nodes and pods have addresses of these families, the first one first.', async (_, options, families) => {
  cluster = await testCluster({ ...options, nodes: 1 })
  await cluster.make(pod('web'), pod('host', { hostNetwork: true }))
  const { spec, status } = await cluster.see('nodes', 'node-1')
  expect(spec).toEqual({ podCIDR: families[0].part, podCIDRs: families.map(({ part }) => part) })
  expect(status.addresses).toEqual([
    ...families.map((family) => ({ type: 'InternalIP', address: family.node })),
    { type: 'Hostname', address: 'node-1' },
  ])
  const hostIPs = families.map((family) => ({ ip: family.node }))
  const onNode = { hostIP: hostIPs[0].ip, hostIPs }
  const podIPs = families.map((family) => ({ ip: family.pod }))
  expect((await cluster.see('pods', 'web'))['status']).toMatchObject({ ...onNode, podIP: podIPs[0].ip, podIPs })
  expect((await cluster.see('pods', 'host'))['status']).toMatchObject({
    ...onNode,
    podIP: hostIPs[0].ip,
    podIPs: hostIPs,
  })
})

test('A pod that finds no free address waits and says so; it has both of those that a pod gives back.', async () => {
  cluster = await testCluster({ nodes: 0, podCidr: '10.244.0.0/24,fd00:10:244::/64' })
  await cluster.make(node('n', { spec: { podCIDRs: ['10.244.0.0/29', 'fd00:10:244::/64'] } }))
  for (let i = 0; i < 5; i++) await cluster.make(pod(`p${i}`))
  await cluster.make(pod('late'))
  const late = async () => (await cluster!.see('pods', 'late'))['status']
  expect(await late()).toMatchObject({ phase: 'Pending', hostIP: V4.node })
  await cluster.pass(10_000)
  expect((await late()).podIPs).toBeUndefined()
  const events = await cluster.client.list<DynamicObject>('events')
  const problem = 'failed to allocate for range 0: no IP addresses available in range set: 10.244.0.1-10.244.0.6'
  const failures = events.filter(({ reason }) => reason === 'FailedCreatePodSandBox')
  expect(failures.map(({ message, count }) => [message, count])).toEqual([[expect.stringContaining(problem), 2]])
  await cluster.client.delete('pods', 'default', 'p2', { gracePeriodSeconds: 0 })
  await cluster.settle()
  expect(await late()).toMatchObject({ phase: 'Running', podIPs: [{ ip: '10.244.0.4' }, { ip: 'fd00:10:244::7' }] })
})

test('Pods of a node that has addresses of its own show those of its first address`s family first.', async () => {
  cluster = await testCluster({ nodes: 0, podCidr: '10.244.0.0/16,fd00:10:244::/56' })
  const addresses = [
    { type: 'ExternalIP', address: '192.0.2.9' },
    { type: 'InternalIP', address: '2001:db8::9' },
    { type: 'InternalIP', address: '2001:db8::10' },
  ]
  await cluster.make(node('own', { status: { addresses } }), pod('web'))
  expect((await cluster.see('pods', 'web'))['status']).toMatchObject({
    hostIPs: [{ ip: '2001:db8::9' }, { ip: '192.0.2.9' }],
    podIPs: [{ ip: 'fd00:10:244::2' }, { ip: '10.244.0.2' }],
  })
})

test('A Service of both families leads to pods by a slice of each, and its Endpoints are of the first.', async () => {
  cluster = await testCluster(DUAL)
  const selector = { app: 'web' }
  await cluster.make(
    pod('web', {}, { labels: selector }),
    service('web', { selector, ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv6', 'IPv4'] }),
  )
  const slices = await cluster.client.list<DynamicObject>('endpointslices.discovery.k8s.io', {
    labelSelector: { matchLabels: { 'kubernetes.io/service-name': 'web' } },
  })
  const leads = slices.map(({ addressType, endpoints }) => `${addressType} ${endpoints[0].addresses}`)
  expect(leads.sort()).toEqual([`IPv4 ${V4.pod}`, `IPv6 ${V6.pod}`])
  const { subsets } = await cluster.see('endpoints', 'web')
  expect(subsets[0].addresses).toMatchObject([{ ip: V6.pod }])
})

test('A cluster of IPv6 is reached at an address of IPv6.', async () => {
  cluster = await testCluster({ serviceCidr: 'fd00:10:96::/112' })
  const slice = await cluster.see('endpointslices.discovery.k8s.io', 'kubernetes')
  expect([slice['addressType'], slice['endpoints'][0].addresses]).toEqual(['IPv6', [V6.node]])
  const leases = await cluster.client.list<DynamicObject>('leases.coordination.k8s.io', { namespace: 'kube-system' })
  expect(leases[0].metadata.annotations).toEqual({ 'kubernetes.io/peer-advertise-address': `[${V6.node}]:6443` })
})

test('Parts of the pod network that hold addresses of Services are no node`s.', async () => {
  cluster = await testCluster({ nodes: 2, podCidr: '10.96.0.0/8', serviceCidr: '10.0.0.0/16' })
  const nodes = await cluster.client.list<DynamicObject>('nodes')
  expect(nodes.map(({ spec }) => spec.podCIDR)).toEqual(['10.1.0.0/24', '10.1.1.0/24'])
})

test.each([
  '10.244.0.0',
  '10.244.0.0/16,10.245.0.0/16',
  '10.244.0.0/16,fd00::/56,10.245.0.0/16',
  '10.244.0.0/25',
  'fd00:10:244::/65',
  'fd00:10:244::/47',
  '10.244.0.0/16, fd00:10:244::/56',
])('The pod network cannot be %s.', async (podCidr) => {
  await expect(createCluster({ podCidr })).rejects.toThrow('podCidr is a network such as 10.244.0.0/16')
})

test('Services cannot take the whole pod network.', async () => {
  const networks = { podCidr: '10.0.0.0/16', serviceCidr: '10.0.0.0/12' }
  await expect(createCluster(networks)).rejects.toThrow(
    'createCluster: serviceCidr 10.0.0.0/12 leaves nothing of podCidr 10.0.0.0/16',
  )
})
