/** Recreate: all old pods go before a new one comes. Mirrors kubernetes pkg/controller/deployment/recreate.go. */
import type { Pod } from '../../types/core-v1.ts'
import type { Result } from '../controller.ts'
import { isPodTerminal } from '../pods.ts'
import { active, isComplete, type ReplicaSets, sum, wanted } from './arithmetic.ts'
import { syncRevision } from './replicasets.ts'
import type { Rollout } from './rollout.ts'
import { cleanUp, scaleReplicaSet } from './scale.ts'
import { writeRolloutStatus } from './status.ts'

export async function rolloutRecreate(rollout: Rollout): Promise<Result | undefined> {
  let sets = await syncRevision(rollout, false)
  const running = active(sets.old)
  if (running.length > 0) {
    for (const set of running) await scaleReplicaSet(rollout, set, 0)
    return writeRolloutStatus(rollout, sets)
  }
  if (oldPodsRunning(rollout, sets)) return writeRolloutStatus(rollout, sets)
  if (!sets.new) sets = await syncRevision(rollout, true)
  if (sets.new) sets.new = await scaleReplicaSet(rollout, sets.new, wanted(rollout.deployment))
  if (isComplete(rollout.deployment, rollout.deployment.status)) await cleanUp(rollout, sets.old)
  return writeRolloutStatus(rollout, sets)
}

/** Terminating pods still run; finished ones do not. */
function oldPodsRunning({ replicaSets, context }: Rollout, sets: ReplicaSets): boolean {
  if (sum(sets.old, (set) => set.status?.replicas) > 0) return true
  const pods = context.lister<Pod>('pods')
  return replicaSets.some(
    ({ metadata }) =>
      metadata.uid !== sets.new?.metadata.uid && pods.ownedBy(metadata.uid ?? '').some((pod) => !isPodTerminal(pod)),
  )
}
