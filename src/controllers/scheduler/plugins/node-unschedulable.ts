/** Cordoned nodes. Mirrors plugins/nodeunschedulable. */
import type { Node, Taint } from '../../../types/core-v1.ts'
import { toleratesAll } from '../../tolerations.ts'
import { final, type Plugin } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'

const CORDONED = final('node(s) were unschedulable')
const CORDON: readonly Taint[] = [{ key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }]

const tolerates = ({ pod }: PodInfo): boolean => toleratesAll(pod.spec?.tolerations, CORDON)

export const nodeUnschedulable: Plugin = {
  name: 'NodeUnschedulable',
  hints: [
    {
      on: ['nodes/add', 'nodes/taints'],
      helps: (_pod, { object, old }) =>
        !(object as Node).spec?.unschedulable && (!old || (old as Node).spec?.unschedulable === true),
    },
    { on: ['self/tolerations'], helps: tolerates },
  ],
  preFilter(pod) {
    if (tolerates(pod)) return undefined
    return { key: '', filter: ({ spec }) => (spec.unschedulable ? CORDONED : undefined) }
  },
}
