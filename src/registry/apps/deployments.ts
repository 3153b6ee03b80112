/** deployments. Mirrors pkg/registry/apps/deployment/strategy.go and pkg/apis/apps/validation. */

import { deepEqual } from '../../apimachinery/equality.ts'
import { type FieldError, forbidden, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import { selectorFromObject } from '../../apimachinery/labels.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { scale } from '../autoscaling/scale.ts'
import { age, containerCells } from '../cells.ts'
import { templateWarnings } from '../core/pods.warnings.ts'
import { defineResource } from '../definition.ts'
import { validateImmutable, validateNonnegative } from '../validation.ts'
import { nameWarnings } from './workload.ts'
import {
  compiledSelector,
  intOrPercentValue,
  validateAtMostReplicas,
  validateAvailable,
  validateCollisionCount,
  validateCounts,
  validateNotMoreThan100Percent,
  validatePositiveIntOrPercent,
  validateWorkloadSelector,
  validateWorkloadTemplate,
} from './workload.validation.ts'

type Spec = DynamicObject['spec']

const STATUS_COUNTS = [
  'observedGeneration',
  'replicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
]

export const deployments = defineResource('apps/v1', 'deployments', {
  prepareForCreate(deployment) {
    deployment['status'] = {}
  },
  // Rollback annotations once counted as spec, so that annotations raise the generation too.
  generationChanges: (deployment, old) =>
    !deepEqual(deployment['spec'], old['spec']) ||
    !deepEqual(deployment.metadata.annotations ?? {}, old.metadata.annotations ?? {}),
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, old) => [
    ...validateSpec(spec),
    ...validateImmutable(spec.selector, old['spec'].selector, 'spec.selector'),
  ],
  warnings: (object, old) => [
    ...nameWarnings(object, old),
    ...templateWarnings(object['spec'].template, 'spec.template', object, old),
  ],
  row: (deployment, context) => {
    const { spec, status } = deployment
    return [
      deployment.metadata.name ?? '',
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      status?.updatedReplicas ?? 0,
      status?.availableReplicas ?? 0,
      age(deployment, context),
      ...containerCells(spec.template),
      selectorFromObject(spec.selector).toString(),
    ]
  },
  subresources: {
    scale: { projection: scale },
    status: {
      validateUpdate: ({ status }, old) => [
        ...validateCounts(status, 'status', STATUS_COUNTS),
        ...validateAtMostReplicas(status, ['updatedReplicas', 'readyReplicas', 'availableReplicas']),
        ...validateAvailable(status, 'readyReplicas'),
        ...validateCollisionCount(status, old['status']),
      ],
    },
  },
})

function validateSpec(spec: Spec): FieldError[] {
  const errors = [
    ...validateNonnegative(spec.replicas, 'spec.replicas'),
    ...validateWorkloadSelector(spec.selector, 'deployment'),
  ]
  const selector = compiledSelector(spec.selector)
  if (selector === undefined) errors.push(invalid('spec.selector', spec.selector, 'invalid label selector'))
  else errors.push(...validateWorkloadTemplate(spec, selector, 'ReplicaSet'))
  errors.push(
    ...validateStrategy(spec.strategy ?? {}),
    ...validateCounts(spec, 'spec', ['minReadySeconds', 'revisionHistoryLimit', 'progressDeadlineSeconds']),
  )
  const deadline = spec.progressDeadlineSeconds
  if (deadline !== undefined && deadline <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  }
  return errors
}

function validateStrategy(strategy: Spec): FieldError[] {
  const path = 'spec.strategy.rollingUpdate'
  const rolling = strategy.rollingUpdate
  switch (strategy.type) {
    case 'Recreate':
      return rolling ? [forbidden(path, "may not be specified when strategy `type` is 'Recreate'")] : []
    case 'RollingUpdate':
      return rolling
        ? validateRollingUpdate(rolling, path)
        : [required(path, 'this should be defaulted and never be nil')]
    default: {
      const printed = internalForm('apps.DeploymentStrategy', strategy)
      return [notSupported('spec.strategy', printed, ['Recreate', 'RollingUpdate'])]
    }
  }
}

function validateRollingUpdate(rolling: Spec, path: string): FieldError[] {
  const { maxUnavailable, maxSurge } = rolling
  const errors = [
    ...validatePositiveIntOrPercent(maxUnavailable, `${path}.maxUnavailable`),
    ...validatePositiveIntOrPercent(maxSurge, `${path}.maxSurge`),
  ]
  if (intOrPercentValue(maxUnavailable) === 0 && intOrPercentValue(maxSurge) === 0) {
    errors.push(invalid(`${path}.maxUnavailable`, maxUnavailable ?? 0, 'may not be 0 when `maxSurge` is 0'))
  }
  return [...errors, ...validateNotMoreThan100Percent(maxUnavailable, `${path}.maxUnavailable`)]
}
