/** THE TABLE of admission plug-ins in upstream's order, and the two passes over it. Mirrors pkg/kubeapiserver/options/plugins.go and apiserver/pkg/admission/chain.go. */
import type { MaybePromise } from '../../storage/interface.ts'
import type { ResourceDefinition, WriteContext } from '../definition.ts'
import { ConversionNeeded } from '../when-converted.ts'
import { alwaysAdmit } from './always-admit.ts'
import { alwaysDeny } from './always-deny.ts'
import { alwaysPullImages } from './always-pull-images.ts'
import { certificateApproval } from './certificate-approval.ts'
import { certificateSigning } from './certificate-signing.ts'
import { certificateSubjectRestriction } from './certificate-subject-restriction.ts'
import { clusterTrustBundleAttest } from './cluster-trust-bundle-attest.ts'
import { defaultIngressClass } from './default-ingress-class.ts'
import { defaultStorageClass } from './default-storage-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { denyServiceExternalIps } from './deny-service-external-ips.ts'
import { extendedResourceToleration } from './extended-resource-toleration.ts'
import { limitPodHardAntiAffinityTopology } from './limit-pod-hard-anti-affinity-topology.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceAutoProvision } from './namespace-auto-provision.ts'
import { namespaceExists } from './namespace-exists.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeDeclaredFeatureValidator } from './node-declared-feature-validator.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import type {
  AdmissionEnvironment,
  AdmissionPlugin,
  AdmissionPluginFactory,
  AdmissionRequest,
  RequestKind,
} from './plugin.ts'
import { podResizeValidator } from './pod-resize-validator.ts'
import { podSecurity } from './pod-security.ts'
import { podTopologyLabels } from './pod-topology-labels.ts'
import { mutatingAdmissionPolicy } from './policy/mutating.ts'
import { validatingAdmissionPolicy } from './policy/validating.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './resource-quota.ts'
import { runtimeClass } from './runtime-class.ts'
import { type AdmissionSelection, selectionProblems, selectPlugins } from './selection.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'
import { mutatingAdmissionWebhook } from './webhook/mutating.ts'
import { validatingAdmissionWebhook } from './webhook/validating.ts'

/** In the order they run, which is that of KNOWN_PLUGINS. */
export const ADMISSION_PLUGINS: readonly (AdmissionPlugin | AdmissionPluginFactory)[] = [
  alwaysAdmit,
  namespaceAutoProvision,
  namespaceLifecycle,
  namespaceExists,
  limitPodHardAntiAffinityTopology,
  limitRanger,
  serviceAccount,
  taintNodesByCondition,
  alwaysPullImages,
  podSecurity,
  priority,
  defaultTolerationSeconds,
  extendedResourceToleration,
  defaultStorageClass,
  storageObjectInUseProtection,
  persistentVolumeClaimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  clusterTrustBundleAttest,
  certificateSubjectRestriction,
  defaultIngressClass,
  denyServiceExternalIps,
  podTopologyLabels,
  nodeDeclaredFeatureValidator,
  podResizeValidator,
  mutatingAdmissionPolicy,
  mutatingAdmissionWebhook,
  validatingAdmissionPolicy,
  validatingAdmissionWebhook,
  resourceQuota,
  alwaysDeny,
]

/** What is wrong with a selection, in upstream's words; empty: nothing. */
export const admissionProblems = (selection: AdmissionSelection): string[] =>
  selectionProblems(selection, ADMISSION_PLUGINS)

/** The two passes of one write. Each is synchronous unless a plug-in has to wait. A StatusError thrown (or rejected with) refuses the write. */
export interface AdmissionChain {
  /** Mutating pass: may change `request.object` in place. */
  admit(request: AdmissionRequest, context: WriteContext): MaybePromise<void>
  /** Validating pass: changes nothing of the object. */
  validate(request: AdmissionRequest, context: WriteContext): MaybePromise<void>
}

/** Throws on a selection that kube-apiserver would not start with. `environment` may still be in the making: plug-ins read it with the first request. */
export function createAdmissionChain(
  environment: AdmissionEnvironment,
  selection: AdmissionSelection = {},
  plugins: readonly (AdmissionPlugin | AdmissionPluginFactory)[] = ADMISSION_PLUGINS,
): AdmissionChain {
  const on = selectPlugins(selection, plugins).map((plugin) =>
    'create' in plugin ? plugin.create(environment) : plugin,
  )
  const stepsFor = stepsByKind(on)
  return {
    admit(request, context) {
      const { mutating } = stepsFor(request)
      const waiting = runFrom(0, mutating, request, context)
      if (waiting) return waiting.then(() => repeat(mutating, request, context))
      return repeat(mutating, request, context)
    },
    validate: (request, context) => runFrom(0, stepsFor(request).validating, request, context),
  }
}

interface Steps {
  readonly mutating: Step[]
  readonly validating: Step[]
}

/** What runs for a request: most plug-ins have to do with few kinds of requests. */
function stepsByKind(plugins: readonly AdmissionPlugin[]): (request: AdmissionRequest) => Steps {
  const known = new WeakMap<ResourceDefinition, Map<string, Steps>>()
  return ({ definition, subresource, operation }) => {
    let ofResource = known.get(definition)
    if (!ofResource) {
      ofResource = new Map()
      known.set(definition, ofResource)
    }
    const key = `${operation} ${subresource}`
    let steps = ofResource.get(key)
    if (!steps) {
      steps = stepsOf(plugins, { groupResource: definition.groupResource, subresource, operation })
      ofResource.set(key, steps)
    }
    return steps
  }
}

function stepsOf(plugins: readonly AdmissionPlugin[], kind: RequestKind): Steps {
  const concerned = plugins.filter((plugin) => plugin.concerns?.(kind) ?? true)
  return {
    mutating: concerned.flatMap((plugin) => (plugin.admit ? [plugin.admit.bind(plugin)] : [])),
    validating: concerned.flatMap((plugin) => (plugin.validate ? [plugin.validate.bind(plugin)] : [])),
  }
}

/** The pass once more, where a plug-in asked for it. */
function repeat(steps: Step[], request: AdmissionRequest, context: WriteContext): MaybePromise<void> {
  if (!request.reinvocation?.wanted) return
  request.reinvocation.repeated = true
  return runFrom(0, steps, request, context)
}

type Step = (request: AdmissionRequest, context: WriteContext) => MaybePromise<void>

function runFrom(start: number, steps: Step[], request: AdmissionRequest, context: WriteContext): MaybePromise<void> {
  let at = start
  try {
    for (; at < steps.length; at++) {
      const waiting = (steps[at] as Step)(request, context)
      if (waiting) return waiting.then(() => runFrom(at + 1, steps, request, context))
    }
  } catch (error) {
    // A step that shows objects in another version may have to wait for it: it is taken again from its beginning.
    if (!(error instanceof ConversionNeeded)) throw error
    return error.prepare().then(() => runFrom(at, steps, request, context))
  }
}
