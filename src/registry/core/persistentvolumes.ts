/** PersistentVolumes. Mirrors pkg/registry/core/persistentvolume/strategy.go and ValidatePersistentVolumeSpec. */
import { formatTime } from '../../apimachinery/clock.ts'
import type { PersistentVolume, PersistentVolumeSpec } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import { nodeSelectorWarnings } from '../node-labels.warnings.ts'
import { accessModesCell, ageCell, UNSET } from './cells.ts'
import { validateVolume, validateVolumeUpdate } from './persistentvolumes.validation.ts'

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'
export const persistentvolumes = defineResource<PersistentVolume>('v1', 'persistentvolumes', {
  prepareForCreate(volume, { clock }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(clock.now()) }
  },
  validate: (volume) => validateVolume(volume.spec ?? {}),
  validateUpdate: validateVolumeUpdate,
  warnings: ({ metadata, spec = {} }) => [...annotationWarnings(metadata.annotations), ...volumeWarnings(spec)],
  row(volume, { now }) {
    const { spec = {}, status = {}, metadata } = volume
    return [
      metadata.name ?? '',
      String(spec.capacity?.storage ?? '0'),
      accessModesCell(spec.accessModes),
      spec.persistentVolumeReclaimPolicy ?? '',
      metadata.deletionTimestamp ? 'Terminating' : (status.phase ?? ''),
      spec.claimRef ? `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}` : '',
      metadata.annotations?.[CLASS_ANNOTATION] ?? spec.storageClassName ?? '',
      spec.volumeAttributesClassName ?? UNSET,
      status.reason ?? '',
      ageCell(metadata.creationTimestamp, now),
      spec.volumeMode ?? UNSET,
    ]
  },
  subresources: {
    status: {
      prepareForUpdate(volume, old, { clock }) {
        const [status, before] = [volume.status ?? {}, old.status ?? {}]
        const given = status.lastPhaseTransitionTime
        if (status.phase === before.phase) {
          if (!given && before.lastPhaseTransitionTime) status.lastPhaseTransitionTime = before.lastPhaseTransitionTime
        } else if (!given || given === before.lastPhaseTransitionTime) {
          status.lastPhaseTransitionTime = formatTime(clock.now())
        }
        volume.status = status
      },
    },
  },
})

const DEPRECATED_ANNOTATIONS = {
  [CLASS_ANNOTATION]: 'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
}
const DEPRECATED_SOURCES = {
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
} as const
const RECYCLE =
  'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'

function annotationWarnings(annotations: Record<string, string> | undefined): string[] {
  return Object.entries(DEPRECATED_ANNOTATIONS).flatMap(([name, message]) =>
    annotations?.[name] === undefined ? [] : [`metadata.annotations[${name}]: ${message}`],
  )
}

function volumeWarnings(spec: PersistentVolumeSpec): string[] {
  const recycle = spec.persistentVolumeReclaimPolicy === 'Recycle'
  const warnings = recycle ? [`spec.persistentVolumeReclaimPolicy: ${RECYCLE}`] : []
  warnings.push(...nodeSelectorWarnings(spec.nodeAffinity?.required, 'spec.nodeAffinity.required'))
  for (const [name, message] of Object.entries(DEPRECATED_SOURCES)) {
    if (!spec[name as keyof PersistentVolumeSpec]) continue
    warnings.push(`spec.${name === 'storageos' ? 'storageOS' : name}: ${message}`)
  }
  return warnings
}
