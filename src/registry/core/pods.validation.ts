/** Pods, new and changed. Mirrors pkg/apis/core/validation/validation.go (ValidatePodCreate, ValidatePodUpdate). */
import { deepEqual } from '../../apimachinery/equality.ts'
import { child, type FieldError, forbidden, index, invalid, key, required } from '../../apimachinery/field-error.ts'
import type { ObjectMeta } from '../../apimachinery/meta.ts'
import { isInRange } from '../../apimachinery/names.ts'
import { asSent, keepEmptied } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { diffValues } from '../../apimachinery/unified-diff.ts'
import type { Container, NodeSelectorTerm, Pod, PodSpec, Toleration } from '../../types/core-v1.ts'
import { invalids, validateNonnegative } from '../validation.ts'
import { validateImageSpace } from './containers.validation.ts'
import { findingsOf } from './pod-spec-memory.ts'
import { validatePodSpec } from './pod-template.validation.ts'
import { validateTolerations } from './scheduling.validation.ts'

const MAX_INT32 = 2147483647
const MIRROR = 'kubernetes.io/config.mirror'
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const UPDATABLE = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
]

const specOf = (pod: Pod): PodSpec => pod.spec ?? ({} as PodSpec)

export function validatePod(pod: Pod): FieldError[] {
  const spec = specOf(pod)
  const errors = validateAnnotationsAndSpec(pod)
  if (spec.ephemeralContainers?.length) errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'))
  if (spec.nodeName && spec.schedulingGates?.length) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  }
  return errors
}

/** What holds for a pod at any time. */
export function validateAnnotationsAndSpec(pod: Pod): FieldError[] {
  const spec = specOf(pod)
  const errors = [...validatePodAnnotations(pod), ...validateSpec(spec, pod.metadata)]
  if (!spec.serviceAccountName) errors.push(...refuseTokens(spec))
  errors.push(...validateNonnegative(spec.terminationGracePeriodSeconds, 'spec.terminationGracePeriodSeconds'))
  for (const list of ['containers', 'initContainers'] as const) {
    spec[list]?.forEach((container, i) => {
      errors.push(...validateImageSpace(container, index(`spec.${list}`, i)))
    })
  }
  return errors
}

function validateSpec(spec: PodSpec, metadata: ObjectMeta): FieldError[] {
  const findings = findingsOf(spec)
  if (findings.isValid) return []
  const errors = validatePodSpec(spec, 'spec', metadata)
  // What is made for ephemeral volumes is named after the pod.
  findings.isValid = errors.length === 0 && !spec.volumes?.some(({ ephemeral }) => ephemeral)
  return errors
}

function validatePodAnnotations(pod: Pod): FieldError[] {
  const annotations = pod.metadata.annotations ?? {}
  const errors: FieldError[] = []
  const mirror = annotations[MIRROR]
  if (mirror !== undefined && !pod.spec?.nodeName) {
    const detail = 'must set spec.nodeName if mirror pod annotation is set'
    errors.push(invalid(key('metadata.annotations', MIRROR), mirror, detail))
  }
  const cost = annotations[DELETION_COST]
  if (cost !== undefined && !(/^(0|-?[1-9]\d*)$/.test(cost) && Math.abs(Number(cost)) <= MAX_INT32)) {
    errors.push(invalid(key('metadata.annotations', DELETION_COST), cost, 'must be a 32bit integer'))
  }
  return errors
}

/** Mirror pods come and go with their annotation, never by an update. */
export function validateAnnotationUpdate(pod: Pod, old: Pod): FieldError[] {
  const [is, was] = [pod.metadata.annotations?.[MIRROR], old.metadata.annotations?.[MIRROR]]
  const field = key('metadata.annotations', MIRROR)
  const errors: FieldError[] = []
  if (was !== undefined && is !== was) errors.push(forbidden(field, 'may not remove or update mirror pod annotation'))
  if (was === undefined && is !== undefined) errors.push(forbidden(field, 'may not add mirror pod annotation'))
  return [...errors, ...validatePodAnnotations(pod)]
}

function refuseTokens(spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  spec.volumes?.forEach((volume, v) => {
    volume.projected?.sources?.forEach((source, s) => {
      if (!source.serviceAccountToken) return
      const field = `spec.volumes[${v}].projected.sources[${s}].serviceAccountToken`
      errors.push(forbidden(field, 'must not be specified when serviceAccountName is not set'))
    })
  })
  return errors
}

export function validatePodUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = [...validateAnnotationsAndSpec(pod), ...validateAnnotationUpdate(pod, old)]
  const [spec, before] = [specOf(pod), specOf(old)]
  for (const list of ['containers', 'initContainers'] as const) {
    if ((spec[list]?.length ?? 0) !== (before[list]?.length ?? 0)) {
      return [...errors, forbidden(child('spec', list), 'pod updates may not add or remove containers')]
    }
    spec[list]?.forEach((container, i) => {
      const at = index(child('spec', list), i)
      if (!container.image) errors.push(required(child(at, 'image')))
      errors.push(...validateImageSpace(container, at))
    })
  }
  const deadline = validateDeadline(spec, before)
  errors.push(...deadline.errors)
  if (deadline.stop) return errors
  errors.push(...validateAddedTolerations(spec.tolerations, before.tolerations ?? []))
  errors.push(...validateRemovedGates(spec, before))
  if (deepEqual(spec, before)) return errors
  if (before.schedulingGates?.length) errors.push(...validateGatedPlacement(spec, before))
  const fixed = withFixedFields(spec, before)
  if (deepEqual(fixed, before)) return errors
  const difference = diffValues(internalForm('core.PodSpec', before, true), internalForm('core.PodSpec', fixed))
  errors.push(forbidden('spec', `pod updates may not change fields other than ${UPDATABLE.join(',')}\n${difference}`))
  return errors
}

function validateDeadline(spec: PodSpec, before: PodSpec): { errors: FieldError[]; stop: boolean } {
  const field = 'spec.activeDeadlineSeconds'
  const [next, old] = [spec.activeDeadlineSeconds, before.activeDeadlineSeconds]
  if (next === undefined) {
    if (old === undefined) return { errors: [], stop: false }
    return { errors: [invalid(field, null, 'must not update from a positive integer to nil value')], stop: false }
  }
  const range = isInRange(next, 0, MAX_INT32)
  if (range.length > 0) return { errors: invalids(field, next, range), stop: true }
  if (old === undefined || next <= old) return { errors: [], stop: false }
  return { errors: [invalid(field, next, 'must be less than or equal to previous value')], stop: true }
}

function validateAddedTolerations(tolerations: Toleration[] | undefined, before: readonly Toleration[]): FieldError[] {
  for (const old of before) {
    const kept = tolerations?.some((one) => deepEqual({ ...old, tolerationSeconds: one.tolerationSeconds }, one))
    if (kept) continue
    return [forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds')]
  }
  return validateTolerations(tolerations, 'spec.tolerations')
}

function validateRemovedGates(spec: PodSpec, before: PodSpec): FieldError[] {
  const known = new Set(before.schedulingGates?.map((gate) => gate.name))
  return (spec.schedulingGates ?? []).flatMap(({ name }, i) => {
    const detail = `only deletion is allowed, but found new scheduling gate '${name}'`
    return known.has(name) ? [] : [forbidden(`spec.schedulingGates[${i}].name`, detail)]
  })
}

const NODE_TERMS = 'requiredDuringSchedulingIgnoredDuringExecution'

/** Where a gated pod may run can only be narrowed. */
function validateGatedPlacement(spec: PodSpec, before: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  const kept = Object.entries(before.nodeSelector ?? {}).every(([name, value]) => spec.nodeSelector?.[name] === value)
  if (!kept) {
    const detail = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
    errors.push(invalid('spec.nodeSelector', asSent(spec, 'nodeSelector'), detail))
  }
  const old = before.affinity?.nodeAffinity?.[NODE_TERMS]?.nodeSelectorTerms ?? []
  const selector = spec.affinity?.nodeAffinity?.[NODE_TERMS]
  const terms = selector?.nodeSelectorTerms ?? []
  const path = `spec.affinity.nodeAffinity.${NODE_TERMS}.nodeSelectorTerms`
  if (old.length > 0 && old.length !== terms.length) {
    const printed = internalForm('[]core.NodeSelectorTerm', asSent(selector, 'nodeSelectorTerms'))
    return [...errors, invalid(path, printed, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')]
  }
  old.forEach((term, i) => {
    if (onlyAdds(terms[i], term)) return
    const printed = internalForm('core.NodeSelectorTerm', terms[i])
    errors.push(invalid(index(path, i), printed, 'only additions are allowed (no mutations or deletions)'))
  })
  return errors
}

function onlyAdds(term: NodeSelectorTerm, old: NodeSelectorTerm): boolean {
  const [expressions, fields] = [old.matchExpressions ?? [], old.matchFields ?? []]
  if (expressions.length + fields.length === 0) return !term.matchExpressions?.length && !term.matchFields?.length
  return (
    deepEqual(term.matchExpressions?.slice(0, expressions.length) ?? [], expressions) &&
    deepEqual(term.matchFields?.slice(0, fields.length) ?? [], fields)
  )
}

/** The new spec with everything that may change put back as it was. */
function withFixedFields(spec: PodSpec, before: PodSpec): PodSpec {
  const images = (list: Container[] | undefined, old: Container[] | undefined) =>
    list?.map((container, i) => keepEmptied({ ...container, image: old?.[i].image }, container))
  const fixed = keepEmptied<PodSpec>(
    {
      ...spec,
      containers: images(spec.containers, before.containers) ?? [],
      initContainers: images(spec.initContainers, before.initContainers),
      activeDeadlineSeconds: before.activeDeadlineSeconds,
      schedulingGates: before.schedulingGates,
      tolerations: before.tolerations,
    },
    spec,
  )
  const grace = before.terminationGracePeriodSeconds ?? 0
  if (grace < 0 && spec.terminationGracePeriodSeconds === 1) fixed.terminationGracePeriodSeconds = grace
  if (!before.schedulingGates?.length) return fixed
  // A gated pod's placement may still be narrowed: validateGatedPlacement.
  fixed.nodeSelector = before.nodeSelector
  const nodeAffinity = before.affinity?.nodeAffinity
  const others = { ...fixed.affinity, nodeAffinity }
  fixed.affinity = Object.values(others).some((one) => one !== undefined) || before.affinity ? others : undefined
  return fixed
}

export function validateEphemeralUpdate(pod: Pod, old: Pod): FieldError[] {
  if (old.metadata.annotations?.[MIRROR] !== undefined) {
    return [forbidden('[]', 'static pods do not support ephemeral containers')]
  }
  const errors = [...validateAnnotationsAndSpec(pod), ...validateAnnotationUpdate(pod, old)]
  const path = 'spec.ephemeralContainers'
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const next = pod.spec?.ephemeralContainers?.find((one) => one.name === before.name)
    const what = `existing ephemeral containers ${JSON.stringify(before.name)} may not be`
    if (!next) errors.push(forbidden(path, `${what} removed\n`))
    else if (!deepEqual(next, before)) {
      const type = 'core.EphemeralContainer'
      const difference = diffValues(internalForm(type, before, true), internalForm(type, next))
      errors.push(forbidden(path, `${what} changed\n${difference}`))
    }
  }
  return errors
}
