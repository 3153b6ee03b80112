/** The Lease of the API server itself. */
import { expect, test } from 'vitest'
import { ManualClock } from '../src/apimachinery/clock.ts'
import { createCluster } from '../src/index.ts'
import { identityName } from '../src/registry/bootstrap/identity-lease.ts'
import type { Lease } from '../src/types/coordination-v1.ts'
import { type TestCluster, testCluster } from './support/controllers.ts'

const LEASES = 'leases.coordination.k8s.io'
const NAME = identityName('kubemu')
const START = Date.UTC(2026, 0, 1)
const at = (seconds: number): string => new Date(START + seconds * 1000).toISOString().replace('Z', '000Z')

const leaseOf = (cluster: TestCluster) => cluster.see(LEASES, NAME, 'kube-system')
const namesOf = async (cluster: TestCluster) =>
  (await cluster.client.list(LEASES, { namespace: 'kube-system' })).map(({ metadata }) => metadata.name)

/** As a server would leave it that ended without a word. */
const stale = (name: string, spec: object, kind = 'kube-apiserver'): Lease =>
  ({
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace: 'kube-system', labels: { 'apiserver.kubernetes.io/identity': kind } },
    spec: { holderIdentity: 'x', leaseDurationSeconds: 3600, renewTime: at(0), ...spec },
  }) as Lease

test('The name of a server is upstream`s hash of its host: this one was recorded.', () => {
  expect(identityName('vm')).toBe('apiserver-wlv32tlttr4jl3gtroqexyxapa')
})

test.each([true, false])(
  'The server renews its Lease every ten seconds, with controllers: %j.',
  async (controllers) => {
    await using cluster = await testCluster({ controllers, nodes: 0 })
    const { metadata, spec } = await leaseOf(cluster)
    expect(metadata).toMatchObject({
      labels: { 'apiserver.kubernetes.io/identity': 'kube-apiserver', 'kubernetes.io/hostname': 'kubemu' },
      annotations: { 'kubernetes.io/peer-advertise-address': '172.18.0.2:6443' },
      managedFields: [{ manager: 'kube-apiserver', operation: 'Update' }],
    })
    expect(spec).toEqual({
      holderIdentity: expect.stringMatching(`^${NAME}_[0-9a-f-]{36}$`),
      leaseDurationSeconds: 3600,
      renewTime: at(0),
    })
    await cluster.pass(9_999)
    expect((await leaseOf(cluster))['spec']).toEqual(spec)
    for (const seconds of [10, 20]) {
      await cluster.pass(START + seconds * 1000 - cluster.clock.now())
      expect((await leaseOf(cluster))['spec']).toEqual({ ...spec, renewTime: at(seconds) })
    }
  },
)

test('A Lease that somebody deleted or changed is as it should be after the next renewal.', async () => {
  await using cluster = await testCluster({ nodes: 0 })
  await cluster.client.modify<Lease>(LEASES, 'kube-system', NAME, (old) => ({
    ...old,
    metadata: { ...old.metadata, labels: { mine: 'x' } },
    spec: { ...old.spec, leaseDurationSeconds: 1 },
  }))
  await cluster.pass(10_000)
  const { metadata, spec } = await leaseOf(cluster)
  expect(metadata.labels).toEqual({
    'apiserver.kubernetes.io/identity': 'kube-apiserver',
    'kubernetes.io/hostname': 'kubemu',
    mine: 'x',
  })
  expect(spec.leaseDurationSeconds).toBe(3600)
  await cluster.client.delete(LEASES, 'kube-system', NAME)
  await cluster.pass(10_000)
  expect((await leaseOf(cluster))['spec']).toEqual({ ...spec, renewTime: at(20) })
})

test('Leases of servers that ended are collected once an hour; others are not the server`s affair.', async () => {
  await using cluster = await testCluster({ nodes: 0 })
  await cluster.make(
    stale('apiserver-gone', {}),
    stale('apiserver-alive', { renewTime: at(3000) }),
    stale('apiserver-broken', { renewTime: undefined }),
    stale('other', { renewTime: at(-10_000) }, 'kube-controller-manager'),
  )
  await cluster.pass(3_599_000)
  expect(await namesOf(cluster)).toEqual(
    [NAME, 'apiserver-alive', 'apiserver-broken', 'apiserver-gone', 'other'].sort(),
  )
  await cluster.pass(10_000)
  expect(await namesOf(cluster)).toEqual([NAME, 'apiserver-alive', 'other'].sort())
})

test('A server whose clock jumps by hours keeps its own Lease.', async () => {
  await using cluster = await testCluster({ nodes: 0 })
  const { uid } = (await leaseOf(cluster)).metadata
  await cluster.pass(7_200_000)
  expect((await leaseOf(cluster)).metadata.uid).toBe(uid)
})

test('After a reset the Lease is renewed on.', async () => {
  await using cluster = await testCluster({ nodes: 0 })
  const { spec } = await leaseOf(cluster)
  await cluster.pass(10_000)
  await cluster.reset()
  await cluster.pass(10_000)
  expect((await leaseOf(cluster))['spec']).toEqual({ ...spec, renewTime: at(20) })
})

test('A cluster that is closed sets no timers any more.', async () => {
  const clock = new ManualClock(START)
  const cluster = await createCluster({ clock, nodes: 0, controllers: false, compactionInterval: 0 })
  expect(clock.nextTimer()).toBe(START + 10_000)
  await cluster.close()
  expect(clock.nextTimer()).toBeUndefined()
})
