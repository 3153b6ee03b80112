/** DefaultStorageClass: a claim without a class gets the cluster's. Mirrors plugin/pkg/admission/storage/storageclass/setdefault. */
import { defaultClassOf } from './default-class.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'

/** Either annotation, set to true, makes a class the default one. */
export const DEFAULT_CLASS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class'

export const defaultStorageClass: AdmissionPlugin = {
  name: 'DefaultStorageClass',
  concerns: requestsFor(['persistentvolumeclaims'], ['CREATE']),
  admit({ object }, context) {
    if (!object) return
    // An empty class is a class too: the claim wants a volume that has none.
    const hasClass =
      object['spec'].storageClassName !== undefined || object.metadata.annotations?.[OLD_CLASS] !== undefined
    if (hasClass) return
    const found = defaultClassOf(context.reader.list('storageclasses.storage.k8s.io'), DEFAULT_CLASS)
    if (found) object['spec'].storageClassName = found.metadata.name
  },
}
