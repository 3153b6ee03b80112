/** Admission requests for tests of plug-ins: only what plug-ins read of a definition is filled in. */
import type { DynamicObject } from '../../src/apimachinery/meta.ts'
import { type AdmissionChain, createAdmissionChain } from '../../src/registry/admission/admission.ts'
import type { AdmissionEnvironment, AdmissionPlugin, AdmissionRequest } from '../../src/registry/admission/plugin.ts'
import type { ResourceDefinition } from '../../src/registry/definition.ts'

/** `resource`: `pods` or `ingresses.networking.k8s.io`. The name is the object's, as the URL would have it on all but a create. */
export function admissionRequest(
  operation: AdmissionRequest['operation'],
  resource: string,
  object: DynamicObject,
  more: Partial<AdmissionRequest> = {},
): AdmissionRequest {
  const dot = resource.indexOf('.')
  const definition = {
    group: dot < 0 ? '' : resource.slice(dot + 1),
    version: 'v1',
    resource: dot < 0 ? resource : resource.slice(0, dot),
    kind: object.kind,
    groupResource: resource,
    apiVersion: object.apiVersion,
    namespaced: object.metadata.namespace !== undefined,
    hooks: {},
  } as ResourceDefinition
  return {
    operation,
    definition,
    subresource: '',
    namespace: object.metadata.namespace ?? '',
    name: operation === 'CREATE' ? '' : (object.metadata.name ?? ''),
    ...(operation === 'DELETE' ? {} : { object }),
    ...more,
  }
}

/** A server with this plug-in alone, which is asked what concerns it only. */
export function chainOf(plugin: AdmissionPlugin): AdmissionChain {
  return createAdmissionChain({} as AdmissionEnvironment, { enable: [plugin.name] }, [plugin])
}
