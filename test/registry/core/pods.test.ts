/** What is special to pods: creation, grace, binding, eviction, resize. Mirrors pkg/registry/core/pod/strategy_test.go. */
import { describe, expect, it } from 'vitest'
import { isStatusError, type Status } from '../../../src/apimachinery/errors.ts'
import type { DynamicObject } from '../../../src/apimachinery/meta.ts'
import { pods } from '../../../src/registry/core/pods.ts'
import type { ResourceHooks } from '../../../src/registry/definition.ts'
import type { Pod } from '../../../src/types/core-v1.ts'
import { decoded } from '../../support/decoded.ts'
import { type FakeWriteContext, fakeWriteContext } from '../../support/write-context.ts'

const hooks = pods.hooks as ResourceHooks<Pod>

function pod(spec: object = {}, status: object = {}, metadata: object = {}): Pod {
  return decoded<Pod>({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'default', uid: 'u1', resourceVersion: '7', labels: { app: 'x' }, ...metadata },
    spec: { containers: [{ name: 'app', image: 'nginx' }], ...spec },
    status,
  })
}

async function failure(action: () => unknown): Promise<Status> {
  try {
    await action()
  } catch (error) {
    if (isStatusError(error)) return error.status
    throw error
  }
  throw new Error('nothing was thrown')
}

function contextWith(object: Pod): FakeWriteContext {
  const context = fakeWriteContext()
  context.put('pods', object as unknown as DynamicObject)
  return context
}

const limits = { cpu: '1', memory: '1Gi' }
it.each([
  ['BestEffort', {}],
  ['Burstable', { requests: { cpu: '1' } }],
  ['Burstable', { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } }],
  ['Guaranteed', { limits }],
  ['Guaranteed', { requests: { cpu: '1000m', memory: '1024Mi' }, limits }],
])('a new pod is pending and %s with resources %j', (qosClass, resources) => {
  const draft = pod({ containers: [{ name: 'app', image: 'nginx', resources }] }, { phase: 'Running' })
  hooks.prepareForCreate?.(draft, fakeWriteContext())
  expect(draft.status).toEqual({ phase: 'Pending', qosClass })
})

it('a gated pod says in its status that it is not to be scheduled', () => {
  const draft = pod({ schedulingGates: [{ name: 'a/b' }] })
  hooks.prepareForCreate?.(draft, fakeWriteContext())
  expect(draft.status?.conditions).toEqual([
    {
      type: 'PodScheduled',
      status: 'False',
      lastProbeTime: null,
      reason: 'SchedulingGated',
      message: 'Scheduling is blocked due to non-empty scheduling gates',
      lastTransitionTime: '2026-01-02T03:04:05Z',
    },
  ])
})

it.each([
  ['its own grace', { nodeName: 'n' }, {}, undefined, 30],
  ['the grace asked for', { nodeName: 'n' }, {}, 5, 5],
  ['at once when it is on no node', {}, {}, 5, 0],
  ['at once when it is over', { nodeName: 'n' }, { phase: 'Succeeded' }, undefined, 0],
  ['one second instead of a negative grace', { nodeName: 'n' }, {}, -3, 1],
])('a pod is deleted with %s', (_, spec, status, requested, seconds) => {
  expect(hooks.gracePeriodSeconds?.(pod(spec, status), requested)).toBe(seconds)
})

describe('binding', () => {
  const bind = (context: FakeWriteContext, body: object) =>
    hooks.subresources!.binding!.create!('web', 'default', body as DynamicObject, context)
  const binding = { metadata: { name: 'web', annotations: { a: 'b' } }, target: { kind: 'Node', name: 'node-1' } }

  it('puts the pod on the node and says so in its status', async () => {
    const context = contextWith(pod({}, { phase: 'Pending', nominatedNodeName: 'node-2' }))
    const answer = await bind(context, binding)
    expect(answer).toEqual({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 })
    const [{ object, subresource }] = context.written
    expect(subresource).toBe('binding')
    expect(object.spec.nodeName).toBe('node-1')
    expect(object.metadata.annotations).toEqual({ a: 'b' })
    expect(object.status).toEqual({
      phase: 'Pending',
      conditions: [
        { type: 'PodScheduled', status: 'True', lastProbeTime: null, lastTransitionTime: '2026-01-02T03:04:05Z' },
      ],
    })
  })

  it('does not count as a change of the spec', () => {
    expect(hooks.generationChanges?.(pod({ nodeName: 'node-1' }), pod())).toBe(false)
    expect(hooks.generationChanges?.(pod({ activeDeadlineSeconds: 5 }), pod())).toBe(true)
  })

  const conflict = (why: string) => `Operation cannot be fulfilled on pods/binding "web": ${why}`
  it.each([
    ['bound already', { nodeName: 'n1' }, {}, binding, 409, conflict('pod web is already assigned to node "n1"')],
    [
      'gated',
      { schedulingGates: [{ name: 'a/b' }] },
      {},
      binding,
      409,
      conflict('pod web has non-empty .spec.schedulingGates'),
    ],
    [
      'going',
      {},
      { deletionTimestamp: '2026-01-01T00:00:00Z' },
      binding,
      409,
      conflict('pod web is being deleted, cannot be assigned to a host'),
    ],
    [
      'of another name',
      {},
      {},
      { ...binding, metadata: { name: 'b' } },
      400,
      'name in URL does not match name in Binding object',
    ],
    [
      'bound to no node',
      {},
      {},
      { ...binding, target: { kind: 'Foo', name: 'x' } },
      500,
      'target.kind: Unsupported value: "Foo": supported values: "Node", "<empty>"',
    ],
  ])('refuses a pod that is %s', async (_, spec, metadata, body, code, message) => {
    const context = contextWith(pod(spec, {}, metadata))
    expect(await failure(() => bind(context, body))).toMatchObject({ code, message })
  })
})

describe('eviction', () => {
  const evict = (context: FakeWriteContext) => {
    const body = { metadata: { name: 'web' } } as DynamicObject
    return hooks.subresources!.eviction!.create!('web', 'default', body, context)
  }
  const ready = { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] }
  const budget = (status: object, name = 'pdb'): DynamicObject => ({
    apiVersion: 'policy/v1',
    kind: 'PodDisruptionBudget',
    metadata: { name, namespace: 'default', generation: 1 },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'x' } } },
    status,
  })
  const full = { observedGeneration: 1, currentHealthy: 1, desiredHealthy: 1, disruptionsAllowed: 0 }
  const blocked = "Cannot evict pod as it would violate the pod's disruption budget."

  it('marks and deletes a pod that no budget covers', async () => {
    const context = contextWith(pod({}, ready))
    await evict(context)
    expect(context.written.map(({ verb, resource }) => `${verb} ${resource}`)).toEqual(['update pods', 'delete pods'])
    expect(context.written[0].object.status.conditions[1]).toMatchObject({
      type: 'DisruptionTarget',
      reason: 'EvictionByEvictionAPI',
    })
  })

  it('takes one disruption from the budget', async () => {
    const context = contextWith(pod({}, ready))
    const { put } = context
    put('poddisruptionbudgets.policy', budget({ ...full, currentHealthy: 2, disruptionsAllowed: 1 }))
    await evict(context)
    const [{ object, subresource }] = context.written
    expect(subresource).toBe('status')
    expect(object.status).toMatchObject({
      disruptionsAllowed: 0,
      disruptedPods: { web: '2026-01-02T03:04:05Z' },
      conditions: [{ type: 'DisruptionAllowed', status: 'False', reason: 'InsufficientPods' }],
    })
  })

  it('asks no budget for a pod that is still pending', async () => {
    const context = contextWith(pod({}, { phase: 'Pending' }))
    context.put('poddisruptionbudgets.policy', budget(full))
    await evict(context)
    expect(context.written.map(({ resource }) => resource)).toEqual(['pods', 'pods'])
  })

  it.each([
    ['none is allowed', budget(full), undefined, 'The disruption budget pdb needs 1 healthy pods and has 1 currently'],
    [
      'its controller has not looked yet',
      budget({}),
      10,
      'The disruption budget pdb is still being processed by the server.',
    ],
  ])('is refused with 429 when %s', async (_, one, retryAfterSeconds, message) => {
    const context = contextWith(pod({}, ready))
    context.put('poddisruptionbudgets.policy', one)
    const status = await failure(() => evict(context))
    expect(status).toMatchObject({ code: 429, message: blocked })
    expect(status.details?.causes).toEqual([{ reason: 'DisruptionBudget', message }])
    expect(status.details?.retryAfterSeconds).toBe(retryAfterSeconds)
    expect(context.written).toEqual([])
  })

  it('is a 500 without a reason when two budgets cover the pod', async () => {
    const context = contextWith(pod({}, ready))
    context.put('poddisruptionbudgets.policy', budget(full))
    context.put('poddisruptionbudgets.policy', budget(full, 'other'))
    const status = await failure(() => evict(context))
    expect(status.code).toBe(500)
    expect(status).not.toHaveProperty('reason')
  })
})

it('resize changes nothing but resources', () => {
  const containers = [{ name: 'app', image: 'other', resources: { requests: { cpu: '2' } } }]
  const old = pod(
    { containers: [{ name: 'app', image: 'nginx', resources: { requests: { cpu: '1' } } }] },
    { phase: 'Running' },
  )
  const draft = pod({ containers, nodeName: 'x' }, { phase: 'Failed' }, { labels: { b: 'c' } })
  hooks.subresources!.resize!.prepareForUpdate!(draft, old, fakeWriteContext())
  expect(draft.spec).toEqual({
    ...old.spec,
    containers: [{ ...old.spec!.containers[0], resources: { requests: { cpu: '2' } } }],
  })
  expect(draft.status).toEqual(old.status)
  expect(draft.metadata.labels).toEqual(old.metadata.labels)
  expect(hooks.subresources!.resize!.validateUpdate!(draft, old, fakeWriteContext())).toEqual([])
})

describe('a spec that was found valid before', () => {
  const claims = {
    volumeClaimTemplate: { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } } },
  }
  const causesOf = (object: Pod) => hooks.validate!(object, fakeWriteContext()).map(({ field }) => field)

  it('does not make another spec valid', () => {
    expect(causesOf(pod())).toEqual([])
    expect(causesOf(pod())).toEqual([])
    expect(causesOf(pod({ hostname: 'Not a name' }))).toEqual(['spec.hostname'])
    expect(causesOf(pod({ hostname: 'Not a name' }))).toEqual(['spec.hostname'])
  })

  it('is looked at again where the name of the pod counts, and never for its annotations', () => {
    const spec = { volumes: [{ name: 'scratch', ephemeral: claims }] }
    expect(causesOf(pod(spec))).toEqual([])
    expect(causesOf(pod(spec, {}, { name: 'a'.repeat(250) }))).toEqual(['spec.volumes[0].name'])
    const annotations = { 'controller.kubernetes.io/pod-deletion-cost': 'much' }
    expect(causesOf(pod({}, {}, { annotations }))).toEqual([
      'metadata.annotations[controller.kubernetes.io/pod-deletion-cost]',
    ])
  })
})
