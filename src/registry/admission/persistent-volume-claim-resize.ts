/** PersistentVolumeClaimResize: only bound claims of a class that allows it grow. Mirrors plugin/pkg/admission/storage/persistentvolume/resize. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import type { WriteContext } from '../definition.ts'
import { type AdmissionPlugin, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'

const OLD_CLASS = 'volume.beta.kubernetes.io/storage-class'

export const persistentVolumeClaimResize: AdmissionPlugin = {
  name: 'PersistentVolumeClaimResize',
  concerns: requestsFor(['persistentvolumeclaims'], ['UPDATE']),
  validate(request, context) {
    const { object } = request
    const old = request.old as DynamicObject | undefined
    if (!object || !old || compareQuantities(size(object), size(old)) <= 0) return
    if (old['status']?.phase !== 'Bound') throw refuse(request, 'Only bound persistent volume claims can be expanded')
    if (mayGrow(object, old, context)) return
    throw refuse(
      request,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    )
  },
}

const size = (claim: DynamicObject) => parseQuantity(String(claim['spec'].resources?.requests?.storage ?? '0'))

const classOf = (claim: DynamicObject): string =>
  claim.metadata.annotations?.[OLD_CLASS] ?? claim['spec'].storageClassName ?? ''

function mayGrow(claim: DynamicObject, old: DynamicObject, context: WriteContext): boolean {
  const name = classOf(claim)
  if (name === '' || name !== classOf(old)) return false
  return context.reader.get('storageclasses.storage.k8s.io', '', name)?.['allowVolumeExpansion'] === true
}
