/** storageversionmigrations. Mirrors pkg/registry/storagemigration/storagemigration/strategy.go and pkg/printers/internalversion. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { type FieldError, invalid, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1035Label, isDns1123Subdomain } from '../../apimachinery/names.ts'
import { hasCondition } from '../batch/conditions.ts'
import { validateConditions } from '../conditions.validation.ts'
import { defineResource } from '../definition.ts'
import { IMMUTABLE } from '../validation.ts'

const CONDITIONS = 'status.conditions'
const OUTCOMES = [
  ['Succeeded', 'Success'],
  ['Failed', 'Failed'],
] as const
const STATES = ['Running', 'Failed', 'Succeeded']

export const storageversionmigrations = defineResource('storagemigration.k8s.io/v1', 'storageversionmigrations', {
  prepareForCreate(migration) {
    migration['status'] = {}
  },
  validate: ({ spec }) => validateResource(spec?.resource),
  validateUpdate: ({ spec }, old) => [
    ...validateResource(spec?.resource),
    ...(deepEqual(spec, old['spec']) ? [] : [invalid('spec', goSpec(spec?.resource), IMMUTABLE)]),
  ],
  subresources: { status: { validateUpdate: ({ status }, old) => validateStatus(status ?? {}, old['status'] ?? {}) } },
  row: ({ metadata, spec, status }) => [metadata.name ?? '', resourceCell(spec?.resource), stateCell(status)],
})

type Fields = DynamicObject['spec']

/** As Go's marshaller shows the internal type: upper case where it has no JSON name. */
const goSpec = ({ group = '', resource = '' }: Fields = {}): object => ({ Resource: { group, resource } })

function validateResource({ group = '', resource = '' }: Fields = {}): FieldError[] {
  const told = (path: string, value: string, messages: string[]) =>
    messages.length ? [invalid(path, value, messages.join(','))] : []
  const at = 'spec.resource.resource'
  return [
    ...(resource === ''
      ? [required(at, 'resource is required to be set')]
      : told(at, resource, isDns1035Label(resource))),
    ...(group === '' ? [] : told('spec.resource.group', group, isDns1123Subdomain(group))),
  ]
}

/** Versions and outcomes are final. */
function validateStatus(status: Fields, old: Fields): FieldError[] {
  const { resourceVersion = '', conditions = [] } = status
  const at = 'status.resourceVersion'
  const errors: FieldError[] = []
  if (resourceVersion !== '' && !/^[1-9][0-9]*$/.test(resourceVersion)) {
    errors.push(invalid(at, resourceVersion, `resource version is not well formed: ${resourceVersion}`))
  }
  errors.push(...validateConditions(conditions, CONDITIONS))
  if (old.resourceVersion && old.resourceVersion !== resourceVersion) {
    errors.push(invalid(at, resourceVersion, IMMUTABLE))
  }
  const is = (type: string) => hasCondition(conditions, type)
  if (is('Succeeded') && is('Failed')) {
    const why = 'Both success and failed conditions cannot be true at the same time'
    errors.push(invalid(CONDITIONS, conditions, why))
  }
  for (const [type, word] of OUTCOMES) {
    if (hasCondition(old.conditions, type) && !is(type)) {
      errors.push(invalid(CONDITIONS, conditions, `${word} condition cannot be set to false once it is true`))
    }
  }
  return errors
}

function resourceCell({ group = '', resource = '' }: DynamicObject['spec'] = {}): string {
  return group === '' ? resource : `${resource}.${group}`
}

function stateCell(status: DynamicObject['status']): string {
  return STATES.findLast((state) => hasCondition(status?.conditions, state)) ?? 'Unknown'
}
