/** Takes in what happened: keeps the books, and lets pods try again that it may help. Mirrors pkg/scheduler/eventhandlers.go. */
import type { Node, Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { endBinding } from './bindings.ts'
import { isOver } from './cache.ts'
import { nodeHappenings, ownHappenings, placedHappenings } from './happenings.ts'
import { awaited, type Happening } from './plugin.ts'
import { podInfo } from './pod-info.ts'
import { keyOfPod, type News, type State, schedulerNameOf } from './state.ts'

/** Takes in all of it: what cannot be taken in is logged, and the rest is not lost with it. */
export function takeNews(state: State, context: ControllerContext): void {
  const { news } = state
  if (news.length === 0) return
  state.news = []
  const changed = new Set<string>()
  for (const each of news) {
    try {
      if (each.resource === 'pods') takePod(each, state)
      else if (each.resource === 'nodes') takeNode(each, state)
      else takeOther(each, state, changed)
    } catch (err) {
      const { namespace, name } = each.object.metadata
      const about = { err, resource: each.resource, type: each.type, namespace, name }
      context.logger.error(about, 'the scheduler could not take in what happened')
    }
  }
  if (changed.size === 0) return
  for (const { queued, reservations } of state.bindings.values()) {
    const isConcerned = reservations.some(({ value }) => value.awaits.some((name) => changed.has(name)))
    if (isConcerned) context.enqueue(keyOfPod(queued.info))
  }
}

function takeOther({ resource, type, object, old }: News, { queue }: State, changed: Set<string>): void {
  changed.add(awaited(resource, object))
  const what = `${resource.split('.')[0]}/${VERBS[type]}` as Happening
  queue.move(type === 'deleted' ? { what, old: object } : { what, object, old })
}

const VERBS = { added: 'add', updated: 'update', deleted: 'delete' }

function takeNode({ type, object, old }: News, { cache, queue }: State): void {
  const node = type === 'deleted' ? undefined : (object as Node)
  cache.setNode(object.metadata.name ?? '', node)
  const before = type === 'deleted' ? (object as Node) : (old as Node | undefined)
  for (const happened of nodeHappenings(node, before)) queue.move(happened)
}

function takePod({ type, object, old }: News, state: State): void {
  const pod = object as Pod
  const key = `${pod.metadata.namespace}/${pod.metadata.name}`
  if (type === 'deleted' || isOver(pod)) leave(key, pod, state)
  else if (pod.spec?.nodeName) settle(key, pod, old as Pod | undefined, state)
  else if (state.profiles.has(schedulerNameOf(pod))) wait(key, pod, old as Pod | undefined, state)
}

/** It is gone, or over. */
function leave(key: string, pod: Pod, state: State): void {
  const { cache, queue, nominations } = state
  endBindingOf(key, state)
  const removed = cache.setPod(key, undefined) === 'removed'
  queue.remove(key)
  nominations.remove(key)
  if (removed || pod.status?.nominatedNodeName) queue.move({ what: 'pods/delete', old: pod })
}

function endBindingOf(key: string, state: State): void {
  const binding = state.bindings.get(key)
  if (binding) endBinding(binding, state)
}

/** It has a node. */
function settle(key: string, pod: Pod, old: Pod | undefined, { cache, queue, nominations }: State): void {
  queue.remove(key)
  nominations.remove(key)
  const change = cache.setPod(key, pod)
  if (change === 'placed') queue.move({ what: 'pods/add', object: pod })
  else if (change === 'changed' && old) for (const happened of placedHappenings(pod, old)) queue.move(happened)
}

/** It waits for a node. */
function wait(key: string, pod: Pod, old: Pod | undefined, state: State): void {
  const { cache, queue, nominations } = state
  if (cache.isAssumed(key)) {
    // Its binding would fail.
    if (pod.metadata.deletionTimestamp) endBindingOf(key, state)
    return
  }
  const info = podInfo(pod)
  const nominated = pod.status?.nominatedNodeName ?? ''
  if (nominated !== (old?.status?.nominatedNodeName ?? '')) {
    nominations.set(info, nominated)
    if (old?.status?.nominatedNodeName) queue.move({ what: 'pods/delete', old })
  }
  const queued = queue.find(key)
  if (!queued) queue.add(info)
  else queue.update(queued, info, old ? ownHappenings(pod, old) : [])
}
