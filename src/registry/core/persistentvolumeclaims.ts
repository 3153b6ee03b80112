/** PersistentVolumeClaims. Mirrors pkg/registry/core/persistentvolumeclaim/strategy.go and pkg/api/persistentvolumeclaim/util.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { PersistentVolumeClaim } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { accessModesCell, ageCell, UNSET } from './cells.ts'
import { validateClaimSpec, validateClaimStatus, validateClaimUpdate } from './persistentvolumeclaims.validation.ts'
import { claimSpecWarnings } from './volumes.warnings.ts'

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'
const SNAPSHOTS = 'snapshot.storage.k8s.io'

export const persistentvolumeclaims = defineResource<PersistentVolumeClaim>('v1', 'persistentvolumeclaims', {
  prepareForCreate(claim) {
    claim.status = { phase: 'Pending' }
    alignDataSources(claim)
  },
  prepareForUpdate: (claim, old) => alignDataSources(claim, old),
  validate: (claim) => validateClaimSpec(claim.spec ?? {}, 'spec'),
  validateUpdate: (claim, old) => validateClaimUpdate(claim, old),
  warnings: (claim) => claimWarnings(claim),
  row(claim, { now }) {
    const { spec = {}, status = {} } = claim
    const bound = !!spec.volumeName
    return [
      claim.metadata.name ?? '',
      claim.metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
      spec.volumeName ?? '',
      bound ? String(status.capacity?.storage ?? '0') : '',
      bound ? accessModesCell(status.accessModes) : '',
      claim.metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? UNSET,
      ageCell(claim.metadata.creationTimestamp, now),
      spec.volumeMode ?? UNSET,
    ]
  },
  subresources: { status: { validateUpdate: ({ status = {} }) => validateClaimStatus(status) } },
})

/** dataSource only names claims and snapshots; else it is dropped. What one of the two names, the other names too. */
function alignDataSources({ spec }: PersistentVolumeClaim, old?: PersistentVolumeClaim): void {
  if (!spec) return
  const source = spec.dataSource
  const isClaim = source?.kind === 'PersistentVolumeClaim' && !source.apiGroup
  const isSnapshot = source?.kind === 'VolumeSnapshot' && source.apiGroup === SNAPSHOTS
  const known = isClaim || isSnapshot || deepEqual(source, old?.spec?.dataSource)
  if (source && !known && !spec.dataSourceRef) delete spec.dataSource
  if (spec.dataSourceRef?.namespace) return
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource }
  else if (spec.dataSourceRef && !spec.dataSource) {
    const { apiGroup, kind, name } = spec.dataSourceRef
    spec.dataSource = { ...(apiGroup === undefined ? {} : { apiGroup }), kind, name }
  }
}

function claimWarnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const warnings: string[] = []
  if (metadata.annotations?.[CLASS_ANNOTATION] !== undefined) {
    const path = `metadata.annotations[${CLASS_ANNOTATION}]`
    warnings.push(`${path}: deprecated since v1.8; use "storageClassName" attribute instead`)
  }
  return spec ? [...warnings, ...claimSpecWarnings(spec, 'spec')] : warnings
}
