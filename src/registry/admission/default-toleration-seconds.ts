/** DefaultTolerationSeconds: pods stay five minutes on a node that is lost. Mirrors plugin/pkg/admission/defaulttolerationseconds. */
import { type AdmissionPlugin, requestsFor } from './plugin.ts'

const TAINTS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable']
const SECONDS = 300

interface Toleration {
  key?: string
  effect?: string
}

export const defaultTolerationSeconds: AdmissionPlugin = {
  name: 'DefaultTolerationSeconds',
  concerns: requestsFor(['pods'], ['CREATE', 'UPDATE']),
  admit({ object }) {
    const spec = object?.['spec']
    if (!spec) return
    const tolerations: Toleration[] = spec.tolerations ?? []
    const missing = TAINTS.filter((taint) => !tolerations.some((toleration) => tolerates(toleration, taint)))
    if (missing.length === 0) return
    const added = missing.map((key) => ({ key, operator: 'Exists', effect: 'NoExecute', tolerationSeconds: SECONDS }))
    spec.tolerations = [...tolerations, ...added]
  },
}

const tolerates = ({ key = '', effect = '' }: Toleration, taint: string): boolean =>
  (key === '' || key === taint) && (effect === '' || effect === 'NoExecute')
