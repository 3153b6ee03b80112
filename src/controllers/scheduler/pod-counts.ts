/** How many pods of a kind (by namespace and labels) each node has, counted as pods come and go: no decision lists pods. */
import { type Labelled, matchesPod, type PodMatcher } from './affinity-terms.ts'
import { tally } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** Pods that are meant by all of some matchers, by the name of their node. Live: it follows what happens. */
export interface PodCount {
  readonly all: ReadonlyMap<string, number>
  /** Without those that are being deleted. */
  readonly staying: ReadonlyMap<string, number>
}

interface View extends PodCount {
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
  readonly #alike = new Map<string, Alike>()
  readonly #views = new Map<string, View>()

  add(pod: PodInfo, node: string): void {
    this.#count(pod, node, 1)
  }

  remove(pod: PodInfo, node: string): void {
    this.#count(pod, node, -1)
  }

  /** Counted anew when asked for the first time, and kept up to date from then on. Namespace selectors mean nothing here but for "all". */
  of(matchers: readonly PodMatcher[]): PodCount {
    const text = matchers.map(textOf).join('\n')
    const known = this.#views.get(text)
    if (known) return known
    if (this.#views.size >= REMEMBERED) this.#forget()
    const view: View = { matchers, all: new Map(), staying: new Map() }
    this.#views.set(text, view)
    for (const alike of this.#alike.values()) {
      if (!isMeant(view, alike)) continue
      alike.views.push(view)
      for (const [node, count] of alike.all) tally(view.all, node, count)
      for (const [node, count] of alike.staying) tally(view.staying, node, count)
    }
    return view
  }

  #count(pod: PodInfo, node: string, sign: 1 | -1): void {
    const key = `${pod.namespace}\n${JSON.stringify(pod.labels)}`
    let alike = this.#alike.get(key)
    if (!alike) {
      const { namespace, labels } = pod
      alike = { namespace, labels, pods: 0, all: new Map(), staying: new Map(), views: [] }
      for (const view of this.#views.values()) if (isMeant(view, alike)) alike.views.push(view)
      this.#alike.set(key, alike)
    }
    alike.pods += sign
    if (alike.pods === 0) this.#alike.delete(key)
    for (const counts of [alike, ...alike.views]) {
      tally(counts.all, node, sign)
      if (!pod.terminating) tally(counts.staying, node, sign)
    }
  }

  #forget(): void {
    this.#views.clear()
    for (const { views } of this.#alike.values()) views.length = 0
  }
}

const isMeant = ({ matchers }: View, pods: Labelled): boolean => matchers.every((matcher) => matchesPod(matcher, pods))

function textOf({ namespaces, namespaceSelector, selector }: PodMatcher): string {
  const where = namespaceSelector.empty ? '*' : [...namespaces].sort().join(',')
  // A selector of nothing prints as one of everything.
  return `${where}/${selector.empty ? '*' : selector.toString()}`
}
