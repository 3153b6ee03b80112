/** One rule a kind of volume. Mirrors pkg/apis/core/validation/validation.go (validateVolumeSource). */
import { child, type FieldError, forbidden, invalid, required } from '../../apimachinery/field-error.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import type {
  ConfigMapVolumeSource,
  CSIVolumeSource,
  DownwardAPIVolumeSource,
  EmptyDirVolumeSource,
  EphemeralVolumeSource,
  HostPathVolumeSource,
  ImageVolumeSource,
  NFSVolumeSource,
  PersistentVolumeClaimVolumeSource,
  SecretVolumeSource,
  Volume,
} from '../../types/core-v1.ts'
import { invalids, validateEnum } from '../validation.ts'
import {
  validateAwsElasticBlockStore,
  validateAzureDisk,
  validateFibreChannel,
  validateGcePersistentDisk,
  validateIscsi,
  validateQuobyte,
} from './disk-volumes.validation.ts'
import { validateDownwardFile } from './downward.validation.ts'
import { validateFileMode, validateKeysToPaths, validateNoBacksteps } from './paths.validation.ts'
import { validateClaimTemplate } from './persistentvolumeclaims.validation.ts'
import { validateProjected } from './projected-volumes.validation.ts'

export interface VolumeSourceRule {
  name: Exclude<keyof Volume, 'name'>
  /** How a second source of this kind is named in the error: not always as the field is. */
  conflictName?: string
  /** How errors inside a source of this kind are led, where not as the field is. */
  pathName?: string
  // biome-ignore lint/suspicious/noExplicitAny: each rule knows its own source type
  validate?: (source: any, path: string, volumePath: string) => FieldError[]
}

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']
const CSI_DRIVER_LENGTH = 63

/** In upstream's order, in which the first is taken and the others are too many. */
export const VOLUME_SOURCES: readonly VolumeSourceRule[] = [
  { name: 'emptyDir', validate: validateEmptyDir },
  { name: 'hostPath', validate: validateHostPath },
  { name: 'gitRepo', validate: requires('repository') },
  { name: 'gcePersistentDisk', pathName: 'persistentDisk', validate: validateGcePersistentDisk },
  { name: 'awsElasticBlockStore', validate: validateAwsElasticBlockStore },
  { name: 'secret', validate: validateSecret },
  { name: 'nfs', validate: validateNfs },
  { name: 'iscsi', validate: validateIscsi },
  { name: 'glusterfs', validate: requires('endpoints', 'path') },
  { name: 'flocker' },
  { name: 'persistentVolumeClaim', validate: validateClaim },
  { name: 'rbd', validate: requires('monitors', 'image') },
  { name: 'cinder', validate: requires('volumeID') },
  { name: 'cephfs', conflictName: 'cephFS', validate: requires('monitors') },
  { name: 'quobyte', validate: validateQuobyte },
  { name: 'downwardAPI', conflictName: 'downwarAPI', validate: validateDownwardApi },
  { name: 'fc', validate: validateFibreChannel },
  { name: 'flexVolume', validate: requires('driver') },
  { name: 'configMap', validate: validateConfigMap },
  { name: 'azureFile', validate: requires('secretName', 'shareName') },
  { name: 'vsphereVolume', validate: requires('volumePath') },
  { name: 'photonPersistentDisk', validate: requires('pdID') },
  { name: 'portworxVolume', validate: requires('volumeID') },
  { name: 'azureDisk', validate: validateAzureDisk },
  { name: 'storageos', validate: requires('volumeName') },
  { name: 'projected', validate: validateProjected },
  { name: 'scaleIO', validate: requires('gateway', 'system', 'volumeName') },
  { name: 'csi', validate: validateCsi },
  { name: 'ephemeral', validate: validateEphemeral },
  { name: 'image', validate: validateImage },
]

function requires(...names: string[]): (source: Record<string, unknown>, path: string) => FieldError[] {
  const isEmpty = (value: unknown) => !value || (Array.isArray(value) && value.length === 0)
  return (source, path) => names.filter((name) => isEmpty(source[name])).map((name) => required(child(path, name)))
}

function validateEmptyDir(source: EmptyDirVolumeSource, path: string): FieldError[] {
  return String(source.sizeLimit ?? '').startsWith('-')
    ? [forbidden(child(path, 'sizeLimit'), 'SizeLimit field must be a valid resource quantity')]
    : []
}

function validateHostPath(source: HostPathVolumeSource, path: string): FieldError[] {
  if (!source.path) return [required(child(path, 'path'))]
  const errors = validateNoBacksteps(source.path, child(path, 'path'))
  if (source.type) errors.push(...validateEnum(source.type, HOST_PATH_TYPES, child(path, 'type')))
  return errors
}

function validateSecret(source: SecretVolumeSource, path: string): FieldError[] {
  const errors = source.secretName ? [] : [required(child(path, 'secretName'))]
  errors.push(...validateFileMode(source.defaultMode, child(path, 'defaultMode')))
  return [...errors, ...validateKeysToPaths(source.items, child(path, 'items'))]
}

function validateConfigMap(source: ConfigMapVolumeSource, path: string): FieldError[] {
  const errors = source.name ? [] : [required(child(path, 'name'))]
  errors.push(...validateFileMode(source.defaultMode, child(path, 'defaultMode')))
  return [...errors, ...validateKeysToPaths(source.items, child(path, 'items'))]
}

function validateNfs(source: NFSVolumeSource, path: string): FieldError[] {
  const errors = requires('server', 'path')(source as never, path)
  if (!source.path?.startsWith('/')) {
    errors.push(invalid(child(path, 'path'), source.path ?? '', 'must be an absolute path'))
  }
  return errors
}

function validateClaim(source: PersistentVolumeClaimVolumeSource, path: string): FieldError[] {
  return source.claimName ? [] : [required(child(path, 'claimName'))]
}

function validateDownwardApi(source: DownwardAPIVolumeSource, path: string): FieldError[] {
  const errors = validateFileMode(source.defaultMode, child(path, 'defaultMode'))
  for (const file of source.items ?? []) errors.push(...validateDownwardFile(file, path))
  return errors
}

/** A CSI driver's name: a domain name of one label's length, in which case does not count. */
export function validateCsiDriverName(name: string | undefined, path: string): FieldError[] {
  if (!name) return [required(path)]
  const errors: FieldError[] = []
  if (name.length > CSI_DRIVER_LENGTH) {
    errors.push({ type: 'TooLong', field: path, detail: `may not be more than ${CSI_DRIVER_LENGTH} bytes` })
  }
  return [...errors, ...invalids(path, name, isDns1123Subdomain(name.toLowerCase()))]
}

function validateCsi(source: CSIVolumeSource, path: string): FieldError[] {
  const errors = validateCsiDriverName(source.driver, child(path, 'driver'))
  if (source.nodePublishSecretRef) {
    const { name } = source.nodePublishSecretRef
    if (!name) errors.push(required(`${path}.nodePublishSecretRef.name`))
    else errors.push(...invalids(child(path, 'name'), name, isDns1123Subdomain(name)))
  }
  return errors
}

function validateEphemeral(source: EphemeralVolumeSource, path: string): FieldError[] {
  const field = child(path, 'volumeClaimTemplate')
  return source.volumeClaimTemplate ? validateClaimTemplate(source.volumeClaimTemplate, field) : [required(field)]
}

function validateImage(source: ImageVolumeSource, path: string): FieldError[] {
  const errors = source.reference ? [] : [required(child(path, 'reference'))]
  return [...errors, ...validateEnum(source.pullPolicy, PULL_POLICIES, child(path, 'pullPolicy'))]
}
