/** Nodes on which resources come to be used alike. Mirrors plugins/noderesources/balanced_allocation.go. */
import type { NodeInfo } from '../node-info.ts'
import { MAX_SCORE, type Plugin } from '../plugin.ts'
import { requestOf } from '../pod-info.ts'
import { allocatableOf, DEFAULT_RESOURCES, type ResourceWeight, usedOf } from './node-resources.ts'

export function nodeResourcesBalancedAllocation({ resources }: { resources?: ResourceWeight[] } = {}): Plugin {
  const names = (resources?.length ? resources : DEFAULT_RESOURCES).map(({ name }) => name)
  return {
    name: 'NodeResourcesBalancedAllocation',
    hints: [],
    preScore(pod) {
      const wanted = names.map((name) => requestOf(pod, name))
      // Pods that ask for nothing would all go to the same node.
      if (wanted.every((amount) => amount === 0)) return undefined
      return { key: wanted.join(' '), score: (node) => improvement(node, names, wanted) }
    },
  }
}

/** 75 when the pod changes nothing, up to 100 when it balances the node, down to 50 when it does the opposite. */
function improvement(node: NodeInfo, names: readonly string[], wanted: readonly number[]): number {
  const before: number[] = []
  const after: number[] = []
  for (let i = 0; i < names.length; i++) {
    const all = allocatableOf(node, names[i])
    const isNative = names[i] === 'cpu' || names[i] === 'memory' || names[i] === 'ephemeral-storage'
    if (all === 0 || (wanted[i] === 0 && !isNative)) continue
    const used = usedOf(node, names[i])
    before.push(Math.min(1, used / all))
    after.push(Math.min(1, (used + wanted[i]) / all))
  }
  const half = MAX_SCORE / 2
  return half + Math.trunc((half + balance(after) - balance(before)) / 2)
}

function balance(fractions: readonly number[]): number {
  return Math.trunc((1 - deviation(fractions)) * MAX_SCORE)
}

function deviation(fractions: readonly number[]): number {
  if (fractions.length < 2) return 0
  if (fractions.length === 2) return Math.abs((fractions[0] - fractions[1]) / 2)
  const mean = fractions.reduce((sum, each) => sum + each, 0) / fractions.length
  return Math.sqrt(fractions.reduce((sum, each) => sum + (each - mean) ** 2, 0) / fractions.length)
}
