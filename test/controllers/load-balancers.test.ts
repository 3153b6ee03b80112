import { afterEach, expect, test } from 'vitest'
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type TestCluster, testCluster } from '../support/controllers.ts'

let cluster: TestCluster
afterEach(() => cluster.close())

function service(name: string, spec: object = {}, annotations: object = {}): DynamicObject {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: { name, namespace: 'default', annotations },
    spec: { type: 'LoadBalancer', ports: [{ port: 80 }], ...spec },
  } as DynamicObject
}

function ingress(name: string, ingressClassName?: string, annotations: object = {}): DynamicObject {
  const defaultBackend = { service: { name: 'web', port: { number: 80 } } }
  const metadata = { name, namespace: 'default', annotations }
  return {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'Ingress',
    metadata,
    spec: { ingressClassName, defaultBackend },
  } as DynamicObject
}

const addressOf = async (resource: string, name: string): Promise<unknown> =>
  (await cluster.see(resource, name))['status'].loadBalancer.ingress

test('Services of type LoadBalancer get addresses of their own, or what they ask for.', async () => {
  cluster = await testCluster()
  await cluster.make(
    service('a'),
    service('b', { loadBalancerIP: '192.0.2.7' }),
    service('c', {}, { 'kubemu.dev/load-balancer-hostname': 'c.example.com' }),
    service('d', { loadBalancerClass: 'example.com/other' }),
  )
  expect(await addressOf('services', 'a')).toEqual([{ ip: '172.19.1.1', ipMode: 'VIP' }])
  expect(await addressOf('services', 'b')).toEqual([{ ip: '192.0.2.7', ipMode: 'VIP' }])
  expect(await addressOf('services', 'c')).toEqual([{ hostname: 'c.example.com' }])
  expect(await addressOf('services', 'd')).toBeUndefined()
  await cluster.make(service('e'))
  expect(await addressOf('services', 'e')).toEqual([{ ip: '172.19.1.2', ipMode: 'VIP' }])
  expect(await cluster.events('Service', 'a')).toEqual([
    'EnsuringLoadBalancer: Ensuring load balancer',
    'EnsuredLoadBalancer: Ensured load balancer',
  ])
})

test('A load balancer goes with its Service, and with its type.', async () => {
  cluster = await testCluster()
  await cluster.make(service('a'), service('b'))
  expect((await cluster.see('services', 'a')).metadata.finalizers).toEqual([
    'service.kubernetes.io/load-balancer-cleanup',
  ])
  await cluster.make(service('b', { type: 'ClusterIP' }))
  expect((await cluster.see('services', 'b')).metadata.finalizers).toBeUndefined()
  expect(await addressOf('services', 'b')).toBeUndefined()
  await cluster.client.delete('services', 'default', 'a')
  await cluster.settle()
  const left = await cluster.client.list('services', { namespace: 'default' })
  expect(left.map(({ metadata }) => metadata.name)).toEqual(['b', 'kubernetes'])
})

test('Ingresses have an address, unless another controller serves their class.', async () => {
  cluster = await testCluster()
  const other = {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'IngressClass',
    metadata: { name: 'nginx' },
    spec: { controller: 'k8s.io/ingress-nginx' },
  } as DynamicObject
  await cluster.make(
    other,
    ingress('a'),
    ingress('b', 'nginx'),
    ingress('c', 'none', { 'kubemu.dev/load-balancer-hostname': 'c.example.com' }),
  )
  expect(await addressOf('ingresses.networking.k8s.io', 'a')).toEqual([{ ip: '172.19.0.1' }])
  expect(await addressOf('ingresses.networking.k8s.io', 'b')).toBeUndefined()
  expect(await addressOf('ingresses.networking.k8s.io', 'c')).toEqual([{ hostname: 'c.example.com' }])
})
