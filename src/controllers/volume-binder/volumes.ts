/** Keeps a volume's phase, and takes it back when its claim is gone. Mirrors syncVolume and reclaimVolume of pkg/controller/volume/persistentvolume/pv_controller.go. */
import { isNotFound } from '../../apimachinery/errors.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { USES_CLAIM } from '../pod-index.ts'
import { isPodTerminal } from '../pods.ts'
import { MIGRATED_TO, modesDiffer, PROVISIONED_BY } from './match.ts'
import { CLAIMS, setVolumePhase, unbind, VOLUMES } from './writes.ts'

type Volume = PersistentVolume

export async function syncVolume(volume: Volume, context: ControllerContext): Promise<void> {
  const ref = volume.spec?.claimRef
  if (!ref?.uid) {
    await setVolumePhase(volume, 'Available', context)
    return
  }
  const found = context.lister<PersistentVolumeClaim>(CLAIMS).get(ref.namespace ?? '', ref.name ?? '')
  const claim = found?.metadata.uid === ref.uid ? found : undefined
  const { name } = volume.metadata
  if (!claim) return release(volume, context)
  if (!claim.spec?.volumeName) {
    if (modesDiffer(claim, volume)) tellModes(volume, claim, context)
    else context.enqueue({ namespace: ref.namespace ?? '', name: ref.name ?? '' })
  } else if (claim.spec.volumeName === name) await setVolumePhase(volume, 'Bound', context)
  else if (volume.metadata.annotations?.[PROVISIONED_BY] && volume.spec?.persistentVolumeReclaimPolicy === 'Delete') {
    // Made for a claim that took another: nobody will want it.
    await release(volume, context)
  } else await unbind(volume, context)
}

function tellModes(volume: Volume, claim: PersistentVolumeClaim, { recorder }: ControllerContext): void {
  const [v, c] = [volume.metadata.name, claim.metadata.name]
  const why = 'due to incompatible volumeMode.'
  const onVolume = `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${c}" ${why}`
  recorder.event(volume, 'Warning', 'VolumeMismatch', onVolume)
  const onClaim = `Cannot bind PersistentVolume "${v}" to requested PersistentVolumeClaim ${why}`
  recorder.event(claim, 'Warning', 'VolumeMismatch', onClaim)
}

async function release(volume: Volume, context: ControllerContext): Promise<void> {
  const over = volume.status?.phase === 'Released' || volume.status?.phase === 'Failed'
  const released = over ? volume : await setVolumePhase(volume, 'Released', context)
  if (volume.metadata.annotations?.[MIGRATED_TO]) return
  const policy = volume.spec?.persistentVolumeReclaimPolicy
  if (policy === 'Recycle') await recycle(released, context)
  else if (policy === 'Delete') await remove(released, context)
}

/** DEVIATION(volume-recycler): what can be recycled is clean at once; no pod is started to do it. */
async function recycle(volume: Volume, context: ControllerContext): Promise<void> {
  const { recorder, lister } = context
  const { namespace, name } = volume.spec!.claimRef!
  const users = lister<Pod>('pods').byIndex(USES_CLAIM, `${namespace}/${name}`)
  const using = users
    .filter((pod) => !isPodTerminal(pod))
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
  if (using.length > 0 && !lister(CLAIMS).get(namespace ?? '', name ?? '')) {
    recorder.event(volume, 'Normal', 'VolumeFailedRecycle', `Volume is used by pods: ${using.join(',')}`)
  } else if (!volume.spec?.nfs && !volume.spec?.hostPath) {
    await fail(volume, 'VolumeFailedRecycle', 'No recycler plugin found for the volume!', '', context)
  } else {
    recorder.event(volume, 'Normal', 'VolumeRecycled', 'Volume recycled')
    await unbind(volume, context)
  }
}

/** Volumes of external provisioners are left to those. */
async function remove(volume: Volume, context: ControllerContext): Promise<void> {
  const { name = '', annotations } = volume.metadata
  const provisioner = annotations?.[PROVISIONED_BY]
  if ((provisioner && !provisioner.startsWith('kubernetes.io/')) || volume.spec?.csi) return
  const path = volume.spec?.hostPath?.path
  if (path !== undefined && /^\/tmp\/.+/.test(path)) {
    try {
      await context.client.delete(VOLUMES, '', name)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
    return
  }
  const message =
    path === undefined
      ? `error getting deleter volume plugin for volume "${name}": no deletable volume plugin matched`
      : `host_path deleter only supports /tmp/.+ but received provided ${path}`
  await fail(volume, 'VolumeFailedDelete', message, message, context)
}

async function fail(
  volume: Volume,
  reason: string,
  message: string,
  status: string,
  context: ControllerContext,
): Promise<void> {
  if (volume.status?.phase === 'Failed') return
  const failed = await setVolumePhase(volume, 'Failed', context, status)
  context.recorder.event(failed, 'Warning', reason, message)
}
