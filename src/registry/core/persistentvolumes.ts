/** PersistentVolumes. Mirrors pkg/registry/core/persistentvolume/strategy.go and ValidatePersistentVolumeSpec. */
import { posix } from 'node:path'
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import {
  child,
  type FieldError,
  forbidden,
  invalid,
  key,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import { parseQuantity, quantitySign, quantityValue } from '../../apimachinery/quantity.ts'
import type { PersistentVolume, PersistentVolumeSpec, SecretReference } from '../../types/core-v1.ts'
import { defineResource } from '../definition.ts'
import {
  invalids,
  NOT_POSITIVE,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateImmutable,
} from '../validation.ts'
import { accessModesCell, ageCell, UNSET } from './cells.ts'
import { validateNoBacksteps } from './paths.validation.ts'
import { VOLUME_MODES, validateAccessModes } from './persistentvolumeclaims.validation.ts'
import { validateNodeSelector } from './scheduling.validation.ts'
import { VOLUME_SOURCES, validateCsiDriverName } from './volume-sources.validation.ts'

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'
const RECLAIM_POLICIES = ['Delete', 'Recycle', 'Retain']
const SECRET_REFS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const
/** In upstream's order. */
const SOURCES = [
  ...[
    'hostPath',
    'gcePersistentDisk',
    'awsElasticBlockStore',
    'glusterfs',
    'flocker',
    'nfs',
    'rbd',
    'quobyte',
    'cephfs',
  ],
  ...['iscsi', 'cinder', 'fc', 'flexVolume', 'azureFile', 'vsphereVolume', 'photonPersistentDisk', 'portworxVolume'],
  ...['azureDisk', 'scaleIO', 'local', 'storageos', 'csi'],
] as (keyof PersistentVolumeSpec)[]

export const persistentvolumes = defineResource<PersistentVolume>('v1', 'persistentvolumes', {
  prepareForCreate(volume, { clock }) {
    volume.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(clock.now()) }
  },
  validate: (volume) => validateVolume(volume.spec ?? {}),
  validateUpdate: validateVolumeUpdate,
  warnings: (volume) => volumeWarnings(volume.spec ?? {}),
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

function volumeWarnings(spec: PersistentVolumeSpec): string[] {
  const recycle = spec.persistentVolumeReclaimPolicy === 'Recycle'
  const warnings = recycle ? [`spec.persistentVolumeReclaimPolicy: ${RECYCLE}`] : []
  for (const [name, message] of Object.entries(DEPRECATED_SOURCES)) {
    if (!spec[name as keyof PersistentVolumeSpec]) continue
    warnings.push(`spec.${name === 'storageos' ? 'storageOS' : name}: ${message}`)
  }
  return warnings
}

function validateVolume(spec: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = []
  if (!spec.accessModes?.length) errors.push(required('spec.accessModes'))
  errors.push(...validateAccessModes(spec.accessModes, 'spec.accessModes'), ...validateCapacity(spec))
  const policy = spec.persistentVolumeReclaimPolicy
  if (policy && !RECLAIM_POLICIES.includes(policy)) {
    errors.push(notSupported('spec.persistentVolumeReclaimPolicy', policy, RECLAIM_POLICIES))
  }
  if (spec.nodeAffinity) {
    const path = 'spec.nodeAffinity.required'
    if (spec.nodeAffinity.required) errors.push(...validateNodeSelector(spec.nodeAffinity.required, path))
    else errors.push(required(path, 'must specify required node constraints'))
  }
  errors.push(...validateSources(spec))
  if (policy === 'Recycle' && spec.hostPath && posix.normalize(spec.hostPath.path ?? '') === '/') {
    errors.push(forbidden('spec.persistentVolumeReclaimPolicy', "may not be 'recycle' for a hostPath mount of '/'"))
  }
  if (spec.storageClassName) {
    errors.push(...invalids('spec.storageClassName', spec.storageClassName, isDns1123Subdomain(spec.storageClassName)))
  }
  if (spec.volumeMode !== undefined && !VOLUME_MODES.includes(spec.volumeMode)) {
    errors.push(notSupported('spec.volumeMode', spec.volumeMode, VOLUME_MODES))
  }
  const attributes = spec.volumeAttributesClassName
  if (attributes === undefined) return errors
  const path = 'spec.volumeAttributesClassName'
  if (attributes === '') errors.push(required(path, 'an empty string is disallowed'))
  else errors.push(...invalids(path, attributes, isDns1123Subdomain(attributes)))
  if (!spec.csi) errors.push(required('spec.csi', 'has to be specified when using volumeAttributesClassName'))
  return errors
}

function validateCapacity(spec: PersistentVolumeSpec): FieldError[] {
  const path = 'spec.capacity'
  const capacity = (spec.capacity ?? {}) as Record<string, string>
  const names = Object.keys(capacity)
  const errors = names.length === 0 ? [required(path)] : []
  if (capacity.storage === undefined || names.length > 1) {
    const sorted = Object.fromEntries(Object.entries(capacity).sort(([a], [b]) => (a < b ? -1 : 1)))
    errors.push(notSupported(path, spec.capacity ? sorted : null, ['storage']))
  }
  for (const name of names) {
    const amount = parseQuantity(String(capacity[name]))
    const at = key(path, name)
    if (quantitySign(amount) < 0) errors.push(invalid(at, quantityValue(amount), 'must be a valid resource quantity'))
    if (quantitySign(amount) <= 0) errors.push(invalid(at, String(capacity[name]), NOT_POSITIVE))
  }
  return errors
}

function validateSources(spec: PersistentVolumeSpec): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const name of SOURCES) {
    const source = spec[name]
    if (source === undefined || source === null) continue
    found++
    const rule = VOLUME_SOURCES.find((one) => one.name === name)
    const at = child('spec', name)
    if (found > 1)
      errors.push(forbidden(child('spec', rule?.conflictName ?? name), 'may not specify more than 1 volume type'))
    else if (name === 'csi') errors.push(...validateCsi(spec, at))
    else if (name === 'local') errors.push(...validateLocal(spec))
    else if (rule?.validate) errors.push(...rule.validate(source, at, 'spec'))
  }
  if (found === 0) errors.push(required('spec', 'must specify a volume type'))
  return errors
}

function validateLocal({ local, nodeAffinity }: PersistentVolumeSpec): FieldError[] {
  const errors = local?.path ? validateNoBacksteps(local.path, 'spec.local.path') : [required('spec.local.path')]
  return nodeAffinity ? errors : [...errors, required('spec.nodeAffinity', 'Local volume requires node affinity')]
}

function validateCsi({ csi }: PersistentVolumeSpec, path: string): FieldError[] {
  const errors = validateCsiDriverName(csi?.driver, child(path, 'driver'))
  if (!csi?.volumeHandle) errors.push(required(child(path, 'volumeHandle')))
  for (const name of SECRET_REFS) {
    const ref = csi?.[name]
    if (ref) errors.push(...validateSecretRef(ref, child(path, name)))
  }
  return errors
}

function validateSecretRef({ name, namespace }: SecretReference, path: string): FieldError[] {
  const first = name ? validateDns1123Subdomain(name, child(path, 'name')) : [required(child(path, 'name'))]
  const at = child(path, 'namespace')
  return [...first, ...(namespace ? validateDns1123Label(namespace, at) : [required(at)])]
}

function validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const [spec, before] = [volume.spec ?? {}, old.spec ?? {}]
  const errors = validateVolume(spec)
  const sourceOf = (one: PersistentVolumeSpec, forgive: boolean) => {
    const sources = Object.fromEntries(SOURCES.map((name) => [name, one[name]]))
    // The secret for growing a volume may be given later, once.
    if (forgive && one.csi) sources.csi = { ...one.csi, controllerExpandSecretRef: undefined }
    return sources
  }
  const forgive = !!before.csi && !before.csi.controllerExpandSecretRef
  if (!deepEqual(sourceOf(spec, forgive), sourceOf(before, false))) {
    // DEVIATION(immutable-spec-diff): upstream appends a rendering of the difference made from its internal types.
    errors.push(forbidden('spec.persistentvolumesource', 'spec.persistentvolumesource is immutable after creation\n'))
  }
  errors.push(...validateImmutable(spec.volumeMode, before.volumeMode, 'volumeMode'))
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  }
  return errors
}
