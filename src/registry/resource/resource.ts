/** Dynamic resource allocation: rows, selectable fields and first states. Mirrors pkg/registry/resource and pkg/printers/internalversion. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age, since } from '../cells.ts'
import { defineResource, type ResourceHooks } from '../definition.ts'

const API_VERSION = 'resource.k8s.io/v1'

const nameAndAge: ResourceHooks = { row: (object, context) => [object.metadata.name ?? '', age(object, context)] }

export const deviceclasses = defineResource(API_VERSION, 'deviceclasses', nameAndAge)
export const resourceclaimtemplates = defineResource(API_VERSION, 'resourceclaimtemplates', nameAndAge)

export const resourceclaims = defineResource(API_VERSION, 'resourceclaims', {
  prepareForCreate(claim) {
    claim['status'] = {}
  },
  row: (claim, context) => [claim.metadata.name ?? '', claimState(claim), age(claim, context)],
})

function claimState({ metadata, status }: DynamicObject): string {
  const deleted = metadata.deletionTimestamp !== undefined
  const states = deleted ? ['deleted'] : []
  if (!status?.allocation) return (deleted ? states : ['pending']).join()
  states.push('allocated')
  if (status.reservedFor?.length) states.push('reserved')
  return states.join()
}

export const resourceslices = defineResource(API_VERSION, 'resourceslices', {
  selectableFields: {
    'spec.driver': ({ spec }) => spec?.driver ?? '',
    'spec.nodeName': ({ spec }) => spec?.nodeName ?? '',
    'spec.pool.name': ({ spec }) => spec?.pool?.name ?? '',
  },
  row: (slice, context) => [
    slice.metadata.name ?? '',
    slice['spec']?.nodeName ?? '',
    slice['spec']?.driver ?? '',
    slice['spec']?.pool?.name ?? '',
    age(slice, context),
  ],
})

export const devicetaintrules = defineResource(API_VERSION, 'devicetaintrules', {
  prepareForCreate(rule) {
    rule['status'] = {}
  },
  row: (rule, context) => {
    const taint = rule['spec']?.taint ?? {}
    return [
      rule.metadata.name ?? '',
      taint.key ?? '',
      taint.value ?? '',
      taint.effect ?? '',
      taint.timeAdded ? since(taint.timeAdded, context) : '',
      age(rule, context),
    ]
  },
})
