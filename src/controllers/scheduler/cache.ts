/** Nodes and where pods are, kept one change at a time: a decision never lists pods. Mirrors pkg/scheduler/backend/cache. */
import type { Node, Pod } from '../../types/core-v1.ts'
import { AffinityGroups } from './affinity-groups.ts'
import { NodeInfo, tally } from './node-info.ts'
import { PodCounts } from './pod-counts.ts'
import { type PodInfo, podInfo } from './pod-info.ts'

interface Placement {
  info: PodInfo
  node: string
  /** Decided, but storage does not say so yet. */
  assumed: boolean
}

/** The list of touched nodes is not longer. */
const MOST_TOUCHED = 1024

export class SchedulerCache {
  readonly counts = new PodCounts()
  readonly affinities = new AffinityGroups()
  /** Nodes that have an image, by its full name. */
  readonly images = new Map<string, number>()
  /** Nodes with taints that keep pods away, and with those that only discourage. */
  tainted = 0
  softTainted = 0
  /** Nodes that have a label, by its key. */
  readonly labelled = new Map<string, number>()
  /**
   * Nodes on which the pods changed, in order. Another list as soon as anything changes that is not about one node's pods: who keeps the list
   * and how long it was knows all that is new since.
   */
  touched: NodeInfo[] = []
  readonly #nodes = new Map<string, NodeInfo>()
  #list: NodeInfo[] | undefined
  /** By `namespace/name`. Pods may be placed on nodes that are not known (yet, or any more). */
  readonly #placements = new Map<string, Placement>()
  readonly #unknown = new Map<string, Set<string>>()

  get nodes(): readonly NodeInfo[] {
    this.#list ??= [...this.#nodes.values()]
    return this.#list
  }

  node(name: string): NodeInfo | undefined {
    return this.#nodes.get(name)
  }

  setNode(name: string, node: Node | undefined): void {
    const known = this.#nodes.get(name)
    this.touched = []
    if (known) this.#countNode(known, -1)
    if (known && node) {
      known.setNode(node)
      this.#countNode(known, 1)
      return
    }
    this.#list = undefined
    if (!node) {
      this.#nodes.delete(name)
      for (const key of known?.pods.keys() ?? []) this.#keepForLater(name, key)
      return
    }
    const info = new NodeInfo(node)
    this.#nodes.set(name, info)
    this.#countNode(info, 1)
    for (const key of this.#unknown.get(name) ?? []) {
      const placement = this.#placements.get(key)
      if (placement?.node === name) info.add(placement.info)
    }
    this.#unknown.delete(name)
  }

  /** Brings the books in line with the pod as it is now; undefined: it is gone. Says what that meant. */
  setPod(key: string, pod: Pod | undefined): 'placed' | 'removed' | 'changed' | undefined {
    const before = this.#placements.get(key)
    const holds = pod?.spec?.nodeName && !isOver(pod) ? pod : undefined
    if (!holds && before?.assumed && pod && !isOver(pod) && before.info.uid === pod.metadata.uid) return undefined
    if (before && holds && before.info.uid === holds.metadata.uid && before.node === holds.spec?.nodeName) {
      if (isSame(before.info.pod, holds)) {
        before.info.pod = holds
        const wasAssumed = before.assumed
        before.assumed = false
        return wasAssumed ? 'placed' : undefined
      }
    }
    if (before) this.forget(key)
    if (holds) this.#place(podInfo(holds), holds.spec!.nodeName!, false)
    if (!before || before.assumed) return holds ? 'placed' : before && 'removed'
    return holds ? 'changed' : 'removed'
  }

  /** From now on the pod counts, as if it were bound already. */
  assume(info: PodInfo, node: string): void {
    this.#place(info, node, true)
  }

  isAssumed(key: string): boolean {
    return this.#placements.get(key)?.assumed === true
  }

  forget(key: string): void {
    const placement = this.#placements.get(key)
    if (!placement) return
    const { node, info } = placement
    this.#placements.delete(key)
    const known = this.#nodes.get(node)
    if (known) this.#touch(known)
    known?.remove(info)
    this.#unknown.get(node)?.delete(key)
    this.counts.remove(info, node)
    this.affinities.remove(info, node)
  }

  #place(info: PodInfo, node: string, assumed: boolean): void {
    this.#placements.set(info.key, { info, node, assumed })
    const known = this.#nodes.get(node)
    if (known) this.#touch(known)
    if (known) known.add(info)
    else this.#keepForLater(node, info.key)
    this.counts.add(info, node)
    this.affinities.add(info, node)
  }

  #touch(node: NodeInfo): void {
    if (this.touched.length < MOST_TOUCHED) this.touched.push(node)
    else this.touched = [node]
  }

  #keepForLater(node: string, key: string): void {
    const keys = this.#unknown.get(node)
    if (keys) keys.add(key)
    else this.#unknown.set(node, new Set([key]))
  }

  #countNode({ taints, softTaints, labels, node }: NodeInfo, sign: 1 | -1): void {
    if (taints.length > 0) this.tainted += sign
    if (softTaints.length > 0) this.softTainted += sign
    for (const key in labels) tally(this.labelled, key, sign)
    for (const { names } of node.status?.images ?? []) for (const name of names ?? []) tally(this.images, name, sign)
  }
}

/** Nothing that the books are about differs. */
function isSame(a: Pod, b: Pod): boolean {
  return (
    a === b ||
    (a.metadata.generation === b.metadata.generation &&
      a.metadata.deletionTimestamp === b.metadata.deletionTimestamp &&
      (a.metadata.labels === b.metadata.labels ||
        JSON.stringify(a.metadata.labels) === JSON.stringify(b.metadata.labels)))
  )
}

export const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
