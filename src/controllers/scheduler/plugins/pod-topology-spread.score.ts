/** How evenly a pod's siblings would be spread. Mirrors plugins/podtopologyspread/scoring.go. */
import type { NodeInfo } from '../node-info.ts'
import { MAX_SCORE, type PodScore, type World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { type Constraint, podsCounted } from './topology-constraints.ts'

const HOSTNAME = 'kubernetes.io/hostname'

interface Spread {
  topologyKey: string
  maxSkew: number
  /** Grows with the number of domains: few zones must not outweigh many nodes. */
  weight: number
  /** What it counts, when it counts the pods of single nodes. */
  text?: string
  /** Matching pods where the node is. */
  at(node: NodeInfo, value: string): number
}

/** `needsAll`: nodes that lack one of the topologies are the worst. */
export function spreadScore(
  pod: PodInfo,
  constraints: readonly Constraint[],
  nodes: readonly NodeInfo[],
  world: World,
  needsAll: boolean,
): PodScore {
  const lacksOne = ({ labels }: NodeInfo): boolean => constraints.some(({ topologyKey }) => !(topologyKey in labels))
  const isIgnored = needsAll ? lacksOne : undefined
  const compared = isIgnored ? nodes.filter((node) => !isIgnored(node)) : nodes
  const spreads = constraints.flatMap((constraint) =>
    constraint.topologyKey === HOSTNAME
      ? spreadOverNodes(pod, constraint, compared, world)
      : (spreadOverDomains(pod, constraint, compared, world, (node) => !isIgnored?.(node)) ?? []),
  )
  return {
    // In other topologies than nodes, a pod changes the scores of all nodes of its domain.
    key:
      !needsAll && spreads.every(({ text }) => text !== undefined)
        ? spreads.map(({ text }) => text).join('\n')
        : undefined,
    score(node) {
      if (isIgnored?.(node)) return 0
      let score = 0
      for (const { topologyKey, maxSkew, weight, at } of spreads) {
        const value = node.labels[topologyKey]
        if (value !== undefined) score += at(node, value) * weight + (maxSkew - 1)
      }
      return Math.round(score)
    },
    normalize: (scores, scored) => fewestFirst(scores, scored, isIgnored),
  }
}

const weightOf = (domains: number): number => Math.log(domains + 2)

function spreadOverNodes(pod: PodInfo, constraint: Constraint, nodes: readonly NodeInfo[], world: World): Spread {
  const { topologyKey, maxSkew } = constraint
  const counted = podsCounted(constraint, pod, world)?.staying
  const weight = weightOf(nodes.length)
  const text = `${pod.namespace}/${constraint.selector} ${maxSkew} ${weight}`
  return { topologyKey, maxSkew, weight, text, at: ({ name }) => counted?.get(name) ?? 0 }
}

/** Undefined: no node is in such a topology. */
function spreadOverDomains(
  pod: PodInfo,
  constraint: Constraint,
  nodes: readonly NodeInfo[],
  world: World,
  isCompared: (node: NodeInfo) => boolean,
): Spread | undefined {
  const { topologyKey, maxSkew } = constraint
  if (!world.cache.labelled.has(topologyKey)) return undefined
  if (!nodes.some(({ labels }) => labels[topologyKey] !== undefined)) return undefined
  const domains = new Map<string, number>()
  // A node without the label is a domain of its own kind: it counts for the weight.
  for (const { labels } of nodes) domains.set(labels[topologyKey] ?? '', 0)
  for (const [name, pods] of podsCounted(constraint, pod, world)?.staying ?? []) {
    const node = world.cache.node(name)
    if (!node || !isCompared(node) || !constraint.counts(node)) continue
    const value = node.labels[topologyKey] ?? ''
    const sum = domains.get(value)
    if (sum !== undefined) domains.set(value, sum + pods)
  }
  return { topologyKey, maxSkew, weight: weightOf(domains.size), at: (_node, value) => domains.get(value) ?? 0 }
}

function fewestFirst(scores: number[], nodes: readonly NodeInfo[], isIgnored?: (node: NodeInfo) => boolean): void {
  let least = Number.MAX_SAFE_INTEGER
  let most = 0
  for (let i = 0; i < scores.length; i++) {
    if (isIgnored?.(nodes[i])) continue
    least = Math.min(least, scores[i])
    most = Math.max(most, scores[i])
  }
  for (let i = 0; i < scores.length; i++) {
    if (isIgnored?.(nodes[i])) scores[i] = 0
    else scores[i] = most === 0 ? MAX_SCORE : Math.floor((MAX_SCORE * (most + least - scores[i])) / most)
  }
}
