/** Makes volumes that nothing is behind, for classes of the provisioner `fake.kubemu.dev`. Mirrors sigs.k8s.io/sig-storage-lib-external-provisioner, with which provisioners are written. */
import { isAlreadyExists } from '../apimachinery/errors.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../types/core-v1.ts'
import type { CSIDriver, StorageClass } from '../types/storage-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { type ControllerContext, defineController } from './controller.ts'
import { classOf, isDelayed, PROVISIONED_BY, PROVISIONER, SELECTED_NODE } from './volume-binder/match.ts'

export const FAKE_PROVISIONER = 'fake.kubemu.dev'
const FINALIZER = 'external-provisioner.volume.kubernetes.io/finalizer'
const CLAIMS = 'persistentvolumeclaims'
const VOLUMES = 'persistentvolumes'
const CLASSES = 'storageclasses.storage.k8s.io'

/** Keys with a namespace are claims to make volumes for, those without are volumes to delete. */
export const volumeProvisioner = defineController({
  name: 'volume-provisioner',
  component: FAKE_PROVISIONER,
  watches: [
    {
      resource: CLAIMS,
      when: (claim) => isWaiting(claim as PersistentVolumeClaim),
      keys: ({ metadata }) => [{ namespace: metadata.namespace ?? '', name: metadata.name ?? '' }],
    },
    {
      resource: VOLUMES,
      when: (volume) => isOver(volume as PersistentVolume),
      keys: ({ metadata }) => [{ namespace: '', name: metadata.name ?? '' }],
    },
  ],
  reads: [CLASSES],
  async reconcile({ namespace, name }, context) {
    if (namespace) {
      const claim = context.lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
      if (claim && isWaiting(claim)) await provision(claim, context)
    } else {
      const volume = context.lister<PersistentVolume>(VOLUMES).get('', name)
      if (volume && isOver(volume)) await remove(volume, context)
    }
  },
})

/** The class of claims that name none: with it they are bound at once. */
export function defaultStorageClass(): StorageClass {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'StorageClass',
    metadata: { name: 'standard', annotations: { 'storageclass.kubernetes.io/is-default-class': 'true' } },
    provisioner: FAKE_PROVISIONER,
    reclaimPolicy: 'Delete',
    allowVolumeExpansion: true,
    volumeBindingMode: 'Immediate',
  }
}

/** Its volumes need no attaching: that would be six more writes before a pod runs. Where there is no such object, they are attached. */
export function fakeDriver(): CSIDriver {
  return {
    apiVersion: 'storage.k8s.io/v1',
    kind: 'CSIDriver',
    metadata: { name: FAKE_PROVISIONER },
    spec: { attachRequired: false },
  }
}

function isWaiting({ metadata, spec }: PersistentVolumeClaim): boolean {
  return !spec?.volumeName && !metadata.deletionTimestamp && metadata.annotations?.[PROVISIONER] === FAKE_PROVISIONER
}

/** Nobody needs it any more, and it is ours to delete. */
function isOver({ metadata, spec, status }: PersistentVolume): boolean {
  if (metadata.annotations?.[PROVISIONED_BY] !== FAKE_PROVISIONER) return false
  const unused = metadata.deletionTimestamp !== undefined && status?.phase !== 'Bound'
  return unused
    ? metadata.finalizers?.includes(FINALIZER) === true
    : status?.phase === 'Released' && spec?.persistentVolumeReclaimPolicy === 'Delete'
}

async function provision(claim: PersistentVolumeClaim, context: ControllerContext): Promise<void> {
  const { client, lister, recorder } = context
  const storageClass = lister<StorageClass>(CLASSES).get('', classOf(claim))
  if (!storageClass || storageClass.provisioner !== FAKE_PROVISIONER) return
  if (isDelayed(storageClass) && claim.metadata.annotations?.[SELECTED_NODE] === undefined) return
  const { namespace, name, uid, resourceVersion } = claim.metadata
  const volumeName = `pvc-${uid}`
  const policy = storageClass.reclaimPolicy ?? 'Delete'
  const about = `External provisioner is provisioning volume for claim "${namespace}/${name}"`
  const storage = claim.spec?.resources?.requests?.['storage'] ?? '1'
  recorder.event(claim, 'Normal', 'Provisioning', about)
  try {
    await client.create<PersistentVolume>(VOLUMES, {
      apiVersion: 'v1',
      kind: 'PersistentVolume',
      metadata: {
        name: volumeName,
        annotations: { [PROVISIONED_BY]: FAKE_PROVISIONER },
        finalizers: policy === 'Delete' ? [FINALIZER] : [],
      },
      spec: {
        accessModes: claim.spec?.accessModes,
        capacity: { storage },
        claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion },
        csi: { driver: FAKE_PROVISIONER, volumeHandle: volumeName },
        mountOptions: storageClass.mountOptions,
        persistentVolumeReclaimPolicy: policy,
        storageClassName: storageClass.metadata.name,
        volumeMode: claim.spec?.volumeMode,
        volumeAttributesClassName: claim.spec?.volumeAttributesClassName,
      },
    } as PersistentVolume)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  recorder.event(claim, 'Normal', 'ProvisioningSucceeded', `Successfully provisioned volume ${volumeName}`)
}

async function remove(volume: PersistentVolume, { client }: ControllerContext): Promise<void> {
  const { name = '', deletionTimestamp, uid } = volume.metadata
  if (!deletionTimestamp) await ignoreNotFound(client.delete(VOLUMES, '', name, { preconditions: { uid } }))
  await ignoreNotFound(
    client.modify<PersistentVolume>(VOLUMES, '', name, (old) => {
      const finalizers = old.metadata.finalizers?.filter((each) => each !== FINALIZER)
      return old.metadata.uid === uid ? { ...old, metadata: { ...old.metadata, finalizers } } : old
    }),
  )
}
