/** ComponentStatuses: computed, never stored. Mirrors pkg/registry/core/componentstatus/rest.go. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { ComponentStatus } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'

// DEVIATION(component-statuses): nothing is probed, for these parts live in this very process.
/** In the order of their names. */
const COMPONENTS = { 'controller-manager': 'ok', 'etcd-0': 'ok', scheduler: 'ok' }

function statusOf([name, message]: [string, string]): DynamicObject {
  return {
    kind: 'ComponentStatus',
    apiVersion: 'v1',
    metadata: { name },
    conditions: [{ type: 'Healthy', status: 'True', message }],
  }
}

export const componentstatuses = defineResource<ComponentStatus>('v1', 'componentstatuses', {
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  virtual: {
    get: (_namespace, name) =>
      Object.entries(COMPONENTS)
        .map(statusOf)
        .find((one) => one.metadata.name === name),
    list: () => Object.entries(COMPONENTS).map(statusOf),
  },
  row({ metadata, conditions }) {
    const health = conditions?.find((one) => one.type === 'Healthy')
    const word = health ? (health.status === 'True' ? 'Healthy' : 'Unhealthy') : 'Unknown'
    return [metadata.name ?? '', word, health?.message ?? '', health?.error ?? '']
  },
})
