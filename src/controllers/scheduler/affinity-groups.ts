/** Pods that speak of other pods, those that say the same as one: a decision asks each saying once. Mirrors the lists havePodsWithAffinity of pkg/scheduler/backend/cache/snapshot.go. */
import type { AffinityTerms } from './affinity-terms.ts'
import { tally } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

export interface AffinityGroup {
  readonly terms: AffinityTerms
  /** How many such pods each node has. */
  readonly nodes: ReadonlyMap<string, number>
}

export class AffinityGroups {
  readonly #groups = new Map<string, { terms: AffinityTerms; nodes: Map<string, number> }>()

  get size(): number {
    return this.#groups.size
  }

  values(): Iterable<AffinityGroup> {
    return this.#groups.values()
  }

  add(pod: PodInfo, node: string): void {
    this.#count(pod, node, 1)
  }

  remove(pod: PodInfo, node: string): void {
    this.#count(pod, node, -1)
  }

  #count(pod: PodInfo, node: string, sign: 1 | -1): void {
    if (!pod.terms) return
    const { podAffinity, podAntiAffinity } = pod.pod.spec?.affinity ?? {}
    const key = `${pod.namespace}\n${JSON.stringify([podAffinity, podAntiAffinity])}`
    let group = this.#groups.get(key)
    if (!group) {
      group = { terms: pod.terms, nodes: new Map() }
      this.#groups.set(key, group)
    }
    tally(group.nodes, node, sign)
    if (group.nodes.size === 0) this.#groups.delete(key)
  }
}
