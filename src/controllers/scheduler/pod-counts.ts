/** How many pods of a kind (by namespace and labels) each node has, counted as pods come and go: no decision lists pods. */
import { type Labelled, matchesPod, type PodMatcher } from './affinity-terms.ts'
import { tally } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** Pods that are meant by all of some matchers, by the name of their node. */
export interface PodCount {
  readonly all: ReadonlyMap<string, number>
  /** Without those that are being deleted. */
  readonly staying: ReadonlyMap<string, number>
}

interface View extends PodCount {
  /** What it is remembered by. */
  readonly text: string
  readonly matchers: readonly PodMatcher[]
  readonly all: Map<string, number>
  readonly staying: Map<string, number>
}

/** Pods with the same labels in the same namespace are counted as one: those of a template mostly are. */
interface Alike extends Labelled {
  pods: number
  readonly all: Map<string, number>
  readonly staying: Map<string, number>
  readonly views: View[]
}

/** More questions than this are not remembered: they are asked anew. */
const REMEMBERED = 4096

export class PodCounts {
  /** By namespace, and there by the text of their labels. */
  readonly #alike = new Map<string, Map<string, Alike>>()
  /** Answers to what was asked. They go when they count nothing any more. */
  readonly #views = new Map<string, View>()

  add(pod: PodInfo, node: string): void {
    this.#count(pod, node, 1)
  }

  remove(pod: PodInfo, node: string): void {
    this.#count(pod, node, -1)
  }

  /**
   * As it is now. Counted when asked for the first time, and kept up to date from then on, as long as there is something to count. Namespace
   * selectors mean nothing here but for "all".
   */
  of(matchers: readonly PodMatcher[]): PodCount {
    const text = matchers.length === 1 ? textOf(matchers[0]) : matchers.map(textOf).join('\n')
    return this.#views.get(text) ?? this.#view(text, matchers)
  }

  #view(text: string, matchers: readonly PodMatcher[]): View {
    const view: View = { text, matchers, all: new Map(), staying: new Map() }
    const meant: Alike[] = []
    for (const namespace of namespacesOf(matchers) ?? this.#alike.keys()) {
      for (const alike of this.#alike.get(namespace)?.values() ?? []) if (isMeant(view, alike)) meant.push(alike)
    }
    for (const alike of meant) {
      for (const [node, count] of alike.all) tally(view.all, node, count)
      for (const [node, count] of alike.staying) tally(view.staying, node, count)
    }
    if (meant.length === 0 || this.#views.size >= REMEMBERED) return view
    for (const { views } of meant) views.push(view)
    this.#views.set(text, view)
    return view
  }

  #count(pod: PodInfo, node: string, sign: 1 | -1): void {
    const { namespace } = pod
    const alike = this.#alikeOf(pod)
    alike.pods += sign
    count(alike, pod, node, sign)
    for (const view of alike.views) count(view, pod, node, sign)
    if (alike.pods > 0) return
    const others = this.#alike.get(namespace)!
    others.delete(labelsText(pod))
    if (others.size === 0) this.#alike.delete(namespace)
    for (const { text, all } of alike.views) if (all.size === 0) this.#views.delete(text)
  }

  #alikeOf(pod: PodInfo): Alike {
    const { namespace, labels } = pod
    let others = this.#alike.get(namespace)
    if (!others) {
      others = new Map()
      this.#alike.set(namespace, others)
    }
    const text = labelsText(pod)
    let alike = others.get(text)
    if (!alike) {
      alike = { namespace, labels, pods: 0, all: new Map(), staying: new Map(), views: [] }
      for (const view of this.#views.values()) if (isMeant(view, alike)) alike.views.push(view)
      others.set(text, alike)
    }
    return alike
  }
}

function count({ all, staying }: View | Alike, { terminating }: PodInfo, node: string, sign: 1 | -1): void {
  tally(all, node, sign)
  if (!terminating) tally(staying, node, sign)
}

const labelsText = ({ labels }: Labelled): string => JSON.stringify(labels)

const isMeant = ({ matchers }: View, pods: Labelled): boolean => matchers.every((matcher) => matchesPod(matcher, pods))

/** Where the pods are that all matchers mean; undefined: anywhere. */
const namespacesOf = (matchers: readonly PodMatcher[]): ReadonlySet<string> | undefined =>
  matchers.find(({ namespaceSelector }) => !namespaceSelector.empty)?.namespaces

function textOf({ namespaces, namespaceSelector, selector }: PodMatcher): string {
  const names = namespaces.size > 1 ? [...namespaces].sort() : [...namespaces]
  const where = namespaceSelector.empty ? '*' : names.join(',')
  // A selector of nothing prints as one of everything.
  return `${where}/${selector.empty ? '*' : selector.toString()}`
}
