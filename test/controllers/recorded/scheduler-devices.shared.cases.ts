/** kube-scheduler and devices that several claims may have, that are parts of others, that have to be made ready, or that a rule taints. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Patch } from './case.ts'
import { cel, claim, comes, device, exactly, gpus, of, slice, user, wants } from './devices.ts'
import { create, given, gone, node } from './scheduler.ts'

const RULES = 'devicetaintrules.resource.k8s.io'
const CLAIMS = 'resourceclaims.resource.k8s.io'

/** A device that may be had by several, with 16Gi to give out. */
const shared = (name: string, requestPolicy?: object): object =>
  device(name, {
    more: {
      allowMultipleAllocations: true,
      capacity: { memory: { value: '16Gi', ...(requestPolicy ? { requestPolicy } : {}) } },
    },
  })
const asksFor = (memory: string): object => exactly('r', { capacity: { requests: { memory } } })

const twoOf = (title: string, first: object, second: object, ...devices: object[]): Case => ({
  title,
  steps: [
    given(gpus, node('a'), slice('a', devices), claim('c', wants(first)), claim('d', wants(second))),
    create(user('p', 'c')),
    create(user('q', 'd')),
  ],
})
const oneOf = (title: string, requestPolicy: object | undefined, request: object): Case =>
  comes(
    title,
    [gpus, node('a'), slice('a', [shared('gpu-0', requestPolicy)]), claim('c', wants(request))],
    user('p', 'c'),
  )

/** Parts of one card: two halves and the whole. */
const card = (on: string): DynamicObject[] => [
  slice(on, [part('half-0', '8Gi'), part('half-1', '8Gi'), part('whole-2', '16Gi')], {
    pool: { name: on, generation: 1, resourceSliceCount: 2 },
  }),
  of('ResourceSlice', `counters-${on}`, {
    driver: 'gpu.example.com',
    pool: { name: on, generation: 1, resourceSliceCount: 2 },
    nodeName: on,
    sharedCounters: [{ name: 'card', counters: { memory: { value: '16Gi' } } }],
  }),
]
const part = (name: string, memory: string): object =>
  device(name, {
    memory,
    more: { consumesCounters: [{ counterSet: 'card', counters: { memory: { value: memory } } }] },
  })
const named = (name: string): object => cel(`device.attributes["gpu.example.com"].index == ${name}`)

const rule = (name: string, deviceSelector: object | undefined, effect = 'NoSchedule'): DynamicObject =>
  of('DeviceTaintRule', name, {
    ...(deviceSelector ? { deviceSelector } : {}),
    taint: { key: 'broken', value: 'yes', effect },
  })
const tainted = (title: string, deviceSelector: object | undefined, effect?: string, request = {}): Case =>
  comes(
    title,
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0'), device('gpu-1')]),
      rule('broken', deviceSelector, effect),
      claim('c', wants(exactly('r', request))),
    ],
    user('p', 'c'),
  )

const prepared = (name: string): object =>
  device(name, {
    more: { bindsToNode: true, bindingConditions: ['ready'], bindingFailureConditions: ['failed'] },
  })
const conditionOf = (type: string): Patch => ({
  resource: CLAIMS,
  name: 'c',
  subresource: 'status',
  merge: {
    status: {
      devices: [
        {
          driver: 'gpu.example.com',
          pool: 'a',
          device: 'gpu-0',
          conditions: [{ type, status: 'True', reason: 'Why', message: 'so', lastTransitionTime: 'NOW' }],
        },
      ],
    },
  },
})
const prepares = [gpus, node('a'), slice('a', [prepared('gpu-0')]), claim('c', wants(exactly('r')))]

export const sharedDeviceCases: Case[] = [
  twoOf('two claims share a device that allows it', asksFor('4Gi'), asksFor('8Gi'), shared('gpu-0')),
  twoOf('a shared device has no more to give', asksFor('10Gi'), asksFor('8Gi'), shared('gpu-0')),
  twoOf('the next device has enough to give', asksFor('10Gi'), asksFor('8Gi'), shared('gpu-0'), shared('gpu-1')),
  twoOf('who asks for no amount gets all', exactly('r'), asksFor('1Gi'), shared('gpu-0')),
  twoOf(
    'who asks for no amount gets the default',
    exactly('r'),
    asksFor('2Gi'),
    shared('gpu-0', { default: '1Gi', validRange: { min: '1Gi' } }),
  ),
  oneOf('an amount is raised to the least', { default: '4Gi', validRange: { min: '4Gi' } }, asksFor('1Gi')),
  oneOf(
    'an amount is raised to the next step',
    { default: '2Gi', validRange: { min: '2Gi', max: '16Gi', step: '2Gi' } },
    asksFor('5Gi'),
  ),
  oneOf('an amount beyond the most', { default: '2Gi', validRange: { min: '2Gi', max: '4Gi' } }, asksFor('5Gi')),
  oneOf('an amount is raised to the next valid one', { default: '2Gi', validValues: ['2Gi', '8Gi'] }, asksFor('3Gi')),
  oneOf('an amount beyond all valid ones', { default: '2Gi', validValues: ['2Gi', '8Gi'] }, asksFor('9Gi')),
  oneOf('a capacity that the device has not', undefined, exactly('r', { capacity: { requests: { cores: '1' } } })),
  oneOf(
    'fractions of an amount',
    { default: '1500m', validRange: { min: '500m', step: '500m' } },
    exactly('r', { capacity: { requests: { memory: '1700m' } } }),
  ),
  comes(
    'a device of its own needs the capacity that is asked for',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0', { memory: '4Gi' }), device('gpu-1', { memory: '16Gi' })]),
      claim('c', wants(asksFor('8Gi'))),
    ],
    user('p', 'c'),
  ),
  comes(
    'two requests of a claim share a device',
    [
      gpus,
      node('a'),
      slice('a', [shared('gpu-0')]),
      claim('c', wants(asksFor('4Gi'), { ...asksFor('4Gi'), name: 's' })),
    ],
    user('p', 'c'),
  ),
  comes(
    'two requests of a claim that must not share a device',
    [
      gpus,
      node('a'),
      slice('a', [shared('gpu-0'), shared('gpu-1')]),
      claim('c', {
        devices: {
          requests: [asksFor('4Gi'), { ...asksFor('4Gi'), name: 's' }],
          constraints: [{ distinctAttribute: 'gpu.example.com/index' }],
        },
      }),
    ],
    user('p', 'c'),
  ),
  comes(
    'an expression chooses devices that may be shared',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0'), shared('gpu-1')]),
      claim('c', wants(exactly('r', cel('device.allowMultipleAllocations == true')))),
    ],
    user('p', 'c'),
  ),
  {
    title: 'what a claim leaves of a shared device others get',
    steps: [
      given(
        gpus,
        node('a'),
        slice('a', [shared('gpu-0')]),
        claim('c', wants(asksFor('10Gi'))),
        claim('d', wants(asksFor('8Gi'))),
      ),
      create(user('p', 'c')),
      create(user('q', 'd')),
      gone('p'),
      { patch: { resource: CLAIMS, name: 'c', subresource: 'status', merge: { status: null } } },
    ],
  },
  {
    title: 'half of a card leaves no room for the whole, but for the other half',
    steps: [
      given(
        gpus,
        node('a'),
        ...card('a'),
        claim('c', wants(exactly('r', named('0')))),
        claim('d', wants(exactly('r', named('2')))),
        claim('e', wants(exactly('r', named('1')))),
      ),
      create(user('p', 'c')),
      create(user('q', 'd')),
      create(user('s', 'e')),
    ],
  },
  comes(
    'a pool that is at odds with itself',
    [gpus, node('a'), slice('a', [part('half-0', '8Gi')]), claim('c', wants(exactly('r')))],
    user('p', 'c'),
  ),
  comes(
    'more devices than a claim can hold',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0')]),
      claim('c', wants(exactly('r', { count: 30 }), exactly('s', { count: 3 }))),
    ],
    user('p', 'c'),
  ),
  comes(
    'all devices of a pool that is not complete',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0')], { pool: { name: 'a', generation: 1, resourceSliceCount: 2 } }),
      claim('c', wants(exactly('r', { allocationMode: 'All' }))),
    ],
    user('p', 'c'),
  ),
  comes(
    'all devices of which each has to have the capacity',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0', { memory: '4Gi' }), shared('gpu-1'), device('gpu-2', { memory: '32Gi' })]),
      claim('c', wants(exactly('r', { allocationMode: 'All', capacity: { requests: { memory: '8Gi' } } }))),
    ],
    user('p', 'c'),
  ),
  comes(
    'all devices, which are not alike enough',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0', { model: 'a' }), device('gpu-1', { model: 'b' })]),
      claim('c', {
        devices: {
          requests: [exactly('r', { allocationMode: 'All' })],
          constraints: [{ matchAttribute: 'gpu.example.com/model' }],
        },
      }),
    ],
    user('p', 'c'),
  ),
  tainted('a rule taints one device', { driver: 'gpu.example.com', pool: 'a', device: 'gpu-0' }),
  tainted('a rule taints all devices of a driver', { driver: 'gpu.example.com' }),
  tainted('a rule taints the devices of another pool', { pool: 'b' }),
  tainted('a rule that selects all devices', {}),
  tainted('a rule without a selector', undefined),
  tainted('a rule that has no effect', {}, 'None'),
  tainted('a rule that would evict', {}, 'NoExecute'),
  tainted('a rule that is tolerated', {}, 'NoExecute', {
    tolerations: [{ key: 'broken', operator: 'Equal', value: 'yes', effect: 'NoExecute', tolerationSeconds: 60 }],
  }),
  tainted('a rule that is tolerated for another value', {}, 'NoExecute', {
    tolerations: [{ key: 'broken', operator: 'Equal', value: 'no' }],
  }),
  {
    title: 'a rule that goes lets pods come',
    steps: [
      given(gpus, node('a'), slice('a', [device('gpu-0')]), rule('broken', {}), claim('c', wants(exactly('r')))),
      create(user('p', 'c')),
      { delete: { resource: RULES, name: 'broken' } },
    ],
  },
  {
    title: 'a device is made ready before the pod is bound',
    steps: [given(...prepares), create(user('p', 'c')), { patch: conditionOf('ready'), seconds: 6 }],
  },
  {
    title: 'a device cannot be made ready',
    steps: [given(...prepares), create(user('p', 'c')), { patch: conditionOf('failed'), seconds: 8 }],
  },
  comes(
    'devices that need no preparation come first',
    [
      gpus,
      node('a'),
      slice('a', [prepared('gpu-0')]),
      slice('other', [device('gpu-0')], { nodeName: 'a' }),
      claim('c', wants(exactly('r'))),
    ],
    user('p', 'c'),
  ),
]
