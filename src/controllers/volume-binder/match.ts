/** Which PersistentVolume suits a claim; pure. Mirrors component-helpers/storage/volume/pv_helpers.go and pkg/controller/volume/persistentvolume/index.go. */
import { selectorFromObject } from '../../apimachinery/labels.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../types/core-v1.ts'
import type { StorageClass } from '../../types/storage-v1.ts'

export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
export const MIGRATED_TO = 'pv.kubernetes.io/migrated-to'
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
export const PROVISIONER = 'volume.kubernetes.io/storage-provisioner'
export const BETA_PROVISIONER = 'volume.beta.kubernetes.io/storage-provisioner'
const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class'

export function classOf({ metadata, spec }: PersistentVolumeClaim | PersistentVolume): string {
  return metadata.annotations?.[BETA_CLASS] ?? spec?.storageClassName ?? ''
}

/** It says which class it wants, if only that it wants none. */
export function hasClass({ metadata, spec }: PersistentVolumeClaim): boolean {
  return metadata.annotations?.[BETA_CLASS] !== undefined || spec?.storageClassName !== undefined
}

export function isDelayed(storageClass: StorageClass | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer'
}

/** The volume is meant for this claim: by name, and by uid when it says one. */
export function isBoundTo({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const ref = spec?.claimRef
  if (!ref || ref.name !== metadata.name || ref.namespace !== metadata.namespace) return false
  return !ref.uid || ref.uid === metadata.uid
}

export function modesDiffer({ spec: claim }: PersistentVolumeClaim, { spec: volume }: PersistentVolume): boolean {
  return (claim?.volumeMode ?? 'Filesystem') !== (volume?.volumeMode ?? 'Filesystem')
}

export function hasAccessModes(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec?.accessModes ?? []).every((mode) => volume.spec?.accessModes?.includes(mode))
}

export function capacityOf(volume: PersistentVolume): string | undefined {
  return volume.spec?.capacity?.['storage']
}

function isTooSmall(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  const wanted = parseQuantity(claim.spec?.resources?.requests?.['storage'] ?? '0')
  return compareQuantities(parseQuantity(capacityOf(volume) ?? '0'), wanted) < 0
}

/** Why a volume that the claim asks for by name cannot be had; undefined: it can. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (volume.metadata.deletionTimestamp) return `the volume is marked for deletion "${volume.metadata.name}"`
  if (isTooSmall(claim, volume)) return 'requested PV is too small'
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match'
  if (attributesDiffer(claim, volume)) return 'volumeAttributesClassName does not match'
  if (modesDiffer(claim, volume)) return 'incompatible volumeMode'
  if (!hasAccessModes(claim, volume)) return 'incompatible accessMode'
  return undefined
}

function attributesDiffer(claim: PersistentVolumeClaim, volume: PersistentVolume): boolean {
  return (claim.spec?.volumeAttributesClassName ?? '') !== (volume.spec?.volumeAttributesClassName ?? '')
}

/**
 * The volume that is bound to the claim already, or the smallest that suits it, those with the fewest access modes first. `onlyBound`: none but
 * the former, because a scheduler chooses. `fits`: what the node's labels allow.
 */
export function bestMatch(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  onlyBound: boolean,
  fits: (volume: PersistentVolume) => boolean = () => true,
): PersistentVolume | undefined {
  const byModes = new Map<number, PersistentVolume[]>()
  for (const volume of volumes) {
    if (!hasAccessModes(claim, volume)) continue
    const count = volume.spec?.accessModes?.length ?? 0
    const group = byModes.get(count)
    if (group) group.push(volume)
    else byModes.set(count, [volume])
  }
  for (const count of [...byModes.keys()].sort((a, b) => a - b)) {
    const found = bestOf(claim, byModes.get(count)!, onlyBound, fits)
    if (found) return found
  }
  return undefined
}

function bestOf(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  onlyBound: boolean,
  fits: (volume: PersistentVolume) => boolean,
): PersistentVolume | undefined {
  const selector = claim.spec?.selector && selectorFromObject(claim.spec.selector)
  let smallest: PersistentVolume | undefined
  for (const volume of volumes) {
    const bound = isBoundTo(volume, claim)
    if (volume.spec?.claimRef && !bound) continue
    if (isTooSmall(claim, volume) || modesDiffer(claim, volume) || attributesDiffer(claim, volume)) continue
    if (volume.metadata.deletionTimestamp) continue
    if (bound) return fits(volume) ? volume : undefined
    if (onlyBound || volume.status?.phase !== 'Available') continue
    if (selector && !selector.matches(volume.metadata.labels)) continue
    if (classOf(volume) !== classOf(claim) || !fits(volume)) continue
    if (!smallest || isLarger(smallest, volume)) smallest = volume
  }
  return smallest
}

function isLarger(a: PersistentVolume, b: PersistentVolume): boolean {
  return compareQuantities(parseQuantity(capacityOf(a) ?? '0'), parseQuantity(capacityOf(b) ?? '0')) > 0
}
