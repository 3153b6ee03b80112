/** statefulsets. Mirrors pkg/registry/apps/statefulset/strategy.go. */

import type { DynamicObject } from '../../apimachinery/meta.ts'
import { scale } from '../autoscaling/scale.ts'
import { age, containerCells } from '../cells.ts'
import { templateWarnings } from '../core/pods.warnings.ts'
import { claimSpecWarnings } from '../core/volumes.warnings.ts'
import { defineResource } from '../definition.ts'
import { nameIsDnsLabel } from '../validation.ts'
import { validateStatefulSetSpec, validateStatefulSetUpdate } from './statefulsets.validation.ts'
import {
  validateAtMostReplicas,
  validateAvailable,
  validateCollisionCount,
  validateCounts,
} from './workload.validation.ts'

const STATUS_COUNTS = [
  'replicas',
  'readyReplicas',
  'currentReplicas',
  'updatedReplicas',
  'availableReplicas',
  'observedGeneration',
  'collisionCount',
]

export const statefulsets = defineResource('apps/v1', 'statefulsets', {
  validateName: nameIsDnsLabel,
  prepareForCreate(statefulSet) {
    statefulSet['status'] = { replicas: 0, availableReplicas: 0 }
  },
  validate: ({ spec }) => validateStatefulSetSpec(spec),
  validateUpdate: ({ spec }, old) => validateStatefulSetUpdate(spec, old['spec']),
  warnings: (object, old) => [
    ...templateWarnings(object['spec'].template, 'spec.template', object, old),
    ...claimWarnings(object, old),
    ...historyWarnings(object),
  ],
  row: (statefulSet, context) => {
    const { spec, status } = statefulSet
    return [
      statefulSet.metadata.name ?? '',
      `${status?.readyReplicas ?? 0}/${spec.replicas ?? 0}`,
      age(statefulSet, context),
      ...containerCells(spec.template),
    ]
  },
  subresources: {
    scale: { projection: scale },
    status: {
      validateUpdate: ({ status }, old) => [
        ...validateCounts(status, 'status', STATUS_COUNTS),
        ...validateAtMostReplicas(status, ['readyReplicas', 'currentReplicas', 'updatedReplicas', 'availableReplicas']),
        ...validateAvailable(status, 'status.readyReplicas'),
        ...validateCollisionCount(status, old['status']),
      ],
    },
  },
})

/** The path of an update's is upstream's. */
function claimWarnings({ spec }: DynamicObject, old: DynamicObject | undefined): string[] {
  return (spec.volumeClaimTemplates ?? []).flatMap((template: DynamicObject, i: number) =>
    claimSpecWarnings(template['spec'] ?? {}, `spec.volumeClaimTemplates[${i}]${old ? '.Spec' : ''}`),
  )
}

function historyWarnings({ spec }: DynamicObject): string[] {
  if ((spec.revisionHistoryLimit ?? 0) >= 0) return []
  return ['spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended']
}
