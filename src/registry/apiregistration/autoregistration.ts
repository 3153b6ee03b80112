/** The local APIServices of custom resources: made, put right and taken away with their definitions. Mirrors kube-aggregator/pkg/controllers/autoregister and pkg/controlplane/controller/crdregistration. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { CustomResourceDefinition } from '../apiextensions/crd.ts'
import type { InternalWriter } from '../definition.ts'
import { APISERVICES, type APIService, asObject } from './apiservice.ts'

const AUTOMANAGED = 'kube-aggregator.kubernetes.io/automanaged'
const GROUP_PRIORITY = 1000
const VERSION_PRIORITY = 100

/** One pass over all. Rejects with the StatusError of a write that came too late: the next pass sees why. */
export async function autoregister(
  definitions: readonly CustomResourceDefinition[],
  services: readonly APIService[],
  writer: InternalWriter,
): Promise<void> {
  const wanted = new Map<string, APIService['spec']>()
  for (const { spec } of definitions) {
    for (const { name: version, served } of spec.versions ?? []) {
      if (!served) continue
      const { group } = spec
      const priorities = { groupPriorityMinimum: GROUP_PRIORITY, versionPriority: VERSION_PRIORITY }
      wanted.set(`${version}.${group}`, { group, version, ...priorities })
    }
  }
  for (const service of services) {
    const name = service.metadata.name ?? ''
    const spec = wanted.get(name)
    wanted.delete(name)
    if (service.metadata.labels?.[AUTOMANAGED] !== 'true') continue
    if (!spec) await writer.delete(APISERVICES, '', name)
    else if (!deepEqual(service.spec, spec)) {
      await writer.update(APISERVICES, '', name, (old) => ({ ...old, spec: spec as DynamicObject['spec'] }))
    }
  }
  for (const [name, spec] of wanted) await writer.create(APISERVICES, asObject(newService(name, spec)))
}

function newService(name: string, spec: APIService['spec']): APIService {
  const metadata: KubeObject['metadata'] = { name, labels: { [AUTOMANAGED]: 'true' } }
  return { apiVersion: 'apiregistration.k8s.io/v1', kind: 'APIService', metadata, spec }
}
