/** StorageObjectInUseProtection: volumes and claims stay while they are used. Mirrors plugin/pkg/admission/storage/storageobjectinuseprotection. */
import { type AdmissionPlugin, requestsFor } from './plugin.ts'

const FINALIZERS: Record<string, string> = {
  persistentvolumes: 'kubernetes.io/pv-protection',
  persistentvolumeclaims: 'kubernetes.io/pvc-protection',
  'volumeattributesclasses.storage.k8s.io': 'kubernetes.io/vac-protection',
}

export const storageObjectInUseProtection: AdmissionPlugin = {
  name: 'StorageObjectInUseProtection',
  concerns: requestsFor(Object.keys(FINALIZERS), ['CREATE']),
  admit({ definition, object }) {
    const finalizer = FINALIZERS[definition.groupResource]
    if (!finalizer || !object) return
    const finalizers = object.metadata.finalizers ?? []
    if (!finalizers.includes(finalizer)) object.metadata.finalizers = [...finalizers, finalizer]
  },
}
