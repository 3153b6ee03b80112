/** Endpoints and EndpointSlices of Services and pods of two families, and nodes with a part of two pod networks. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Step, Suite } from './case.ts'

const SERVICES = '10.0.0.0/24,fd00:10::/112'
const PREFER = { ipFamilyPolicy: 'PreferDualStack' }

const service = (spec: object = {}): Step => ({
  create: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  } as DynamicObject,
})
const patchService = (spec: object): Step => ({ patch: { resource: 'services', name: 'web', merge: { spec } } })
const v4 = (number: number): string => `10.1.0.${number}`
const v6 = (number: number): string => `fd00:1::${number}`
const addresses = (...ips: string[]): object =>
  ips.length > 0 ? { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) } : {}

function pod(name: string, ips: readonly string[], ready = true): Step {
  const status = {
    phase: 'Running',
    ...addresses(...ips),
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
  }
  const spec = { nodeName: 'dual-node', containers: [{ name: 'main', image: 'one' }] }
  const create = { apiVersion: 'v1', kind: 'Pod', metadata: { name, labels: { app: 'web' } }, spec, status }
  return { create: create as DynamicObject }
}
const withAddresses = (name: string, ...ips: string[]): Step => ({
  patch: { resource: 'pods', name, subresource: 'status', merge: { status: addresses(...ips) } },
})
const both = (number: number): Step => pod(`pod-${number}`, [v4(number), v6(number)])

const slices: Case[] = [
  { title: 'a Service of one family, pods of both', steps: [service(), both(1)] },
  { title: 'a Service of the second family', steps: [service({ ipFamilies: ['IPv6'] }), both(1)] },
  { title: 'a Service of both', steps: [service(PREFER), both(1), both(2)] },
  {
    title: 'a Service of both, the second family first',
    steps: [service({ ...PREFER, ipFamilies: ['IPv6', 'IPv4'] }), pod('pod-1', [v6(1), v4(1)])],
  },
  { title: 'a Service of both, pods of one', steps: [service(PREFER), pod('a', [v4(1)]), pod('b', [v6(2)])] },
  { title: 'a headless Service of both', steps: [service({ ...PREFER, clusterIP: 'None' }), both(1)] },
  { title: 'a Service that gets the second family', steps: [service(), both(1), patchService(PREFER)] },
  {
    title: 'a Service that gives the second family back',
    steps: [service(PREFER), both(1), patchService({ ipFamilyPolicy: 'SingleStack' })],
  },
  {
    title: 'a pod that gets its second address later',
    steps: [service(PREFER), pod('pod-1', [v4(1)]), withAddresses('pod-1', v4(1), v6(1))],
  },
  { title: 'a pod of both that is not ready', steps: [service(PREFER), pod('pod-1', [v4(1), v6(1)], false)] },
  {
    title: 'a Service of the second family, pods of the first',
    steps: [service({ ipFamilies: ['IPv6'] }), pod('pod-1', [v4(1)])],
  },
]

export const dualStack: Suite = {
  name: 'dual-stack',
  controllers: ['endpoints', 'endpointslice', 'endpointslicemirroring', 'garbage-collector'],
  components: ['endpoint-controller', 'endpoint-slice-controller', 'endpoint-slice-mirroring-controller'],
  shows: ['endpoints', 'endpointslices.discovery.k8s.io'],
  sees: ['pods', 'services'],
  shares: [{ apiVersion: 'v1', kind: 'Node', metadata: { name: 'dual-node' } } as DynamicObject],
  networks: { serviceCidr: SERVICES },
  ignoresCounts: true,
  quietMs: 2000,
  cases: slices,
}

const node = (name: string, spec: object = {}): Step => ({
  create: { apiVersion: 'v1', kind: 'Node', metadata: { name }, spec } as DynamicObject,
})
const remove = (name: string): Step => ({ delete: { resource: 'nodes', name } })

/** To be recorded first of all on a controller manager: it begins with the first part. */
export const nodeNetworks: Suite = {
  name: 'node-networks',
  controllers: ['node-ipam'],
  components: ['cidrAllocator'],
  shows: ['nodes'],
  hides: ['status'],
  networks: { serviceCidr: SERVICES, podCidr: '10.244.0.0/22,fd00:10:244::/62' },
  ignoresCounts: true,
  quietMs: 3000,
  exclusive: true,
  cases: [
    {
      title: 'a part of each network, the next one each time, until there is none',
      steps: [
        node('a'),
        node('b', { podCIDR: '10.244.2.0/24', podCIDRs: ['10.244.2.0/24', 'fd00:10:244:1::/64'] }),
        node('c'),
        remove('a'),
        node('d'),
        node('e'),
        node('f'),
        remove('c'),
      ],
    },
  ],
}
