/** Services of a cluster with ranges of both families, as kube-apiserver 1.37 answered the same requests. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isStatusError } from '../../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { type Cluster, createCluster } from '../../../src/index.ts'
import type { Service } from '../../../src/types/core-v1.ts'

let cluster: Cluster
beforeAll(async () => {
  cluster = await createCluster({ serviceCidr: '10.0.0.0/24,fd00:10::/112', nodes: 0, controllers: ['service-cidr'] })
})
afterAll(() => cluster.close())

/** Policy, families and addresses, with `V4` and `V6` for those that chance chose; or why not. */
async function outcome(work: () => Promise<Service>): Promise<string> {
  try {
    const { ipFamilyPolicy = '-', ipFamilies = [], clusterIPs = [] } = (await work()).spec ?? {}
    return masked([ipFamilyPolicy, ipFamilies.join(), clusterIPs.join()].join(' '))
  } catch (error) {
    if (isStatusError(error)) return masked(error.message.replace(/^.*? is invalid: /, ''))
    throw error
  }
}
const masked = (text: string): string => text.replace(/10\.0\.0\.\d+/g, 'V4').replace(/fd00:10::[0-9a-f]+/g, 'V6')

const serviceWith = (name: string, spec: object): Service =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default' },
    spec: { selector: { a: 'b' }, ports: [{ port: 80 }], ...spec },
  }) as Service

const create = (name: string, spec: object): Promise<string> =>
  outcome(() => cluster.client.create<Service>('services', serviceWith(name, spec)))
const patch = (name: string, spec: object): Promise<string> =>
  outcome(() => cluster.client.patch<Service>('services', 'default', name, 'merge', { spec }))

const BOTH = 'IPv4,IPv6 V4,V6'
const single = { ipFamilyPolicy: 'SingleStack' }
const prefer = { ipFamilyPolicy: 'PreferDualStack' }
const require = { ipFamilyPolicy: 'RequireDualStack' }

describe('a new Service', () => {
  it.each<[object, string]>([
    [{}, 'SingleStack IPv4 V4'],
    [prefer, `PreferDualStack ${BOTH}`],
    [require, `RequireDualStack ${BOTH}`],
    [{ ipFamilies: ['IPv6'] }, 'SingleStack IPv6 V6'],
    [{ ...prefer, ipFamilies: ['IPv6', 'IPv4'] }, 'PreferDualStack IPv6,IPv4 V6,V4'],
    [{ ...require, ipFamilies: ['IPv6'] }, 'RequireDualStack IPv6,IPv4 V6,V4'],
    [{ ...prefer, clusterIP: 'fd00:10::99' }, 'PreferDualStack IPv6,IPv4 V6,V4'],
    [{ ...prefer, clusterIP: '10.0.0.7', clusterIPs: ['10.0.0.7', 'fd00:10::77'] }, `PreferDualStack ${BOTH}`],
    [
      { ...single, clusterIP: '10.0.0.8', clusterIPs: ['10.0.0.8', 'fd00:10::78'] },
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple cluster IPs are specified`,
    ],
    [{ ...prefer, ipFamilies: ['IPv4', 'IPv4'] }, 'spec.ipFamilies[1]: Duplicate value: "IPv4"'],
    [{ clusterIP: 'None' }, 'SingleStack IPv4 None'],
    [{ ...prefer, clusterIP: 'None' }, 'PreferDualStack IPv4,IPv6 None'],
    [{ ...require, clusterIP: 'None', ipFamilies: ['IPv6'] }, 'RequireDualStack IPv6,IPv4 None'],
    [{ ...require, type: 'LoadBalancer' }, `RequireDualStack ${BOTH}`],
    [{ ...prefer, type: 'NodePort' }, `PreferDualStack ${BOTH}`],
    [{ type: 'ExternalName', externalName: 'a.b' }, '-  '],
    [
      { ...prefer, ipFamilies: ['IPv4'], clusterIP: 'fd00:10::55' },
      'spec.clusterIPs[0]: Invalid value: "V6": expected an IPv4 value as indicated by `ipFamilies[0]`',
    ],
    [
      { ...prefer, clusterIP: '10.0.0.1' },
      'spec.clusterIPs: Invalid value: ["V4",""]: failed to allocate IP V4: provided IP is already allocated',
    ],
    [
      { ipFamilies: ['IPv4', 'IPv6'] },
      `spec.ipFamilyPolicy: Invalid value: "SingleStack": must be 'RequireDualStack' or 'PreferDualStack' when multiple IP families are specified`,
    ],
    [
      { ipFamilies: ['IPv6'], clusterIP: 'fd00:20::1' },
      'spec.clusterIPs: Invalid value: ["fd00:20::1"]: failed to allocate IP fd00:20::1: the provided network does not match the current range',
    ],
  ])('with %j', async (spec, answer) => {
    expect(await create('new', spec)).toBe(answer)
    await cluster.client.delete('services', 'default', 'new').catch(() => {})
  })
})

it('a second address comes and goes with the policy, and is given back', async () => {
  expect(await create('web', {})).toBe('SingleStack IPv4 V4')
  expect(await patch('web', prefer)).toBe(`PreferDualStack ${BOTH}`)
  expect(await patch('web', { ipFamilies: ['IPv6', 'IPv4'] })).toBe(
    '[spec.clusterIPs[0]: Invalid value: "V4": expected an IPv6 value as indicated by `ipFamilies[0]`, spec.clusterIPs[1]: Invalid value: "V6": expected an IPv4 value as indicated by `ipFamilies[1]`]',
  )
  expect(await patch('web', single)).toBe('SingleStack IPv4 V4')
  expect(await patch('web', { type: 'ExternalName', externalName: 'a.b', clusterIP: null, clusterIPs: null })).toBe(
    '-  ',
  )
  expect(await patch('web', { type: 'ClusterIP', externalName: null, ...require })).toBe(`RequireDualStack ${BOTH}`)
  await cluster.client.delete('services', 'default', 'web')
  const addresses = await cluster.client.list<DynamicObject>('ipaddresses.networking.k8s.io')
  expect(addresses.map(({ metadata }) => metadata.name)).toEqual(['10.0.0.1'])
})

it("the cluster's own Service is single-stack, its range is both", async () => {
  const own = await cluster.client.get<Service>('services', 'default', 'kubernetes')
  expect(own.spec).toMatchObject({ clusterIPs: ['10.0.0.1'], ipFamilies: ['IPv4'], ipFamilyPolicy: 'SingleStack' })
  const range = await cluster.client.get<DynamicObject>('servicecidrs.networking.k8s.io', '', 'kubernetes')
  expect(range['spec'].cidrs).toEqual(['10.0.0.0/24', 'fd00:10::/112'])
})

it.each(['10.0.0.0', '10.0.0.0/30', '10.0.0.0/24,10.1.0.0/24', '10.0.0.0/24,fd00::/112,10.1.0.0/24'])(
  'a range cannot be %s',
  async (serviceCidr) => {
    await expect(createCluster({ serviceCidr })).rejects.toThrow('serviceCidr is a network of at least 8 addresses')
  },
)

it('a range may be large, and given by any address in it', async () => {
  await using large = await createCluster({ serviceCidr: '10.9.8.7/8,FD00::1/64', nodes: 0, controllers: false })
  const range = await large.client.get<DynamicObject>('servicecidrs.networking.k8s.io', '', 'kubernetes')
  expect(range['spec'].cidrs).toEqual(['10.0.0.0/8', 'fd00::/64'])
  const { spec } = await large.client.create<Service>('services', serviceWith('web', require))
  expect(spec?.clusterIPs).toEqual([expect.stringMatching(/^10\./), expect.stringMatching(/^fd00:/)])
})

it('a second range may come to what a data file holds', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kubemu-dual-stack-'))
  const options = { data: join(folder, 'data.json'), nodes: 0, controllers: ['service-cidr'] }
  try {
    await (await createCluster({ ...options, serviceCidr: '10.0.0.0/24' })).close()
    await using again = await createCluster({ ...options, serviceCidr: '10.0.0.0/24,fd00:10::/112' })
    const { spec } = await again.client.create<Service>('services', serviceWith('web', require))
    expect(spec?.ipFamilies).toEqual(['IPv4', 'IPv6'])
  } finally {
    await rm(folder, { recursive: true })
  }
})
