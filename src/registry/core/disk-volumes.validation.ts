/** Disks of clouds and storage networks, in pods and as volumes. Mirrors pkg/apis/core/validation/validation.go (validateISCSIVolumeSource and its neighbours). */
import { child, type FieldError, invalid, notSupported, required } from '../../apimachinery/field-error.ts'
import type {
  AWSElasticBlockStoreVolumeSource,
  AzureDiskVolumeSource,
  FCVolumeSource,
  GCEPersistentDiskVolumeSource,
  ISCSIVolumeSource,
  QuobyteVolumeSource,
} from '../../types/core-v1.ts'

const PARTITION = 'must be between 1 and 255, inclusive'
const LUN = 'must be between 0 and 255, inclusive'
const CACHING_MODES = ['None', 'ReadOnly', 'ReadWrite']
const DISK_KINDS = ['Dedicated', 'Managed', 'Shared']
const MANAGED_DISK = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const BLOB_DISK = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'
const HOST_PORTS = 'must be a host:port pair or multiple pairs separated by commas'
const QUALIFIED_NAMES: Record<string, RegExp> = {
  iqn: /iqn\.\d{4}-\d{2}\.([a-zA-Z0-9.-]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[a-zA-Z0-9]{16}$/,
  naa: /^naa.[a-zA-Z0-9]{32}$/,
}
const MAX_TENANT = 64

export function validateIscsi(source: ISCSIVolumeSource, path: string): FieldError[] {
  const errors = source.targetPortal ? [] : [required(child(path, 'targetPortal'))]
  if (!source.iqn) errors.push(required(child(path, 'iqn')))
  else errors.push(...validateIscsiName(source.iqn, child(path, 'iqn')))
  const lun = source.lun ?? 0
  if (lun < 0 || lun > 255) errors.push(invalid(child(path, 'lun'), lun, LUN))
  const needsSecret = source.chapAuthDiscovery || source.chapAuthSession
  if (needsSecret && !source.secretRef) errors.push(required(child(path, 'secretRef')))
  const { initiatorName } = source
  if (initiatorName !== undefined) errors.push(...validateIscsiName(initiatorName, child(path, 'initiatorname')))
  return errors
}

function validateIscsiName(name: string, path: string): FieldError[] {
  const form = QUALIFIED_NAMES[name.slice(0, 3)]
  if (form === undefined) return [invalid(path, name, 'must be valid format starting with iqn, eui, or naa')]
  return form.test(name) ? [] : [invalid(path, name, 'must be valid format')]
}

export function validateFibreChannel(source: FCVolumeSource, path: string): FieldError[] {
  const { targetWWNs = [], wwids = [], lun } = source
  const at = child(path, 'targetWWNs')
  const errors: FieldError[] = []
  if (targetWWNs.length + wwids.length === 0) {
    errors.push(required(at, 'must specify either targetWWNs or wwids, but not both'))
  }
  if (targetWWNs.length === 0) return errors
  if (wwids.length > 0) {
    errors.push(invalid(at, targetWWNs, 'targetWWNs and wwids can not be specified simultaneously'))
  }
  if (lun === undefined) errors.push(required(child(path, 'lun'), 'lun is required if targetWWNs is specified'))
  else if (lun < 0 || lun > 255) errors.push(invalid(child(path, 'lun'), lun, LUN))
  return errors
}

export function validateGcePersistentDisk(source: GCEPersistentDiskVolumeSource, path: string): FieldError[] {
  const errors = source.pdName ? [] : [required(child(path, 'pdName'))]
  return [...errors, ...validatePartition(source.partition, path)]
}

export function validateAwsElasticBlockStore(source: AWSElasticBlockStoreVolumeSource, path: string): FieldError[] {
  const errors = source.volumeID ? [] : [required(child(path, 'volumeID'))]
  return [...errors, ...validatePartition(source.partition, path)]
}

function validatePartition(partition = 0, path: string): FieldError[] {
  return partition < 0 || partition > 255 ? [invalid(child(path, 'partition'), partition, PARTITION)] : []
}

export function validateQuobyte(source: QuobyteVolumeSource, path: string): FieldError[] {
  const { registry = '', tenant = '', volume } = source
  const at = child(path, 'registry')
  const errors: FieldError[] = []
  if (!registry) errors.push(required(at, HOST_PORTS))
  else if (tenant.length > MAX_TENANT) {
    errors.push(required(child(path, 'tenant'), 'must be a UUID and may not exceed a length of 64 characters'))
  } else {
    for (const pair of registry.split(',')) if (!isHostPort(pair)) errors.push(invalid(at, registry, HOST_PORTS))
  }
  return volume ? errors : [...errors, required(child(path, 'volume'))]
}

/** What Go's net.SplitHostPort takes apart. */
const isHostPort = (pair: string): boolean => /^(?:\[[^[\]]*\]|[^[\]:]*):[^[\]:]*$/.test(pair)

export function validateAzureDisk(source: AzureDiskVolumeSource, path: string): FieldError[] {
  const { diskName, diskURI = '', cachingMode, kind } = source
  const at = child(path, 'diskURI')
  const errors = diskName ? [] : [required(child(path, 'diskName'))]
  if (!diskURI) errors.push(required(at))
  if (cachingMode !== undefined && !CACHING_MODES.includes(cachingMode)) {
    errors.push(notSupported(child(path, 'cachingMode'), cachingMode, CACHING_MODES))
  }
  if (kind === undefined) return errors
  if (!DISK_KINDS.includes(kind)) errors.push(notSupported(child(path, 'kind'), kind, DISK_KINDS))
  const [lead, form] = kind === 'Managed' ? ['/subscriptions/', MANAGED_DISK] : ['https://', BLOB_DISK]
  return diskURI.startsWith(lead) ? errors : [...errors, notSupported(at, diskURI, [form])]
}
