/** Validation of statefulsets. Mirrors ValidateStatefulSetSpec and ValidateStatefulSetUpdate of pkg/apis/apps/validation. */

import { type FieldError, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { Selector } from '../../apimachinery/labels.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { asSent } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { validateClaimSpec } from '../core/persistentvolumeclaims.validation.ts'
import { validatePodTemplateSpec } from '../core/pod-template.validation.ts'
import { validateDns1123Label, validateImmutable, validateImmutableField, validateNonnegative } from '../validation.ts'
import {
  compiledSelector,
  intOrPercentValue,
  SELECTOR_MISMATCH,
  validateCounts,
  validateEndlessPods,
  validateNotMoreThan100Percent,
  validatePositiveIntOrPercent,
  validateWorkloadSelector,
} from './workload.validation.ts'

const CLAIM_TEMPLATES = '[]core.PersistentVolumeClaim'

type Spec = DynamicObject['spec']

/** `old`: an update, where names and claims that are already stored are tolerated. */
export function validateStatefulSetSpec(spec: Spec, old?: Spec): FieldError[] {
  const errors = [
    ...validateManagementPolicy(spec.podManagementPolicy),
    ...validateUpdateStrategy(spec.updateStrategy ?? {}),
    ...validateRetentionPolicy(spec.persistentVolumeClaimRetentionPolicy),
    ...(old ? [] : validateClaimTemplates(spec)),
    ...validateCounts(spec, 'spec', ['replicas', 'minReadySeconds']),
    ...validateNonnegative(spec.ordinals?.start, 'spec.ordinals.start'),
  ]
  if (!old && spec.serviceName) errors.push(...validateDns1123Label(spec.serviceName, 'spec.serviceName'))
  errors.push(...validateWorkloadSelector(spec.selector, 'statefulset'))
  const selector = compiledSelector(spec.selector)
  if (selector === undefined) errors.push(invalid('spec.selector', spec.selector, ''))
  else errors.push(...validateTemplate(spec, selector))
  return [...errors, ...validateEndlessPods(spec.template?.spec, 'StatefulSet')]
}

export function validateStatefulSetUpdate(spec: Spec, old: Spec): FieldError[] {
  return [
    ...validateStatefulSetSpec(spec, old),
    ...validateImmutable(spec.selector, old.selector, 'spec.selector'),
    ...validateImmutableField(spec, old, 'volumeClaimTemplates', 'spec.volumeClaimTemplates', CLAIM_TEMPLATES),
    ...validateImmutable(spec.serviceName, old.serviceName, 'spec.serviceName'),
    ...validateImmutable(spec.podManagementPolicy, old.podManagementPolicy, 'spec.podManagementPolicy'),
  ]
}

function validateClaimTemplates(spec: Spec): FieldError[] {
  const templates: DynamicObject[] = spec.volumeClaimTemplates ?? []
  return templates.flatMap((template, i) =>
    validateClaimSpec(template['spec'] ?? {}, `spec.volumeClaimTemplates[${i}].spec`),
  )
}

function validateManagementPolicy(policy: string | undefined): FieldError[] {
  const path = 'spec.podManagementPolicy'
  if (!policy) return [required(path)]
  return policy === 'OrderedReady' || policy === 'Parallel'
    ? []
    : [invalid(path, policy, "must be 'OrderedReady' or 'Parallel'")]
}

function validateUpdateStrategy(strategy: Spec): FieldError[] {
  const path = 'spec.updateStrategy'
  const rolling = strategy.rollingUpdate
  const printed = internalForm('apps.StatefulSetUpdateStrategy', strategy) as { RollingUpdate: unknown }
  switch (strategy.type ?? '') {
    case '':
      return [required(path)]
    case 'OnDelete':
      return rolling
        ? [invalid(`${path}.rollingUpdate`, printed.RollingUpdate, "only allowed for updateStrategy 'RollingUpdate'")]
        : []
    case 'RollingUpdate':
      return rolling ? validateRollingUpdate(rolling, `${path}.rollingUpdate`) : []
    default:
      return [invalid(path, printed, "must be 'RollingUpdate' or 'OnDelete'")]
  }
}

function validateRollingUpdate(rolling: Spec, path: string): FieldError[] {
  const errors = validateNonnegative(rolling.partition, `${path}.partition`)
  const { maxUnavailable } = rolling
  if (maxUnavailable === undefined) return errors
  errors.push(...validatePositiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`))
  if (intOrPercentValue(maxUnavailable) === 0) {
    errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable, 'cannot be 0'))
  }
  return [...errors, ...validateNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`)]
}

function validateRetentionPolicy(policy: Spec): FieldError[] {
  if (!policy) return []
  return ['whenDeleted', 'whenScaled'].flatMap((name) => {
    const value = policy[name]
    if (value === 'Retain' || value === 'Delete') return []
    return [notSupported(`spec.persistentVolumeClaimRetentionPolicy.${name}`, value ?? '', ['Retain', 'Delete'])]
  })
}

/** The claim templates become volumes of the pods: mounts may name them. */
function validateTemplate(spec: Spec, selector: Selector): FieldError[] {
  const labels = spec.template?.metadata?.labels
  const errors =
    selector.empty || selector.matches(labels)
      ? []
      : [invalid('spec.template.metadata.labels', asSent(spec.template?.metadata, 'labels'), SELECTOR_MISMATCH)]
  const claims = new Map<string, object>()
  for (const { metadata } of spec.volumeClaimTemplates ?? []) {
    claims.set(metadata?.name, { name: metadata?.name, persistentVolumeClaim: { claimName: metadata?.name } })
  }
  const { subdomain, hostname, ...podSpec } = spec.template?.spec ?? {}
  const own = (podSpec.volumes ?? []).filter((volume: { name: string }) => !claims.has(volume.name))
  const template = { ...spec.template, spec: { ...podSpec, volumes: [...claims.values(), ...own] } }
  return [...errors, ...validatePodTemplateSpec(template, 'spec.template')]
}
