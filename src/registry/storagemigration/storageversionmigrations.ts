/** storageversionmigrations. Mirrors pkg/registry/storagemigration/storagemigration/strategy.go and pkg/printers/internalversion. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { hasCondition } from '../batch/conditions.ts'
import { declaredImmutable } from '../declarative.ts'
import { defineResource } from '../definition.ts'

const STATES = ['Running', 'Failed', 'Succeeded']

export const storageversionmigrations = defineResource('storagemigration.k8s.io/v1', 'storageversionmigrations', {
  prepareForCreate(migration) {
    migration['status'] = {}
  },
  validateUpdate: ({ spec }, old) => declaredImmutable(spec, old['spec'], 'spec'),
  row: ({ metadata, spec, status }) => [metadata.name ?? '', resourceCell(spec?.resource), stateCell(status)],
})

function resourceCell({ group = '', resource = '' }: DynamicObject['spec'] = {}): string {
  return group === '' ? resource : `${resource}.${group}`
}

function stateCell(status: DynamicObject['status']): string {
  return STATES.findLast((state) => hasCondition(status?.conditions, state)) ?? 'Unknown'
}
