/** Dynamic resource allocation: rows, selectable fields and first states. Mirrors pkg/registry/resource and pkg/printers/internalversion. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { age, since } from '../cells.ts'
import { validateConditions } from '../conditions.validation.ts'
import { declaredImmutable, declaredLongName, noFindings } from '../declarative.ts'
import { defineResource, type ResourceHooks } from '../definition.ts'
import { validateImmutableField } from '../validation.ts'
import { validateClaimStatus } from './allocations.validation.ts'
import { validateDeviceClaim } from './claims.validation.ts'
import { validateClaimTemplate, validateDeviceClass } from './classes.validation.ts'
import { validateSlice } from './slices.validation.ts'
import { validateTaintRule } from './taints.validation.ts'

const API_VERSION = 'resource.k8s.io/v1'

const nameAndAge: ResourceHooks = { row: (object, context) => [object.metadata.name ?? '', age(object, context)] }

export const deviceclasses = defineResource(API_VERSION, 'deviceclasses', {
  ...nameAndAge,
  // A declared rule of the name: what it is generated from is not looked at.
  validateName: (name, prefix) => (prefix ? [] : declaredLongName(name, '').map(({ detail }) => detail)),
  validate: ({ spec }) => validateDeviceClass(spec),
  validateUpdate: ({ spec }, old) => validateDeviceClass(spec, old['spec'] ?? {}),
})

export const resourceclaimtemplates = defineResource(API_VERSION, 'resourceclaimtemplates', {
  ...nameAndAge,
  validate: ({ spec }) => validateClaimTemplate(spec ?? {}),
  validateUpdate: (template, old) =>
    validateClaimTemplate(
      template['spec'] ?? {},
      validateImmutableField(template, old, 'spec', 'spec', 'resource.ResourceClaimTemplateSpec'),
    ),
})

export const resourceclaims = defineResource(API_VERSION, 'resourceclaims', {
  prepareForCreate(claim) {
    claim['status'] = {}
  },
  validate: ({ spec }) => {
    const found = noFindings()
    validateDeviceClaim(spec?.devices, 'spec.devices', found)
    return [...found.own, ...found.declared]
  },
  validateUpdate: ({ spec }, old) => declaredImmutable(spec, old['spec'], 'spec'),
  subresources: { status: { validateUpdate: validateClaimStatus } },
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
  validate: ({ spec }) => validateSlice(spec ?? {}),
  validateUpdate: ({ spec }, old) => validateSlice(spec ?? {}, old['spec'] ?? {}),
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
  validate: ({ spec }) => validateTaintRule(spec),
  validateUpdate: ({ spec }, old) => validateTaintRule(spec, old['spec'] ?? {}),
  subresources: {
    status: { validateUpdate: ({ status }) => validateConditions(status?.conditions, 'status.conditions') },
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
