/** kube-scheduler and ResourceClaims: which devices are given to whom. */
import type { Case, Suite } from './case.ts'
import { cel, claim, comes, device, exactly, gpus, of, slice, user, wants } from './devices.ts'
import { create, given, gone, node, pod } from './scheduler.ts'
import { extendedResourceCases } from './scheduler-devices.extended.cases.ts'
import { sharedDeviceCases } from './scheduler-devices.shared.cases.ts'

const cases: Case[] = [
  comes(
    'a device of the class',
    [gpus, node('a'), node('b'), slice('b', [device('gpu-0')]), claim('c', wants(exactly('r')))],
    user('p', 'c'),
  ),
  comes('a claim that is not there', [gpus, node('a')], user('p', 'c')),
  comes('a class that is not there', [node('a'), claim('c', wants(exactly('r')))], user('p', 'c')),
  comes('no device', [gpus, node('a'), claim('c', wants(exactly('r')))], user('p', 'c')),
  comes(
    'a claim that was not made yet',
    [gpus, node('a')],
    pod('p', { spec: { resourceClaims: [{ name: 'r', resourceClaimTemplateName: 't' }] } }),
  ),
  comes(
    'an expression chooses the device',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0', { model: 'a' }), device('gpu-1', { model: 'b' })]),
      claim('c', wants(exactly('r', cel('device.attributes["gpu.example.com"].model == "b"')))),
    ],
    user('p', 'c'),
  ),
  comes(
    'a capacity chooses the device',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0'), device('gpu-1', { memory: '80Gi' })]),
      claim(
        'c',
        wants(exactly('r', cel('device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0'))),
      ),
    ],
    user('p', 'c'),
  ),
  comes(
    'an attribute that is not there',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0')]),
      claim('c', wants(exactly('r', cel('device.attributes["other.example.com"].?model.orValue("none") == "x"')))),
    ],
    user('p', 'c'),
  ),
  comes(
    'two devices',
    [
      gpus,
      node('a'),
      node('b'),
      slice('a', [device('gpu-0')]),
      slice('b', [device('gpu-0'), device('gpu-1')]),
      claim('c', wants(exactly('r', { count: 2 }))),
    ],
    user('p', 'c'),
  ),
  comes(
    'all devices',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0'), device('gpu-1'), device('gpu-2')]),
      claim('c', wants(exactly('r', { allocationMode: 'All' }))),
    ],
    user('p', 'c'),
  ),
  comes(
    'the second alternative',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0')]),
      claim(
        'c',
        wants({
          name: 'r',
          firstAvailable: [
            {
              name: 'large',
              deviceClassName: 'gpu',
              ...cel('device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0'),
            },
            { name: 'any', deviceClassName: 'gpu' },
          ],
        }),
      ),
    ],
    user('p', 'c'),
  ),
  comes(
    'the node with the first alternative',
    [
      gpus,
      node('a'),
      node('b'),
      slice('a', [device('gpu-0')]),
      slice('b', [device('gpu-0', { memory: '80Gi' })]),
      claim(
        'c',
        wants({
          name: 'r',
          firstAvailable: [
            {
              name: 'large',
              deviceClassName: 'gpu',
              ...cel('device.capacity["gpu.example.com"].memory.compareTo(quantity("40Gi")) >= 0'),
            },
            { name: 'any', deviceClassName: 'gpu' },
          ],
        }),
      ),
    ],
    user('p', 'c'),
  ),
  comes(
    'devices with something in common',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0', { model: 'a' }), device('gpu-1', { model: 'b' }), device('gpu-2', { model: 'b' })]),
      claim('c', {
        devices: { requests: [exactly('r', { count: 2 })], constraints: [{ matchAttribute: 'gpu.example.com/model' }] },
      }),
    ],
    user('p', 'c'),
  ),
  comes(
    'devices that differ',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0', { model: 'a' }), device('gpu-1', { model: 'a' }), device('gpu-2', { model: 'b' })]),
      claim('c', {
        devices: {
          requests: [exactly('r', { count: 2 })],
          constraints: [{ distinctAttribute: 'gpu.example.com/model' }],
        },
      }),
    ],
    user('p', 'c'),
  ),
  comes(
    'configurations of the class and the claim',
    [
      of('DeviceClass', 'gpu', { config: [{ opaque: { driver: 'gpu.example.com', parameters: { from: 'class' } } }] }),
      node('a'),
      slice('a', [device('gpu-0'), device('gpu-1')]),
      claim('c', {
        devices: {
          requests: [exactly('r'), exactly('s')],
          config: [{ requests: ['s'], opaque: { driver: 'gpu.example.com', parameters: { from: 'claim' } } }],
        },
      }),
    ],
    user('p', 'c'),
  ),
  comes(
    'a tainted device',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0', { more: { taints: [{ key: 'broken', effect: 'NoSchedule' }] } })]),
      claim('c', wants(exactly('r'))),
    ],
    user('p', 'c'),
  ),
  comes(
    'a tainted device that is tolerated',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0', { more: { taints: [{ key: 'broken', effect: 'NoSchedule' }] } })]),
      claim('c', wants(exactly('r', { tolerations: [{ key: 'broken', operator: 'Exists' }] }))),
    ],
    user('p', 'c'),
  ),
  comes(
    'a pool that is not complete',
    [
      gpus,
      node('a'),
      slice('a', [device('gpu-0')], { pool: { name: 'a', generation: 1, resourceSliceCount: 2 } }),
      claim('c', wants(exactly('r'))),
    ],
    user('p', 'c'),
  ),
  {
    title: 'a newer generation of a pool has replaced the devices',
    steps: [
      given(
        gpus,
        node('a'),
        slice('a', [device('gpu-0'), device('gpu-1')]),
        slice('new', [device('gpu-2')], { pool: { name: 'a', generation: 2, resourceSliceCount: 1 }, nodeName: 'a' }),
        claim('c', wants(exactly('r', { count: 2 }))),
        claim('d', wants(exactly('r'))),
      ),
      create(user('p', 'c')),
      create(user('q', 'd')),
    ],
  },
  comes(
    'devices of several nodes',
    [
      gpus,
      node('a', { labels: { rack: '1' } }),
      node('b', { labels: { rack: '2' } }),
      slice('net', [device('gpu-0')], {
        nodeName: undefined,
        nodeSelector: { nodeSelectorTerms: [{ matchExpressions: [{ key: 'rack', operator: 'In', values: ['2'] }] }] },
      }),
      claim('c', wants(exactly('r'))),
    ],
    user('p', 'c'),
  ),
  {
    title: 'two pods share a claim, and follow its device',
    steps: [
      given(
        gpus,
        node('a'),
        node('b', { cpu: '32', memory: '64Gi' }),
        slice('a', [device('gpu-0')]),
        claim('c', wants(exactly('r'))),
      ),
      create(user('p', 'c')),
      create(user('q', 'c')),
    ],
  },
  {
    title: 'another claim finds nothing left, until a device comes',
    steps: [
      given(
        gpus,
        node('a'),
        slice('a', [device('gpu-0')]),
        claim('c', wants(exactly('r'))),
        claim('d', wants(exactly('r'))),
      ),
      create(user('p', 'c')),
      create(user('q', 'd')),
      create(slice('more', [device('gpu-0')], { nodeName: 'a' })),
    ],
  },
  {
    title: 'two claims of one pod',
    steps: [
      given(
        gpus,
        node('a'),
        slice('a', [device('gpu-0'), device('gpu-1')]),
        claim('c', wants(exactly('r'))),
        claim('d', wants(exactly('r'))),
      ),
      create(user('p', 'c', 'd')),
    ],
  },
  {
    title: 'a claim that nobody has any more is taken back where it is in the way',
    steps: [
      given(gpus, node('a'), slice('a', [device('gpu-0')]), claim('c', wants(exactly('r')))),
      create(user('p', 'c')),
      gone('p'),
      {
        patch: [
          { resource: 'nodes', name: 'a', merge: { spec: { unschedulable: true } } },
          {
            resource: 'resourceclaims.resource.k8s.io',
            name: 'c',
            subresource: 'status',
            merge: { status: { reservedFor: null } },
          },
        ],
      },
      create(node('b'), slice('b', [device('gpu-0')]), user('q', 'c')),
    ],
  },
]

export const schedulerDevices: Suite = {
  name: 'scheduler-devices',
  controllers: ['scheduler'],
  components: ['default-scheduler'],
  shows: ['pods', 'resourceclaims.resource.k8s.io'],
  ignoresCounts: true,
  quietMs: 1300,
  exclusive: true,
  cleans: [
    'pods',
    'nodes',
    'deviceclasses.resource.k8s.io',
    'resourceslices.resource.k8s.io',
    'devicetaintrules.resource.k8s.io',
  ],
  // It taints new nodes until they are ready: nobody would take the taint away.
  withoutAdmission: ['TaintNodesByCondition'],
  cases: [...cases, ...sharedDeviceCases, ...extendedResourceCases],
}
