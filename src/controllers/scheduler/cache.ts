/** Nodes and where pods are, kept one change at a time: a decision never lists pods. Mirrors pkg/scheduler/backend/cache. */
import type { Node, Pod } from '../../types/core-v1.ts'
import { NodeInfo } from './node-info.ts'
import { type PodInfo, podInfo } from './pod-info.ts'

interface Placement {
  info: PodInfo
  node: string
  generation: number | undefined
}

export class SchedulerCache {
  readonly #nodes = new Map<string, NodeInfo>()
  #list: NodeInfo[] | undefined
  /** By `namespace/name`. Pods may be placed on nodes that are not known (yet, or any more). */
  readonly #placements = new Map<string, Placement>()
  readonly #unknown = new Map<string, Set<string>>()

  get nodes(): readonly NodeInfo[] {
    this.#list ??= [...this.#nodes.values()]
    return this.#list
  }

  setNode(name: string, node: Node | undefined): void {
    const known = this.#nodes.get(name)
    if (known && node) {
      known.setNode(node)
      return
    }
    this.#list = undefined
    if (!node) {
      this.#nodes.delete(name)
      for (const [key, placement] of this.#placements) if (placement.node === name) this.#keepForLater(name, key)
      return
    }
    const info = new NodeInfo(node)
    this.#nodes.set(name, info)
    for (const key of this.#unknown.get(name) ?? []) {
      const placement = this.#placements.get(key)
      if (placement?.node === name) info.add(placement.info)
    }
    this.#unknown.delete(name)
  }

  /** Brings the books in line with the pod as it is now. True: room became free. */
  setPod(key: string, pod: Pod | undefined): boolean {
    const before = this.#placements.get(key)
    const holds = pod?.spec?.nodeName && !isOver(pod) ? pod : undefined
    if (before && holds && before.info.uid === holds.metadata.uid && before.node === holds.spec?.nodeName) {
      if (before.generation === holds.metadata.generation) return false
    }
    if (before) this.forget(key)
    if (holds) this.place(key, podInfo(holds), holds.spec!.nodeName!)
    return before !== undefined
  }

  place(key: string, info: PodInfo, node: string): void {
    this.#placements.set(key, { info, node, generation: info.pod.metadata.generation })
    const known = this.#nodes.get(node)
    if (known) known.add(info)
    else this.#keepForLater(node, key)
  }

  forget(key: string): void {
    const placement = this.#placements.get(key)
    if (!placement) return
    this.#placements.delete(key)
    this.#nodes.get(placement.node)?.remove(placement.info)
    this.#unknown.get(placement.node)?.delete(key)
  }

  #keepForLater(node: string, key: string): void {
    const keys = this.#unknown.get(node)
    if (keys) keys.add(key)
    else this.#unknown.set(node, new Set([key]))
  }
}

export const isOver = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
