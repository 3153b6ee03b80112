/** Validation of what a Job may be. Mirrors ValidateJobCreate and validateJobSpec of pkg/apis/batch/validation. */

import { child, type FieldError, invalid, notSupported, required, tooLong } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1123Label } from '../../apimachinery/names.ts'
import { asSent } from '../../apimachinery/schema/emptied.ts'
import { compiledSelector, SELECTOR_MISMATCH, validateCounts } from '../apps/workload.validation.ts'
import { validatePodTemplateSpec } from '../core/pod-template.validation.ts'
import { validateDomainPrefixedPath } from '../domain-prefixed-path.ts'
import { validateLabelSelector } from '../validation.ts'
import { validatePodFailurePolicy, validateSuccessPolicy } from './job-policies.validation.ts'

type Spec = DynamicObject['spec']

const COUNTS = [
  'parallelism',
  'completions',
  'activeDeadlineSeconds',
  'backoffLimit',
  'ttlSecondsAfterFinished',
  'backoffLimitPerIndex',
  'maxFailedIndexes',
]
const MAX_INDEXED_PARALLELISM = 100_000
const MAX_FAILED_INDEXES = 100_000
const MANY_COMPLETIONS = 100_000
const MAX_PARALLELISM_WITH_MANY_COMPLETIONS = 10_000
const MAX_FAILED_INDEXES_WITH_MANY_COMPLETIONS = 10_000

/** A selector that the server made holds only what the server put there. */
export function validateGeneratedSelector(job: DynamicObject): FieldError[] {
  const { manualSelector, selector, template } = job['spec']
  if (manualSelector === true || !selector) return []
  const { uid = '', name = '' } = job.metadata
  const expected: Record<string, string> = {
    'controller-uid': uid,
    'job-name': name,
    'batch.kubernetes.io/controller-uid': uid,
    'batch.kubernetes.io/job-name': name,
  }
  const labels = template.metadata?.labels
  const errors: FieldError[] = []
  for (const [label, value] of Object.entries(expected)) {
    const path = `spec.template.metadata.labels[${label}]`
    if (labels?.[label] === undefined) errors.push(required(path, `must be '${value}'`))
    else if (labels[label] !== value) errors.push(invalid(path, sorted(labels), `must be '${value}'`))
  }
  if (compiledSelector(selector)?.matches(expected) === false) {
    errors.push(invalid('spec.selector', selector, '`selector` not auto-generated'))
  }
  return errors
}

/** Go prints maps by key. */
const sorted = (labels: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))

/** The highest index becomes a host name. */
export function validateIndexedName(job: DynamicObject): FieldError[] {
  const { completionMode, completions } = job['spec']
  if (completionMode !== 'Indexed' || !(completions > 0)) return []
  const { name = '' } = job.metadata
  const hostname = `${name}-${completions - 1}`
  if (isDns1123Label(hostname).length === 0) return []
  const why = `will not able to create pod with invalid DNS label: ${hostname}`
  return [invalid('metadata.name', name, why)]
}

/** A Job's own spec: what a template of a CronJob says, and a selector that selects the template. */
export function validateJobSpec(spec: Spec, path: string): FieldError[] {
  const errors = validateJobTemplateSpec(spec, path)
  const selectorPath = child(path, 'selector')
  if (!spec.selector) errors.push(required(selectorPath))
  else errors.push(...validateLabelSelector(spec.selector, selectorPath))
  const labels = spec.template?.metadata?.labels
  if (compiledSelector(spec.selector)?.matches(labels) === false) {
    errors.push(
      invalid(
        child(path, 'template.metadata.labels'),
        labels ? sorted(labels) : asSent(spec.template?.metadata, 'labels'),
        SELECTOR_MISMATCH,
      ),
    )
  }
  return errors
}

export function validateJobTemplateSpec(spec: Spec, path: string): FieldError[] {
  const errors = validateCounts(spec, path, COUNTS)
  if (spec.maxFailedIndexes !== undefined && spec.backoffLimitPerIndex === undefined) {
    errors.push(required(child(path, 'backoffLimitPerIndex'), 'when maxFailedIndexes is specified'))
  }
  if (spec.managedBy !== undefined) errors.push(...validateManagedBy(spec.managedBy, child(path, 'managedBy')))
  errors.push(...validateCompletionMode(spec, path))
  if (spec.podFailurePolicy) errors.push(...validatePodFailurePolicy(spec, child(path, 'podFailurePolicy')))
  if (spec.successPolicy) errors.push(...validateSuccessPolicy(spec, child(path, 'successPolicy')))
  errors.push(
    ...validateReplacementPolicy(spec, child(path, 'podReplacementPolicy')),
    ...validatePodTemplateSpec(spec.template, child(path, 'template')),
    ...validateRestartPolicy(spec, child(path, 'template.spec.restartPolicy')),
  )
  return errors
}

function validateManagedBy(managedBy: string, path: string): FieldError[] {
  return [...validateDomainPrefixedPath(managedBy, path), ...(managedBy.length > 63 ? [tooLong(path, 63)] : [])]
}

function validateCompletionMode(spec: Spec, path: string): FieldError[] {
  const { completionMode = 'NonIndexed', backoffLimitPerIndex, maxFailedIndexes } = spec
  if (completionMode === 'Indexed') return validateIndexed(spec, path)
  if (completionMode !== 'NonIndexed') {
    return [notSupported(child(path, 'completionMode'), completionMode, ['NonIndexed', 'Indexed'])]
  }
  return Object.entries({ backoffLimitPerIndex, maxFailedIndexes })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => invalid(child(path, name), value, 'requires indexed completion mode'))
}

function validateIndexed(spec: Spec, path: string): FieldError[] {
  const { completions, parallelism, maxFailedIndexes } = spec
  const errors: FieldError[] = []
  const atMost = (name: string, value: number | undefined, max: number, when: string): void => {
    if (value !== undefined && value > max) {
      errors.push(invalid(child(path, name), value, `must be less than or equal to ${max}${when}`))
    }
  }
  if (completions === undefined) errors.push(required(child(path, 'completions'), 'when completion mode is Indexed'))
  atMost('parallelism', parallelism, MAX_INDEXED_PARALLELISM, ' when completion mode is Indexed')
  if (completions !== undefined && maxFailedIndexes > completions) {
    const why = 'must be less than or equal to completions'
    errors.push(invalid(child(path, 'maxFailedIndexes'), maxFailedIndexes, why))
  }
  atMost('maxFailedIndexes', maxFailedIndexes, MAX_FAILED_INDEXES, '')
  if (completions > MANY_COMPLETIONS && spec.backoffLimitPerIndex !== undefined) {
    if (maxFailedIndexes === undefined) {
      const why = `must be specified when completions is above ${MANY_COMPLETIONS}`
      errors.push(required(child(path, 'maxFailedIndexes'), why))
    }
    const when = ` when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`
    atMost('parallelism', parallelism, MAX_PARALLELISM_WITH_MANY_COMPLETIONS, when)
    atMost('maxFailedIndexes', maxFailedIndexes, MAX_FAILED_INDEXES_WITH_MANY_COMPLETIONS, when)
  }
  return errors
}

function validateReplacementPolicy({ podReplacementPolicy, podFailurePolicy }: Spec, path: string): FieldError[] {
  if (podReplacementPolicy === undefined) return []
  const supported = podFailurePolicy ? ['Failed'] : ['Failed', 'TerminatingOrFailed']
  return supported.includes(podReplacementPolicy) ? [] : [notSupported(path, podReplacementPolicy, supported)]
}

function validateRestartPolicy(spec: Spec, path: string): FieldError[] {
  const policy: string = spec.template?.spec?.restartPolicy ?? ''
  if (policy === '' || policy === 'Always') return [required(path, 'valid values: "OnFailure", "Never"')]
  if (policy !== 'OnFailure' && policy !== 'Never') return [notSupported(path, policy, ['OnFailure', 'Never'])]
  return spec.podFailurePolicy && policy !== 'Never'
    ? [invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')]
    : []
}
