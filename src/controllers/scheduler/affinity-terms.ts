/** What a pod says of other pods: its terms of affinity and anti-affinity, ready to be asked. Mirrors AffinityTerm of kube-scheduler's framework. */
import { EVERYTHING, NOTHING, type Selector, selectorFromObject } from '../../apimachinery/labels.ts'
import type { Pod, PodAffinityTerm, WeightedPodAffinityTerm } from '../../types/core-v1.ts'

/** Labels and namespace: all that terms and constraints look at. */
export interface Labelled {
  namespace: string
  labels: Readonly<Record<string, string>>
}

/** Which pods are meant. */
export interface PodMatcher {
  namespaces: ReadonlySet<string>
  /** Of the labels of further namespaces. */
  namespaceSelector: Selector
  selector: Selector
}

export interface AffinityTerm extends PodMatcher {
  topologyKey: string
  /** 1 for required terms. */
  weight: number
}

export interface AffinityTerms {
  required: readonly AffinityTerm[]
  requiredAnti: readonly AffinityTerm[]
  preferred: readonly AffinityTerm[]
  preferredAnti: readonly AffinityTerm[]
}

/** Undefined: the pod says nothing of others. */
export function affinityTermsOf(pod: Pod): AffinityTerms | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  if (!podAffinity && !podAntiAffinity) return undefined
  const namespace = pod.metadata.namespace ?? ''
  const plain = (terms: readonly PodAffinityTerm[] = []) => terms.map((term) => termOf(term, 1, namespace))
  const weighted = (terms: readonly WeightedPodAffinityTerm[] = []) =>
    terms.map(({ weight, podAffinityTerm }) => termOf(podAffinityTerm, weight, namespace))
  return {
    required: plain(podAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    requiredAnti: plain(podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution),
    preferred: weighted(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
    preferredAnti: weighted(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution),
  }
}

/** matchLabelKeys are part of the selector already: the API server puts them there. */
function termOf(term: PodAffinityTerm, weight: number, own: string): AffinityTerm {
  const { topologyKey, labelSelector, namespaces = [], namespaceSelector } = term
  const named = namespaces.length > 0 ? namespaces : namespaceSelector ? [] : [own]
  return {
    topologyKey,
    weight,
    namespaces: new Set(named),
    namespaceSelector: namespaceSelector ? selectorFromObject(namespaceSelector) : NOTHING,
    selector: selectorFromObject(labelSelector),
  }
}

/** `namespaceLabels`: those of the pod's namespace. */
export function matchesPod(matcher: PodMatcher, pod: Labelled, namespaceLabels?: Labelled['labels']): boolean {
  const { namespaces, namespaceSelector, selector } = matcher
  if (!namespaces.has(pod.namespace) && !namespaceSelector.matches(namespaceLabels)) return false
  return selector.matches(pod.labels)
}

/** The term with the names of the namespaces that its selector means now; a selector of all namespaces stays. */
export function withNamespaces<T extends PodMatcher>(term: T, namesOf: (selector: Selector) => readonly string[]): T {
  const { namespaceSelector } = term
  if (namespaceSelector === NOTHING || namespaceSelector === EVERYTHING) return term
  const namespaces = new Set([...term.namespaces, ...namesOf(namespaceSelector)])
  return { ...term, namespaces, namespaceSelector: NOTHING }
}
