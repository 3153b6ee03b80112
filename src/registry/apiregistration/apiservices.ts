/** apiservices: the local ones. Mirrors kube-aggregator/pkg/registry/apiservice. */
import { formatTime } from '../../apimachinery/clock.ts'
import { newNotImplemented } from '../../apimachinery/errors.ts'
import { type FieldError, invalid, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1035Label, isDns1123Subdomain } from '../../apimachinery/names.ts'
import { age } from '../cells.ts'
import { defineResource, type WriteContext } from '../definition.ts'
import { invalids } from '../validation.ts'

export const apiservices = defineResource('apiregistration.k8s.io/v1', 'apiservices', {
  prepareForCreate(service, context) {
    refuseRemote(service)
    // On the real server the availability controller writes this a moment later.
    service['status'] = { conditions: [localCondition(context)] }
  },
  prepareForUpdate: (service) => refuseRemote(service),
  validateName: (name) => (name.includes('.') ? [] : [NAME_RULE]),
  validate: (service) => validateService(service),
  validateUpdate: (service) => validateService(service),
  row: (service, context) => [
    service.metadata.name ?? '',
    service['spec']?.service ? `${service['spec'].service.namespace}/${service['spec'].service.name}` : 'Local',
    availableCell(service),
    age(service, context),
  ],
})

const NAME_RULE = 'must be `spec.version+"."+spec.group`'
const MAX_GROUP_PRIORITY = 20000
const MAX_VERSION_PRIORITY = 1000

// DEVIATION(no-aggregation): requests are not proxied to extension servers, so none can be registered.
function refuseRemote(service: DynamicObject): void {
  if (service['spec']?.service) throw newNotImplemented('APIServices of extension API servers yet')
}

const localCondition = ({ clock }: WriteContext): object => ({
  type: 'Available',
  status: 'True',
  lastTransitionTime: formatTime(clock.now()),
  reason: 'Local',
  message: 'Local APIServices are always available',
})

function validateService(service: DynamicObject): FieldError[] {
  const { group = '', version = '', groupPriorityMinimum = 0, versionPriority = 0 } = service['spec'] ?? {}
  const { name = '' } = service.metadata
  const errors: FieldError[] = []
  if (name !== `${version}.${group}`) {
    errors.push(
      invalid(
        'metadata.name',
        name,
        `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(`${version}.${group}`)}`,
      ),
    )
  }
  if (group !== '') errors.push(...invalids('spec.group', group, isDns1123Subdomain(group)))
  errors.push(
    ...(version === '' ? [required('spec.version')] : invalids('spec.version', version, isDns1035Label(version))),
  )
  if (groupPriorityMinimum <= 0 || groupPriorityMinimum > MAX_GROUP_PRIORITY) {
    const why = `must be positive and less than ${MAX_GROUP_PRIORITY}`
    errors.push(invalid('spec.groupPriorityMinimum', groupPriorityMinimum, why))
  }
  if (versionPriority <= 0 || versionPriority > MAX_VERSION_PRIORITY) {
    const why = `must be positive and less than ${MAX_VERSION_PRIORITY}`
    errors.push(invalid('spec.versionPriority', versionPriority, why))
  }
  return errors
}

function availableCell({ status }: DynamicObject): string {
  const condition = status?.conditions?.find(({ type }: { type: string }) => type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`
}
