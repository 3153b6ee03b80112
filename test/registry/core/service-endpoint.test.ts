import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { parseAddress, type ServiceAddresses, serviceResolver } from '../../../src/registry/core/service-endpoint.ts'
import { fakeWriteContext } from '../../support/write-context.ts'

const PORT = { name: 'https', port: 443, targetPort: 9443 }

function resolve(
  objects: { service?: Partial<DynamicObject>; slice?: Partial<DynamicObject> },
  port = 443,
  addresses?: ServiceAddresses,
) {
  const context = fakeWriteContext()
  const metadata = { namespace: 'shop', name: 'hook' }
  if (objects.service) context.put('services', { metadata, ...objects.service } as DynamicObject)
  if (objects.slice) {
    context.put('endpointslices.discovery.k8s.io', {
      metadata: { namespace: 'shop', name: 'hook-1', labels: { 'kubernetes.io/service-name': 'hook' } },
      ports: [{ name: 'https', port: 9443 }],
      ...objects.slice,
    } as DynamicObject)
  }
  return serviceResolver({ reader: context.reader, addresses, podCidr: '10.244.0.0/16' })({ ...metadata, port })
}

const service = { spec: { type: 'ClusterIP', clusterIP: '10.96.0.9', ports: [PORT] } }

describe('a Service is found', () => {
  it('where its owner says, before anything is looked up', () => {
    expect(resolve({}, 443, () => 'https://localhost:9443')).toEqual({ host: 'localhost', port: 9443, said: true })
  })

  it('where its annotation says', () => {
    const metadata = { namespace: 'shop', name: 'hook', annotations: { 'kubemu.dev/address': '127.0.0.1:8443' } }
    expect(resolve({ service: { ...service, metadata } })).toEqual({ host: '127.0.0.1', port: 8443, said: true })
  })

  it('by its external name', () => {
    const external = { spec: { type: 'ExternalName', externalName: 'hook.example' } }
    expect(resolve({ service: external }, 8443)).toEqual({ host: 'hook.example', port: 8443 })
  })

  it('at a ready endpoint of its port', () => {
    const endpoints = [
      { addresses: ['127.0.0.2'], conditions: { ready: false } },
      { addresses: ['127.0.0.3'], conditions: { ready: true } },
    ]
    expect(resolve({ service, slice: { endpoints } })).toEqual({ host: '127.0.0.3', port: 9443 })
  })
})

describe('a Service leads nowhere', () => {
  it.each([
    ['when it is not there', {}, 443, 'service "hook" not found'],
    ['when it has no such port', { service }, 99, 'no service port 99 found for service "hook"'],
    ['when it has no endpoints', { service }, 443, 'no endpoints available for service "hook"'],
    [
      'when its endpoints are emulated pods',
      { service, slice: { endpoints: [{ addresses: ['10.244.1.7'] }] } },
      443,
      'dial tcp 10.244.1.7:9443: connect: no route to host',
    ],
  ])('%s', (_, objects, port, message) => {
    expect(() => resolve(objects, port)).toThrow(message)
  })
})

describe('an address', () => {
  it('is a host and a port, in any of its spellings', () => {
    expect(parseAddress('[::1]:9443')).toEqual({ host: '::1', port: 9443 })
    expect(parseAddress('hook.example')).toEqual({ host: 'hook.example', port: 443 })
  })

  it.each(['', 'a:b', 'http://a:1', 'a/b'])('is not %j', (text) => {
    expect(() => parseAddress(text)).toThrow('host:port is needed')
  })
})
