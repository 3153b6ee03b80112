/** THE TABLE of admission plug-ins in upstream's order, and the two passes over it. Mirrors pkg/kubeapiserver/options/plugins.go and apiserver/pkg/admission/chain.go. */
import type { MaybePromise } from '../../storage/interface.ts'
import type { WriteContext } from '../definition.ts'
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './resource-quota.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

/** On by default, in the order they run; the place of those that are not here yet is in docs/compatibility.md. */
export const ADMISSION_PLUGINS: readonly AdmissionPlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  taintNodesByCondition,
  priority,
  defaultTolerationSeconds,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  runtimeClass,
  certificateSubjectRestriction,
  defaultIngressClass,
  podTopologyLabels,
  resourceQuota,
]

/** The two passes of one write. Each is synchronous unless a plug-in has to wait. A StatusError thrown (or rejected with) refuses the write. */
export interface AdmissionChain {
  /** Mutating pass: may change `request.object` in place. */
  admit(request: AdmissionRequest, context: WriteContext): MaybePromise<void>
  /** Validating pass: changes nothing of the object. */
  validate(request: AdmissionRequest, context: WriteContext): MaybePromise<void>
}

/** `disabled`: names as `--disable-admission-plugins` takes them. Throws on a name that is not in the table. */
export function createAdmissionChain(
  disabled: Iterable<string> = [],
  plugins: readonly AdmissionPlugin[] = ADMISSION_PLUGINS,
): AdmissionChain {
  const off = new Set(disabled)
  for (const name of off) {
    if (!plugins.some((plugin) => plugin.name === name)) throw new Error(`unknown admission plug-in: ${name}`)
  }
  const on = plugins.filter((plugin) => !off.has(plugin.name))
  const mutating = on.flatMap((plugin) => (plugin.admit ? [plugin.admit.bind(plugin)] : []))
  const validating = on.flatMap((plugin) => (plugin.validate ? [plugin.validate.bind(plugin)] : []))
  return {
    admit: (request, context) => runFrom(0, mutating, request, context),
    validate: (request, context) => runFrom(0, validating, request, context),
  }
}

type Step = (request: AdmissionRequest, context: WriteContext) => MaybePromise<void>

function runFrom(start: number, steps: Step[], request: AdmissionRequest, context: WriteContext): MaybePromise<void> {
  for (let i = start; i < steps.length; i++) {
    const waiting = steps[i]?.(request, context)
    if (waiting) return waiting.then(() => runFrom(i + 1, steps, request, context))
  }
}
