/** Pods. Mirrors pkg/registry/core/pod/strategy.go and pkg/registry/core/pod/storage/storage.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { equalBeside } from '../../apimachinery/equality.ts'
import type { LabelSelector } from '../../apimachinery/meta.ts'
import { isDns1123Label } from '../../apimachinery/names.ts'
import type { Pod, PodAffinityTerm, PodSpec } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { copyAppArmorAnnotations } from './pod-annotations.ts'
import { bindPod } from './pod-binding.ts'
import { withCondition } from './pod-conditions.ts'
import { evictPod } from './pod-eviction.ts'
import { defaultPodLevelResources } from './pod-level-resources.ts'
import { qosClassOf } from './pod-qos.ts'
import { keepResizable, validateResize } from './pod-resize.ts'
import { findingsOf } from './pod-spec-memory.ts'
import { validatePodStatusUpdate } from './pod-status.validation.ts'
import { podRow, podRowConditions } from './pods.columns.ts'
import { validateEphemeralUpdate, validatePod, validatePodUpdate } from './pods.validation.ts'
import { podSpecWarnings } from './pods.warnings.ts'

const SCHEDULING_GATED = {
  type: 'PodScheduled',
  status: 'False',
  reason: 'SchedulingGated',
  message: 'Scheduling is blocked due to non-empty scheduling gates',
}
const TERMINAL = ['Succeeded', 'Failed']

export const pods = defineResource<Pod>('v1', 'pods', {
  prepareForCreate(pod, context) {
    const spec = pod.spec ?? ({} as PodSpec)
    pod.status = { phase: 'Pending' }
    if (spec.schedulingGates?.length) {
      pod.status = withCondition(pod.status, SCHEDULING_GATED, formatTime(context.clock.now()))
    }
    mergeLabelKeys(pod)
    copyAppArmorAnnotations(pod, context.warn)
    defaultPodLevelResources(spec)
    pod.status.qosClass = qosClassOf(spec)
  },
  prepareForUpdate(pod, old) {
    if (old.spec?.resources && !pod.spec?.resources) pod.spec!.resources = old.spec.resources
  },
  validate: (pod) => validatePod(pod),
  validateUpdate: (pod, old) => validatePodUpdate(pod, old),
  warnings(pod, old) {
    // As upstream: the frequent updates of pods are not worth the walk, and no person reads them.
    if (old) return []
    const messages = isDns1123Label(pod.metadata.name ?? '')
    const lead =
      "metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended"
    const name = messages.length ? [`${lead}: [${messages.join(' ')}]`] : []
    return [...name, ...specWarnings(pod)]
  },
  /** Being bound to a node is the one change of spec that does not count. */
  generationChanges: (pod, old) => !equalBeside('nodeName', pod.spec ?? {}, old.spec ?? {}),
  gracePeriodSeconds(pod, requested) {
    const over = !pod.spec?.nodeName || TERMINAL.includes(pod.status?.phase ?? '')
    const seconds = over ? 0 : (requested ?? pod.spec?.terminationGracePeriodSeconds ?? 0)
    return seconds < 0 ? 1 : seconds
  },
  selectableFields: {
    'spec.nodeName': (pod) => pod.spec?.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec?.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec?.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec?.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec?.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIPs?.[0]?.ip ?? '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  row: podRow,
  rowConditions: podRowConditions,
  subresources: {
    status: { prepareForUpdate: keepStatusFields, validateUpdate: (pod, old) => validatePodStatusUpdate(pod, old) },
    binding: { create: (name, namespace, body, context) => bindPod(name, namespace, body, context) },
    eviction: { create: evictPod },
    ephemeralcontainers: {
      prepareForUpdate(pod, old) {
        keepAllBut(pod, old, { ...old.spec, ephemeralContainers: pod.spec?.ephemeralContainers } as PodSpec)
      },
      validateUpdate: (pod, old) => validateEphemeralUpdate(pod, old),
    },
    resize: {
      prepareForUpdate(pod, old) {
        keepAllBut(pod, old, keepResizable(pod, old))
        if (pod.spec) {
          pod.spec.resources ??= old.spec?.resources
          defaultPodLevelResources(pod.spec)
        }
      },
      validateUpdate: (pod, old) => validateResize(pod, old),
    },
  },
})

/** A narrow door: the new spec as it lets it through, all else from `old` except labels, annotations, finalizers and managedFields. */
function keepAllBut(pod: Pod, old: Pod, spec: PodSpec): void {
  pod.spec = spec
  pod.status = old.status
  pod.metadata = {
    ...old.metadata,
    generation: pod.metadata.generation,
    resourceVersion: pod.metadata.resourceVersion,
    managedFields: pod.metadata.managedFields,
  }
}

function specWarnings({ spec = {} as PodSpec, metadata }: Pod): string[] {
  if (metadata.annotations) return podSpecWarnings(spec, metadata, '')
  const findings = findingsOf(spec)
  if (findings.isQuiet) return []
  const warnings = podSpecWarnings(spec, metadata, '')
  findings.isQuiet = warnings.length === 0
  return warnings
}

const KEPT_IN_STATUS = [
  'qosClass',
  'resourceClaimStatuses',
  'extendedResourceClaimStatus',
  'observedGeneration',
] as const

/** What a kubelet that does not know a field must not erase by leaving it out. */
function keepStatusFields(pod: Pod, old: Pod): void {
  const status = { ...pod.status }
  const before = old.status ?? {}
  for (const field of KEPT_IN_STATUS) {
    if (!status[field] && before[field] !== undefined) Object.assign(status, { [field]: before[field] })
  }
  const seen = new Map<string, number | undefined>()
  for (const one of before.conditions ?? []) if (!seen.has(one.type)) seen.set(one.type, one.observedGeneration)
  if (status.conditions) {
    status.conditions = status.conditions.map((one) => {
      const generation = one.observedGeneration || seen.get(one.type)
      return generation && generation !== one.observedGeneration ? { ...one, observedGeneration: generation } : one
    })
  }
  pod.status = status
}

/** matchLabelKeys and mismatchLabelKeys become requirements on the pod's own labels. */
function mergeLabelKeys(pod: Pod): void {
  const { affinity, topologySpreadConstraints } = pod.spec ?? {}
  const labels = pod.metadata.labels ?? {}
  for (const affine of [affinity?.podAffinity, affinity?.podAntiAffinity]) {
    const preferred = affine?.preferredDuringSchedulingIgnoredDuringExecution?.map((one) => one.podAffinityTerm)
    for (const term of [...(preferred ?? []), ...(affine?.requiredDuringSchedulingIgnoredDuringExecution ?? [])]) {
      requireKeys(term, term.matchLabelKeys, 'In', labels)
      requireKeys(term, term.mismatchLabelKeys, 'NotIn', labels)
    }
  }
  for (const constraint of topologySpreadConstraints ?? []) {
    requireKeys(constraint, constraint.matchLabelKeys, 'In', labels)
  }
}

function requireKeys(
  term: { labelSelector?: LabelSelector } | PodAffinityTerm,
  keys: readonly string[] | undefined,
  operator: 'In' | 'NotIn',
  labels: Record<string, string>,
): void {
  if (!term.labelSelector) return
  const added = (keys ?? []).filter((key) => labels[key] !== undefined)
  if (added.length === 0) return
  const expressions = added.map((key) => ({ key, operator, values: [labels[key]] }))
  term.labelSelector = {
    ...term.labelSelector,
    matchExpressions: [...(term.labelSelector.matchExpressions ?? []), ...expressions],
  }
}
