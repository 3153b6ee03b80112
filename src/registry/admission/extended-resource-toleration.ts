/** ExtendedResourceToleration: who asks for a device tolerates the taint of nodes that have it. Off by default. Mirrors plugin/pkg/admission/extendedresourcetoleration. */
import type { Container, PodSpec, Toleration } from '../../types/core-v1.ts'
import { isExtendedResource } from '../core/compute-resources.validation.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'

export const extendedResourceToleration: AdmissionPlugin = {
  name: 'ExtendedResourceToleration',
  offByDefault: true,
  concerns: requestsFor(['pods'], ['CREATE', 'UPDATE']),
  admit({ object }) {
    const spec = object?.['spec'] as PodSpec | undefined
    if (!spec) return
    const containers: Container[] = [...(spec.containers ?? []), ...(spec.initContainers ?? [])]
    const asked = containers.flatMap(({ resources }) => Object.keys(resources?.requests ?? {}))
    for (const key of [...new Set(asked.filter(isExtendedResource))].sort()) {
      const wanted: Toleration = { key, operator: 'Exists', effect: 'NoSchedule' }
      if (!spec.tolerations?.some((own) => covers(own, wanted)))
        spec.tolerations = [...(spec.tolerations ?? []), wanted]
    }
  },
}

const covers = (own: Toleration, wanted: Toleration): boolean =>
  (own.key ?? '') === wanted.key && own.operator === wanted.operator && own.effect === wanted.effect && !own.value
