/** device-taint-eviction-controller: pods that have to leave their devices, and what rules say of it. */
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import type { Case, Step, Suite } from './case.ts'
import { claim, device, exactly, of, slice, user, wants } from './devices.ts'
import { create, gone } from './scheduler.ts'

const RULES = 'devicetaintrules.resource.k8s.io'
const SLICES = 'resourceslices.resource.k8s.io'
const CLAIMS = 'resourceclaims.resource.k8s.io'

/** Pods on a node, each with a claim of its own. */
const placed = (...names: string[]): Step =>
  create(
    ...names.flatMap((name) => {
      const pod = user(name, `claim-${name}`) as DynamicObject & { spec: object }
      return [claim(`claim-${name}`, wants(exactly('r'))), { ...pod, spec: { ...pod.spec, nodeName: 'a' } }]
    }),
  )
/** As a scheduler writes it. */
const allocated = (name: string, gpu: string, tolerations?: object[]): Step => ({
  patch: {
    resource: CLAIMS,
    name: `claim-${name}`,
    subresource: 'status',
    merge: {
      status: {
        allocation: {
          devices: {
            results: [
              {
                request: 'r',
                driver: 'gpu.example.com',
                pool: 'a',
                device: gpu,
                ...(tolerations ? { tolerations } : {}),
              },
            ],
          },
        },
        reservedFor: [{ resource: 'pods', name, uid: `UID of Pod ${name}` }],
      },
    },
  },
})
const bears = (tolerationSeconds?: number): object => ({
  key: 'broken',
  operator: 'Exists',
  effect: 'NoExecute',
  ...(tolerationSeconds === undefined ? {} : { tolerationSeconds }),
})
const taint = (effect: string): object => ({ key: 'broken', effect })
const rule = (effect: string, deviceSelector: object = { device: 'gpu-0' }, name = 'broken'): Step => ({
  ...create(of('DeviceTaintRule', name, { deviceSelector, taint: taint(effect) })),
  seconds: 11,
})
const slices = create(slice('a', [device('gpu-0'), device('gpu-1')]))
const taintSlice = (effect: string): Step => ({
  patch: {
    resource: SLICES,
    name: 'slice-a',
    merge: { spec: { devices: [{ name: 'gpu-0', taints: [taint(effect)] }, { name: 'gpu-1' }] } },
  },
})
const healSlice: Step = {
  patch: { resource: SLICES, name: 'slice-a', merge: { spec: { devices: [{ name: 'gpu-0' }, { name: 'gpu-1' }] } } },
}

const cases: Case[] = [
  {
    title: 'a tainted device drives its pod out',
    steps: [slices, placed('p'), allocated('p', 'gpu-0'), taintSlice('NoExecute')],
  },
  {
    title: 'a device that is tainted already',
    steps: [slices, taintSlice('NoExecute'), placed('p'), allocated('p', 'gpu-0')],
  },
  {
    title: 'a taint of another effect',
    steps: [slices, placed('p'), allocated('p', 'gpu-0'), taintSlice('NoSchedule')],
  },
  {
    title: 'only pods of the tainted device go',
    steps: [slices, placed('p', 'q'), allocated('p', 'gpu-0'), allocated('q', 'gpu-1'), taintSlice('NoExecute')],
  },
  {
    title: 'a taint that is tolerated',
    steps: [slices, placed('p'), allocated('p', 'gpu-0', [bears()]), taintSlice('NoExecute')],
  },
  {
    title: 'a taint that is tolerated for a while',
    steps: [slices, placed('p'), allocated('p', 'gpu-0', [bears(4)]), taintSlice('NoExecute'), { seconds: 5 }],
  },
  {
    title: 'a taint goes before the pod has to',
    steps: [slices, placed('p'), allocated('p', 'gpu-0', [bears(600)]), taintSlice('NoExecute'), healSlice],
  },
  {
    title: 'a pod that is deleted before it has to go',
    steps: [slices, placed('p'), allocated('p', 'gpu-0', [bears(600)]), taintSlice('NoExecute'), gone('p')],
  },
  { title: 'a rule drives pods out', steps: [slices, placed('p'), allocated('p', 'gpu-0'), rule('NoExecute')] },
  {
    title: 'a rule drives several pods out',
    steps: [
      slices,
      placed('p', 'q'),
      allocated('p', 'gpu-0'),
      allocated('q', 'gpu-1'),
      rule('NoExecute', { pool: 'a' }),
    ],
  },
  { title: 'a rule that finds no pod', steps: [slices, placed('p'), allocated('p', 'gpu-1'), rule('NoExecute')] },
  {
    title: 'a rule that is tolerated for a while',
    steps: [
      slices,
      placed('p', 'q'),
      allocated('p', 'gpu-0', [bears(600)]),
      allocated('q', 'gpu-1', [bears(600)]),
      rule('NoExecute', { driver: 'gpu.example.com' }),
    ],
  },
  {
    title: 'a rule goes before the pod has to',
    steps: [
      slices,
      placed('p'),
      allocated('p', 'gpu-0', [bears(600)]),
      rule('NoExecute'),
      { delete: { resource: RULES, name: 'broken' } },
    ],
  },
  {
    title: 'a rule says what it would do',
    steps: [slices, placed('p'), allocated('p', 'gpu-0'), rule('None')],
  },
  {
    title: 'a rule says what it would do to many',
    steps: [
      slices,
      placed('p', 'q'),
      allocated('p', 'gpu-0'),
      allocated('q', 'gpu-1'),
      rule('None', { driver: 'gpu.example.com' }),
    ],
  },
  {
    title: 'a rule that only keeps pods away',
    steps: [slices, placed('p'), allocated('p', 'gpu-0'), rule('NoSchedule')],
  },
  {
    title: 'a rule gets another effect',
    steps: [
      slices,
      placed('p'),
      allocated('p', 'gpu-0'),
      rule('None'),
      { patch: { resource: RULES, name: 'broken', merge: { spec: { taint: taint('NoExecute') } } }, seconds: 11 },
    ],
  },
  {
    title: 'a claim is taken from the pod before it has to go',
    steps: [
      slices,
      placed('p'),
      allocated('p', 'gpu-0', [bears(600)]),
      taintSlice('NoExecute'),
      {
        patch: {
          resource: CLAIMS,
          name: 'claim-p',
          subresource: 'status',
          merge: { status: { allocation: null, reservedFor: null } },
        },
      },
    ],
  },
]

export const deviceTaints: Suite = {
  name: 'device-taints',
  controllers: ['device-taint-eviction'],
  components: ['device-taint-eviction-controller'],
  shows: ['pods', RULES],
  sees: [CLAIMS],
  ignoresCounts: true,
  quietMs: 1500,
  exclusive: true,
  cleans: [SLICES, CLAIMS],
  cases,
}
