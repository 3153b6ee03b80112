/** Ports of the node that pods hold. Mirrors plugins/nodeports. */
import type { Pod } from '../../../types/core-v1.ts'
import { type Plugin, resolvable } from '../plugin.ts'
import { podInfo, portsClash } from '../pod-info.ts'

const TAKEN = resolvable("node(s) didn't have free ports for the requested pod ports")

export const nodePorts: Plugin = {
  name: 'NodePorts',
  hints: [
    {
      on: ['pods/delete'],
      helps: ({ hostPorts }, { old }) => portsClash(hostPorts, new Set(podInfo(old as Pod).hostPorts)),
    },
    { on: ['nodes/add'] },
  ],
  preFilter(pod) {
    if (pod.hostPorts.length === 0) return undefined
    return { filter: ({ hostPorts }) => (portsClash(pod.hostPorts, hostPorts) ? TAKEN : undefined) }
  },
}
