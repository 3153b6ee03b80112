/** Hints of EndpointSlices for Services that ask for `service.kubernetes.io/topology-mode: Auto`. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Step, Suite } from './case.ts'

const MODE = 'service.kubernetes.io/topology-mode'

const service = (annotations: object = { [MODE]: 'Auto' }, spec: object = {}): Step => ({
  create: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', annotations },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  } as DynamicObject,
})
const annotate = (annotations: object): Step => ({
  patch: { resource: 'services', name: 'web', merge: { metadata: { annotations } } },
})

function podOf(number: number, nodeName: string, ready: boolean): DynamicObject {
  const podIP = `10.1.0.${number}`
  const conditions = [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }]
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: `pod-${number}`, labels: { app: 'web' } },
    spec: { nodeName, containers: [{ name: 'main', image: 'one' }] },
    status: { phase: 'Running', podIP, podIPs: [{ ip: podIP }], conditions },
  } as DynamicObject
}

/** One after the other, on these nodes; `!` before one says not ready. */
const pods = (...nodes: string[]): Step[] =>
  nodes.map((node, i) => ({ create: podOf(i + 1, node.replace('!', ''), !node.startsWith('!')) }))

const node = (name: string, zone: string | undefined, cpu: string, ready = 'True'): DynamicObject =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, ...(zone ? { labels: { 'topology.kubernetes.io/zone': zone } } : {}) },
    status: {
      allocatable: { cpu },
      capacity: { cpu },
      conditions: [{ type: 'Ready', status: ready, reason: 'KubeletReady', message: '' }],
    },
  }) as DynamicObject
const ready = (name: string, status: string): Step => ({
  patch: {
    resource: 'nodes',
    name,
    subresource: 'status',
    merge: { status: { conditions: [{ type: 'Ready', status, reason: 'KubeletReady', message: '' }] } },
  },
})

const cases: Case[] = [
  { title: 'an endpoint in each zone', steps: [service(), ...pods('za', 'zb')] },
  { title: 'fewer endpoints than zones', steps: [service(), ...pods('za')] },
  { title: 'a zone without endpoints is given some', steps: [service(), ...pods('za', 'za', 'za')] },
  { title: 'a zone with one too many', steps: [service(), ...pods('za', 'zb', 'za', 'zb', 'za')] },
  { title: 'an endpoint that is not ready does not count', steps: [service(), ...pods('za', '!zb', 'zb')] },
  {
    title: 'hints that are good enough stay',
    steps: [service(), ...pods('za', 'za'), { create: podOf(3, 'zb', true) }],
  },
  {
    title: 'endpoints that go take their hints with them',
    steps: [service(), ...pods('za', 'zb', 'zb'), { delete: { resource: 'pods', name: 'pod-1', gone: true } }],
  },
  {
    title: 'the annotation comes and goes',
    steps: [service({}), ...pods('za', 'zb'), annotate({ [MODE]: 'Auto' }), annotate({ [MODE]: null })],
  },
  {
    title: 'the annotation of old',
    steps: [service({ 'service.kubernetes.io/topology-aware-hints': 'auto' }), ...pods('za', 'zb')],
  },
  {
    title: 'the annotation counts before trafficDistribution',
    steps: [
      service({ [MODE]: 'Auto' }, { trafficDistribution: 'PreferSameZone' }),
      ...pods('za', 'za'),
      annotate({ [MODE]: null }),
    ],
  },
  { title: 'another mode gives no hints', steps: [service({ [MODE]: 'Disabled' }), ...pods('za', 'zb')] },
  {
    title: 'a zone whose node is not ready is none',
    steps: [service(), ...pods('za', 'zb'), ready('zb', 'False'), ready('zb', 'True'), annotate({ a: 'b' })],
  },
  {
    title: 'a zone that comes overloads the others',
    steps: [service(), ...pods('za', 'zb', 'za', 'zb'), { create: node('zc', 'z', '4') }],
  },
  {
    title: 'a node without a zone ends the hints',
    steps: [service(), ...pods('za', 'zb'), { create: node('zc', undefined, '4') }],
  },
  {
    title: 'nodes of the control plane do not count',
    steps: [
      {
        create: {
          ...node('zc', undefined, '4'),
          metadata: { name: 'zc', labels: { 'node-role.kubernetes.io/control-plane': '' } },
        } as DynamicObject,
      },
      service(),
      ...pods('za', 'zb'),
    ],
  },
  {
    title: 'zones of uneven size',
    steps: [{ create: node('zc', 'y', '8') }, service(), ...pods('za', 'zb', 'za', 'zc')],
  },
  {
    title: 'no share can be had',
    steps: [{ create: node('zc', 'z', '1') }, service(), ...pods('za', 'zb', 'zc')],
  },
]

export const topology: Suite = {
  name: 'topology',
  controllers: ['endpointslice', 'garbage-collector'],
  components: ['endpoint-slice-controller'],
  shows: ['endpointslices.discovery.k8s.io'],
  sees: ['pods', 'services'],
  shares: [node('za', 'x', '4'), node('zb', 'y', '4')],
  cleans: ['services', 'pods', 'nodes'],
  exclusive: true,
  ignoresCounts: true,
  quietMs: 1500,
  cases,
}
