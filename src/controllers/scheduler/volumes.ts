/** What a pod's claims mean for where it can run, and what is bound before it does. Mirrors pkg/scheduler/framework/plugins/volumebinding. */
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '../../types/core-v1.ts'
import type { StorageClass } from '../../types/storage-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { BIND_COMPLETED, bestMatch, classOf, isDelayed, SELECTED_NODE } from '../volume-binder/match.ts'
import type { Refusal } from './filters.ts'
import { termTest } from './pod-info.ts'

export const CLAIMS = 'persistentvolumeclaims'
export const VOLUMES = 'persistentvolumes'
export const CLASSES = 'storageclasses.storage.k8s.io'
const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

const reasons = (reason: string): Refusal => ({ reasons: [reason], resolvable: false })
const NODE_CONFLICT = reasons("node(s) didn't match PersistentVolume's node affinity")
const NO_VOLUME = reasons("node(s) didn't find available persistent volumes to bind")
const NO_SUCH_VOLUME = reasons('node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)')

type Claim = PersistentVolumeClaim
type Volume = PersistentVolume

export interface VolumeNeeds {
  bound: readonly Claim[]
  /** Bound only when a node is known. */
  delayed: readonly Claim[]
}

/** Undefined: the pod has no claims. A text: why it can run nowhere. */
export function volumeNeeds({ metadata, spec }: Pod, { lister }: ControllerContext): VolumeNeeds | string | undefined {
  const bound: Claim[] = []
  const delayed: Claim[] = []
  let immediate = false
  for (const { name: volume, persistentVolumeClaim, ephemeral } of spec?.volumes ?? []) {
    if (!persistentVolumeClaim && !ephemeral) continue
    const name = persistentVolumeClaim?.claimName ?? `${metadata.name}-${volume}`
    const claim = lister<Claim>(CLAIMS).get(metadata.namespace ?? '', name)
    const about = `persistentvolumeclaim "${name}"`
    if (!claim) {
      return ephemeral ? `waiting for ephemeral volume controller to create the ${about}` : `${about} not found`
    }
    const { volumeName = '' } = claim.spec ?? {}
    if (claim.status?.phase === 'Lost') return `${about} bound to non-existent persistentvolume "${volumeName}"`
    if (claim.metadata.deletionTimestamp) return `${about} is being deleted`
    if (volumeName && claim.metadata.annotations?.[BIND_COMPLETED] !== undefined) bound.push(claim)
    else if (!volumeName && isDelayed(lister<StorageClass>(CLASSES).get('', classOf(claim)))) delayed.push(claim)
    else immediate = true
  }
  if (immediate) return 'pod has unbound immediate PersistentVolumeClaims'
  return bound.length + delayed.length > 0 ? { bound, delayed } : undefined
}

/** Why the pod's claims cannot be met on the node; undefined: they can. */
export function refuseVolumes(
  { bound, delayed }: VolumeNeeds,
  node: Node,
  context: ControllerContext,
): Refusal | undefined {
  const volumes = context.lister<Volume>(VOLUMES)
  for (const claim of bound) {
    const volume = volumes.get('', claim.spec?.volumeName ?? '')
    if (!volume) return NO_SUCH_VOLUME
    if (!reaches(volume, node)) return NODE_CONFLICT
  }
  for (const claim of delayed) if (!canBind(claim, node, context)) return NO_VOLUME
  return undefined
}

function reaches({ spec }: Volume, node: Node): boolean {
  const terms = spec?.nodeAffinity?.required?.nodeSelectorTerms
  return terms === undefined || terms.some((term) => termTest(term)(node))
}

function canBind(claim: Claim, node: Node, context: ControllerContext): boolean {
  const selected = claim.metadata.annotations?.[SELECTED_NODE]
  // What is being made for one node is of no use on another.
  if (selected !== undefined) return selected === node.metadata.name
  return findVolume(claim, node, context) !== undefined || canProvision(claim, node, context)
}

function findVolume(claim: Claim, node: Node, { lister }: ControllerContext): Volume | undefined {
  return bestMatch(claim, lister<Volume>(VOLUMES).list(), false, (volume) => reaches(volume, node))
}

function canProvision(claim: Claim, node: Node, { lister }: ControllerContext): boolean {
  const storageClass = lister<StorageClass>(CLASSES).get('', classOf(claim))
  if (!storageClass || storageClass.provisioner === NO_PROVISIONER) return false
  const { allowedTopologies } = storageClass
  if (!allowedTopologies?.length) return true
  const labels = node.metadata.labels ?? {}
  return allowedTopologies.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? '')),
  )
}

/** Has the claims bound for this node. True: all are; false: somebody is at it, and the claims' changes will say when it is done. */
export async function bindVolumes({ delayed }: VolumeNeeds, node: Node, context: ControllerContext): Promise<boolean> {
  for (const claim of delayed) {
    if (claim.metadata.annotations?.[SELECTED_NODE] !== undefined) continue
    const { namespace, name, uid, resourceVersion, annotations } = claim.metadata
    const volume = findVolume(claim, node, context)
    if (volume?.spec?.claimRef?.uid === uid && uid !== undefined) continue
    if (volume) {
      const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion }
      const marks = { ...volume.metadata.annotations, 'pv.kubernetes.io/bound-by-controller': 'yes' }
      const metadata = { ...volume.metadata, annotations: marks }
      await context.client.update<Volume>(VOLUMES, { ...volume, metadata, spec: { ...volume.spec!, claimRef } })
    } else {
      const next = { ...annotations, [SELECTED_NODE]: node.metadata.name ?? '' }
      await context.client.update<Claim>(CLAIMS, { ...claim, metadata: { ...claim.metadata, annotations: next } })
    }
  }
  return delayed.length === 0
}
