import { expect, test } from 'vitest'
import { ManualClock } from '../../../src/apimachinery/clock.ts'
import type { ControllerContext } from '../../../src/controllers/controller.ts'
import { podInfo } from '../../../src/controllers/scheduler/pod-info.ts'
import type { QueuedPod } from '../../../src/controllers/scheduler/queue.ts'
import { scheduler } from '../../../src/controllers/scheduler/scheduler.ts'
import { addTask, stateOf } from '../../../src/controllers/scheduler/state.ts'
import type { Pod } from '../../../src/types/core-v1.ts'
import { pod } from '../../support/controllers.ts'

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
