/** Which of the fitting nodes is the best. Mirrors the scores of NodeResourcesFit, BalancedAllocation, PodTopologySpread, NodeAffinity and TaintToleration, with their default weights. */
import type { Random } from '../../apimachinery/random.ts'
import { tolerates } from '../tolerations.ts'
import type { NodeInfo } from './node-info.ts'
import { type PodInfo, termTest } from './pod-info.ts'

const MAX = 100
const WEIGHT = { fit: 1, balance: 1, spread: 2, affinity: 2, taints: 3 }

/** The best node; among equals one of them by chance, as upstream. */
export function best(pod: PodInfo, nodes: readonly NodeInfo[], random: Random): NodeInfo {
  if (nodes.length === 1) return nodes[0]
  const spread = spreadScore(pod, nodes)
  const preferences = preferenceScore(pod, nodes)
  let chosen = nodes[0]
  let highest = -1
  let equals = 0
  for (const node of nodes) {
    const score = resourceScore(pod, node) + spread(node) + preferences(node)
    if (score > highest) {
      highest = score
      chosen = node
      equals = 1
    } else if (score === highest && random.next() * ++equals < 1) chosen = node
  }
  return chosen
}

/** Free is good, and so is using cpu and memory alike. */
function resourceScore(pod: PodInfo, node: NodeInfo): number {
  const cpu = used(node.assumedCpu + pod.assumedCpu, node.cpu)
  const memory = used(node.assumedMemory + pod.assumedMemory, node.memory)
  const free = Math.floor((Math.floor((1 - cpu) * MAX) + Math.floor((1 - memory) * MAX)) / 2)
  const balance = Math.floor((1 - Math.abs(cpu - memory) / 2) * MAX)
  return WEIGHT.fit * free + WEIGHT.balance * balance
}

function used(amount: number, all: number): number {
  return all === 0 ? 1 : Math.min(1, amount / all)
}

type Score = (node: NodeInfo) => number
const NO_SCORE: Score = () => 0

/** Pods of one controller go apart. */
function spreadScore({ owner }: PodInfo, nodes: readonly NodeInfo[]): Score {
  if (!owner) return NO_SCORE
  let most = 0
  for (const { siblings } of nodes) most = Math.max(most, siblings.get(owner) ?? 0)
  if (most === 0) return NO_SCORE
  return ({ siblings }) => WEIGHT.spread * Math.floor((MAX * (most - (siblings.get(owner) ?? 0))) / most)
}

/** Preferred node affinity, and taints that only discourage. */
function preferenceScore({ pod }: PodInfo, nodes: readonly NodeInfo[]): Score {
  const preferred = pod.spec?.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution
  const discouraged = nodes.some(({ softTaints }) => softTaints.length > 0)
  if (!preferred?.length && !discouraged) return NO_SCORE
  const terms = (preferred ?? []).map(({ weight, preference }) => ({ weight, matches: termTest(preference) }))
  const liking = (node: NodeInfo): number =>
    terms.reduce((sum, { weight, matches }) => sum + (matches(node.node) ? weight : 0), 0)
  const untolerated = ({ softTaints }: NodeInfo): number =>
    softTaints.filter((taint) => !pod.spec?.tolerations?.some((toleration) => tolerates(toleration, taint))).length
  const mostLiked = Math.max(...nodes.map(liking))
  const mostTaints = Math.max(...nodes.map(untolerated))
  return (node) => {
    const affinity = mostLiked === 0 ? 0 : Math.floor((MAX * liking(node)) / mostLiked)
    const taints = mostTaints === 0 ? MAX : MAX - Math.floor((MAX * untolerated(node)) / mostTaints)
    return WEIGHT.affinity * affinity + WEIGHT.taints * taints
  }
}
