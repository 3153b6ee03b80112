/** What a plugin of the scheduler is: one file in plugins/ and one row of plugins.ts. Mirrors the framework's interfaces of k8s.io/kube-scheduler. */
import type { Clock } from '../../apimachinery/clock.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Random } from '../../apimachinery/random.ts'
import type { Client, ResourceName } from '../client.ts'
import type { Lister } from '../controller.ts'
import type { SchedulerCache } from './cache.ts'
import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** Why a pod cannot go to a node (or to any). */
export interface Refusal {
  readonly reasons: readonly string[]
  /** The pods on the node are what is in the way: evicting some could help. */
  readonly resolvable: boolean
}

/** Nobody's leaving would help. */
export const final = (...reasons: string[]): Refusal => ({ reasons, resolvable: false })
/** It could help if somebody left. */
export const resolvable = (...reasons: string[]): Refusal => ({ reasons, resolvable: true })

/** What a plugin may look at. */
export interface World {
  readonly cache: SchedulerCache
  readonly clock: Clock
  readonly random: Random
  /** Of resources that the scheduler reads. */
  lister<T extends KubeObject>(resource: ResourceName): Lister<T>
}

/** What a plugin says of one pod, while a node is looked for. */
export interface PodFilter {
  /** As of PodScore, of what `filter` says. */
  readonly key?: string
  /** Only nodes of these names come into question. */
  readonly only?: ReadonlySet<string>
  /** Why the pod cannot go there; undefined: it can. Pure. */
  filter?(node: NodeInfo): Refusal | undefined
  /** Another pod is thought to be on the node (1), or not to be there (-1), from now on. */
  shift?(other: PodInfo, node: NodeInfo, by: 1 | -1): void
  /** The node is chosen. Holds what the pod will need there; undefined: nothing. Throws an Error when it cannot be had. */
  reserve?(node: NodeInfo): Reservation | undefined
  /** No node was found. What can be given up so that one may be found next time; undefined: nothing. */
  unblock?(): Unblocking | undefined
}

export interface Unblocking {
  /** As it is told. */
  reason: string
  write(client: Client): Promise<void>
}

/** What a pod holds between the choice of its node and its binding. */
export interface Reservation {
  /** How long its coming true may take. */
  readonly timeoutMs: number
  /** What was held is free again: the pod does not come, or all is written. */
  release(): void
  /** Writes what has to be there before the pod is bound; `tell` makes an Event of the pod. A throw means that it cannot come. */
  start(client: Client, clock: Clock, tell: (reason: string, message: string) => void): Promise<void>
  /** After `release`, when the pod does not come: takes back what was written, as far as nobody else can use it. */
  undo?(client: Client): Promise<void>
  /** `persistentvolumeclaims default/settings`: what it waits for. */
  readonly awaits: readonly string[]
  /** What is told when it has not come true in time. */
  readonly late?: string
  /** All that was asked for has come true. Throws an Error when it will not any more. Asked after each change of what it awaits. */
  done(): boolean
}

/** How much a plugin likes nodes for one pod. */
export interface PodScore {
  /** A plugin scores a node the same for all pods of a key, as long as the pods on that node are the same, and nothing about nodes; absent: who knows. */
  readonly key?: string
  /** More is better. Between 0 and 100, unless `normalize` makes it so. */
  score(node: NodeInfo): number
  /** Changes the scores of all nodes, in their order, in place. */
  normalize?(scores: number[], nodes: readonly NodeInfo[]): void
}

/** What happened: to a node, to a pod that has a node (`pods/`), to the waiting pod itself (`self/`), to what another pod held, or to another object. */
export type Happening =
  | `nodes/${'add' | 'delete' | 'labels' | 'taints' | 'allocatable' | 'features'}`
  | `pods/${'add' | 'delete' | 'labels' | 'smaller'}`
  | `self/${'labels' | 'tolerations' | 'smaller' | 'gates' | 'claims'}`
  | `${'persistentvolumeclaims' | 'persistentvolumes'}/${'add' | 'update'}`
  | `${'storageclasses' | 'csinodes' | 'csidrivers' | 'csistoragecapacities'}/${'add' | 'update'}`
  | `volumeattachments/${'delete'}`
  | 'reservations/release'
  | `${'resourceclaims' | 'resourceslices' | 'deviceclasses' | 'devicetaintrules'}/${'add' | 'update' | 'delete'}`

/** An object before and after. */
export interface Happened {
  readonly what: Happening
  readonly object?: KubeObject
  readonly old?: KubeObject
}

/** A change that may help pods that the plugin refused. */
export interface Hint {
  readonly on: readonly Happening[]
  /** Whether it may help this one; absent: it may help all. */
  helps?(pod: PodInfo, happened: Happened, world: World): boolean
}

export interface Plugin {
  /** As in a KubeSchedulerConfiguration. */
  readonly name: string
  readonly hints: readonly Hint[]
  /** Why the pod must not be looked at yet; undefined: it may. */
  gate?(pod: PodInfo, world: World): Refusal | undefined
  /** Before nodes are looked at. A refusal is one of all nodes; undefined: there is nothing to check. */
  preFilter?(pod: PodInfo, world: World): PodFilter | Refusal | undefined
  /** Before the nodes that fit are compared. Undefined: all are as good. */
  preScore?(pod: PodInfo, nodes: readonly NodeInfo[], world: World, filter: PodFilter | undefined): PodScore | undefined
}

/** As reservations say what they await. */
export const awaited = (resource: ResourceName, { metadata }: KubeObject): string =>
  `${resource} ${metadata.namespace}/${metadata.name}`

export const isRefusal = (said: PodFilter | Refusal | undefined): said is Refusal =>
  said !== undefined && 'reasons' in said

export const MAX_SCORE = 100

/** The best gets 100 and the others their part of it; `reverse`: the least is the best. Mirrors plugins/helper/normalize_score.go. */
export function normalizeByMost(scores: number[], reverse = false): void {
  const most = Math.max(...scores)
  for (let i = 0; i < scores.length; i++) {
    const part = most === 0 ? 0 : Math.floor((MAX_SCORE * scores[i]) / most)
    scores[i] = reverse ? MAX_SCORE - part : part
  }
}
