/** Taints that keep pods away, and those that only discourage. Mirrors plugins/tainttoleration. */
import type { Node, Pod, Taint } from '../../../types/core-v1.ts'
import { tolerates, toleratesAll } from '../../tolerations.ts'
import { final, normalizeByMost, type Plugin } from '../plugin.ts'

const TAINTED = final('node(s) had untolerated taint(s)')

export const taintToleration: Plugin = {
  name: 'TaintToleration',
  hints: [
    {
      on: ['nodes/add', 'nodes/taints'],
      helps: ({ pod }, { object, old }) => isTolerated(pod, object as Node) && (!old || !isTolerated(pod, old as Node)),
    },
    { on: ['self/tolerations'] },
  ],
  preFilter({ pod }, { cache }) {
    if (cache.tainted === 0) return undefined
    const tolerations = pod.spec?.tolerations
    return { filter: ({ taints }) => (taints.length === 0 || toleratesAll(tolerations, taints) ? undefined : TAINTED) }
  },
  preScore({ pod }, _nodes, { cache }) {
    if (cache.softTainted === 0) return undefined
    const tolerations = (pod.spec?.tolerations ?? []).filter(({ effect }) => !effect || effect === 'PreferNoSchedule')
    const isBorne = (taint: Taint): boolean => tolerations.some((toleration) => tolerates(toleration, taint))
    return {
      score: ({ softTaints }) => softTaints.filter((taint) => !isBorne(taint)).length,
      normalize: (scores) => normalizeByMost(scores, true),
    }
  },
}

function isTolerated({ spec }: Pod, node: Node): boolean {
  const hard = (node.spec?.taints ?? []).filter(({ effect }) => effect !== 'PreferNoSchedule')
  return toleratesAll(spec?.tolerations, hard)
}
