/** Endpoints, EndpointSlices and mirrored ones: what becomes of Services and their pods. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Step, Suite } from './case.ts'

const service = (spec: object = {}, metadata: object = {}): Step => ({
  create: {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name: 'web', ...metadata },
    spec: { selector: { app: 'web' }, ports: [{ port: 80, targetPort: 8080 }], ...spec },
  } as DynamicObject,
})
const manual = (spec: object = {}): Step => service({ selector: null, ...spec })
const patchService = (merge: object): Step => ({ patch: { resource: 'services', name: 'web', merge } })

interface PodOptions {
  node?: string
  ip?: string
  ready?: boolean
  phase?: string
  ports?: object[]
  spec?: object
  labels?: object
}

function podOf(name: string, number: number, options: PodOptions): DynamicObject {
  const { node = 'end-a', ip = `10.1.0.${number}`, ready = true, phase = 'Running', ports, spec, labels } = options
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels: { app: 'web', ...labels } },
    spec: { nodeName: node, containers: [{ name: 'main', image: 'one', ...(ports ? { ports } : {}) }], ...spec },
    status: {
      phase,
      ...(ip ? { podIP: ip, podIPs: [{ ip }] } : {}),
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: '2026-01-01T00:00:00Z' }],
    },
  } as DynamicObject
}

/** One after the other, so that there are as many changes with every server. */
const pods = (...all: PodOptions[]): Step[] => all.map((one, i) => ({ create: podOf(`pod-${i + 1}`, i + 1, one) }))
const statusOf = (name: string, status: object): Step => ({
  patch: { resource: 'pods', name, subresource: 'status', merge: { status } },
})
const remove = (resource: string, name: string, gone = false): Step => ({
  delete: { resource, name, ...(gone ? { gone } : {}) },
})

const selecting: Case[] = [
  { title: 'a Service without pods', steps: [service()] },
  { title: 'pods that are ready', steps: [service(), ...pods({}, { node: 'end-b' })] },
  { title: 'pods that were there before', steps: [...pods({}), service()] },
  {
    title: 'a pod that is not ready, and becomes so',
    steps: [service(), ...pods({ ready: false }), statusOf('pod-1', podOf('', 1, {})['status'])],
  },
  {
    title: 'not ready, but published',
    steps: [service({ publishNotReadyAddresses: true }), ...pods({ ready: false })],
  },
  {
    title: 'a pod without an address yet',
    steps: [service(), ...pods({ ip: '' }), statusOf('pod-1', { podIP: '10.1.0.9', podIPs: [{ ip: '10.1.0.9' }] })],
  },
  {
    title: 'a pod that ends goes',
    steps: [service(), ...pods({}, {}), remove('pods', 'pod-1'), remove('pods', 'pod-1', true)],
  },
  {
    title: 'a pod that ends is published',
    steps: [service({ publishNotReadyAddresses: true }), ...pods({}), remove('pods', 'pod-1')],
  },
  {
    title: 'pods that are done',
    steps: [service(), ...pods({ phase: 'Succeeded', ready: false }, { phase: 'Failed', ready: false })],
  },
  {
    title: 'pods that are done, published',
    steps: [service({ publishNotReadyAddresses: true }), ...pods({ phase: 'Succeeded', ready: false }, {})],
  },
  {
    title: 'a pod that loses the label',
    steps: [
      service(),
      ...pods({}),
      { patch: { resource: 'pods', name: 'pod-1', merge: { metadata: { labels: { app: 'other' } } } } },
    ],
  },
  { title: 'a node that does not exist', steps: [service(), ...pods({ node: 'end-nowhere' })] },
  {
    title: 'another selector',
    steps: [
      service(),
      ...pods({}, { labels: { app: 'other' } }),
      patchService({ spec: { selector: { app: 'other' } } }),
    ],
  },
  { title: 'a Service that is deleted', steps: [service(), ...pods({}), remove('services', 'web')] },
  {
    title: 'a Service that becomes ExternalName',
    steps: [
      service(),
      ...pods({}),
      patchService({
        spec: { type: 'ExternalName', externalName: 'example.com', clusterIP: null, clusterIPs: null, ports: null },
      }),
    ],
  },
]

const ports: Case[] = [
  {
    title: 'several ports',
    steps: [
      service({
        ports: [
          { name: 'b', port: 80, targetPort: 8080 },
          { name: 'a', port: 53, protocol: 'UDP' },
        ],
      }),
      ...pods({}),
    ],
  },
  {
    title: 'ports by name, which not every pod has',
    steps: [
      service({ ports: [{ port: 80, targetPort: 'http' }] }),
      ...pods({ ports: [{ name: 'http', containerPort: 8080 }] }, {}),
    ],
  },
  {
    title: 'an application protocol',
    steps: [service({ ports: [{ port: 80, appProtocol: 'example.com/x' }] }), ...pods({})],
  },
  {
    title: 'another target port',
    steps: [service(), ...pods({}), patchService({ spec: { ports: [{ port: 80, targetPort: 9090 }] } })],
  },
  {
    title: 'one port more',
    steps: [
      service({ ports: [{ name: 'a', port: 80 }] }),
      ...pods({}),
      patchService({
        spec: {
          ports: [
            { name: 'a', port: 80 },
            { name: 'b', port: 81 },
          ],
        },
      }),
    ],
  },
]

const headless: Case[] = [
  { title: 'headless', steps: [service({ clusterIP: 'None' }), ...pods({}, { ready: false })] },
  { title: 'headless without ports', steps: [service({ clusterIP: 'None', ports: null }), ...pods({})] },
  {
    title: 'host names',
    steps: [
      service({ clusterIP: 'None' }),
      ...pods({ spec: { hostname: 'one', subdomain: 'web' } }, { spec: { hostname: 'two', subdomain: 'other' } }),
    ],
  },
]

const described: Case[] = [
  {
    title: 'labels and annotations of the Service',
    steps: [
      service({}, { labels: { team: 'a' }, annotations: { note: 'x' } }),
      ...pods({}),
      patchService({ metadata: { labels: { team: 'b' }, annotations: { note: 'y' } } }),
    ],
  },
  { title: 'pods close by', steps: [service({ trafficDistribution: 'PreferClose' }), ...pods({}, { node: 'end-b' })] },
  {
    title: 'pods of the same zone',
    steps: [service({ trafficDistribution: 'PreferSameZone' }), ...pods({}, { node: 'end-b' }, { ready: false })],
  },
  {
    title: 'pods of the same node',
    steps: [service({ trafficDistribution: 'PreferSameNode' }), ...pods({}, { node: 'end-b' })],
  },
  {
    title: 'a node without a zone has no hints',
    steps: [service({ trafficDistribution: 'PreferSameZone' }), ...pods({ node: 'end-c' }, { node: 'end-b' })],
  },
  {
    title: 'close by no longer',
    steps: [
      service({ trafficDistribution: 'PreferSameZone' }),
      ...pods({}),
      patchService({ spec: { trafficDistribution: null } }),
    ],
  },
]

const endpoints = (subsets: object[] | null, metadata: object = {}): Step => ({
  create: { apiVersion: 'v1', kind: 'Endpoints', metadata: { name: 'web', ...metadata }, subsets } as DynamicObject,
})
const patchEndpoints = (merge: object): Step => ({ patch: { resource: 'endpoints', name: 'web', merge } })
const subset = (...ips: string[]): object => ({ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 80 }] })

const mirrored: Case[] = [
  { title: 'by hand', steps: [manual(), endpoints([subset('192.0.2.1', '192.0.2.2')])] },
  { title: 'by hand, of both families', steps: [manual(), endpoints([subset('192.0.2.1', '2001:db8::1')])] },
  {
    title: 'by hand, some not ready, with names and nodes',
    steps: [
      manual(),
      endpoints([
        {
          addresses: [{ ip: '192.0.2.1', hostname: 'one', nodeName: 'end-a' }],
          notReadyAddresses: [{ ip: '192.0.2.2' }],
          ports: [{ name: 'a', port: 80, appProtocol: 'http' }],
        },
      ]),
    ],
  },
  {
    title: 'by hand, several subsets',
    steps: [manual(), endpoints([subset('192.0.2.1'), { addresses: [{ ip: '192.0.2.2' }], ports: [{ port: 81 }] }])],
  },
  {
    title: 'by hand, changed',
    steps: [manual(), endpoints([subset('192.0.2.1')]), patchEndpoints({ subsets: [subset('192.0.2.3')] })],
  },
  { title: 'by hand, emptied', steps: [manual(), endpoints([subset('192.0.2.1')]), patchEndpoints({ subsets: null })] },
  {
    title: 'by hand, labels and annotations',
    steps: [
      manual(),
      endpoints([subset('192.0.2.1')], { labels: { team: 'a' }, annotations: { note: 'x' } }),
      patchEndpoints({ metadata: { labels: { team: 'b' }, annotations: { note: 'y' } } }),
    ],
  },
  {
    title: 'by hand, not to be mirrored',
    steps: [
      manual(),
      endpoints([subset('192.0.2.1')]),
      patchEndpoints({ metadata: { labels: { 'endpointslice.kubernetes.io/skip-mirror': 'true' } } }),
    ],
  },
  {
    title: 'by hand, an election',
    steps: [
      manual(),
      endpoints([subset('192.0.2.1')], { annotations: { 'control-plane.alpha.kubernetes.io/leader': '{}' } }),
    ],
  },
  { title: 'by hand, without a Service', steps: [endpoints([subset('192.0.2.1')]), manual()] },
  { title: 'by hand, deleted', steps: [manual(), endpoints([subset('192.0.2.1')]), remove('endpoints', 'web')] },
  {
    title: 'by hand, until the Service selects',
    steps: [manual(), endpoints([subset('192.0.2.1')]), patchService({ spec: { selector: { app: 'web' } } })],
  },
]

const node = (name: string, zone?: string): DynamicObject =>
  ({
    apiVersion: 'v1',
    kind: 'Node',
    metadata: { name, ...(zone ? { labels: { 'topology.kubernetes.io/zone': zone } } : {}) },
    status: {
      allocatable: { cpu: '4' },
      capacity: { cpu: '4' },
      conditions: [{ type: 'Ready', status: 'True', reason: 'KubeletReady', message: '' }],
    },
  }) as DynamicObject

export const services: Suite = {
  name: 'services',
  controllers: ['endpoints', 'endpointslice', 'endpointslicemirroring', 'garbage-collector'],
  components: ['endpoint-controller', 'endpoint-slice-controller', 'endpoint-slice-mirroring-controller'],
  shows: ['endpoints', 'endpointslices.discovery.k8s.io'],
  sees: ['pods', 'services'],
  shares: [node('end-a', 'x'), node('end-b', 'y'), node('end-c')],
  ignoresCounts: true,
  quietMs: 2000,
  cases: [...selecting, ...ports, ...headless, ...described, ...mirrored],
}
