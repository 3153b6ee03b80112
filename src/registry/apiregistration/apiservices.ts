/** apiservices: what is written of them; aggregation.ts follows them. Mirrors kube-aggregator/pkg/registry/apiservice. */
import { formatTime } from '../../apimachinery/clock.ts'
import { type FieldError, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName, isPortNumber } from '../../apimachinery/names.ts'
import { age } from '../cells.ts'
import { defineResource, type WriteContext } from '../definition.ts'
import { validateCommonMeta } from '../object-meta.ts'
import { invalids } from '../validation.ts'

export const apiservices = defineResource('apiregistration.k8s.io/v1', 'apiservices', {
  prepareForCreate(service, context) {
    service['status'] = service['spec']?.service ? {} : { conditions: [localCondition(context)] }
  },
  validateName: () => [],
  validate: (service) => validateService(service),
  validateUpdate: (service) => [...validateCommonMeta(service.metadata), ...validateService(service)],
  subresources: { status: { validateUpdate: ({ status }) => validateStatus(status) } },
  row: (service, context) => [
    service.metadata.name ?? '',
    service['spec']?.service ? `${service['spec'].service.namespace}/${service['spec'].service.name}` : 'Local',
    availableCell(service),
    age(service, context),
  ],
})

const NO_GROUP = 'only v1 may have an empty group and it better be legacy kube'
const MAX_GROUP_PRIORITY = 20000
const MAX_VERSION_PRIORITY = 1000

const localCondition = ({ clock }: WriteContext): object => ({
  type: 'Available',
  status: 'True',
  lastTransitionTime: formatTime(clock.now()),
  reason: 'Local',
  message: 'Local APIServices are always available',
})

function validateService(service: DynamicObject): FieldError[] {
  const { group = '', version = '' } = service['spec'] ?? {}
  return [
    ...validateName(service.metadata.generateName ?? '', `${version}.${group}`, 'metadata.generateName'),
    ...validateName(service.metadata.name ?? '', `${version}.${group}`, 'metadata.name'),
    ...(group === '' && version !== 'v1' ? [required('spec.group', NO_GROUP)] : []),
    ...(group === '' ? [] : invalids('spec.group', group, isDns1123Subdomain(group))),
    ...invalids('spec.version', version, isDns1035Label(version)),
    ...validatePriorities(service['spec'] ?? {}),
    ...(service['spec']?.service ? validateRemote(service['spec']) : validateLocal(service['spec'] ?? {})),
  ]
}

/** Checked here and not by the name's rule, for it depends on the spec. */
function validateName(name: string, wanted: string, path: string): FieldError[] {
  if (name === '') return []
  const wrong = isPathSegmentName(name)
  if (wrong.length) return invalids(path, name, wrong)
  if (name === wanted) return []
  return [invalid(path, name, `must be \`spec.version+"."+spec.group\`: ${JSON.stringify(wanted)}`)]
}

function validatePriorities({ groupPriorityMinimum = 0, versionPriority = 0 }: DynamicObject['spec']): FieldError[] {
  const errors: FieldError[] = []
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

function validateLocal({ caBundle = '', insecureSkipTLSVerify = false }: DynamicObject['spec']): FieldError[] {
  const errors: FieldError[] = []
  if (caBundle !== '') {
    const bytes = `${Buffer.from(caBundle, 'base64').length} bytes`
    errors.push(invalid('spec.caBundle', bytes, 'local APIServices may not have a caBundle'))
  }
  if (insecureSkipTLSVerify) {
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'local APIServices may not have insecureSkipTLSVerify'))
  }
  return errors
}

function validateRemote({
  service,
  caBundle = '',
  insecureSkipTLSVerify = false,
}: DynamicObject['spec']): FieldError[] {
  const { namespace = '', name = '', port = 0 } = service
  const errors: FieldError[] = []
  if (namespace === '') errors.push(required('spec.service.namespace'))
  if (name === '') errors.push(required('spec.service.name'))
  const wrong = isPortNumber(port)
  if (wrong.length) errors.push(invalid('spec.service.port', port, `port is not valid: ${wrong.join(', ')}`))
  if (insecureSkipTLSVerify && caBundle !== '') {
    errors.push(invalid('spec.insecureSkipTLSVerify', true, 'may not be true if caBundle is present'))
  }
  return errors
}

const STATUSES = ['True', 'False', 'Unknown']

function validateStatus({ conditions = [] }: DynamicObject['status'] = {}): FieldError[] {
  return conditions.flatMap(({ status = '' }: { status?: string }, i: number) =>
    STATUSES.includes(status) ? [] : [notSupported(`status.conditions[${i}].status`, status, STATUSES)],
  )
}

function availableCell({ status }: DynamicObject): string {
  const condition = status?.conditions?.find(({ type }: { type: string }) => type === 'Available')
  if (!condition) return 'Unknown'
  return condition.status === 'True' ? 'True' : `${condition.status} (${condition.reason})`
}
