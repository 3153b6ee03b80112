import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/apimachinery/clock.ts'
import type { ControllerContext } from '../../../src/controllers/controller.ts'
import type { Reservation } from '../../../src/controllers/scheduler/plugin.ts'
import { podInfo } from '../../../src/controllers/scheduler/pod-info.ts'
import type { QueuedPod } from '../../../src/controllers/scheduler/queue.ts'
import { scheduler } from '../../../src/controllers/scheduler/scheduler.ts'
import { addTask, stateOf } from '../../../src/controllers/scheduler/state.ts'
import type { Pod } from '../../../src/types/core-v1.ts'
import { node, pod } from '../../support/controllers.ts'

test('A decision that is made while the pod is being bound is not lost.', async () => {
  const info = podInfo(pod('web', {}, { uid: '1' }) as unknown as Pod)
  const context = {
    clock: new ManualClock(0),
    settings: {},
    lister: () => ({ list: () => [], get: () => undefined, byIndex: () => [] }),
    recorder: { event() {} },
    enqueue() {},
    client: {
      async createSubresource() {
        const task = { kind: 'fail', info, reason: 'Unschedulable', message: '', nominated: '', victims: [] } as const
        addTask(info, task, context)
        return {}
      },
    },
  } as unknown as ControllerContext
  const state = stateOf(context)
  const queued = { info } as QueuedPod
  state.bindings.set(info.key, { queued, node: 'node-1', reservations: [], deadline: 0 })
  await scheduler.reconcile({ namespace: 'default', name: 'web' }, context)
  expect(state.tasks.get(info.key)).toHaveLength(1)
})

test('A change of a claim wakes the bindings that await it, and no others.', async () => {
  const woken: string[] = []
  const context = {
    clock: new ManualClock(0),
    settings: {},
    lister: () => ({ list: () => [], get: () => undefined, byIndex: () => [] }),
    enqueue: ({ name }: { name: string }) => woken.push(name),
  } as unknown as ControllerContext
  const state = stateOf(context)
  for (const name of ['one', 'other']) {
    const info = podInfo(pod(name, {}, { uid: name }) as unknown as Pod)
    const value = { awaits: [`persistentvolumeclaims default/${name}`] } as unknown as Reservation
    const reservations = [{ plugin: 'VolumeBinding', value }]
    state.bindings.set(info.key, { queued: { info } as QueuedPod, node: 'node-1', reservations, deadline: 0 })
  }
  const object = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace: 'default', name: 'other' } }
  state.news.push({ resource: 'persistentvolumeclaims', type: 'updated', object, old: object })
  await scheduler.reconcile({ namespace: '', name: 'cycle' }, context)
  expect(woken).toEqual(['other'])
})

test('What cannot be taken in is logged, and what happened after it is taken in all the same.', async () => {
  const woken: string[] = []
  const logged: unknown[] = []
  const context = {
    clock: new ManualClock(0),
    settings: {},
    lister: () => ({ list: () => [], get: () => undefined, byIndex: () => [] }),
    enqueue: ({ name }: { name: string }) => woken.push(name),
    logger: { error: ({ resource, type, name }: Record<string, string>) => logged.push({ resource, type, name }) },
  } as unknown as ControllerContext
  const state = stateOf(context)
  const info = podInfo(pod('web', {}, { uid: '1' }) as unknown as Pod)
  const value = { awaits: ['persistentvolumeclaims default/disk'] } as unknown as Reservation
  const reservations = [{ plugin: 'VolumeBinding', value }]
  state.bindings.set(info.key, { queued: { info } as QueuedPod, node: 'node-1', reservations, deadline: 0 })
  const claim = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace: 'default', name: 'disk' } }
  const broken = { ...node('broken'), status: { images: [{ names: 5 }] } }
  state.news.push(
    { resource: 'nodes', type: 'added', object: broken, old: undefined },
    { resource: 'persistentvolumeclaims', type: 'updated', object: claim, old: claim },
    { resource: 'nodes', type: 'added', object: node('sound'), old: undefined },
  )
  await scheduler.reconcile({ namespace: '', name: 'cycle' }, context)
  expect(logged).toEqual([{ resource: 'nodes', type: 'added', name: 'broken' }])
  expect(woken).toEqual(['web'])
  expect(state.cache.node('sound')).toBeDefined()
})

test('A pod whose binding is refused waits in the queue before anything else is waited for, and is tried again.', async () => {
  const woken: string[] = []
  const queuedThen: boolean[] = []
  const context = {
    clock: new ManualClock(0),
    settings: {},
    lister: () => ({ list: () => [], get: () => undefined, byIndex: () => [] }),
    recorder: { event() {} },
    enqueue: ({ name }: { name: string }) => woken.push(name),
    client: {
      createSubresource: () => Promise.reject(new Error('no')),
      async modify() {},
    },
  } as unknown as ControllerContext
  const state = stateOf(context)
  const info = podInfo(pod('web', {}, { uid: '1' }) as unknown as Pod)
  state.cache.setNode('node-1', node('node-1') as never)
  state.cache.assume(info, 'node-1')
  const undo = async (): Promise<void> => void queuedThen.push(state.queue.find(info.key) !== undefined)
  const value = { done: () => true, release() {}, undo } as unknown as Reservation
  const queued = { info, attempts: 1 } as QueuedPod
  state.bindings.set(info.key, { queued, node: 'node-1', reservations: [{ plugin: 'a', value }], deadline: 0 })
  await scheduler.reconcile({ namespace: 'default', name: 'web' }, context)
  expect(queuedThen).toEqual([true])
  expect(woken).toEqual(['cycle'])
})
