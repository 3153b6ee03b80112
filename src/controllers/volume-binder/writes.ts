/** The writes of the volume binder, each only when something changes. Mirrors bind, unbindVolume and update* of pkg/controller/volume/persistentvolume/pv_controller.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { compareQuantities, parseQuantity } from '../../apimachinery/quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { BIND_COMPLETED, BOUND_BY_CONTROLLER, capacityOf, isBoundTo } from './match.ts'

export const CLAIMS = 'persistentvolumeclaims'
export const VOLUMES = 'persistentvolumes'

type Claim = PersistentVolumeClaim
type Volume = PersistentVolume
type ClaimPhase = 'Pending' | 'Bound' | 'Lost'
type VolumePhase = 'Available' | 'Bound' | 'Released' | 'Failed'

/** Four writes in a row, any of which may be the last: each is found done when it is tried again. */
export async function bind(volume: Volume, claim: Claim, context: ControllerContext): Promise<void> {
  const held = await setVolumePhase(await pointToClaim(volume, claim, context), 'Bound', context)
  await setClaimStatus(await pointToVolume(claim, held, context), 'Bound', held, context)
}

async function pointToClaim(volume: Volume, claim: Claim, { client }: ControllerContext): Promise<Volume> {
  const { annotations } = volume.metadata
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const ref = volume.spec?.claimRef
  const points = ref?.name === name && ref?.namespace === namespace && ref?.uid === uid
  const mark = !isBoundTo(volume, claim) && annotations?.[BOUND_BY_CONTROLLER] === undefined
  if (points && !mark) return volume
  const claimRef = points
    ? ref
    : { kind: 'PersistentVolumeClaim', namespace, name, uid, apiVersion: 'v1', resourceVersion }
  return client.update<Volume>(VOLUMES, {
    ...volume,
    metadata: mark
      ? { ...volume.metadata, annotations: { ...annotations, [BOUND_BY_CONTROLLER]: 'yes' } }
      : volume.metadata,
    spec: { ...volume.spec!, claimRef },
  })
}

async function pointToVolume(claim: Claim, volume: Volume, { client }: ControllerContext): Promise<Claim> {
  const annotations = { ...claim.metadata.annotations }
  const points = claim.spec?.volumeName === volume.metadata.name
  if (points && annotations[BIND_COMPLETED] !== undefined) return claim
  if (!points) annotations[BOUND_BY_CONTROLLER] ??= 'yes'
  annotations[BIND_COMPLETED] ??= 'yes'
  return client.update<Claim>(CLAIMS, {
    ...claim,
    metadata: { ...claim.metadata, annotations },
    spec: { ...claim.spec, volumeName: volume.metadata.name },
  })
}

/** The claim as it is then. What a volume gives is written with its phase. */
export async function setClaimStatus(
  claim: Claim,
  phase: ClaimPhase,
  volume: Volume | undefined,
  { client }: ControllerContext,
): Promise<Claim> {
  const { accessModes: _modes, capacity, currentVolumeAttributesClassName, ...rest } = claim.status ?? {}
  const status = { ...rest, phase } as NonNullable<Claim['status']>
  if (volume) {
    status.accessModes = volume.spec?.accessModes
    const changed = claim.status?.phase !== phase
    status.capacity = changed && !sameCapacity(capacity, volume) ? volume.spec?.capacity : capacity
    const bound = claim.status?.phase === 'Pending' && phase === 'Bound'
    const attributes = bound ? volume.spec?.volumeAttributesClassName : currentVolumeAttributesClassName
    if (attributes !== undefined) status.currentVolumeAttributesClassName = attributes
  }
  if (deepEqual(status, { ...claim.status })) return claim
  return client.updateStatus<Claim>(CLAIMS, { ...claim, status })
}

function sameCapacity(capacity: Record<string, string> | undefined, volume: Volume): boolean {
  const [a, b] = [capacity?.['storage'], capacityOf(volume)]
  return a !== undefined && b !== undefined && compareQuantities(parseQuantity(a), parseQuantity(b)) === 0
}

/** The volume as it is then. */
export async function setVolumePhase(
  volume: Volume,
  phase: VolumePhase,
  { client }: ControllerContext,
  message?: string,
): Promise<Volume> {
  if (volume.status?.phase === phase) return volume
  return client.updateStatus<Volume>(VOLUMES, { ...volume, status: { ...volume.status, phase, message } })
}

/** The volume can be had again: at all, or by the claim that it was made for. */
export async function unbind(volume: Volume, context: ControllerContext): Promise<void> {
  const { [BOUND_BY_CONTROLLER]: mark, ...annotations } = volume.metadata.annotations ?? {}
  const { uid: _, ...ref } = volume.spec!.claimRef!
  const kept = Object.keys(annotations).length > 0 ? annotations : undefined
  const metadata = mark === undefined ? volume.metadata : { ...volume.metadata, annotations: kept }
  const spec = { ...volume.spec!, claimRef: mark === undefined ? ref : undefined }
  const freed = await context.client.update<Volume>(VOLUMES, { ...volume, metadata, spec })
  await setVolumePhase(freed, 'Available', context)
}
