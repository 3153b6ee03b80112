/** Which volumes have to be attached before a node can mount them, and how they are called. Mirrors pkg/volume/csi (csi_plugin.go, csi_attacher.go) and pkg/volume/util. */
import { createHash } from 'node:crypto'
import type { KubeObject } from '../../apimachinery/meta.ts'
import { controllerOf } from '../../apimachinery/meta.ts'
import type {
  CSIPersistentVolumeSource,
  Node,
  PersistentVolume,
  PersistentVolumeClaim,
  Pod,
} from '../../types/core-v1.ts'
import type { CSIDriver } from '../../types/storage-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { claimsOfPod } from '../pod-index.ts'

export const VOLUMES = 'persistentvolumes'
export const CLAIMS = 'persistentvolumeclaims'
export const DRIVERS = 'csidrivers.storage.k8s.io'
export const ATTACHMENTS = 'volumeattachments.storage.k8s.io'

/** On a node whose volumes the attach-detach controller attaches. */
export const MANAGED_ANNOTATION = 'volumes.kubernetes.io/controller-managed-attach-detach'

type Reads = Pick<ControllerContext, 'lister'>

/** The name under which nodes say that they use a volume, or have it attached. */
export const uniqueName = ({ driver, volumeHandle }: CSIPersistentVolumeSource): string =>
  `kubernetes.io/csi/${driver}^${volumeHandle}`

/** The name of the VolumeAttachment of a volume and a node. */
export function attachmentName({ driver, volumeHandle }: CSIPersistentVolumeSource, node: string): string {
  return `csi-${createHash('sha256').update(`${volumeHandle}${driver}${node}`).digest('hex')}`
}

export const ATTACHABLE = 'attachable'

/** `byIndex(ATTACHABLE, name)`: volumes with a unique name, mostly one. */
export const byUniqueName = {
  [ATTACHABLE](volume: KubeObject): string[] {
    const csi = (volume as PersistentVolume).spec?.csi
    return csi ? [uniqueName(csi)] : []
  },
}

/** A driver that says nothing needs it. */
export const needsAttach = (driver: string, { lister }: Reads): boolean =>
  lister<CSIDriver>(DRIVERS).get('', driver)?.spec.attachRequired !== false

/** The unique name of a volume that has to be attached; undefined: any node can mount it. */
export function nameToAttach({ spec }: PersistentVolume, reads: Reads): string | undefined {
  return spec?.csi && needsAttach(spec.csi.driver, reads) ? uniqueName(spec.csi) : undefined
}

/** The volume of a claim, once each knows of the other. */
export function volumeOfClaim(
  { metadata, spec, status }: PersistentVolumeClaim,
  { lister }: Reads,
): PersistentVolume | undefined {
  if (status?.phase !== 'Bound' || !spec?.volumeName) return undefined
  const volume = lister<PersistentVolume>(VOLUMES).get('', spec.volumeName)
  return volume?.spec?.claimRef?.uid === metadata.uid ? volume : undefined
}

export const hasClaims = (pod: KubeObject): boolean =>
  (pod as Pod).spec?.volumes?.some((volume) => volume.persistentVolumeClaim || volume.ephemeral) === true

/** Unique names of the pod's volumes that have to be attached, as far as its claims are bound. */
export function volumesToAttach(pod: Pod, reads: Reads): string[] {
  if (!hasClaims(pod)) return []
  return claimsOfPod(pod).flatMap((key) => {
    const [namespace = '', name = ''] = key.split('/')
    const claim = reads.lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    const volume = claim && isFor(claim, pod) ? volumeOfClaim(claim, reads) : undefined
    return (volume && nameToAttach(volume, reads)) ?? []
  })
}

/** The claim of an ephemeral volume must be the pod's own. */
export function isFor(claim: PersistentVolumeClaim, { metadata, spec }: Pod): boolean {
  const prefix = `${metadata.name}-`
  const name = claim.metadata.name ?? ''
  const isEphemeral =
    name.startsWith(prefix) &&
    spec?.volumes?.some((volume) => volume.ephemeral && `${prefix}${volume.name}` === name) === true
  return !isEphemeral || controllerOf(claim)?.uid === metadata.uid
}

/** Nothing of the pod runs on its node, or will. */
export function isPodOver({ metadata, status }: Pod): boolean {
  if (status?.phase === 'Failed' || status?.phase === 'Succeeded') return true
  if (!metadata.deletionTimestamp) return false
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status ?? {}
  return [...initContainerStatuses, ...containerStatuses, ...ephemeralContainerStatuses].every(
    ({ state }) => state?.terminated || state?.waiting,
  )
}

/** Several nodes may have it at once, as far as one can tell. */
export function allowsSeveralNodes(volume: PersistentVolume | undefined): boolean {
  const modes = volume?.spec?.accessModes ?? []
  return modes.length === 0 || modes.some((mode) => mode === 'ReadWriteMany' || mode === 'ReadOnlyMany')
}

export const isManaged = ({ metadata }: Node): boolean => metadata.annotations?.[MANAGED_ANNOTATION] !== undefined
