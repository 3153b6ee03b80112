/** daemonsets. Mirrors pkg/registry/apps/daemonset/strategy.go and pkg/apis/apps/validation. */

import { deepEqual } from '../../apimachinery/equality.ts'
import { type FieldError, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { asSent } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { age, formatLabels, templateCells } from '../cells.ts'
import { validatePodTemplateSpec } from '../core/pod-template.validation.ts'
import { templateWarnings } from '../core/pods.warnings.ts'
import { defineResource } from '../definition.ts'
import { isEmptySelector, validateImmutable, validateLabelSelector } from '../validation.ts'
import {
  compiledSelector,
  intOrPercentValue,
  SELECTOR_MISMATCH,
  validateCollisionCount,
  validateCounts,
  validateEndlessPods,
  validateNotMoreThan100Percent,
  validatePositiveIntOrPercent,
} from './workload.validation.ts'

type Spec = DynamicObject['spec']

/** Where apps/v1 keeps what was once spec.templateGeneration. */
const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation'

const STATUS_COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
]

export const daemonsets = defineResource('apps/v1', 'daemonsets', {
  internalize: (daemonSet) => setTemplateGeneration(daemonSet, templateGeneration(daemonSet)),
  prepareForCreate(daemonSet) {
    daemonSet['status'] = {
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    }
    setTemplateGeneration(daemonSet, Math.max(templateGeneration(daemonSet), 1))
  },
  prepareForUpdate(daemonSet, old) {
    const changed = !deepEqual(daemonSet['spec'].template, old['spec'].template)
    setTemplateGeneration(daemonSet, templateGeneration(old) + (changed ? 1 : 0))
  },
  generationChanges: (daemonSet, old) => !deepEqual(daemonSet['spec'], old['spec']),
  warnings: (daemonSet, old) =>
    old && templateGeneration(daemonSet) === templateGeneration(old)
      ? []
      : templateWarnings(daemonSet['spec'].template, 'spec.template', daemonSet, undefined),
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, old) => [
    ...validateImmutable(spec.selector, old['spec'].selector, 'spec.selector'),
    ...validateSpec(spec),
  ],
  row: (daemonSet, context) => {
    const { spec, status } = daemonSet
    return [
      daemonSet.metadata.name ?? '',
      status?.desiredNumberScheduled ?? 0,
      status?.currentNumberScheduled ?? 0,
      status?.numberReady ?? 0,
      status?.updatedNumberScheduled ?? 0,
      status?.numberAvailable ?? 0,
      formatLabels(spec.template.spec.nodeSelector),
      age(daemonSet, context),
      ...templateCells(spec.template, spec.selector),
    ]
  },
  subresources: {
    status: {
      // The count belongs to the spec, which this door does not write.
      prepareForUpdate: (daemonSet, old) => setTemplateGeneration(daemonSet, templateGeneration(old)),
      validateUpdate: ({ status }, old) => [
        ...validateCounts(status, 'status', STATUS_COUNTS),
        ...validateCollisionCount(status, old['status']),
      ],
    },
  },
})

function templateGeneration(daemonSet: DynamicObject): number {
  return Number.parseInt(daemonSet.metadata.annotations?.[TEMPLATE_GENERATION] ?? '0', 10) || 0
}

function setTemplateGeneration(daemonSet: DynamicObject, generation: number): void {
  const { metadata } = daemonSet
  daemonSet.metadata = {
    ...metadata,
    annotations: { ...metadata.annotations, [TEMPLATE_GENERATION]: String(generation) },
  }
}

function validateSpec(spec: Spec): FieldError[] {
  const errors = validateLabelSelector(spec.selector, 'spec.selector')
  const labels = spec.template?.metadata?.labels
  if (compiledSelector(spec.selector)?.matches(labels) === false) {
    errors.push(invalid('spec.template.metadata.labels', asSent(spec.template?.metadata, 'labels'), SELECTOR_MISMATCH))
  }
  if (spec.selector && isEmptySelector(spec.selector)) {
    errors.push(invalid('spec.selector', spec.selector, 'empty selector is invalid for daemonset'))
  }
  return [
    ...errors,
    ...validatePodTemplateSpec(spec.template, 'spec.template'),
    ...validateEndlessPods(spec.template?.spec, 'DaemonSet'),
    ...validateCounts(spec, 'spec', ['minReadySeconds']),
    ...validateUpdateStrategy(spec.updateStrategy ?? {}),
    ...validateCounts(spec, 'spec', ['revisionHistoryLimit']),
  ]
}

function validateUpdateStrategy(strategy: Spec): FieldError[] {
  const rolling = strategy.rollingUpdate
  if (strategy.type === 'OnDelete') return []
  if (strategy.type === 'RollingUpdate') {
    const path = 'spec.updateStrategy.rollingUpdate'
    return rolling ? validateRollingUpdate(rolling, path) : [required(path)]
  }
  const printed = internalForm('apps.DaemonSetUpdateStrategy', strategy)
  return [notSupported('spec.updateStrategy', printed, ['RollingUpdate', 'OnDelete'])]
}

function validateRollingUpdate({ maxUnavailable, maxSurge }: Spec, path: string): FieldError[] {
  const errors = [
    ...validatePositiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validatePositiveIntOrPercent(maxSurge, `${path}.maxSurge`),
    ...validateNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`),
    ...validateNotMoreThan100Percent(maxSurge, `${path}.maxSurge`),
  ]
  const [unavailable, surge] = [intOrPercentValue(maxUnavailable) !== 0, intOrPercentValue(maxSurge) !== 0]
  if (unavailable && surge) {
    errors.push(invalid(`${path}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'))
  } else if (!unavailable && !surge) {
    errors.push(required(`${path}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  }
  return errors
}
