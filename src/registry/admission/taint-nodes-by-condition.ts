/** TaintNodesByCondition: a new node is not ready until it says so. Mirrors plugin/pkg/admission/nodetaint. */
import { type AdmissionPlugin, requestsFor } from './plugin.ts'

const NOT_READY = { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }

interface Taint {
  key: string
  effect: string
}

export const taintNodesByCondition: AdmissionPlugin = {
  name: 'TaintNodesByCondition',
  concerns: requestsFor(['nodes'], ['CREATE']),
  admit({ object }) {
    if (!object) return
    const taints: Taint[] = object['spec']?.taints ?? []
    if (taints.some(({ key, effect }) => key === NOT_READY.key && effect === NOT_READY.effect)) return
    object['spec'] = { ...object['spec'], taints: [...taints, { ...NOT_READY }] }
  },
}
