/** kube-scheduler and extended resources that devices stand behind. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case } from './case.ts'
import { cel, claim, comes, device, exactly, of, slice, wants } from './devices.ts'
import { asks, create, given, node, pod } from './scheduler.ts'

const GPU = 'example.com/gpu'
const IMPLICIT = 'deviceclass.resource.kubernetes.io/gpu'

const gpus = of('DeviceClass', 'gpu', {
  ...cel('device.driver == "gpu.example.com"'),
  extendedResourceName: GPU,
})
const named = (name: string, extendedResourceName?: string): DynamicObject =>
  of('DeviceClass', name, {
    ...cel('device.driver == "gpu.example.com"'),
    ...(extendedResourceName ? { extendedResourceName } : {}),
  })
const two = slice('a', [device('gpu-0'), device('gpu-1')])
const user = (name: string, requests: Record<string, string>, spec?: object): DynamicObject =>
  pod(name, { requests, spec })
const container = (name: string, requests: Record<string, string>, more: object = {}): object => ({
  name,
  image: 'busybox',
  ...asks(requests),
  ...more,
})
const of2 = (containers: object[], initContainers: object[] = []): object => ({ containers, initContainers })

export const extendedResourceCases: Case[] = [
  comes('an extended resource is taken from devices', [gpus, node('a'), node('b'), two], user('p', { [GPU]: '1' })),
  comes('two of an extended resource', [gpus, node('a'), two], user('p', { [GPU]: '2' })),
  comes('more of an extended resource than there are devices', [gpus, node('a'), two], user('p', { [GPU]: '3' })),
  comes('the resource that a class has by its name', [gpus, node('a'), two], user('p', { [IMPLICIT]: '1' })),
  comes('a resource that no class stands behind', [gpus, node('a'), two], user('p', { 'example.com/other': '1' })),
  comes(
    'a node that has the resource itself is not given devices',
    [gpus, node('a', { more: { [GPU]: '2' } })],
    user('p', { [GPU]: '1' }),
  ),
  comes(
    'a node has the resource itself, another has devices, and the first is full',
    [
      gpus,
      node('a', { more: { [GPU]: '2' } }),
      node('b'),
      slice('b', [device('gpu-0'), device('gpu-1'), device('gpu-2')]),
    ],
    user('p', { [GPU]: '3' }),
  ),
  comes(
    'containers of a pod share a claim',
    [gpus, node('a'), two],
    user('p', {}, of2([container('one', { [GPU]: '1' }), container('two', { cpu: '1', [GPU]: '1' })])),
  ),
  comes(
    'containers that begin use the devices of those that stay',
    [gpus, node('a'), two],
    user(
      'p',
      {},
      of2(
        [container('main', { [GPU]: '1' })],
        [container('prepare', { [GPU]: '2' }), container('check', { [GPU]: '1' })],
      ),
    ),
  ),
  comes(
    'a sidecar has devices of its own',
    [gpus, node('a'), two],
    user(
      'p',
      {},
      of2([container('main', { [GPU]: '1' })], [container('side', { [GPU]: '1' }, { restartPolicy: 'Always' })]),
    ),
  ),
  comes(
    'two resources of one container',
    [gpus, named('other', 'example.com/card'), node('a'), two],
    user('p', { 'example.com/card': '1', [GPU]: '1' }),
  ),
  comes(
    'of two classes of one resource the one that comes first by name',
    [named('first', GPU), named('second', GPU), node('a'), two],
    user('p', { [GPU]: '1' }),
  ),
  comes(
    'a claim and an extended resource',
    [gpus, node('a'), two, claim('c', wants(exactly('r')))],
    user('p', { [GPU]: '1' }, { resourceClaims: [{ name: 'r', resourceClaimName: 'c' }] }),
  ),
  {
    title: 'a class comes for a pod that waits',
    steps: [given(node('a'), two), create(user('p', { [GPU]: '1' })), create(gpus)],
  },
  {
    title: 'another pod finds no device left for its resource',
    steps: [
      given(gpus, node('a'), slice('a', [device('gpu-0')])),
      create(user('p', { [GPU]: '1' })),
      create(user('q', { [GPU]: '1' })),
      create(slice('more', [device('gpu-0')], { nodeName: 'a' })),
    ],
  },
]
