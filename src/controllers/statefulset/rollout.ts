/** One step of a StatefulSet: first the pods it should have, then those it should not, then their versions. Mirrors kubernetes pkg/controller/statefulset/stateful_set_control.go. */
import { scaledIntOrPercent } from '../../apimachinery/int-or-string.ts'
import type { StatefulSet, StatefulSetStatus } from '../../types/apps-v1.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { createClaims, hasStaleClaim, ownersMatch, updateOwners } from './claims.ts'
import {
  identityMatches,
  isAvailable,
  isCreated,
  isInRange,
  isRunningAndReady,
  isTerminating,
  isUnavailable,
  newPod,
  ordinalOf,
  replicasOf,
  revisionOf,
  startOrdinal,
  storageMatches,
  type Version,
} from './identity.ts'
import { createPod, deletePod, mendPod } from './pods.ts'

export interface Rollout {
  set: StatefulSet
  context: ControllerContext
  current: Version
  update: Version
  now: number
  /** One after the other. */
  ordered: boolean
  /** By ordinal, those that are missing as drafts. */
  replicas: Pod[]
  /** Beyond the wanted ordinals, the highest first. */
  condemned: Pod[]
  status: StatefulSetStatus
  /** What went wrong; the status is written nevertheless. */
  failure?: unknown
}

/** Brings the pods one step further; `rollout.status` is then what to write. */
export async function advance(rollout: Rollout, pods: readonly Pod[]): Promise<void> {
  const { set, condemned } = rollout
  arrange(rollout, pods)
  count(rollout, pods)
  if (set.metadata.deletionTimestamp) return
  const firstUnavailable = findFirstUnavailable(rollout)
  const settled =
    (await forAll(rollout, rollout.replicas, (pod, i) => settleReplica(rollout, pod, i))) &&
    (await forAll(rollout, condemned, (pod) => settleClaims(rollout, pod))) &&
    (await forAll(rollout, condemned, (pod) => removeCondemned(rollout, pod, firstUnavailable)))
  count(rollout, [...rollout.replicas, ...condemned])
  if (!settled || set.spec?.updateStrategy?.type === 'OnDelete') return
  try {
    await updateVersions(rollout)
  } catch (error) {
    rollout.failure = error
  }
}

function arrange(rollout: Rollout, pods: readonly Pod[]): void {
  const { set, current, update, replicas, condemned } = rollout
  const start = startOrdinal(set)
  for (const pod of pods) {
    if (isInRange(set, pod)) replicas[ordinalOf(pod) - start] = pod
    else if (ordinalOf(pod) >= 0) condemned.push(pod)
  }
  for (let i = 0; i < replicasOf(set); i++) replicas[i] ??= newPod(set, start + i, current, update)
  condemned.sort((a, b) => ordinalOf(b) - ordinalOf(a))
}

function count({ set, status, current, update, now }: Rollout, pods: readonly Pod[]): void {
  const ready = pods.filter(isRunningAndReady)
  const present = pods.filter(isCreated)
  const staying = present.filter((pod) => !isTerminating(pod))
  status.replicas = present.length
  status.readyReplicas = ready.length
  status.availableReplicas = ready.filter((pod) => isAvailable(set, pod, now)).length
  status.currentReplicas = staying.filter((pod) => revisionOf(pod) === current.name).length
  status.updatedReplicas = staying.filter((pod) => revisionOf(pod) === update.name).length
}

function findFirstUnavailable({ set, now, replicas, condemned }: Rollout): Pod | undefined {
  return [...replicas, ...condemned.toReversed()].find((pod) => isUnavailable(set, pod, now))
}

/** `step` answers true when an ordered set must wait. Answers whether the next phase may begin. */
async function forAll(
  rollout: Rollout,
  pods: readonly Pod[],
  step: (pod: Pod, index: number) => Promise<boolean>,
): Promise<boolean> {
  for (const [i, pod] of pods.entries()) {
    try {
      const wait = await step(pod, i)
      if (wait && rollout.ordered) return false
    } catch (error) {
      rollout.failure ??= error
      if (rollout.ordered) return false
    }
  }
  return rollout.failure === undefined
}

async function settleReplica(rollout: Rollout, pod: Pod, index: number): Promise<boolean> {
  const { set, context, ordered, now, update } = rollout
  const owner = { set, context }
  const phase = pod.status?.phase
  if (phase === 'Failed' || phase === 'Succeeded') {
    if (!isTerminating(pod)) await deletePod(owner, pod)
    return true
  }
  if (!isCreated(pod)) {
    if (await hasStaleClaim(set, pod, context)) return true
    const created = await createPod(owner, pod)
    // What the others see is still the draft: the pod counts when it is seen.
    rollout.replicas[index] = { ...created, status: undefined }
    if (ordered) return true
  }
  if (phase === 'Pending') {
    await createClaims(set, pod, context)
    await updateOwners(set, pod, context)
  }
  if (ordered && (isTerminating(pod) || !isRunningAndReady(pod) || !isAvailable(set, pod, now))) return true
  const updated = { ...set, spec: { ...set.spec!, template: update.template } }
  const kept = rollout.replicas[index]
  if (identityMatches(set, kept) && storageMatches(set, kept) && (await ownersMatch(updated, kept, context)))
    return false
  await mendPod({ set: updated, context }, kept)
  return false
}

async function settleClaims({ set, context }: Rollout, pod: Pod): Promise<boolean> {
  if (!(await ownersMatch(set, pod, context))) await updateOwners(set, pod, context)
  return false
}

/** An ordered set waits for one that is unhealthy, unless it is the first of those. */
async function removeCondemned(rollout: Rollout, pod: Pod, firstUnavailable: Pod | undefined): Promise<boolean> {
  const { set, context, ordered, now } = rollout
  if (isTerminating(pod)) return ordered
  const healthy = isRunningAndReady(pod) && isAvailable(set, pod, now)
  if (!healthy && ordered && pod !== firstUnavailable) return true
  await deletePod({ set, context }, pod)
  return true
}

/** Deletes pods of other versions, down to the partition, as far as maxUnavailable allows. */
async function updateVersions(rollout: Rollout): Promise<void> {
  const { set, update, now, replicas, ordered, status } = rollout
  const { partition = 0, maxUnavailable = 1 } = set.spec?.updateStrategy?.rollingUpdate ?? {}
  const allowed = Math.max(1, scaledIntOrPercent(maxUnavailable, replicasOf(set), 'down'))
  const unavailable = replicas.filter((pod) => isUnavailable(set, pod, now))
  const isOld = (pod: Pod): boolean => revisionOf(pod) !== update.name && !isTerminating(pod)
  const remove = async (pod: Pod): Promise<void> => {
    await deletePod(rollout, pod)
    status.currentReplicas = (status.currentReplicas ?? 0) - 1
  }
  if (unavailable.length >= allowed && (ordered || !unavailable.some(isOld))) return
  const old = replicas.slice(partition).reverse().filter(isOld)
  let left = allowed - unavailable.length
  if (ordered) {
    for (const pod of old.slice(0, left)) await remove(pod)
    return
  }
  // What is unavailable anyway costs nothing.
  for (const pod of old) if (!isAvailable(set, pod, now)) await remove(pod)
  for (const pod of old) {
    if (left <= 0) break
    if (isUnavailable(set, pod, now)) continue
    await remove(pod)
    left--
  }
}
