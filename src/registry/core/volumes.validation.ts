/** Volumes, their sources, and how containers mount them. Mirrors pkg/apis/core/validation/validation.go (ValidateVolumes, ValidateVolumeMounts). */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notFound,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import type { ObjectMeta } from '../../apimachinery/meta.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import type { Container, Volume, VolumeDevice, VolumeMount } from '../../types/core-v1.ts'
import { validateDns1123Label } from '../validation.ts'
import { validateDescendingPath, validateNoBacksteps } from './paths.validation.ts'
import { VOLUME_SOURCES, type VolumeSourceRule } from './volume-sources.validation.ts'

const PROPAGATIONS = ['Bidirectional', 'HostToContainer', 'None']
const RECURSIVE_READ_ONLY = ['Disabled', 'Enabled', 'IfPossible']

/** Volumes by name that a mount may refer to: only the valid ones, as upstream has it. */
export type VolumesByName = ReadonlyMap<string, Volume>

/** `meta` is the pod's own; a template has none. */
export function validateVolumes(
  volumes: readonly Volume[] | undefined,
  meta: ObjectMeta | undefined,
  path: string,
): { byName: VolumesByName; errors: FieldError[] } {
  const byName = new Map<string, Volume>()
  const errors: FieldError[] = []
  const created = new Set(
    meta?.name ? volumes?.filter((one) => one.ephemeral).map((one) => `${meta.name}-${one.name}`) : [],
  )
  volumes?.forEach((volume, i) => {
    const at = index(path, i)
    const own = validateVolumeSource(volume, meta, at)
    if (!volume.name) own.push(required(child(at, 'name')))
    else own.push(...validateDns1123Label(volume.name, child(at, 'name')))
    if (byName.has(volume.name)) own.push(duplicate(child(at, 'name'), volume.name))
    if (own.length === 0) byName.set(volume.name, volume)
    errors.push(...own)
    const claim = volume.persistentVolumeClaim?.claimName
    if (claim && created.has(claim)) {
      const field = `${at}.persistentVolumeClaim.claimName`
      errors.push(invalid(field, claim, 'must not reference a PVC that gets created for an ephemeral volume'))
    }
  })
  return { byName, errors }
}

function validateVolumeSource(volume: Volume, meta: ObjectMeta | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const { name, validate, conflictName, pathName } of sourcesOf(volume)) {
    const source = volume[name]
    if (source === undefined || source === null) continue
    found++
    if (found > 1) {
      errors.push(forbidden(child(path, conflictName ?? name), 'may not specify more than 1 volume type'))
    } else if (validate) {
      errors.push(...validate(source, child(path, pathName ?? name), path))
    }
  }
  if (volume.ephemeral && meta?.name && volume.name) {
    const claim = `${meta.name}-${volume.name}`
    for (const message of isDns1123Subdomain(claim)) {
      errors.push(invalid(child(path, 'name'), volume.name, `PVC name ${JSON.stringify(claim)}: ${message}`))
    }
  }
  if (found === 0) errors.push(required(path, 'must specify a volume type'))
  return errors
}

const SOURCES_BY_NAME = new Map(VOLUME_SOURCES.map((source) => [source.name as string, source]))

/** In the order of the table. To ask a volume for each of the many that it lacks would cost more than the rest. */
function sourcesOf(volume: Volume): VolumeSourceRule[] {
  const sources: VolumeSourceRule[] = []
  for (const name in volume) {
    const source = SOURCES_BY_NAME.get(name)
    if (source) sources.push(source)
  }
  return sources.length < 2 ? sources : VOLUME_SOURCES.filter((source) => sources.includes(source))
}

export function validateVolumeMounts(container: Container, volumes: VolumesByName, path: string): FieldError[] {
  const errors: FieldError[] = []
  const mountPaths = new Set<string>()
  const devices = container.volumeDevices ?? []
  container.volumeMounts?.forEach((mount, i) => {
    const at = index(path, i)
    const name = mount.name ?? ''
    const mountPath = mount.mountPath ?? ''
    if (!name) errors.push(required(child(at, 'name')))
    if (!volumes.has(name)) errors.push(notFound(child(at, 'name'), name))
    if (!mountPath) errors.push(required(child(at, 'mountPath')))
    if (mountPaths.has(mountPath)) errors.push(invalid(child(at, 'mountPath'), mountPath, 'must be unique'))
    mountPaths.add(mountPath)
    if (devices.some((device) => device.name === name)) {
      errors.push(invalid(child(at, 'name'), name, 'must not already exist in volumeDevices'))
    }
    if (devices.some((device) => device.devicePath === mountPath)) {
      errors.push(invalid(child(at, 'mountPath'), mountPath, 'must not already exist as a path in volumeDevices'))
    }
    errors.push(...validateSubPaths(mount, at, path), ...validateMountModes(mount, container, path))
  })
  return errors
}

/** Upstream puts the errors of these fields on the list (`volumeMounts.subPath`), not on the element. */
function validateSubPaths(mount: VolumeMount, at: string, list: string): FieldError[] {
  const errors: FieldError[] = []
  if (mount.subPath) errors.push(...validateDescendingPath(mount.subPath, child(list, 'subPath')))
  if (mount.subPathExpr) {
    if (mount.subPath) {
      const detail = 'subPathExpr and subPath are mutually exclusive'
      errors.push(invalid(child(at, 'subPathExpr'), mount.subPathExpr, detail))
    }
    errors.push(...validateDescendingPath(mount.subPathExpr, child(list, 'subPathExpr')))
  }
  return errors
}

function validateMountModes(mount: VolumeMount, container: Container, list: string): FieldError[] {
  const errors: FieldError[] = []
  const { mountPropagation: propagation, recursiveReadOnly } = mount
  if (propagation !== undefined) {
    const field = child(list, 'mountPropagation')
    if (!PROPAGATIONS.includes(propagation)) errors.push(notSupported(field, propagation, PROPAGATIONS))
    if (propagation === 'Bidirectional' && !container.securityContext?.privileged) {
      errors.push(forbidden(field, 'Bidirectional mount propagation is available only to privileged containers'))
    }
  }
  if (recursiveReadOnly === undefined || recursiveReadOnly === 'Disabled') return errors
  const field = child(list, 'recursiveReadOnly')
  if (!RECURSIVE_READ_ONLY.includes(recursiveReadOnly)) {
    errors.push(notSupported(field, recursiveReadOnly, RECURSIVE_READ_ONLY))
    return errors
  }
  if (!mount.readOnly) errors.push(forbidden(field, 'may only be specified when readOnly is true'))
  if (propagation !== undefined && propagation !== 'None') {
    errors.push(forbidden(field, 'may only be specified when mountPropagation is None or not specified'))
  }
  return errors
}

export function validateVolumeDevices(container: Container, volumes: VolumesByName, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  const paths = new Set<string>()
  container.volumeDevices?.forEach((device, i) => {
    errors.push(...validateVolumeDevice(device, container, volumes, { at: index(path, i), names, paths }))
  })
  return errors
}

function validateVolumeDevice(
  device: VolumeDevice,
  container: Container,
  volumes: VolumesByName,
  seen: { at: string; names: Set<string>; paths: Set<string> },
): FieldError[] {
  const errors: FieldError[] = []
  const { name = '', devicePath = '' } = device
  const nameField = child(seen.at, 'name')
  const pathField = child(seen.at, 'devicePath')
  const volume = volumes.get(name)
  if (!name) errors.push(required(nameField))
  if (seen.names.has(name)) errors.push(invalid(nameField, name, 'must be unique'))
  if (!volume) errors.push(notFound(nameField, name))
  else if (!volume.persistentVolumeClaim && !volume.ephemeral) {
    const detail = 'can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode'
    errors.push(invalid(nameField, name, detail))
  }
  if (!devicePath) errors.push(required(pathField))
  if (seen.paths.has(devicePath)) errors.push(invalid(pathField, devicePath, 'must be unique'))
  if (devicePath && validateNoBacksteps(devicePath, pathField).length > 0) {
    errors.push(invalid(pathField, devicePath, "can not contain backsteps ('..')"))
  } else {
    seen.paths.add(devicePath)
  }
  if (container.volumeMounts?.some((mount) => mount.name === name)) {
    errors.push(invalid(nameField, name, 'must not already exist in volumeMounts'))
  }
  if (container.volumeMounts?.some((mount) => mount.mountPath === devicePath)) {
    errors.push(invalid(pathField, devicePath, 'must not already exist as a path in volumeMounts'))
  }
  if (name) seen.names.add(name)
  return errors
}
