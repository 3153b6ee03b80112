/** Finds a volume for a claim, or has one made. Mirrors syncUnboundClaim and syncBoundClaim of pkg/controller/volume/persistentvolume/pv_controller.go. */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../types/core-v1.ts'
import type { StorageClass } from '../../types/storage-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { USES_CLAIM } from '../pod-index.ts'
import { isPodTerminal } from '../pods.ts'
import {
  BETA_PROVISIONER,
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  bestMatch,
  classOf,
  hasClass,
  isBoundTo,
  isDelayed,
  mismatch,
  PROVISIONER,
  SELECTED_NODE,
} from './match.ts'
import { bind, CLAIMS, setClaimStatus, VOLUMES } from './writes.ts'

export const CLASSES = 'storageclasses.storage.k8s.io'
const DEFAULT_CLASS = 'storageclass.kubernetes.io/is-default-class'
const BETA_DEFAULT_CLASS = 'storageclass.beta.kubernetes.io/is-default-class'
const IN_TREE = 'kubernetes.io/'
/** Plugins of old that CSI drivers took over. */
const MIGRATED: Record<string, string> = {
  'kubernetes.io/aws-ebs': 'ebs.csi.aws.com',
  'kubernetes.io/gce-pd': 'pd.csi.storage.gke.io',
  'kubernetes.io/azure-disk': 'disk.csi.azure.com',
  'kubernetes.io/azure-file': 'file.csi.azure.com',
  'kubernetes.io/cinder': 'cinder.csi.openstack.org',
  'kubernetes.io/vsphere-volume': 'csi.vsphere.vmware.com',
  'kubernetes.io/portworx-volume': 'pxd.portworx.com',
}

type Claim = PersistentVolumeClaim
type Volume = PersistentVolume

export async function syncClaim(claim: Claim, context: ControllerContext): Promise<void> {
  if (claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) await syncBound(claim, context)
  else if (claim.spec?.volumeName) await syncRequested(claim, claim.spec.volumeName, context)
  else await syncUnbound(claim, context)
}

async function syncUnbound(claim: Claim, context: ControllerContext): Promise<void> {
  const storageClass = context.lister<StorageClass>(CLASSES).get('', classOf(claim))
  const delayed = isDelayed(storageClass)
  const volume = bestMatch(claim, context.lister<Volume>(VOLUMES).list(), delayed)
  if (volume) return bind(volume, claim, context)
  if (await assignDefaultClass(claim, context)) return
  if (delayed && claim.metadata.annotations?.[SELECTED_NODE] === undefined) tellDelayed(claim, context)
  else if (classOf(claim) !== '') return provision(claim, storageClass, context)
  else {
    const message = 'no persistent volumes available for this claim and no storage class is set'
    context.recorder.event(claim, 'Normal', 'FailedBinding', message)
  }
  await setClaimStatus(claim, 'Pending', undefined, context)
}

/** A claim from before there was a default gets it, too. */
async function assignDefaultClass(claim: Claim, { client, lister }: ControllerContext): Promise<boolean> {
  if (hasClass(claim)) return false
  const defaults = lister<StorageClass>(CLASSES)
    .list()
    .filter(({ metadata: { annotations } }) =>
      [DEFAULT_CLASS, BETA_DEFAULT_CLASS].some((annotation) => annotations?.[annotation] === 'true'),
    )
  // The newest, and of those the first by name.
  const newest = [...defaults].sort((a, b) => {
    const [x, y] = [a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '']
    if (x !== y) return x > y ? -1 : 1
    return (a.metadata.name ?? '') < (b.metadata.name ?? '') ? -1 : 1
  })
  if (newest.length === 0) return false
  await client.update(CLAIMS, { ...claim, spec: { ...claim.spec, storageClassName: newest[0].metadata.name } })
  return true
}

function tellDelayed(claim: Claim, { lister, recorder }: ControllerContext): void {
  const { namespace, name } = claim.metadata
  const waiting = lister<Pod>('pods')
    .byIndex(USES_CLAIM, `${namespace}/${name}`)
    .filter((pod) => !isPodTerminal(pod) && !pod.spec?.nodeName)
    .map(({ metadata }) => metadata.name)
  if (waiting.length === 0) {
    const message = 'waiting for first consumer to be created before binding'
    recorder.event(claim, 'Normal', 'WaitForFirstConsumer', message)
  } else {
    const pods = waiting.length > 1 ? `pods ${waiting.join(',')}` : `pod ${waiting[0]}`
    recorder.event(claim, 'Normal', 'WaitForPodScheduled', `waiting for ${pods} to be scheduled`)
  }
}

/** Says who is to make the volume; whoever that is sees it by the annotation. */
async function provision(
  claim: Claim,
  storageClass: StorageClass | undefined,
  context: ControllerContext,
): Promise<void> {
  const fail = (message: string): void => context.recorder.event(claim, 'Warning', 'ProvisioningFailed', message)
  if (!storageClass) return fail(`storageclass.storage.k8s.io "${classOf(claim)}" not found`)
  const name = MIGRATED[storageClass.provisioner] ?? storageClass.provisioner
  if (name.startsWith(IN_TREE)) return fail(`no volume plugin matched name: ${name}`)
  const { annotations } = claim.metadata
  if (annotations?.[PROVISIONER] !== name || annotations?.[BETA_PROVISIONER] !== name) {
    const next = { ...annotations, [BETA_PROVISIONER]: name, [PROVISIONER]: name }
    await context.client.update(CLAIMS, { ...claim, metadata: { ...claim.metadata, annotations: next } })
  }
  const message = `Waiting for a volume to be created either by the external provisioner '${name}' or manually by the system administrator. If volume creation is delayed, please verify that the provisioner is running and correctly registered.`
  context.recorder.event(claim, 'Normal', 'ExternalProvisioning', message)
}

/** The claim asks for a volume by name. */
async function syncRequested(claim: Claim, name: string, context: ControllerContext): Promise<void> {
  const { recorder } = context
  const volume = context.lister<Volume>(VOLUMES).get('', name)
  const pending = async (): Promise<void> => void (await setClaimStatus(claim, 'Pending', undefined, context))
  if (!volume) return pending()
  if (!volume.spec?.claimRef) {
    const wrong = mismatch(volume, claim)
    if (wrong === undefined) return bind(volume, claim, context)
    recorder.event(claim, 'Warning', 'VolumeMismatch', `Cannot bind to requested volume "${name}": ${wrong}`)
    return pending()
  }
  if (isBoundTo(volume, claim)) return bind(volume, claim, context)
  recorder.event(claim, 'Warning', 'FailedBinding', `volume "${name}" already bound to a different claim.`)
  if (claim.metadata.annotations?.[BOUND_BY_CONTROLLER] === undefined) return pending()
  const { namespace, name: other } = volume.spec.claimRef
  const key = `${claim.metadata.namespace}/${claim.metadata.name}`
  throw new Error(
    `invalid binding of claim "${key}" to volume "${name}": volume already claimed by "${namespace}/${other}"`,
  )
}

async function syncBound(claim: Claim, context: ControllerContext): Promise<void> {
  const { volumeName } = claim.spec ?? {}
  const lost = 'Data on the volume is lost!'
  if (!volumeName) {
    return lose(claim, 'ClaimLost', `Bound claim has lost reference to PersistentVolume. ${lost}`, context)
  }
  const volume = context.lister<Volume>(VOLUMES).get('', volumeName)
  if (!volume) return lose(claim, 'ClaimLost', `Bound claim has lost its PersistentVolume. ${lost}`, context)
  const ref = volume.spec?.claimRef
  if (!ref || ref.uid === claim.metadata.uid) return bind(volume, claim, context)
  const message = 'Two claims are bound to the same volume, this one is bound incorrectly'
  return lose(claim, 'ClaimMisbound', message, context)
}

async function lose(claim: Claim, reason: string, message: string, context: ControllerContext): Promise<void> {
  if (claim.status?.phase === 'Lost') return
  const lost = await setClaimStatus(claim, 'Lost', undefined, context)
  context.recorder.event(lost, 'Warning', reason, message)
}
