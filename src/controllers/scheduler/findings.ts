/** What a search finds out about nodes, kept for pods like its own that come next: only nodes whose pods changed are asked again. Has the aim of pkg/scheduler/framework/runtime/batch.go, and changes no decision. */
import type { SchedulerCache } from './cache.ts'
import type { NodeInfo } from './node-info.ts'
import type { Plugin, PodScore } from './plugin.ts'

/** What a plugin gave before it was normalized, and up to where in the list of touched nodes that is true. */
interface Scored {
  key: string
  scores: number[]
  seen: number
}

export class Findings {
  /** Nodes that fit, in the order in which they were asked. */
  readonly fitting: readonly NodeInfo[]
  readonly #key: string | undefined
  readonly #touched: readonly NodeInfo[]
  #seen: number
  readonly #scored = new Map<Plugin, Scored>()

  /** `key`: what the filters' answers depend on besides the nodes; undefined: nobody knows, or not all nodes were asked. */
  constructor(key: string | undefined, fitting: readonly NodeInfo[], { touched }: SchedulerCache) {
    this.fitting = fitting
    this.#key = key
    this.#touched = touched
    this.#seen = touched.length
  }

  /** Whether the same nodes fit a pod of that key. */
  holds(key: string | undefined, { touched }: SchedulerCache, fits: (node: NodeInfo) => boolean): boolean {
    if (key === undefined || key !== this.#key || touched !== this.#touched) return false
    for (; this.#seen < touched.length; this.#seen++) {
      const node = touched[this.#seen]
      // One that was refused may fit now.
      if (!this.fitting.includes(node) || !fits(node)) return false
    }
    return true
  }

  /** Of the nodes that fit, in their order. They are kept: do not change them. */
  scores(plugin: Plugin, scorer: PodScore): readonly number[] {
    const { key } = scorer
    const known = this.#scored.get(plugin)
    if (known && known.key === key) {
      for (; known.seen < this.#touched.length; known.seen++) {
        const node = this.#touched[known.seen]
        known.scores[this.fitting.indexOf(node)] = scorer.score(node)
      }
      return known.scores
    }
    const scores = this.fitting.map((node) => scorer.score(node))
    if (key !== undefined) this.#scored.set(plugin, { key, scores, seen: this.#touched.length })
    return scores
  }
}
