import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../src/apimachinery/clock.ts'
import type { DynamicObject, KubeObject } from '../src/apimachinery/meta.ts'
import { type Cluster, type ClusterOptions, createCluster } from '../src/index.ts'
import { recordStates } from '../src/starting-state.ts'

const open: Cluster[] = []

afterEach(async () => {
  for (const cluster of open.splice(0)) await cluster.close()
})

async function start(options: ClusterOptions = {}): Promise<Cluster> {
  const cluster = await createCluster(options)
  open.push(cluster)
  return cluster
}

const RESOURCES = ['namespaces', 'nodes', 'events', 'configmaps', 'leases.coordination.k8s.io', 'serviceaccounts']

async function contentOf({ client }: Cluster): Promise<DynamicObject[]> {
  return (await Promise.all(RESOURCES.map((resource) => client.list<DynamicObject>(resource)))).flat()
}

const manual = (time: string): ClusterOptions => ({ clock: new ManualClock(Date.parse(time)), seed: 7 })
const uidOf = ({ metadata }: KubeObject): string => metadata.uid ?? ''

describe('the starting state of a cluster', () => {
  it('has the time of the cluster, whenever the first of its shape was made', async () => {
    for (const day of ['2026-01-01', '2030-12-31']) {
      const objects = await contentOf(await start(manual(`${day}T10:20:30Z`)))
      const times = JSON.stringify(objects).match(/\d{4}-\d\d-\d\dT[\d:.]+Z/g) ?? []
      expect(new Set(times)).toEqual(new Set([`${day}T10:20:30Z`, `${day}T10:20:30.000000Z`]))
      const tracking = objects.find(({ metadata }) => metadata.name?.includes('token-tracking'))
      expect(tracking?.['data']).toEqual({ since: day })
    }
  })

  it('has uids of its own, which references follow', async () => {
    const [one, two] = [await contentOf(await start()), await contentOf(await start())]
    const uids = new Set(one.map(uidOf))
    expect(uids.size).toBe(one.length)
    expect(two.filter((object) => uids.has(uidOf(object)))).toEqual([])
    for (const objects of [one, two]) {
      const node = objects.find(({ kind }) => kind === 'Node') as DynamicObject
      const lease = objects.find(
        ({ metadata }) => metadata.namespace === 'kube-node-lease' && metadata.name === 'node-1',
      )
      expect(lease?.metadata.ownerReferences?.[0]?.uid).toBe(uidOf(node))
    }
  })

  it('is the same for the same seed and time', async () => {
    const time = '2026-03-04T05:06:07Z'
    const withoutKeys = async (): Promise<DynamicObject[]> =>
      (await contentOf(await start(manual(time)))).filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
    expect(await withoutKeys()).toEqual(await withoutKeys())
  })

  it('holds a root certificate that is the cluster`s own in every namespace', async () => {
    const certificates = async (): Promise<string[]> => {
      const maps = await (await start()).client.list<DynamicObject>('configmaps')
      return maps.flatMap(({ metadata, data }) => (metadata.name === 'kube-root-ca.crt' ? [data['ca.crt']] : []))
    }
    const [one, two] = [await certificates(), await certificates()]
    expect(one).toHaveLength(4)
    expect(new Set(one).size).toBe(1)
    expect(one[0]).toMatch(/^-----BEGIN CERTIFICATE-----\n/)
    expect(two[0]).not.toBe(one[0])
  })

  it('depends on nodes, controllers and admission', async () => {
    const names = async (options: ClusterOptions, resource: string): Promise<unknown[]> =>
      (await (await start(options)).client.list(resource)).map(({ metadata }) => metadata.name)
    expect(await names({ nodes: 3 }, 'nodes')).toEqual(['node-1', 'node-2', 'node-3'])
    expect(await names({ nodes: 0 }, 'nodes')).toEqual([])
    expect(await names({ controllers: false }, 'serviceaccounts')).toEqual([])
    expect(await names({}, 'storageclasses.storage.k8s.io')).toEqual(['standard'])
    expect(await names({ controllers: ['*', '-volume-provisioner'] }, 'storageclasses.storage.k8s.io')).toEqual([])
  })

  it('can be recorded as JSON', async () => {
    const states = await recordStates()
    expect(JSON.parse(JSON.stringify(states))).toEqual(states)
    expect(Object.values(states).map(({ objects }) => objects.length)).toEqual([expect.any(Number)])
  })

  it('is one in which the controllers have nothing left to do but to say that they know the nodes', async () => {
    const cluster = await start(manual('2026-01-01T00:00:00Z'))
    const events = await cluster.client.list<DynamicObject>('events')
    const newest = [...(await contentOf(cluster))].sort(
      (a, b) => Number(b.metadata.resourceVersion) - Number(a.metadata.resourceVersion),
    )[0]
    expect(newest?.['reason']).toBe('RegisteredNode')
    expect(events.filter(({ reason }) => reason === 'RegisteredNode')).toHaveLength(1)
  })
})
