/** Where the pod's claims can be met, and what is bound before it can run there. Mirrors plugins/volumebinding. */
import { deepEqual } from '../../../apimachinery/equality.ts'
import { compareQuantities, parseQuantity } from '../../../apimachinery/quantity.ts'
import type { CSIDriver, CSIStorageCapacity, StorageClass } from '../../../types/storage-v1.ts'
import { claimsOfPod } from '../../pod-index.ts'
import { final, type Happened, type Plugin, type PodFilter, type Refusal, type World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { alongShape, type ShapePoint } from './node-resources.ts'
import { reserveVolumes } from './volume-binding.reserve.ts'
import { type NodeVolumes, storageScore, volumesOn } from './volume-binding.volumes.ts'
import { type Needs, needsOf } from './volume-claims.ts'

export interface VolumeBindingArgs {
  bindTimeoutSeconds?: number
  /** How much a node is liked by how full the volumes on it would be. */
  shape?: ShapePoint[]
}

const SPACIOUS_FIRST: readonly ShapePoint[] = [
  { utilization: 0, score: 10 },
  { utilization: 100, score: 0 },
]
const BIND_TIMEOUT_SECONDS = 600
const IMMEDIATE = final('pod has unbound immediate PersistentVolumeClaims')

export function volumeBinding({ bindTimeoutSeconds = BIND_TIMEOUT_SECONDS, shape }: VolumeBindingArgs = {}): Plugin {
  /** Volumes that are as good as bound, by name: uid of the claim. */
  const taken = new Map<string, string>()
  const found = new WeakMap<PodFilter, Map<string, NodeVolumes>>()
  const rate = alongShape(shape?.length ? shape : SPACIOUS_FIRST)
  return {
    name: 'VolumeBinding',
    hints: [
      {
        on: ['storageclasses/add', 'storageclasses/update'],
        helps: (_pod, { object, old }) =>
          !old || !deepEqual((object as StorageClass).allowedTopologies, (old as StorageClass).allowedTopologies),
      },
      { on: ['persistentvolumeclaims/add', 'persistentvolumeclaims/update'], helps: isClaimOf },
      { on: ['persistentvolumes/add', 'persistentvolumes/update', 'nodes/add', 'nodes/labels', 'csinodes/add'] },
      { on: ['reservations/release'] },
      { on: ['csidrivers/update'], helps: asksNoMoreForCapacity },
      { on: ['csistoragecapacities/add', 'csistoragecapacities/update'], helps: offersMore },
    ],
    preFilter(pod, world) {
      const needs = needsOf(pod.pod, world)
      if (!needs || 'reasons' in needs) return needs
      if (needs.immediate) return IMMEDIATE
      const byNode = new Map<string, NodeVolumes>()
      const filter = filterOf(needs, byNode, taken, world)
      const reserving: PodFilter = {
        ...filter,
        reserve: (node) =>
          reserveVolumes(byNode.get(node.name), needs, node.name, {
            taken,
            world,
            timeoutMs: bindTimeoutSeconds * 1000,
          }),
      }
      found.set(reserving, byNode)
      return reserving
    },
    preScore(_pod, _nodes, _world, filter) {
      const byNode = filter && found.get(filter)
      return byNode && storageScore(byNode, rate)
    },
  }
}

function filterOf(
  needs: Needs,
  byNode: Map<string, NodeVolumes>,
  taken: ReadonlyMap<string, string>,
  world: World,
): PodFilter {
  return {
    filter({ node }): Refusal | undefined {
      const volumes = volumesOn(node, needs, taken, world)
      if ('reasons' in volumes) return volumes
      byNode.set(node.metadata.name ?? '', volumes)
      return undefined
    },
  }
}

export function isClaimOf({ pod }: PodInfo, { object }: Happened): boolean {
  const { namespace, name } = object!.metadata
  return claimsOfPod(pod).includes(`${namespace}/${name}`)
}

function asksNoMoreForCapacity({ pod }: PodInfo, { object, old }: Happened): boolean {
  const { metadata, spec } = object as CSIDriver
  if (!pod.spec?.volumes?.some(({ csi }) => csi?.driver === metadata.name)) return false
  return (old as CSIDriver).spec.storageCapacity === true && spec.storageCapacity !== true
}

function offersMore(_pod: PodInfo, { object, old }: Happened): boolean {
  if (!old) return true
  const [after, before] = [limitOf(object as CSIStorageCapacity), limitOf(old as CSIStorageCapacity)]
  if (after === undefined) return false
  return before === undefined || compareQuantities(parseQuantity(after), parseQuantity(before)) > 0
}

/** The largest volume that can be made. */
export const limitOf = ({ maximumVolumeSize, capacity }: CSIStorageCapacity): string | undefined =>
  maximumVolumeSize ?? capacity
