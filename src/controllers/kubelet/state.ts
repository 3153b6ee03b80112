/** What the emulated kubelets remember; all of it can be had again from nodes and pods. */
import { perRun } from '../state.ts'
import { AddressPool, DEFAULT_POD_CIDR } from './addresses.ts'

export interface KnownNode {
  name: string
  uid: string
  /** InternalIP. */
  address: string
  podCidr: string
  pool: AddressPool
  /** False: somebody says that the node is not ready, so its kubelet plays dead and leaves its pods as they are. */
  ready: boolean
  /** When the status was last said, ms. */
  reportedAt: number
}

/** What a pod holds of its node, and where its stage stands. */
export interface KnownPod {
  uid: string
  node: string
  pool?: AddressPool
  address?: string
  /** The stage that waits for its delay, and until when (ms). */
  stage?: { name: string; due: number }
  /** Image -> pulls that failed, for the back-off. */
  pulls?: Map<string, { failures: number; retryAt: number }>
}

export interface KubeletState {
  nodes: Map<string, KnownNode>
  /** By `namespace/name`. */
  pods: Map<string, KnownPod>
  /** InternalIPs in use. */
  addresses: Set<string>
  /** Pod addresses of nodes that have no part of the pod network. */
  fallback: AddressPool
  /** `node image`: what needs no pulling. */
  images: Set<string>
  /** The lease timer runs. */
  beating: boolean
}

export const stateOf = perRun<KubeletState>(() => ({
  nodes: new Map(),
  pods: new Map(),
  addresses: new Set(),
  fallback: new AddressPool(DEFAULT_POD_CIDR),
  images: new Set(),
  beating: false,
}))
