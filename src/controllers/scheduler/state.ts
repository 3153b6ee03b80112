/** What the scheduler knows and has to do, one copy a run. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { ResourceName } from '../client.ts'
import type { ControllerContext, Key } from '../controller.ts'
import { perRun } from '../state.ts'
import { SchedulerCache } from './cache.ts'
import { profilesOf } from './configuration.ts'
import { Nominations } from './nominations.ts'
import type { Plugin, Reservation, Unblocking, World } from './plugin.ts'
import type { PodInfo } from './pod-info.ts'
import { DEFAULT_SCHEDULER, type Profile } from './profile.ts'
import { type QueuedPod, SchedulingQueue } from './queue.ts'
import type { Turn } from './search.ts'

/** The key of scheduling itself: pods always have a namespace. */
export const CYCLE: Key = { namespace: '', name: 'cycle' }

/** An event of an informer, kept until the next cycle: hints compare the object before and after. */
export interface News {
  resource: ResourceName
  type: 'added' | 'updated' | 'deleted'
  object: KubeObject
  old: KubeObject | undefined
}

/** A decision that is still to be written. */
export type Task = { kind: 'bind'; binding: Binding } | ({ kind: 'fail' } & Failure)

export interface Named<T> {
  plugin: string
  value: T
}

export interface Failure {
  info: PodInfo
  reason: 'Unschedulable' | 'SchedulerError'
  message: string
  /** The node that the pod waits for from now on; '': none; undefined: as before. */
  nominated: string | undefined
  victims: readonly PodInfo[]
  unblocking?: Unblocking
}

/** A pod that has its node and is not bound yet: it may have to wait for what it needs there. */
export interface Binding {
  queued: QueuedPod
  node: string
  reservations: readonly Named<Reservation>[]
  deadline: number
}

export interface State {
  world: World
  cache: SchedulerCache
  queue: SchedulingQueue
  nominations: Nominations
  profiles: ReadonlyMap<string, Profile>
  news: News[]
  /** By `namespace/name` of the pod, in order. */
  tasks: Map<string, Task[]>
  /** By `namespace/name` of the pod, from the choice of its node until it is bound, or leaves. */
  bindings: Map<string, Binding>
  turn: Turn
  /** When parked pods are looked at again whatever happens. */
  flushAt: number | undefined
}

export const stateOf = perRun<State>((context) => {
  const cache = new SchedulerCache()
  const { lister, clock, random } = context
  const world: World = { cache, lister, clock, random }
  const made = profilesOf(context.settings.schedulerConfiguration)
  const profiles = new Map(made.map((profile) => [profile.schedulerName, profile]))
  const pluginsOf = ({ pod }: PodInfo): readonly Plugin[] => profiles.get(schedulerNameOf(pod))?.plugins ?? []
  const plugins = [...profiles.values()].flatMap((profile) => profile.plugins)
  return {
    world,
    cache,
    queue: new SchedulingQueue({ plugins, pluginsOf, world, clock }),
    nominations: new Nominations(),
    profiles,
    news: [],
    tasks: new Map(),
    bindings: new Map(),
    turn: { next: 0 },
    flushAt: undefined,
  }
})

export const schedulerNameOf = ({ spec }: Pod): string => spec?.schedulerName || DEFAULT_SCHEDULER

export const keyOfPod = ({ pod }: PodInfo): Key => ({
  namespace: pod.metadata.namespace ?? '',
  name: pod.metadata.name ?? '',
})

/** The decision is written by a reconcile of the pod's own key: what one write waits for does not hold up the others. */
export function addTask(info: PodInfo, task: Task, context: ControllerContext): void {
  const { tasks } = stateOf(context)
  const waiting = tasks.get(info.key)
  if (waiting) waiting.push(task)
  else tasks.set(info.key, [task])
  context.enqueue(keyOfPod(info))
}
