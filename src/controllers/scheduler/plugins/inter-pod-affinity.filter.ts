/** Required affinity and anti-affinity, from both sides. Mirrors plugins/interpodaffinity/filtering.go. */
import type { Namespace } from '../../../types/core-v1.ts'
import { type AffinityTerm, type Labelled, matchesPod, withNamespaces } from '../affinity-terms.ts'
import type { NodeInfo } from '../node-info.ts'
import { final, type PodFilter, resolvable, type World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'

const NO_AFFINITY = final("node(s) didn't match pod affinity rules")
const ANTI_AFFINITY = resolvable("node(s) didn't match pod anti-affinity rules")
const EXISTING_ANTI_AFFINITY = resolvable("node(s) didn't satisfy existing pods anti-affinity rules")

export const NAMESPACES = 'namespaces'

/** How many terms (or pods) speak of a topology: key -> value -> count. */
type Tallies = Map<string, Map<string, number>>

export function affinityFilter(pod: PodInfo, world: World): PodFilter | undefined {
  const { cache } = world
  if (!pod.terms && cache.affinities.size === 0) return undefined
  const required = termsNow(pod.terms?.required, world)
  const anti = termsNow(pod.terms?.requiredAnti, world)
  const namespaceLabels = labelsOfNamespace(pod.namespace, world)
  const existing = existingAnti(pod, namespaceLabels, world)
  if (existing.size === 0 && required.length === 0 && anti.length === 0) return undefined
  const wanted: Tallies = new Map()
  const shunned: Tallies = new Map()
  if (required.length > 0) for (const term of required) countNodes(wanted, term, cache.counts.of(required).all, world)
  for (const term of anti) countNodes(shunned, term, cache.counts.of([term]).all, world)
  const meansItself = required.every((term) => matchesPod(term, pod))
  return {
    filter(node) {
      if (required.length > 0 && !isNear(node, required, wanted, meansItself)) return NO_AFFINITY
      if (anti.some(({ topologyKey }) => countAt(shunned, topologyKey, node) > 0)) return ANTI_AFFINITY
      for (const key of existing.keys()) if (countAt(existing, key, node) > 0) return EXISTING_ANTI_AFFINITY
      return undefined
    },
    shift(other, node, by) {
      for (const term of other.terms?.requiredAnti ?? []) {
        if (matchesPod(term, pod, namespaceLabels)) count(existing, term.topologyKey, node, by)
      }
      if (required.length > 0 && required.every((term) => matchesPod(term, other))) {
        for (const { topologyKey } of required) count(wanted, topologyKey, node, by)
      }
      for (const term of anti) if (matchesPod(term, other)) count(shunned, term.topologyKey, node, by)
    },
  }
}

/** All that is wanted is in the node's topologies; or nothing of it is anywhere, and the pod itself is what it wants: the first of a group. */
function isNear(node: NodeInfo, required: readonly AffinityTerm[], wanted: Tallies, meansItself: boolean): boolean {
  if (required.some(({ topologyKey }) => !(topologyKey in node.labels))) return false
  if (required.every(({ topologyKey }) => countAt(wanted, topologyKey, node) > 0)) return true
  return meansItself && [...wanted.values()].every((values) => values.size === 0)
}

function existingAnti(pod: Labelled, namespaceLabels: Labelled['labels'], { cache }: World): Tallies {
  const tallies: Tallies = new Map()
  for (const { terms, nodes } of cache.affinities.values()) {
    for (const term of terms.requiredAnti) {
      if (!matchesPod(term, pod, namespaceLabels)) continue
      for (const [name, pods] of nodes) {
        const node = cache.node(name)
        if (node) count(tallies, term.topologyKey, node, pods)
      }
    }
  }
  return tallies
}

function countNodes(
  tallies: Tallies,
  { topologyKey }: AffinityTerm,
  pods: ReadonlyMap<string, number>,
  { cache }: World,
): void {
  for (const [name, number] of pods) {
    const node = cache.node(name)
    if (node) count(tallies, topologyKey, node, number)
  }
}

function count(tallies: Tallies, key: string, { labels }: NodeInfo, by: number): void {
  const value = labels[key]
  if (value === undefined) return
  let values = tallies.get(key)
  if (!values) {
    values = new Map()
    tallies.set(key, values)
  }
  const next = (values.get(value) ?? 0) + by
  if (next === 0) values.delete(value)
  else values.set(value, next)
}

const countAt = (tallies: Tallies, key: string, { labels }: NodeInfo): number =>
  tallies.get(key)?.get(labels[key] ?? '') ?? 0

/** The terms of a pod that comes, with the namespaces that are there now. */
export function termsNow(terms: readonly AffinityTerm[] | undefined, world: World): readonly AffinityTerm[] {
  return (terms ?? []).map((term) =>
    withNamespaces(term, (selector) =>
      world
        .lister<Namespace>(NAMESPACES)
        .list()
        .filter(({ metadata }) => selector.matches(metadata.labels))
        .map(({ metadata }) => metadata.name ?? ''),
    ),
  )
}

export function labelsOfNamespace(name: string, { lister }: World): Labelled['labels'] {
  return lister<Namespace>(NAMESPACES).get('', name)?.metadata.labels ?? {}
}
