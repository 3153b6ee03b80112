import { describe, expect, it } from 'vitest'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { defaultTolerationSeconds } from '../../../src/registry/admission/default-toleration-seconds.ts'
import { limitRanger } from '../../../src/registry/admission/limit-ranger.ts'
import type { AdmissionEnvironment, AdmissionPlugin } from '../../../src/registry/admission/plugin.ts'
import { podTopologyLabels } from '../../../src/registry/admission/pod-topology-labels.ts'
import { priority } from '../../../src/registry/admission/priority.ts'
import { runtimeClass } from '../../../src/registry/admission/runtime-class.ts'
import { MemoryStorage } from '../../../src/storage/memory.ts'
import { admissionRequest } from '../../support/admission-request.ts'
import { type FakeWriteContext, fakeWriteContext } from '../../support/write-context.ts'

const pod = (spec: Record<string, unknown> = {}): DynamicObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'p', namespace: 'default' },
  spec: { containers: [{ name: 'c', image: 'i' }], ...spec },
})

const clusterObject = (kind: string, name: string, fields: Record<string, unknown>): DynamicObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name },
  ...fields,
})

function admitted(plugin: AdmissionPlugin, object: DynamicObject, context = fakeWriteContext()): DynamicObject {
  const request = admissionRequest('CREATE', 'pods', object)
  plugin.admit?.(request, context)
  plugin.validate?.(request, context)
  return object
}

describe('DefaultTolerationSeconds', () => {
  const notReady = {
    key: 'node.kubernetes.io/not-ready',
    operator: 'Exists',
    effect: 'NoExecute',
    tolerationSeconds: 300,
  }
  const unreachable = { ...notReady, key: 'node.kubernetes.io/unreachable' }

  it.each([
    ['a pod without tolerations', undefined, [notReady, unreachable]],
    ['a pod that tolerates one of them', [{ key: notReady.key }], [{ key: notReady.key }, unreachable]],
    ['a pod that tolerates everything', [{ operator: 'Exists' }], [{ operator: 'Exists' }]],
    [
      'a pod that tolerates it without effect on running pods',
      [{ key: notReady.key, effect: 'NoSchedule' }],
      [{ key: notReady.key, effect: 'NoSchedule' }, notReady, unreachable],
    ],
  ])('gives %s what is missing', (_, tolerations, expected) => {
    expect(admitted(defaultTolerationSeconds, pod({ tolerations }))['spec'].tolerations).toEqual(expected)
  })
})

describe('Priority', () => {
  const HIGH = clusterObject('PriorityClass', 'high', { value: 100, preemptionPolicy: 'Never' })
  const USUAL = clusterObject('PriorityClass', 'usual', {
    value: 7,
    globalDefault: true,
    preemptionPolicy: 'PreemptLowerPriority',
  })

  /** The plug-in of a cluster with these classes, and what its writes see. */
  function withClasses(...classes: DynamicObject[]): {
    plugin: AdmissionPlugin
    storage: MemoryStorage
    context: FakeWriteContext
  } {
    const storage = new MemoryStorage()
    const context = fakeWriteContext()
    for (const each of classes) {
      context.put('priorityclasses.scheduling.k8s.io', each)
      storage.create('/registry/priorityclasses/', each.metadata.name ?? '', each)
    }
    return { plugin: priority.create({ storage } as unknown as AdmissionEnvironment), storage, context }
  }

  function setBy({ plugin, context }: ReturnType<typeof withClasses>, spec: Record<string, unknown>): unknown[] {
    const { priorityClassName, priority: value, preemptionPolicy } = admitted(plugin, pod(spec), context)['spec']
    return [priorityClassName, value, preemptionPolicy]
  }

  it.each([
    ['the named class', withClasses(HIGH, USUAL), { priorityClassName: 'high' }, ['high', 100, 'Never']],
    ['the default class', withClasses(HIGH, USUAL), {}, ['usual', 7, 'PreemptLowerPriority']],
    ['nothing but zero', withClasses(), {}, [undefined, 0, 'PreemptLowerPriority']],
  ])('comes from %s', (_, cluster, spec, expected) => {
    expect(setBy(cluster, spec)).toEqual(expected)
  })

  it('follows the default class', () => {
    const cluster = withClasses(HIGH)
    expect(setBy(cluster, {})).toEqual([undefined, 0, 'PreemptLowerPriority'])
    cluster.storage.create('/registry/priorityclasses/', 'usual', USUAL)
    expect(setBy(cluster, {})).toEqual(['usual', 7, 'PreemptLowerPriority'])
  })

  it('refuses a class that is not there, as the real server words it', () => {
    expect(() => admitted(withClasses().plugin, pod({ priorityClassName: 'nope' }))).toThrow(
      'pods "p" is forbidden: no PriorityClass with name nope was found',
    )
  })

  it('refuses a number of the client own making', () => {
    expect(() => admitted(withClasses().plugin, pod({ priority: 5 }))).toThrow(
      'the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 0 from the given PriorityClass name',
    )
  })

  it('keeps what an update leaves out', () => {
    const object = pod()
    const old = pod({ priority: 3, preemptionPolicy: 'Never' })
    withClasses().plugin.admit?.(admissionRequest('UPDATE', 'pods', object, { old }), fakeWriteContext())
    expect([object['spec'].priority, object['spec'].preemptionPolicy]).toEqual([3, 'Never'])
  })

  it('allows one default class', () => {
    const second = clusterObject('PriorityClass', 'second', { value: 1, globalDefault: true })
    const request = admissionRequest('CREATE', 'priorityclasses.scheduling.k8s.io', second)
    expect(() => withClasses(HIGH, USUAL).plugin.validate?.(request, fakeWriteContext())).toThrow(
      'PriorityClass usual is already marked as default. Only one default can exist',
    )
  })
})

describe('LimitRanger', () => {
  function withLimits(): FakeWriteContext {
    const context = fakeWriteContext()
    context.put('limitranges', {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'l', namespace: 'default' },
      spec: {
        limits: [
          {
            type: 'Container',
            default: { cpu: '500m' },
            defaultRequest: { cpu: '100m' },
            max: { cpu: '1' },
            min: { cpu: '50m' },
          },
          { type: 'Pod', max: { cpu: '2' } },
        ],
      },
    })
    return context
  }
  const limited = (cpu: string) => ({ image: 'i', resources: { requests: { cpu }, limits: { cpu } } })

  it('gives a container its defaults and notes it', () => {
    const object = admitted(limitRanger, pod(), withLimits())
    expect(object['spec'].containers[0].resources).toEqual({ requests: { cpu: '100m' }, limits: { cpu: '500m' } })
    expect(object.metadata.annotations).toEqual({
      'kubernetes.io/limit-ranger': 'LimitRanger plugin set: cpu request for container c; cpu limit for container c',
    })
  })

  it.each([
    [[{ name: 'c', ...limited('2') }], 'maximum cpu usage per Container is 1, but limit is 2'],
    [
      [{ name: 'c', image: 'i', resources: { requests: { cpu: '10m' }, limits: { cpu: '20m' } } }],
      'minimum cpu usage per Container is 50m, but request is 10m',
    ],
    [
      ['a', 'b', 'c'].map((name) => ({ name, ...limited('900m') })),
      'maximum cpu usage per Pod is 2, but limit is 2700m',
    ],
  ])('refuses as the real server words it: %j', (containers, why) => {
    expect(() => admitted(limitRanger, pod({ containers }), withLimits())).toThrow(why)
  })
})

describe('RuntimeClass', () => {
  function withClass(): FakeWriteContext {
    const context = fakeWriteContext()
    const fields = {
      overhead: { podFixed: { cpu: '250m' } },
      scheduling: { nodeSelector: { kind: 'sandbox' }, tolerations: [{ key: 'sandbox', operator: 'Exists' }] },
    }
    context.put('runtimeclasses.node.k8s.io', clusterObject('RuntimeClass', 'sandboxed', fields))
    return context
  }

  it('gives the pod overhead and placement of its class', () => {
    const object = pod({ runtimeClassName: 'sandboxed', nodeSelector: { disk: 'ssd' } })
    expect(admitted(runtimeClass, object, withClass())['spec']).toMatchObject({
      overhead: { cpu: '250m' },
      nodeSelector: { disk: 'ssd', kind: 'sandbox' },
      tolerations: [{ key: 'sandbox', operator: 'Exists' }],
    })
  })

  it.each([
    [{ runtimeClassName: 'none' }, 'pod rejected: RuntimeClass "none" not found'],
    [{ overhead: { cpu: '1' } }, 'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead'],
    [
      { runtimeClassName: 'sandboxed', overhead: { cpu: '1' } },
      "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead",
    ],
    [
      { runtimeClassName: 'sandboxed', nodeSelector: { kind: 'plain' } },
      'conflict: runtimeClass.scheduling.nodeSelector[kind] = sandbox; pod.spec.nodeSelector[kind] = plain',
    ],
  ])('refuses %j', (spec, why) => {
    expect(() => admitted(runtimeClass, pod(spec), withClass())).toThrow(why)
  })
})

describe('PodTopologyLabels', () => {
  it('copies zone and region of the node, and nothing else', () => {
    const context = fakeWriteContext()
    const labels = { 'topology.kubernetes.io/zone': 'a', 'topology.kubernetes.io/region': 'r', other: 'x' }
    context.put('nodes', { apiVersion: 'v1', kind: 'Node', metadata: { name: 'n', labels } })
    expect(admitted(podTopologyLabels, pod({ nodeName: 'n' }), context).metadata.labels).toEqual({
      'topology.kubernetes.io/zone': 'a',
      'topology.kubernetes.io/region': 'r',
    })
    expect(admitted(podTopologyLabels, pod(), context).metadata.labels).toBeUndefined()
  })
})
