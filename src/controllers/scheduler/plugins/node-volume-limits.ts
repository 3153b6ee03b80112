/** How many volumes of a driver a node can have. Mirrors plugins/nodevolumelimits/csi.go; no in-tree volume is taken for one of a CSI driver. */
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '../../../types/core-v1.ts'
import type { CSIDriver, CSINode, StorageClass, VolumeAttachment } from '../../../types/storage-v1.ts'
import { classOf } from '../../volume-binder/match.ts'
import type { NodeInfo } from '../node-info.ts'
import { type Plugin, type Refusal, resolvable, type World } from '../plugin.ts'
import { isClaimOf } from './volume-binding.ts'
import { DRIVERS } from './volume-binding.volumes.ts'
import { CLAIMS, CLASSES, claimNamesOf, VOLUMES } from './volume-claims.ts'

export const CSI_NODES = 'csinodes.storage.k8s.io'
export const ATTACHMENTS = 'volumeattachments.storage.k8s.io'

const TOO_MANY = resolvable('node(s) exceed max volume count')

export const nodeVolumeLimits: Plugin = {
  name: 'NodeVolumeLimits',
  hints: [
    { on: ['csinodes/add'] },
    { on: ['csinodes/update'], helps: (_pod, { object, old }) => allowsMore(object as CSINode, old as CSINode) },
    { on: ['pods/delete'], helps: (_pod, { old }) => claimNamesOf(old as Pod).length > 0 },
    { on: ['persistentvolumeclaims/add'], helps: isClaimOf },
    {
      on: ['volumeattachments/delete'],
      helps: ({ pod }) => pod.spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim) === true,
    },
  ],
  preFilter({ pod }, world) {
    if (claimNamesOf(pod).length === 0) return undefined
    const wanted = volumesOf([pod], world)
    return wanted.size === 0 ? undefined : { filter: (node) => refuse(wanted, node, world) }
  },
}

function refuse(wanted: ReadonlyMap<string, string>, node: NodeInfo, world: World): Refusal | undefined {
  const csiNode = world.lister<CSINode>(CSI_NODES).get('', node.name)
  for (const driver of wanted.values()) {
    if (!isInstalled(driver, csiNode, world)) return resolvable(`${driver} CSI driver is not installed on the node`)
  }
  const limits = limitsOf(csiNode)
  if (limits.size === 0) return undefined
  const held = volumesOf(
    [...node.pods.values()].map(({ pod }) => pod),
    world,
  )
  const added = new Map([...wanted].filter(([volume]) => !held.has(volume)))
  for (const [volume, driver] of attachedTo(node.name, world)) held.set(volume, driver)
  for (const [driver, limit] of limits) {
    const more = countOf(added, driver)
    if (more > 0 && countOf(held, driver) + more > limit) return TOO_MANY
  }
  return undefined
}

const countOf = (volumes: ReadonlyMap<string, string>, driver: string): number =>
  [...volumes.values()].filter((each) => each === driver).length

/** Only drivers that ask for it keep pods from nodes on which they are not. */
function isInstalled(driver: string, csiNode: CSINode | undefined, { lister }: World): boolean {
  if (lister<CSIDriver>(DRIVERS).get('', driver)?.spec.preventPodSchedulingIfMissing !== true) return true
  return csiNode?.spec.drivers.some(({ name }) => name === driver) === true
}

function limitsOf(csiNode: CSINode | undefined): Map<string, number> {
  const limits = new Map<string, number>()
  for (const { name, allocatable } of csiNode?.spec.drivers ?? []) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count)
  }
  return limits
}

function allowsMore(node: CSINode, old: CSINode): boolean {
  const before = limitsOf(old)
  return [...limitsOf(node)].some(([driver, limit]) => limit > (before.get(driver) ?? 0))
}

/** Volumes of the pods' claims -> their driver. Those that are still to be made have the name of their claim. */
function volumesOf(pods: readonly Pod[], { lister }: World): Map<string, string> {
  const volumes = new Map<string, string>()
  for (const pod of pods) {
    const namespace = pod.metadata.namespace ?? ''
    for (const { name } of claimNamesOf(pod)) {
      const claim = lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
      if (!claim) continue
      const volume = lister<PersistentVolume>(VOLUMES).get('', claim.spec?.volumeName ?? '')
      if (volume) {
        const { csi } = volume.spec ?? {}
        if (csi) volumes.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver)
      } else {
        const provisioner = lister<StorageClass>(CLASSES).get('', classOf(claim))?.provisioner
        if (provisioner) volumes.set(`${provisioner}//${namespace}/${name}`, provisioner)
      }
    }
  }
  return volumes
}

function attachedTo(node: string, { lister }: World): Map<string, string> {
  const volumes = new Map<string, string>()
  for (const { spec } of lister<VolumeAttachment>(ATTACHMENTS).byIndex('node', node)) {
    const volume = lister<PersistentVolume>(VOLUMES).get('', spec.source.persistentVolumeName ?? '')
    const handle = volume?.spec?.csi?.volumeHandle
    if (handle !== undefined) volumes.set(`${spec.attacher}/${handle}`, spec.attacher)
  }
  return volumes
}
