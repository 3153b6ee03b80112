/** PersistentVolumes, new and changed. Mirrors pkg/apis/core/validation/validation.go (ValidatePersistentVolumeSpec, ValidatePersistentVolumeUpdate). */
import { posix } from 'node:path'
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
import { asSent } from '../../apimachinery/schema/emptied.ts'
import { internalForm } from '../../apimachinery/schema/internal-form.ts'
import { diffValues } from '../../apimachinery/unified-diff.ts'
import type {
  NodeSelectorRequirement,
  PersistentVolume,
  PersistentVolumeSpec,
  SecretReference,
  VolumeNodeAffinity,
} from '../../types/core-v1.ts'
import {
  invalids,
  NOT_POSITIVE,
  validateDns1123Label,
  validateDns1123Subdomain,
  validateImmutable,
} from '../validation.ts'
import { validateNoBacksteps } from './paths.validation.ts'
import { VOLUME_MODES, validateAccessModes } from './persistentvolumeclaims.validation.ts'
import { validateNodeSelector } from './scheduling.validation.ts'
import { VOLUME_SOURCES, validateCsiDriverName } from './volume-sources.validation.ts'

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

const SOURCE_KEYS = new Set<string>([
  'GCEPersistentDisk',
  'AWSElasticBlockStore',
  'HostPath',
  'Glusterfs',
  'NFS',
  'RBD',
  'Quobyte',
  'ISCSI',
  'FlexVolume',
  'Cinder',
  'CephFS',
  'FC',
  'Flocker',
  'AzureFile',
  'VsphereVolume',
  'AzureDisk',
  'PhotonPersistentDisk',
  'PortworxVolume',
  'ScaleIO',
  'Local',
  'StorageOS',
  'CSI',
])

export function validateVolume(spec: PersistentVolumeSpec): FieldError[] {
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
    errors.push(notSupported(path, spec.capacity ? sorted : asSent(spec, 'capacity'), ['storage']))
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
    const at = child('spec', rule?.pathName ?? name)
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

/** Only the sources: inside the internal spec they are a struct of their own. */
function printedSource(sources: object, stored: boolean): object {
  const spec = internalForm('core.PersistentVolumeSpec', sources, stored) as Record<string, unknown>
  return Object.fromEntries(Object.entries(spec).filter(([name]) => SOURCE_KEYS.has(name)))
}

/** Old names of labels and what they are called now. */
const NEWER_LABELS: Record<string, string> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

/** `old` with each label that `next` names by its newer name. */
function withNewerLabels(old: VolumeNodeAffinity, next: VolumeNodeAffinity | undefined): VolumeNodeAffinity {
  if (!old.required) return old
  const nodeSelectorTerms = old.required.nodeSelectorTerms?.map((term, t) => {
    const other = next?.required?.nodeSelectorTerms?.[t]
    const renamed = (list: 'matchExpressions' | 'matchFields'): NodeSelectorRequirement[] | undefined =>
      term[list]?.map((one, i) => {
        // A label without a newer name may be taken away: Go's map answers '' for it.
        const newer = NEWER_LABELS[one.key] ?? ''
        return other?.[list]?.[i]?.key === newer ? { ...one, key: newer } : one
      })
    return { ...term, matchExpressions: renamed('matchExpressions'), matchFields: renamed('matchFields') }
  })
  return { ...old, required: { ...old.required, nodeSelectorTerms } }
}

const AFFINITY_FIXED = 'field is immutable, except for updating from beta label to GA'

/** The labels of zones and the like may get their newer names. */
function validateAffinityUpdate(spec: PersistentVolumeSpec, before: PersistentVolumeSpec): FieldError[] {
  const { nodeAffinity: next } = spec
  if (!before.nodeAffinity || deepEqual(withNewerLabels(before.nodeAffinity, next), next)) return []
  return [invalid('nodeAffinity', internalForm('core.VolumeNodeAffinity', next), AFFINITY_FIXED)]
}

export function validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldError[] {
  const [spec, before] = [volume.spec ?? {}, old.spec ?? {}]
  const errors = validateVolume(spec)
  const sourceOf = (one: PersistentVolumeSpec, forgive: boolean) => {
    const sources = Object.fromEntries(SOURCES.map((name) => [name, one[name]]))
    // The secret for growing a volume may be given later, once.
    if (forgive && one.csi) sources.csi = { ...one.csi, controllerExpandSecretRef: undefined }
    return sources
  }
  const forgive = !!before.csi && !before.csi.controllerExpandSecretRef
  const [source, oldSource] = [sourceOf(spec, forgive), sourceOf(before, false)]
  if (!deepEqual(source, oldSource)) {
    const difference = diffValues(printedSource(oldSource, true), printedSource(source, false))
    const detail = `spec.persistentvolumesource is immutable after creation\n${difference}`
    errors.push(forbidden('spec.persistentvolumesource', detail))
  }
  errors.push(...validateImmutable(spec.volumeMode, before.volumeMode, 'volumeMode'))
  errors.push(...validateAffinityUpdate(spec, before))
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    errors.push(forbidden('spec.volumeAttributesClassName', 'update from non-nil value to nil is forbidden'))
  }
  return errors
}
