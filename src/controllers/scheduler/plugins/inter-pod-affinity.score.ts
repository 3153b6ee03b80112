/** Preferred affinity and anti-affinity, from both sides. Mirrors plugins/interpodaffinity/scoring.go. */
import { type AffinityTerm, matchesPod } from '../affinity-terms.ts'
import { type NodeInfo, tally } from '../node-info.ts'
import { MAX_SCORE, type PodScore, type World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { labelsOfNamespace, termsNow } from './inter-pod-affinity.filter.ts'

export interface InterPodAffinityArgs {
  /** What a required term of a pod that is there is worth to one that it means. */
  hardPodAffinityWeight?: number
  ignorePreferredTermsOfExistingPods?: boolean
}

/** What being in a topology is worth: key -> value -> sum of weights. */
class Worths {
  readonly #keys = new Map<string, Map<string, number>>()

  get empty(): boolean {
    return this.#keys.size === 0
  }

  /** A term speaks for (or against) the topologies of these nodes, once for each pod. */
  add({ topologyKey, weight }: AffinityTerm, nodes: ReadonlyMap<string, number>, sign: number, { cache }: World): void {
    for (const [name, pods] of nodes) {
      const value = cache.node(name)?.labels[topologyKey]
      if (value === undefined) continue
      let values = this.#keys.get(topologyKey)
      if (!values) {
        values = new Map()
        this.#keys.set(topologyKey, values)
      }
      tally(values, value, weight * pods * sign)
    }
  }

  of({ labels }: NodeInfo): number {
    let sum = 0
    for (const [key, values] of this.#keys) sum += values.get(labels[key] ?? '') ?? 0
    return sum
  }
}

export function affinityScore(
  pod: PodInfo,
  _nodes: readonly NodeInfo[],
  world: World,
  { hardPodAffinityWeight = 1, ignorePreferredTermsOfExistingPods }: InterPodAffinityArgs,
): PodScore | undefined {
  const { cache } = world
  const preferred = termsNow(pod.terms?.preferred, world)
  const preferredAnti = termsNow(pod.terms?.preferredAnti, world)
  const speaks = preferred.length + preferredAnti.length > 0
  if (!speaks && (cache.affinities.size === 0 || ignorePreferredTermsOfExistingPods)) return undefined
  const worths = new Worths()
  for (const term of preferred) worths.add(term, cache.counts.of([term]).all, 1, world)
  for (const term of preferredAnti) worths.add(term, cache.counts.of([term]).all, -1, world)
  const namespaceLabels = labelsOfNamespace(pod.namespace, world)
  const isMeant = (term: AffinityTerm): boolean => matchesPod(term, pod, namespaceLabels)
  for (const { terms, nodes } of cache.affinities.values()) {
    if (hardPodAffinityWeight > 0) {
      for (const term of terms.required) {
        if (isMeant(term)) worths.add({ ...term, weight: hardPodAffinityWeight }, nodes, 1, world)
      }
    }
    for (const term of terms.preferred) if (isMeant(term)) worths.add(term, nodes, 1, world)
    for (const term of terms.preferredAnti) if (isMeant(term)) worths.add(term, nodes, -1, world)
  }
  return worths.empty ? undefined : { score: (node) => worths.of(node), normalize: spreadOut }
}

/** The least liked gets 0, the most liked 100. */
function spreadOut(scores: number[]): void {
  const least = Math.min(...scores)
  const range = Math.max(...scores) - least
  for (let i = 0; i < scores.length; i++) {
    scores[i] = range > 0 ? Math.trunc(MAX_SCORE * ((scores[i] - least) / range)) : 0
  }
}
