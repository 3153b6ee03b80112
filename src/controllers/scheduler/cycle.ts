/** One pod is scheduled: a node is chosen for it, or it is said why there is none. Nothing is written yet. Mirrors pkg/scheduler/schedule_one.go (schedulingCycle). */
import type { Pod } from '../../types/core-v1.ts'
import type { ControllerContext, EventDetails } from '../controller.ts'
import { histogram, refusedBefore } from './messages.ts'
import type { NodeInfo } from './node-info.ts'
import type { Reservation } from './plugin.ts'
import { preempt } from './preemption.ts'
import type { Profile } from './profile.ts'
import type { QueuedPod } from './queue.ts'
import { findNode, type Search, type SearchOptions } from './search.ts'
import { addTask, type Binding, type Failure, type Named, type State, schedulerNameOf } from './state.ts'

const NO_NODES = 'no nodes available to schedule pods'
/** The plugin that is asked before preemption. */
const DEVICES = 'DynamicResources'
const NOBODY: ReadonlySet<string> = new Set()

/** Takes the next pod of the queue; there is one. */
export function scheduleNext(state: State, context: ControllerContext): void {
  const queued = state.queue.pop()!
  const { info } = queued
  const { namespace = '', name = '' } = info.pod.metadata
  const pod = context.lister<Pod>('pods').get(namespace, name)
  if (!pod || pod.metadata.uid !== info.uid) return
  // Its status may have changed without a word.
  info.pod = pod
  const profile = state.profiles.get(schedulerNameOf(pod))!
  if (pod.metadata.deletionTimestamp) {
    const message = `skip schedule deleting pod: ${info.key}`
    context.recorder.event(pod, 'Warning', 'FailedScheduling', message, eventDetails(profile, 'Scheduling'))
    return
  }
  const { world, nominations, turn } = state
  const options: SearchOptions = { profile, world, nominations, turn, random: context.random }
  if (state.cache.nodes.length === 0) {
    state.queue.park(queued, NOBODY)
    addTask(
      info,
      { kind: 'fail', info, reason: 'Unschedulable', message: NO_NODES, nominated: '', victims: [] },
      context,
    )
    return
  }
  try {
    const { search, node } = findNode(info, options)
    if (node) take(queued, node, search, state, context)
    else refuse(queued, search, options, state, context)
  } catch (error) {
    // A plugin could not tell, by what an object says: that is no refusal.
    const { message } = error as Error
    context.logger.warn({ err: error, pod: info.key }, 'could not schedule a pod, will be tried again')
    state.queue.retry(queued)
    addTask(info, { kind: 'fail', info, reason: 'SchedulerError', message, nominated: '', victims: [] }, context)
  }
}

/** As the source of Events: the profile's name, and the machine. */
export const eventDetails = ({ schedulerName }: Profile, action: string): EventDetails => ({
  action,
  host: 'kubemu',
  component: schedulerName,
})

/** From now on the pod counts as one of the node's. */
function take(queued: QueuedPod, node: NodeInfo, search: Search, state: State, context: ControllerContext): void {
  const { info } = queued
  const reservations: Named<Reservation>[] = []
  for (const { plugin, filter } of search.asked) {
    const value = filter.reserve?.(node)
    if (value) reservations.push({ plugin: plugin.name, value })
  }
  state.nominations.remove(info.key)
  state.cache.assume(info, node.name)
  const deadline = context.clock.now() + Math.max(0, ...reservations.map(({ value }) => value.timeoutMs))
  const binding: Binding = { queued, node: node.name, reservations, deadline }
  state.bindings.set(info.key, binding)
  addTask(info, { kind: 'bind', binding }, context)
}

function refuse(
  queued: QueuedPod,
  search: Search,
  options: SearchOptions,
  state: State,
  context: ControllerContext,
): void {
  const { info } = queued
  const total = state.cache.nodes.length
  let message = search.refused
    ? refusedBefore(total, search.refused)
    : histogram(total, search.refusals.values(), search.absent)
  const asksForDevices = options.profile.plugins.some(({ name }) => name === DEVICES)
  let nominated: string | undefined
  let victims: Failure['victims'] = []
  const unblocking = search.asked.map(({ filter }) => filter.unblock?.()).find((each) => each !== undefined)
  // Upstream asks the plugin of devices first, which has not seen the pod then: what it does not find ends it.
  if (search.refused && asksForDevices && !search.refusedBy.has(DEVICES)) message += ' not found'
  else if (options.profile.preempts) {
    const said = preempt(search, options)
    message += `${unblocking ? ` ${unblocking.reason},` : ''} preemption: ${said.message}`
    nominated = said.nominated
    victims = said.victims
  } else nominated = ''
  state.queue.park(queued, search.refusedBy)
  if (nominated !== undefined) state.nominations.set(info, nominated)
  addTask(info, { kind: 'fail', info, reason: 'Unschedulable', message, nominated, victims, unblocking }, context)
}
