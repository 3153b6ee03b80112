/** Pods that want to be near others, or far from them, and what those that are there say about it. Mirrors plugins/interpodaffinity. */
import type { Node, Pod } from '../../../types/core-v1.ts'
import { type AffinityTerms, affinityTermsOf, type Labelled, matchesPod } from '../affinity-terms.ts'
import type { Happened, Plugin, World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { affinityFilter } from './inter-pod-affinity.filter.ts'
import { affinityScore, type InterPodAffinityArgs } from './inter-pod-affinity.score.ts'

export function interPodAffinity(args: InterPodAffinityArgs = {}): Plugin {
  return {
    name: 'InterPodAffinity',
    hints: [
      { on: ['pods/add', 'pods/labels', 'pods/delete'], helps: helpsAsNeighbour },
      { on: ['self/labels'] },
      { on: ['nodes/add', 'nodes/labels'], helps: helpsAsPlace },
    ],
    preFilter: affinityFilter,
    preScore: (pod, nodes, world) => affinityScore(pod, nodes, world, args),
  }
}

const NO_TERMS: AffinityTerms = { required: [], requiredAnti: [], preferred: [], preferredAnti: [] }

const labelled = ({ metadata }: Pod): Labelled => ({
  namespace: metadata.namespace ?? '',
  labels: metadata.labels ?? {},
})

const isMeantByAll = (terms: AffinityTerms['required'], pod: Labelled): boolean =>
  terms.length > 0 && terms.every((term) => matchesPod(term, pod))

const isMeantByAny = (terms: AffinityTerms['required'], pod: Labelled): boolean =>
  terms.some((term) => matchesPod(term, pod))

function helpsAsNeighbour(pod: PodInfo, { object, old }: Happened, _world: World): boolean {
  const { required, requiredAnti } = pod.terms ?? NO_TERMS
  const after = object && labelled(object as Pod)
  const before = old && labelled(old as Pod)
  if (after && before) {
    if (!isMeantByAll(required, before) && isMeantByAll(required, after)) return true
    return isMeantByAny(requiredAnti, before) && !isMeantByAny(requiredAnti, after)
  }
  if (after) return isMeantByAll(required, after)
  if (isMeantByAny(requiredAnti, before!)) return true
  return isMeantByAny((affinityTermsOf(old as Pod) ?? NO_TERMS).requiredAnti, pod)
}

function helpsAsPlace({ terms = NO_TERMS }: PodInfo, { object, old }: Happened): boolean {
  const after = (object as Node).metadata.labels ?? {}
  const before = old && ((old as Node).metadata.labels ?? {})
  if (!before) return terms.requiredAnti.length > 0 || terms.required.some(({ topologyKey }) => topologyKey in after)
  const moved = (key: string): boolean => key in before && key in after && before[key] !== after[key]
  return (
    terms.required.some(({ topologyKey: key }) => moved(key) || (!(key in before) && key in after)) ||
    terms.requiredAnti.some(({ topologyKey: key }) => moved(key) || (key in before && !(key in after)))
  )
}
