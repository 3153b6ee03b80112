/** replicasets. Mirrors pkg/registry/apps/replicaset/strategy.go and pkg/apis/apps/validation. */

import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { scale } from '../autoscaling/scale.ts'
import { age, templateCells } from '../cells.ts'
import { templateWarnings } from '../core/pods.warnings.ts'
import { defineResource } from '../definition.ts'
import { validateImmutable } from '../validation.ts'
import { nameWarnings } from './workload.ts'
import {
  compiledSelector,
  validateAtMostReplicas,
  validateAvailable,
  validateCounts,
  validateWorkloadSelector,
  validateWorkloadTemplate,
} from './workload.validation.ts'

const STATUS_COUNTS = [
  'replicas',
  'fullyLabeledReplicas',
  'readyReplicas',
  'availableReplicas',
  'observedGeneration',
  'terminatingReplicas',
]

export const replicasets = defineResource('apps/v1', 'replicasets', {
  prepareForCreate(replicaSet) {
    replicaSet['status'] = { replicas: 0 }
  },
  validate: ({ spec }) => validateSpec(spec),
  validateUpdate: ({ spec }, old) => [
    ...validateSpec(spec),
    ...validateImmutable(spec.selector, old['spec'].selector, 'spec.selector'),
  ],
  warnings: (object, old) => [
    ...nameWarnings(object, old),
    ...templateWarnings(object['spec'].template, 'spec.template', object, old),
  ],
  selectableFields: { 'status.replicas': ({ status }) => String(status?.replicas ?? 0) },
  row: (replicaSet, context) => {
    const { spec, status } = replicaSet
    return [
      replicaSet.metadata.name ?? '',
      spec.replicas ?? 0,
      status?.replicas ?? 0,
      status?.readyReplicas ?? 0,
      age(replicaSet, context),
      ...templateCells(spec.template, spec.selector),
    ]
  },
  subresources: {
    scale: { projection: scale },
    status: {
      validateUpdate: ({ status }) => [
        ...validateCounts(status, 'status', STATUS_COUNTS),
        ...validateAtMostReplicas(status, ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas']),
        ...validateAvailable(status, 'readyReplicas'),
      ],
    },
  },
})

function validateSpec(spec: DynamicObject['spec']): FieldError[] {
  const errors = [
    ...validateCounts(spec, 'spec', ['replicas', 'minReadySeconds']),
    // Upstream says deployment here as well.
    ...validateWorkloadSelector(spec.selector, 'deployment'),
  ]
  const selector = compiledSelector(spec.selector)
  if (selector === undefined) errors.push(invalid('spec.selector', spec.selector, 'invalid label selector'))
  else errors.push(...validateWorkloadTemplate(spec, selector, 'ReplicaSet'))
  return errors
}
