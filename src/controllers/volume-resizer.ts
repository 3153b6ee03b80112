/**
 * Makes volumes of the provisioner `fake.kubemu.dev` larger, as an external resizer and the kubelet do between them. Mirrors kubernetes-csi/external-resizer
 * (pkg/controller/expand_and_recover.go) and kubernetes pkg/volume/util/operationexecutor/node_expander.go.
 */
import { formatTime } from '../apimachinery/clock.ts'
import { compareQuantities, parseQuantity } from '../apimachinery/quantity.ts'
import type {
  PersistentVolume,
  PersistentVolumeClaim,
  PersistentVolumeClaimCondition,
  PersistentVolumeClaimStatus,
  Pod,
} from '../types/core-v1.ts'
import { type ControllerContext, defineController } from './controller.ts'
import { keyOf, parseKey } from './key.ts'
import { claimsOfPod, nodeNameOf, USES_CLAIM, usesClaim } from './pod-index.ts'
import { PROVISIONED_BY } from './volume-binder/match.ts'
import { FAKE_PROVISIONER } from './volume-provisioner.ts'

const CLAIMS = 'persistentvolumeclaims'
const VOLUMES = 'persistentvolumes'
const PENDING_ON_NODE = 'Waiting for user to (re-)start a pod to finish file system resize of volume on node.'
const RESIZE_CONDITIONS = new Set(['Resizing', 'FileSystemResizePending', 'ControllerResizeError', 'NodeResizeError'])

type Progress = 'ControllerResizeInProgress' | 'NodeResizePending' | 'NodeResizeInProgress'

/**
 * ```
 * request > capacity ─► ControllerResizeInProgress ─► the volume grows ─► NodeResizePending ─► a pod runs ─► NodeResizeInProgress ─► capacity
 * ```
 */
export const volumeResizer = defineController({
  name: 'volume-resizer',
  component: `external-resizer ${FAKE_PROVISIONER}`,
  watches: [
    {
      resource: CLAIMS,
      when: (claim) => isTooSmall(claim as PersistentVolumeClaim),
      keys: (claim) => [parseKey(keyOf(claim))],
    },
    {
      resource: 'pods',
      when: (pod, old) => isRunning(pod as Pod) && !(old && isRunning(old as Pod)),
      keys: (pod) => claimsOfPod(pod).map(parseKey),
    },
  ],
  reads: [VOLUMES],
  indexes: { pods: usesClaim },
  async reconcile({ namespace, name }, context) {
    const claim = context.lister<PersistentVolumeClaim>(CLAIMS).get(namespace, name)
    if (!claim || !isTooSmall(claim)) return
    const volume = context.lister<PersistentVolume>(VOLUMES).get('', claim.spec?.volumeName ?? '')
    if (volume?.metadata.annotations?.[PROVISIONED_BY] !== FAKE_PROVISIONER) return
    if (volume.spec?.claimRef?.uid !== claim.metadata.uid) return
    const progress = claim.status?.allocatedResourceStatuses?.['storage']
    if (progress?.startsWith('Node')) await growOnNode(claim, volume, context)
    else await grow(claim, volume, context)
  },
})

const isRunning = ({ status }: Pod): boolean => status?.phase === 'Running'

/** It is bound, and asks for more than it has. */
function isTooSmall({ spec, status }: PersistentVolumeClaim): boolean {
  const [wanted, present] = [spec?.resources?.requests?.['storage'], status?.capacity?.['storage']]
  if (status?.phase !== 'Bound' || wanted === undefined || present === undefined || wanted === present) return false
  return compareQuantities(parseQuantity(wanted), parseQuantity(present)) > 0
}

/** What the resizer does. A claim that changes meanwhile is a Conflict, and all of it is done again. */
async function grow(claim: PersistentVolumeClaim, volume: PersistentVolume, context: ControllerContext): Promise<void> {
  const { client, recorder } = context
  const size = claim.spec!.resources!.requests!['storage']
  const others = otherConditions(claim)
  const resizing = condition('Resizing', context)
  const begun = await writeStatus(claim, context, {
    conditions: [...others, resizing],
    allocatedResources: { ...claim.status?.allocatedResources, storage: size },
    allocatedResourceStatuses: statusesWith(claim, 'ControllerResizeInProgress'),
  })
  recorder.event(claim, 'Normal', 'Resizing', `External resizer is resizing volume ${volume.metadata.name}`)
  const capacity = { ...volume.spec?.capacity, storage: size }
  await client.update<PersistentVolume>(VOLUMES, { ...volume, spec: { ...volume.spec!, capacity } })
  await writeStatus(begun, context, {
    conditions: [...others, resizing, condition('FileSystemResizePending', context, PENDING_ON_NODE)],
    allocatedResourceStatuses: statusesWith(begun, 'NodeResizePending'),
  })
  recorder.event(claim, 'Normal', 'FileSystemResizeRequired', 'Require file system resize of volume on node')
}

/** What the kubelet of a pod does that uses the claim. Nothing as long as there is none. */
async function growOnNode(
  claim: PersistentVolumeClaim,
  volume: PersistentVolume,
  context: ControllerContext,
): Promise<void> {
  const pod = context
    .lister<Pod>('pods')
    .byIndex(USES_CLAIM, keyOf(claim))
    .find((each) => isRunning(each) && !each.metadata.deletionTimestamp)
  if (!pod) return
  const host = nodeNameOf(pod) ?? ''
  const begun = await writeStatus(claim, context, {
    allocatedResourceStatuses: statusesWith(claim, 'NodeResizeInProgress'),
  })
  const message = `MountVolume.NodeExpandVolume succeeded for volume ${JSON.stringify(volume.metadata.name)} ${host}`
  for (const about of [pod, claim]) {
    context.recorder.event(about, 'Normal', 'FileSystemResizeSuccessful', message, { component: 'kubelet', host })
  }
  await writeStatus(begun, context, {
    capacity: { ...claim.status?.capacity, storage: volume.spec?.capacity?.['storage'] ?? '0' },
    conditions: otherConditions(claim),
    allocatedResourceStatuses: statusesWith(begun, undefined),
  })
}

function writeStatus(
  claim: PersistentVolumeClaim,
  { client }: ControllerContext,
  change: Partial<PersistentVolumeClaimStatus>,
): Promise<PersistentVolumeClaim> {
  return client.updateStatus<PersistentVolumeClaim>(CLAIMS, { ...claim, status: { ...claim.status, ...change } })
}

const otherConditions = ({ status }: PersistentVolumeClaim): PersistentVolumeClaimCondition[] =>
  (status?.conditions ?? []).filter(({ type }) => !RESIZE_CONDITIONS.has(type))

function condition(type: string, { clock }: ControllerContext, message?: string): PersistentVolumeClaimCondition {
  return { type, status: 'True', lastTransitionTime: formatTime(clock.now()), ...(message ? { message } : {}) }
}

/** Absent when nothing is in progress. */
function statusesWith(
  { status }: PersistentVolumeClaim,
  progress: Progress | undefined,
): PersistentVolumeClaimStatus['allocatedResourceStatuses'] {
  const { storage: _, ...others } = status?.allocatedResourceStatuses ?? {}
  if (progress) return { ...others, storage: progress }
  return Object.keys(others).length > 0 ? others : undefined
}
