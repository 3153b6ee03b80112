/** What the emulated kubelets remember; all of it can be had again from nodes and pods. */
import type { PodStatus } from '../../types/core-v1.ts'
import type { Amounts } from '../resources.ts'
import { sharedPerRun } from '../state.ts'
import { AddressPool, DEFAULT_POD_CIDR } from './addresses.ts'
import type { BackOff } from './back-off.ts'

export interface KnownNode {
  name: string
  uid: string
  /** InternalIP. */
  address: string
  podCidr: string
  pool: AddressPool
  /** False: somebody says that the node is not ready, so its kubelet plays dead and leaves its pods as they are. */
  ready: boolean
  /** Its kubelet was stopped. */
  stopped: boolean
  /** Pods that it took and that have not ended, and what they ask for. */
  pods: number
  used: Amounts
  /** Before then, ms, it ends no further pod for want of resources. */
  evictsFrom?: number
  /** When the status was last said, ms. */
  reportedAt: number
  /** What needs no pulling. */
  images: Set<string>
}

/** What a pod holds of its node, and what its containers went through. */
export interface KnownPod {
  uid: string
  node: string
  pool?: AddressPool
  address?: string
  /** What it takes of its node, once that took it, and of which: a node may come again under its name. */
  amounts?: Amounts
  takenOf?: KnownNode
  /** Image -> pulls that failed, for the back-off. */
  pulls?: Map<string, { failures: number; retryAt: number }>
  /** Container -> its waits before restarts. */
  backOffs?: Map<string, BackOff>
  /** Container -> its probes. */
  probes?: Map<string, ContainerProbes>
  /** Volumes that could not be mounted so often, and when that is said again. */
  mounts?: { failures: number; retryAt: number }
  /** `configmaps default/settings`: what it waits for. */
  waitsFor?: readonly string[]
  /** Why its node ends it. */
  evicted?: string
  /** The deletion for which its containers were told to stop. */
  stopping?: string
}

/** Where the probes of one run of a container stand. */
export interface ContainerProbes {
  containerID: string | undefined
  startup?: ProbeRun
  readiness?: ProbeRun
  liveness?: ProbeRun
}

export interface ProbeRun {
  /** When it is asked next, ms. */
  next: number
  last?: boolean
  /** So many equal answers in a row. */
  count: number
  /** The verdict once a threshold was reached. */
  result?: boolean
}

export interface KubeletState {
  nodes: Map<string, KnownNode>
  /** By `namespace/name`. */
  pods: Map<string, KnownPod>
  /** InternalIPs in use. */
  addresses: Set<string>
  /** Pod addresses of nodes that have no part of the pod network. */
  fallback: AddressPool
  /** What waits for an object, by `configmaps default/settings`: `namespace/name` of pods. */
  waiting: Map<string, Set<string>>
  /** Mirrors of static pods that were deleted and come back, by `namespace/name`: what they showed. */
  mirrors: Map<string, { hash: string; status: PodStatus }>
  /** Changes of the folder of static pods are heard of. */
  followsFolder: boolean
  /** The lease timer runs. */
  beating: boolean
}

/** Stages give pods addresses of the same nodes. */
export const stateOf = sharedPerRun<KubeletState>(() => ({
  nodes: new Map(),
  pods: new Map(),
  addresses: new Set(),
  fallback: new AddressPool(DEFAULT_POD_CIDR),
  waiting: new Map(),
  mirrors: new Map(),
  followsFolder: false,
  beating: false,
}))
