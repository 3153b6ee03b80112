/** Pods that must not be looked at yet. Mirrors plugins/schedulinggates. */
import { final, type Plugin } from '../plugin.ts'

export const schedulingGates: Plugin = {
  name: 'SchedulingGates',
  hints: [{ on: ['self/gates'] }],
  gate({ pod }) {
    const gates = pod.spec?.schedulingGates ?? []
    if (gates.length === 0) return undefined
    return final(`waiting for scheduling gates: [${gates.map(({ name }) => name).join(' ')}]`)
  },
}
