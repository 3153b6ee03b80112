/** flowschemas and prioritylevelconfigurations: their rows. Mirrors pkg/registry/flowcontrol and pkg/printers/internalversion. */
import { formatTime } from '../../apimachinery/clock.ts'
import type { DynamicObject, ManagedFieldsEntry } from '../../apimachinery/meta.ts'
import { age } from '../cells.ts'
import { defineResource, type WriteContext } from '../definition.ts'
import { validateFlowConditions, validateFlowSchemaSpec, validatePriorityLevelSpec } from './flowcontrol.validation.ts'

const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1'

export const flowschemas = defineResource(API_VERSION, 'flowschemas', {
  // On the real server the configuration consumer writes this a moment later.
  prepareForCreate(schema, context) {
    schema['status'] = {}
    if (!context.dryRun) setDangling(schema, context)
  },
  prepareForUpdate(schema, old, context) {
    const { status } = danglingCondition(schema, context)
    if (!context.dryRun && status !== danglingOf(old)?.status) setDangling(schema, context)
  },
  // In the order in which requests are matched.
  compareRows: (a, b) => precedence(a) - precedence(b) || ((a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1),
  validate: ({ spec, status }) => [...validateFlowSchemaSpec(spec), ...validateFlowConditions(status?.conditions)],
  subresources: { status: { validateUpdate: ({ status }) => validateFlowConditions(status?.conditions) } },
  row: (schema, context) => {
    const { spec = {} } = schema
    const dangling = danglingOf(schema)
    return [
      schema.metadata.name ?? '',
      spec.priorityLevelConfiguration?.name ?? '',
      spec.matchingPrecedence ?? 0,
      spec.distinguisherMethod?.type ?? '<none>',
      age(schema, context),
      dangling?.status ?? '?',
    ]
  },
})

const precedence = (schema: DynamicObject): number => schema['spec']?.matchingPrecedence ?? 0

interface Condition {
  lastTransitionTime?: string
  reason?: string
  message?: string
  type: string
  status: string
}

const danglingOf = ({ status }: DynamicObject): Condition | undefined =>
  status?.conditions?.find(({ type }: Condition) => type === 'Dangling')

const CONSUMER = 'api-priority-and-fairness-config-consumer-v1'

/** Writes the condition and, where fields have owners, whose it is. */
function setDangling(schema: DynamicObject, context: WriteContext): void {
  const { metadata, status } = schema
  const others = (status?.conditions ?? []).filter(({ type }: Condition) => type !== 'Dangling')
  schema['status'] = { ...status, conditions: [...others, danglingCondition(schema, context)] }
  if (!metadata.managedFields) return
  const fields = { '.': {}, 'f:lastTransitionTime': {}, 'f:message': {}, 'f:reason': {}, 'f:status': {}, 'f:type': {} }
  const entry: ManagedFieldsEntry = {
    manager: CONSUMER,
    operation: 'Apply',
    apiVersion: API_VERSION,
    time: formatTime(context.clock.now()),
    fieldsType: 'FieldsV1',
    fieldsV1: { 'f:status': { 'f:conditions': { 'k:{"type":"Dangling"}': fields } } },
    subresource: 'status',
  }
  metadata.managedFields = [entry, ...metadata.managedFields.filter(({ manager }) => manager !== CONSUMER)]
}

function danglingCondition(schema: DynamicObject, { reader, clock }: WriteContext): Condition {
  const name: string = schema['spec']?.priorityLevelConfiguration?.name ?? ''
  const exists = reader.get('prioritylevelconfigurations.flowcontrol.apiserver.k8s.io', '', name) !== undefined
  const lead = `This FlowSchema references the PriorityLevelConfiguration object named ${JSON.stringify(name)}`
  return {
    type: 'Dangling',
    status: exists ? 'False' : 'True',
    lastTransitionTime: formatTime(clock.now()),
    reason: exists ? 'Found' : 'NotFound',
    message: exists ? `${lead} and it exists` : `${lead} but there is no such object`,
  }
}

export const prioritylevelconfigurations = defineResource(API_VERSION, 'prioritylevelconfigurations', {
  prepareForCreate(level) {
    level['status'] = {}
  },
  validate: ({ spec, status }) => [...validatePriorityLevelSpec(spec), ...validateFlowConditions(status?.conditions)],
  subresources: { status: { validateUpdate: ({ status }) => validateFlowConditions(status?.conditions) } },
  row: (level, context) => {
    const limited = level['spec']?.limited
    const queuing = limited?.limitResponse?.queuing
    return [
      level.metadata.name ?? '',
      level['spec']?.type ?? '',
      limited ? (limited.nominalConcurrencyShares ?? 0) : '<none>',
      queuing?.queues ?? '<none>',
      queuing?.handSize ?? '<none>',
      queuing?.queueLengthLimit ?? '<none>',
      age(level, context),
    ]
  },
})
