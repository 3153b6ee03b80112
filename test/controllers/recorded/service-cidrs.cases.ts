/** Ranges of cluster IPs: what the service-cidr controller makes of them, and what keeps them. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Patch, Step, Suite } from './case.ts'

const RANGES = 'servicecidrs.networking.k8s.io'

const range = (name: string, ...cidrs: string[]): DynamicObject =>
  ({ apiVersion: 'networking.k8s.io/v1', kind: 'ServiceCIDR', metadata: { name }, spec: { cidrs } }) as DynamicObject
const service = (name: string, clusterIP: string): DynamicObject =>
  ({
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name },
    spec: { clusterIP, ports: [{ port: 80 }] },
  }) as DynamicObject
const address = (name: string): DynamicObject =>
  ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IPAddress',
    metadata: { name },
    spec: { parentRef: { resource: 'gateways', group: 'example.com', namespace: 'NAMESPACE', name: 'g' } },
  }) as DynamicObject
const create = (...objects: DynamicObject[]): Step => ({ create: objects })
const remove = (resource: string, name: string): Step => ({ delete: { resource, name } })
const patch = (merge: object, subresource?: 'status'): Step => ({
  patch: { resource: RANGES, name: 'extra', merge, subresource } as Patch,
})
const later: Step = { seconds: 12 }

const cases: Case[] = [
  { title: 'a range is held and ready', steps: [create(range('extra', '10.50.0.0/28'))] },
  { title: 'a range of two families', steps: [create(range('extra', '10.50.0.0/28', 'fd00:50::/112'))] },
  {
    title: 'a family that is added changes nothing',
    steps: [create(range('extra', '10.50.0.0/28')), patch({ spec: { cidrs: ['10.50.0.0/28', 'fd00:50::/112'] } })],
  },
  {
    title: 'a range that nobody uses goes ten seconds after its deletion',
    steps: [create(range('extra', '10.50.0.0/28')), remove(RANGES, 'extra'), later],
  },
  {
    title: 'a range stays while a service has an address of it',
    steps: [
      create(range('extra', '10.50.0.0/28')),
      create(service('web', '10.50.0.5')),
      remove(RANGES, 'extra'),
      later,
      remove('services', 'web'),
      later,
    ],
  },
  {
    title: 'another range of the same addresses frees the first',
    steps: [
      create(range('extra', '10.50.0.0/28')),
      create(service('web', '10.50.0.5')),
      remove(RANGES, 'extra'),
      create(range('second', '10.50.0.0/28')),
      later,
    ],
  },
  {
    title: 'a range inside a wider one goes',
    steps: [
      create(range('extra', '10.50.0.0/28'), range('wide', '10.50.0.0/24')),
      create(service('web', '10.50.0.5')),
      remove(RANGES, 'extra'),
      later,
    ],
  },
  {
    title: 'two ranges that hold an address between them go one after the other',
    steps: [
      create(range('extra', '10.50.0.0/28'), range('wide', '10.50.0.0/24')),
      create(service('web', '10.50.0.5')),
      remove(RANGES, 'wide'),
      later,
      remove(RANGES, 'extra'),
      later,
    ],
  },
  {
    title: 'an address of its edge is not of the range',
    steps: [
      create(range('extra', '10.50.0.0/28'), range('wide', '10.50.0.0/24')),
      create(service('web', '10.50.0.15')),
      remove(RANGES, 'wide'),
      remove(RANGES, 'extra'),
      later,
    ],
  },
  {
    title: 'an address that somebody else looks after keeps nothing',
    steps: [create(range('extra', '10.50.0.0/28')), create(address('10.50.0.6')), remove(RANGES, 'extra'), later],
  },
  {
    title: 'an address of a second family keeps the range',
    steps: [
      create(range('extra', '10.50.0.0/28', 'fd00:50::/112'), range('six', 'fd00:50::/112')),
      create(service('web', '10.50.0.5')),
      remove(RANGES, 'extra'),
      later,
    ],
  },
  {
    title: 'a finalizer that was taken away comes back',
    steps: [create(range('extra', '10.50.0.0/28')), patch({ metadata: { finalizers: null } })],
  },
  {
    title: 'finalizers of others stay',
    steps: [
      create(range('extra', '10.50.0.0/28')),
      patch({ metadata: { finalizers: ['example.com/mine'] } }),
      remove(RANGES, 'extra'),
      later,
    ],
  },
  {
    title: 'a condition that somebody wrote is overruled, another type stays',
    steps: [
      create(range('extra', '10.50.0.0/28')),
      patch(
        {
          status: {
            conditions: [
              { type: 'Other', status: 'True', reason: 'Why', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
              { type: 'Ready', status: 'False', reason: 'No', message: '', lastTransitionTime: '2026-01-01T00:00:00Z' },
            ],
          },
        },
        'status',
      ),
    ],
  },
]

export const serviceCidrs: Suite = {
  name: 'service-cidrs',
  controllers: ['service-cidr'],
  components: ['service-cidr-controller'],
  shows: [RANGES, 'ipaddresses.networking.k8s.io'],
  omits: ['kubernetes', '10.0.0.1'],
  cleans: ['services'],
  exclusive: true,
  quietMs: 2000,
  cases,
}
