/** What the emulated kubelets remember; all of it can be had again from nodes and pods. */
import type { PodSpec, PodStatus } from '../../types/core-v1.ts'
import type { Amounts } from '../resources.ts'
import { sharedPerRun } from '../state.ts'
import { type AddressPool, fallbackPools, familiesOf } from './addresses.ts'
import type { PodMemory } from './pod-memory.ts'

export interface KnownNode {
  name: string
  uid: string
  /** One of each family that it has, that of its pods first. */
  addresses: readonly string[]
  podCidrs: string
  /** Of the addresses of its pods, in the order in which these show them. */
  pools: readonly AddressPool[]
  /** False: somebody says that the node is not ready, so its kubelet plays dead and leaves its pods as they are. */
  ready: boolean
  /** Its kubelet was stopped. */
  stopped: boolean
  /** A pod of it needs volumes to be attached: its status says which are in use. */
  mounts?: boolean
  /** Pods that it took and that have not ended, and what they ask for. */
  pods: number
  used: Amounts
  /** Before then, ms, it ends no further pod for want of resources. */
  evictsFrom?: number
  /** When the status was last said, ms. */
  reportedAt: number
  /** Full names of the images that need no pulling, and how many of them its status was told of. */
  images: Set<string>
  imagesSaid: number
  /** Pods whose resize waits for room, by `namespace/name`, and what they hold meanwhile. */
  deferred: Map<string, Amounts>
}

/** What a pod holds of its node, and what is remembered of it. */
export interface KnownPod {
  uid: string
  node: string
  addresses?: readonly HeldAddress[]
  /** What it takes of its node, once that took it, and of which: a node may come again under its name. */
  amounts?: Amounts
  takenOf?: KnownNode
  /** The spec whose resources it holds; undefined: none yet. */
  allocated?: PodSpec
  /** Of its last step that was written. */
  memory?: PodMemory
  /** `configmaps default/settings`: what it waits for. */
  waitsFor?: readonly string[]
  /** The resourceVersion that its last status made: no news. */
  written?: string
  /** Why its node ends it. */
  evicted?: string
}

export interface HeldAddress {
  /** Where it is taken; undefined: no pool of its node would give it. */
  pool?: AddressPool
  address: string
}

export interface KubeletState {
  nodes: Map<string, KnownNode>
  /** By `namespace/name`. */
  pods: Map<string, KnownPod>
  /** Of nodes: in use. */
  addresses: Set<string>
  /** Pod addresses of nodes that have no part of the pod network. */
  fallback: readonly AddressPool[]
  /** What waits for an object, by `configmaps default/settings`: `namespace/name` of pods. */
  waiting: Map<string, Set<string>>
  /** Mirrors of static pods that were deleted and come back, by `namespace/name`: what they showed. */
  mirrors: Map<string, { hash: string; status: PodStatus }>
  /** Changes of the folder of static pods are heard of. */
  followsFolder: boolean
  /** The lease timer runs. */
  beating: boolean
  /** Nodes that are still to renew their lease in this round, the next one last. */
  toBeat: string[]
}

/** What pods wait for that found no free address on their node. */
export const addressesAt = (node: string): string => `addresses /${node}`

/** Stages give pods addresses of the same nodes. */
export const stateOf = sharedPerRun<KubeletState>(({ podCidr }) => ({
  nodes: new Map(),
  pods: new Map(),
  addresses: new Set(),
  fallback: fallbackPools(familiesOf(podCidr)),
  waiting: new Map(),
  mirrors: new Map(),
  followsFolder: false,
  beating: false,
  toBeat: [],
}))
