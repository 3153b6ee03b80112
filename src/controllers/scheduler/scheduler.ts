/** Assigns pods to nodes. One cycle after the other decides; what is decided is written by reconciles of the pods' own keys. Mirrors pkg/scheduler/scheduler.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Node, Pod } from '../../types/core-v1.ts'
import type { DeviceClass } from '../../types/resource-v1.ts'
import type { VolumeAttachment } from '../../types/storage-v1.ts'
import type { ResourceName } from '../client.ts'
import { type ControllerContext, defineController, type Watch } from '../controller.ts'
import { usesClaim } from '../pod-index.ts'
import { isOver } from './cache.ts'
import { scheduleNext } from './cycle.ts'
import { DEVICE_CLASSES, STANDS_BEHIND } from './devices/extended-resources.ts'
import { takeNews } from './news.ts'
import { DEVICE_TAINT_RULES, RESOURCE_CLAIMS, RESOURCE_SLICES } from './plugins/dynamic-resources.claims.ts'
import { NAMESPACES } from './plugins/inter-pod-affinity.filter.ts'
import { ATTACHMENTS, CSI_NODES } from './plugins/node-volume-limits.ts'
import { CONTROLLERS, REPLICA_SETS, SERVICES, STATEFUL_SETS } from './plugins/topology-constraints.ts'
import { CAPACITIES, DRIVERS } from './plugins/volume-binding.volumes.ts'
import { CLAIMS, CLASSES, VOLUMES } from './plugins/volume-claims.ts'
import { BUDGETS } from './preemption.ts'
import { DEFAULT_SCHEDULER } from './profile.ts'
import { FLUSH_AFTER_MS } from './queue.ts'
import { CYCLE, type State, stateOf } from './state.ts'
import { continueBinding, write } from './writes.ts'

export const scheduler = defineController({
  name: 'scheduler',
  component: DEFAULT_SCHEDULER,
  watches: [
    follow('nodes', nodeMatters),
    follow('pods', podMatters),
    follow(DEVICE_TAINT_RULES, (rule, old) => rule.metadata.generation !== old?.metadata.generation),
    ...[
      CLAIMS,
      VOLUMES,
      CLASSES,
      DRIVERS,
      CAPACITIES,
      CSI_NODES,
      ATTACHMENTS,
      RESOURCE_CLAIMS,
      RESOURCE_SLICES,
      DEVICE_CLASSES,
    ].map((resource) => follow(resource)),
  ],
  reads: [NAMESPACES, SERVICES, CONTROLLERS, REPLICA_SETS, STATEFUL_SETS, BUDGETS],
  indexes: {
    pods: usesClaim,
    [DEVICE_CLASSES]: {
      [STANDS_BEHIND]: (each) => [(each as DeviceClass).spec?.extendedResourceName ?? []].flat(),
    },
    [ATTACHMENTS]: { node: (attachment) => [(attachment as VolumeAttachment).spec.nodeName] },
  },
  reconcile(key, context) {
    const state = stateOf(context)
    if (key.namespace === '') return cycle(state, context)
    return writeDecisions(`${key.namespace}/${key.name}`, state, context)
  },
})

/** Keeps what happened for the next cycle. Not pure, as other controllers' keys are: what hints compare is only known now. */
function follow(resource: ResourceName, when?: Watch['when']): Watch {
  return {
    resource,
    when,
    keys(object, context, old, { type }) {
      stateOf(context).news.push({ resource, type, object, old })
      return [CYCLE]
    },
  }
}

function nodeMatters(object: KubeObject, before?: KubeObject): boolean {
  if (!before) return true
  const [node, old] = [object as Node, before as Node]
  return (
    !deepEqual(node.spec, old.spec) ||
    !deepEqual(node.metadata.labels, old.metadata.labels) ||
    !deepEqual(node.status?.allocatable, old.status?.allocatable) ||
    !deepEqual(node.status?.images, old.status?.images) ||
    !deepEqual(node.status?.declaredFeatures, old.status?.declaredFeatures)
  )
}

function podMatters(object: KubeObject, before?: KubeObject): boolean {
  if (!before) return true
  const [pod, old] = [object as Pod, before as Pod]
  return (
    pod.metadata.generation !== old.metadata.generation ||
    pod.spec?.nodeName !== old.spec?.nodeName ||
    pod.metadata.deletionTimestamp !== old.metadata.deletionTimestamp ||
    isOver(pod) !== isOver(old) ||
    pod.status?.nominatedNodeName !== old.status?.nominatedNodeName ||
    !deepEqual(pod.metadata.labels, old.metadata.labels) ||
    !deepEqual(pod.status?.resourceClaimStatuses, old.status?.resourceClaimStatuses)
  )
}

/** One pod a cycle: what comes meanwhile may be more important than the next one. */
function cycle(state: State, context: ControllerContext): void {
  const { queue } = state
  takeNews(state, context)
  const now = context.clock.now()
  if (state.flushAt !== undefined && state.flushAt <= now) state.flushAt = queue.flush()
  if (queue.hasNext) scheduleNext(state, context)
  if (queue.hasNext) {
    context.enqueue(CYCLE)
    return
  }
  if (queue.hasParked) state.flushAt ??= now + FLUSH_AFTER_MS
  const next = Math.min(state.flushAt ?? Number.POSITIVE_INFINITY, queue.nextRetry ?? Number.POSITIVE_INFINITY)
  if (next !== Number.POSITIVE_INFINITY) context.enqueue(CYCLE, next - now)
}

/** A write that fails by no fault of the pod is tried again, with those that were to follow. */
async function writeDecisions(key: string, state: State, context: ControllerContext): Promise<void> {
  const tasks = state.tasks.get(key)
  // Tasks may come while this waits: their own reconcile follows.
  if (!tasks) return continueBinding(key, state, context)
  while (tasks.length > 0) {
    await write(tasks[0], state, context)
    tasks.shift()
  }
  state.tasks.delete(key)
}
