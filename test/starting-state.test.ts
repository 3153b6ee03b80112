import { afterEach, describe, expect, it } from 'vitest'
import { ManualClock } from '../src/apimachinery/clock.ts'
import type { DynamicObject, KubeObject } from '../src/apimachinery/meta.ts'
import { type Random, seededRandom } from '../src/apimachinery/random.ts'
import { controllers } from '../src/controllers/controllers.ts'
import { type Cluster, type ClusterOptions, createCluster } from '../src/index.ts'
import type { RecordedObject, RecordedState } from '../src/starting-state.recorded.ts'
import { makeForReal, TEMPLATE_ROOT_CA, TEMPLATE_TIME } from '../src/starting-state.recording.ts'
import { recordStates, startingState, startOf } from '../src/starting-state.ts'
import { FIRST_REVISION } from '../src/storage/memory.ts'

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

async function contentOf({ client }: Cluster, resources = RESOURCES): Promise<DynamicObject[]> {
  return (await Promise.all(resources.map((resource) => client.list<DynamicObject>(resource)))).flat()
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

  it('is the same for the same seed and time, whatever is looked at first', async () => {
    const time = '2026-03-04T05:06:07Z'
    const withoutKeys = async (resources: string[]): Promise<DynamicObject[]> =>
      (await contentOf(await start(manual(time)), resources))
        .filter(({ metadata }) => metadata.name !== 'kube-root-ca.crt')
        .sort((a, b) => Number(a.metadata.resourceVersion) - Number(b.metadata.resourceVersion))
    expect(await withoutKeys(RESOURCES)).toEqual(await withoutKeys(RESOURCES.toReversed()))
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
    const [state] = Object.values(states)
    expect(state?.cluster.map(({ prefix }) => prefix)).not.toContain('/registry/minions/')
    for (const objects of [state?.parted, state?.unparted]) {
      expect(objects?.map(({ prefix }) => prefix)).toEqual(
        expect.arrayContaining(['/registry/minions/', '/registry/leases/', '/registry/events/']),
      )
    }
  })

  // The pod network has 256 parts, and from the 101st node on nodes are told to keep Secrets for longer.
  it.each<[number, { podCidr?: string; serviceCidr?: string }]>([
    [0, {}],
    [3, {}],
    [12, {}],
    [258, {}],
    [3, { podCidr: 'fd00:10:244::/63,10.244.0.0/22' }],
    [3, { podCidr: '10.0.0.0/22', serviceCidr: '10.0.0.0/24' }],
  ])('is with %i nodes and networks %j what the controllers really make of so many', async (nodes, networks) => {
    const shape = { ...networks, controllers: controllers.filter(({ name }) => name !== 'stage') }
    let uids = 0
    const uuid = (): string => `${DRAWN}${String(uids++).padStart(12, '0')}`
    const random: Random = { ...seededRandom(1), uuid, branch: () => random }
    const identity = { now: TEMPLATE_TIME, random, rootCa: () => TEMPLATE_ROOT_CA, nodes }
    const { beginnings, ofNodes } = startOf(await startingState(shape), identity)
    const begun = [...beginnings].flatMap(([prefix, make]) => [...make()].map((each) => ({ prefix, ...each })))
    const revisionOf = ({ object }: { object: KubeObject }): number => Number(object.metadata.resourceVersion)
    const stamped = [...begun.sort((a, b) => revisionOf(a) - revisionOf(b)), ...ofNodes]
    const [filled, made] = [comparable(stamped), comparable(await makeForReal(shape, nodes))]
    const expected = new Set(made)
    expect(filled.filter((text) => !expected.has(text))).toEqual([])
    expect(filled.length).toBe(made.length)
    for (const { name, object } of stamped) {
      expect(name).toBe([object.metadata.namespace, object.metadata.name].filter(Boolean).join('/'))
    }
    expect(stamped.map(revisionOf)).toEqual(stamped.map((_, i) => FIRST_REVISION + 1 + i))
  })

  it('is one in which the controllers have nothing left to do, nor have they after a reset', async () => {
    const cluster = await start(manual('2026-01-01T00:00:00Z'))
    const content = await contentOf(cluster)
    const { cluster: common, parted } = Object.values(await recordStates())[0] as RecordedState
    const next = await cluster.client.create('configmaps', configMap('first'))
    expect(Number(next.metadata.resourceVersion)).toBe(FIRST_REVISION + common.length + parted.length + 1)
    await cluster.reset()
    expect(await contentOf(cluster)).toEqual(content)
  })

  it('is looked after, too, when the first change to it comes after its history was forgotten', async () => {
    const cluster = await start()
    const { client } = cluster
    await client.create('secrets', { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'a', namespace: 'default' } })
    cluster.compact()
    const kept = [
      ['serviceaccounts', 'default'],
      ['configmaps', 'kube-root-ca.crt'],
    ] as const
    for (const [resource, name] of kept) await client.delete(resource, 'default', name)
    await cluster.settle()
    for (const [resource, name] of kept) {
      expect((await client.get(resource, 'default', name)).metadata).toMatchObject({ name })
    }
  })
})

const configMap = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'default' },
})

/** With what is an accident made equal: revisions, uids that name nothing, counters in names of Events, and the order of the writes. */
function comparable(objects: readonly RecordedObject[]): string[] {
  const nameOf = ({ prefix, object: { metadata } }: RecordedObject): string =>
    `${prefix}${metadata.namespace ?? ''}/${metadata.name}`
  const names = new Map(objects.map((each) => [uidOf(each.object), nameOf(each)]))
  const textOf = ({ prefix, object }: RecordedObject): string =>
    `${prefix} ${JSON.stringify({ ...object, metadata: { ...object.metadata, resourceVersion: '' } })}`
      .replace(new RegExp(`${DRAWN}.{12}`, 'g'), (uid) => names.get(uid) ?? 'some uid')
      .replace(/\b[0-9a-f]{15}\b/g, 'time and counter')
  return objects.map(textOf).sort()
}

/** How uids begin that were drawn. */
const DRAWN = '00000000-0000-4000-8000-'
