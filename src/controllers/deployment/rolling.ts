/** RollingUpdate: up by maxSurge, down by maxUnavailable. Mirrors kubernetes pkg/controller/deployment/rolling.go. */
import type { ReplicaSet } from '../../types/apps-v1.ts'
import type { Result } from '../controller.ts'
import {
  active,
  allOf,
  byAge,
  isComplete,
  maxUnavailable,
  newReplicas,
  type ReplicaSets,
  sum,
  wanted,
} from './arithmetic.ts'
import { syncRevision } from './replicasets.ts'
import type { Rollout } from './rollout.ts'
import { cleanUp, scaleReplicaSet } from './scale.ts'
import { writeRolloutStatus } from './status.ts'

/** One step: scale the new ReplicaSet, or else the old ones, then say how far it is. */
export async function rolloutRolling(rollout: Rollout): Promise<Result | undefined> {
  const sets = await syncRevision(rollout, true)
  if ((await scaleNew(rollout, sets)) || (await scaleOld(rollout, sets))) return writeRolloutStatus(rollout, sets)
  if (isComplete(rollout.deployment, rollout.deployment.status)) await cleanUp(rollout, sets.old)
  return writeRolloutStatus(rollout, sets)
}

async function scaleNew(rollout: Rollout, sets: ReplicaSets): Promise<boolean> {
  const { deployment } = rollout
  const set = sets.new
  if (!set || wanted(set) === wanted(deployment)) return false
  const replicas =
    wanted(set) > wanted(deployment) ? wanted(deployment) : newReplicas(deployment, allOf(sets), wanted(set))
  sets.new = await scaleReplicaSet(rollout, set, replicas)
  return replicas !== wanted(set)
}

const available = (set: ReplicaSet): number => set.status?.availableReplicas ?? 0

async function scaleOld(rollout: Rollout, sets: ReplicaSets): Promise<boolean> {
  const old = active(sets.old).sort(byAge)
  if (old.length === 0 || !sets.new) return false
  const minAvailable = wanted(rollout.deployment) - maxUnavailable(rollout.deployment)
  const newUnavailable = wanted(sets.new) - available(sets.new)
  const most = sum(allOf(sets), wanted) - minAvailable - newUnavailable
  if (most <= 0) return false
  // Scaled down a moment ago: its status is behind, and would be taken for pods to spare. Upstream fails here and tries again.
  if (old.some((set) => available(set) > wanted(set))) return false
  const cleaned = await scaleDownUnhealthy(rollout, old, most)
  const availableNow = sum([...old, sets.new], available)
  const scaled = await scaleDown(rollout, old, availableNow - minAvailable)
  replace(sets, old)
  return cleaned + scaled > 0
}

/** Pods that are not available go first: they serve nobody, and would else hold up the rollout. Changes `old` in place. */
async function scaleDownUnhealthy(rollout: Rollout, old: ReplicaSet[], most: number): Promise<number> {
  let total = 0
  for (const [i, set] of old.entries()) {
    if (total >= most) break
    const count = Math.min(most - total, wanted(set) - available(set))
    if (wanted(set) === 0 || count === 0) continue
    old[i] = await scaleReplicaSet(rollout, set, wanted(set) - count)
    total += count
  }
  return total
}

/** Changes `old` in place. */
async function scaleDown(rollout: Rollout, old: ReplicaSet[], most: number): Promise<number> {
  let total = 0
  for (const [i, set] of old.entries()) {
    if (total >= most) break
    if (wanted(set) === 0) continue
    const count = Math.min(wanted(set), most - total)
    old[i] = await scaleReplicaSet(rollout, set, wanted(set) - count)
    total += count
  }
  return total
}

function replace(sets: ReplicaSets, changed: readonly ReplicaSet[]): void {
  const byName = new Map(changed.map((set) => [set.metadata.name, set]))
  sets.old = sets.old.map((set) => byName.get(set.metadata.name) ?? set)
}
