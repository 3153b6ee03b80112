/** What the apps workloads have in common: selector and template belong together, counts, rolling updates. Mirrors pkg/apis/apps/validation/validation.go. */

import { child, type FieldError, forbidden, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import { type Selector, selectorFromObject } from '../../apimachinery/labels.ts'
import type { DynamicObject, LabelSelector } from '../../apimachinery/meta.ts'
import { isPercent } from '../../apimachinery/names.ts'
import { asSent } from '../../apimachinery/schema/emptied.ts'
import { validatePodTemplateSpec } from '../core/pod-template.validation.ts'
import { isEmptySelector, NEGATIVE, validateLabelSelector, validateNonnegative } from '../validation.ts'

export type IntOrString = number | string
type Spec = DynamicObject['spec']

/** Required, well formed, and not empty; `kind` is what the message calls the workload. */
export function validateWorkloadSelector(selector: LabelSelector | undefined, kind: string): FieldError[] {
  if (!selector) return [required('spec.selector')]
  const errors = validateLabelSelector(selector, 'spec.selector')
  if (isEmptySelector(selector)) {
    errors.push(invalid('spec.selector', selector, `empty selector is invalid for ${kind}`))
  }
  return errors
}

/** undefined when it cannot be made a selector. */
export function compiledSelector(selector: LabelSelector | undefined): Selector | undefined {
  try {
    return selectorFromObject(selector)
  } catch {
    return undefined
  }
}

export const SELECTOR_MISMATCH = '`selector` does not match template `labels`'

/** The template is what the selector selects, valid, and of pods that run for ever. `kind` is what the message calls the workload. */
export function validateWorkloadTemplate(spec: Spec, selector: Selector, kind: string): FieldError[] {
  const errors: FieldError[] = []
  const labels = spec.template?.metadata?.labels
  if (!selector.empty && !selector.matches(labels)) {
    errors.push(invalid('spec.template.metadata.labels', asSent(spec.template?.metadata, 'labels'), SELECTOR_MISMATCH))
  }
  errors.push(...validatePodTemplateSpec(spec.template, 'spec.template'))
  errors.push(...validateEndlessPods(spec.template?.spec, kind))
  return errors
}

export function validateEndlessPods(podSpec: Spec, kind: string): FieldError[] {
  const errors: FieldError[] = []
  if (podSpec?.restartPolicy !== 'Always') {
    errors.push(notSupported('spec.template.spec.restartPolicy', podSpec?.restartPolicy ?? '', ['Always']))
  }
  if (podSpec?.activeDeadlineSeconds !== undefined) {
    const why = `activeDeadlineSeconds in ${kind} is not Supported`
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', why))
  }
  return errors
}

/** Only `25%` is a percentage; other text counts as its leading number would: not at all. */
function percentOf(value: IntOrString): number | undefined {
  return typeof value === 'string' && isPercent(value).length === 0 ? Number(value.slice(0, -1)) : undefined
}

export function intOrPercentValue(value: IntOrString | undefined): number {
  if (typeof value === 'number' || value === undefined) return value ?? 0
  return percentOf(value) ?? (/^[+-]?\d+$/.test(value) ? Number(value) : 0)
}

export function validatePositiveIntOrPercent(value: IntOrString | undefined, path: string): FieldError[] {
  if (typeof value === 'string') return isPercent(value).map((message) => invalid(path, value, message))
  return (value ?? 0) < 0 ? [invalid(path, value, NEGATIVE)] : []
}

export function validateNotMoreThan100Percent(value: IntOrString | undefined, path: string): FieldError[] {
  const percent = value === undefined ? undefined : percentOf(value)
  return percent !== undefined && percent > 100 ? [invalid(path, value, 'must not be greater than 100%')] : []
}

export function validateCounts(of: Spec, path: string, names: readonly string[]): FieldError[] {
  return names.flatMap((name) => validateNonnegative(of?.[name], child(path, name)))
}

/** Each named count of a status is at most `status.replicas`. */
export function validateAtMostReplicas(status: Spec, names: readonly string[]): FieldError[] {
  const replicas = status?.replicas ?? 0
  return names.flatMap((name) => {
    const value: number = status?.[name] ?? 0
    return value > replicas ? [invalid(`status.${name}`, value, 'cannot be greater than status.replicas')] : []
  })
}

/** `than` is how the kind's message names readyReplicas. */
export function validateAvailable(status: Spec, than: string): FieldError[] {
  const available: number = status?.availableReplicas ?? 0
  return available > (status?.readyReplicas ?? 0)
    ? [invalid('status.availableReplicas', available, `cannot be greater than ${than}`)]
    : []
}

export function validateCollisionCount(status: Spec, old: Spec): FieldError[] {
  if (old?.collisionCount === undefined) return []
  const count: number = status?.collisionCount ?? 0
  return status?.collisionCount === undefined || count < old.collisionCount
    ? [invalid('status.collisionCount', count, 'cannot be decremented')]
    : []
}
