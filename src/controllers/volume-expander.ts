/** Says of claims that ask for more than they have who will see to it. Mirrors kubernetes pkg/controller/volume/expand, without the plugins in the tree. */
import { compareQuantities, parseQuantity } from '../apimachinery/quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../types/core-v1.ts'
import { defineController } from './controller.ts'

const CLAIMS = 'persistentvolumeclaims'
const VOLUMES = 'persistentvolumes'

export const volumeExpander = defineController({
  name: 'persistentvolume-expander',
  component: 'volume_expand',
  watches: [
    {
      resource: CLAIMS,
      when: (claim, old) => isBound(claim as PersistentVolumeClaim) && hasGrown(claim, old),
      keys: (claim) => [{ namespace: claim.metadata.namespace ?? '', name: claim.metadata.name ?? '' }],
    },
  ],
  reads: [VOLUMES],
  reconcile({ namespace, name }, { lister, recorder }) {
    const claim = lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    const volume = claim && lister<PersistentVolume>(VOLUMES).get('', claim.spec?.volumeName ?? '')
    if (!volume || volume.spec?.claimRef?.uid !== claim.metadata.uid) return
    if (compare(requestOf(claim), capacityOf(claim)) <= 0) return
    recorder.event(claim, 'Normal', 'ExternalExpanding', 'waiting for an external controller to expand this PVC')
  },
})

const isBound = ({ status }: PersistentVolumeClaim): boolean => status?.phase === 'Bound'
const requestOf = ({ spec }: PersistentVolumeClaim): string | undefined => spec?.resources?.requests?.['storage']
const capacityOf = ({ status }: PersistentVolumeClaim): string | undefined => status?.capacity?.['storage']

function hasGrown(claim: PersistentVolumeClaim, old: PersistentVolumeClaim | undefined): boolean {
  if (!old) return true
  return compare(requestOf(claim), requestOf(old)) > 0 || compare(capacityOf(claim), capacityOf(old)) > 0
}

function compare(a = '0', b = '0'): number {
  return a === b ? 0 : compareQuantities(parseQuantity(a), parseQuantity(b))
}
