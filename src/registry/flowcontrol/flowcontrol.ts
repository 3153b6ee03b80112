/** flowschemas and prioritylevelconfigurations: their rows. Mirrors pkg/registry/flowcontrol and pkg/printers/internalversion. */
import { age } from '../cells.ts'
import { defineResource } from '../definition.ts'

const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1'

export const flowschemas = defineResource(API_VERSION, 'flowschemas', {
  prepareForCreate(schema) {
    schema['status'] = {}
  },
  row: (schema, context) => {
    const { spec = {}, status } = schema
    const dangling = status?.conditions?.find(({ type }: { type: string }) => type === 'Dangling')
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

export const prioritylevelconfigurations = defineResource(API_VERSION, 'prioritylevelconfigurations', {
  prepareForCreate(level) {
    level['status'] = {}
  },
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
