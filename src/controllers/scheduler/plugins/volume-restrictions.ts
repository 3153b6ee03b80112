/** Disks that only one node, and claims that only one pod, may use. Mirrors plugins/volumerestrictions. */
import type { PersistentVolumeClaim, Pod, Volume } from '../../../types/core-v1.ts'
import { claimsOfPod, USES_CLAIM } from '../../pod-index.ts'
import { isOver } from '../cache.ts'
import { final, type Plugin, resolvable, type World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { CLAIMS, claimNamesOf } from './volume-claims.ts'

const DISK_TAKEN = resolvable('node(s) had no available disk')
const CLAIM_TAKEN = resolvable(
  'node(s) unavailable due to PersistentVolumeClaim with ReadWriteOncePod access mode already in-use by another pod',
)

export const volumeRestrictions: Plugin = {
  name: 'VolumeRestrictions',
  hints: [
    { on: ['pods/delete'], helps: (pod, { old }) => sharesVolume(pod.pod, old as Pod) },
    { on: ['nodes/add'] },
    {
      on: ['persistentvolumeclaims/add'],
      helps: ({ pod }, { object }) =>
        claimsOfPod(pod).includes(`${object!.metadata.namespace}/${object!.metadata.name}`),
    },
  ],
  preFilter({ pod, namespace }, world) {
    const disks = (pod.spec?.volumes ?? []).filter(isDisk)
    const exclusive: string[] = []
    for (const { name, ephemeral } of claimNamesOf(pod)) {
      if (ephemeral) continue
      const claim = world.lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
      if (!claim) return final(`persistentvolumeclaim "${name}" not found`)
      if (claim.spec?.accessModes?.includes('ReadWriteOncePod')) exclusive.push(`${namespace}/${name}`)
    }
    let taken = exclusive.filter((claim) => isUsed(claim, world)).length
    if (disks.length === 0 && taken === 0) return undefined
    return {
      filter({ pods }) {
        for (const { pod: other } of disks.length > 0 ? pods.values() : []) {
          if (disks.some((disk) => other.spec?.volumes?.some((each) => clash(disk, each)))) return DISK_TAKEN
        }
        return taken > 0 ? CLAIM_TAKEN : undefined
      },
      shift(other: PodInfo, _node, by) {
        taken += by * claimsOfPod(other.pod).filter((claim) => exclusive.includes(claim)).length
      },
    }
  },
}

/** A pod that has a node uses the claim. */
function isUsed(claim: string, { lister, cache }: World): boolean {
  return lister<Pod>('pods')
    .byIndex(USES_CLAIM, claim)
    .some((pod) => {
      const { namespace, name } = pod.metadata
      return !isOver(pod) && (Boolean(pod.spec?.nodeName) || cache.isAssumed(`${namespace}/${name}`))
    })
}

const isDisk = ({ gcePersistentDisk, awsElasticBlockStore, rbd, iscsi }: Volume): boolean =>
  Boolean(gcePersistentDisk ?? awsElasticBlockStore ?? rbd ?? iscsi)

/** The same disk, and one of them writes. */
function clash(a: Volume, b: Volume): boolean {
  const writes = (...readOnly: (boolean | undefined)[]): boolean => !readOnly.every(Boolean)
  const [gce, otherGce] = [a.gcePersistentDisk, b.gcePersistentDisk]
  if (gce && otherGce && gce.pdName === otherGce.pdName && writes(gce.readOnly, otherGce.readOnly)) return true
  const [aws, otherAws] = [a.awsElasticBlockStore, b.awsElasticBlockStore]
  if (aws && otherAws && aws.volumeID === otherAws.volumeID) return true
  const [iscsi, otherIscsi] = [a.iscsi, b.iscsi]
  if (iscsi && otherIscsi && iscsi.iqn === otherIscsi.iqn && writes(iscsi.readOnly, otherIscsi.readOnly)) return true
  const [rbd, otherRbd] = [a.rbd, b.rbd]
  if (!rbd || !otherRbd || rbd.pool !== otherRbd.pool || rbd.image !== otherRbd.image) return false
  return rbd.monitors.some((each) => otherRbd.monitors.includes(each)) && writes(rbd.readOnly, otherRbd.readOnly)
}

function sharesVolume(pod: Pod, other: Pod): boolean {
  const claims = claimsOfPod(other)
  if (claimsOfPod(pod).some((claim) => claims.includes(claim))) return true
  return (pod.spec?.volumes ?? []).some(
    (disk) => isDisk(disk) && other.spec?.volumes?.some((each) => clash(disk, each)),
  )
}
