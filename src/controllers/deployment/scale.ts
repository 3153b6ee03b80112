/** Sizes of ReplicaSets: one, all in proportion, and the clean-up of old ones. Mirrors kubernetes pkg/controller/deployment/sync.go. */
import type { ReplicaSet } from '../../types/apps-v1.ts'
import { ignoreNotFound } from '../claim.ts'
import {
  active,
  allOf,
  annotatedNumber,
  byAge,
  byRevision,
  DESIRED_REPLICAS,
  hasHistoryLimit,
  isRollingUpdate,
  maxSurge,
  proportion,
  type ReplicaSets,
  sum,
  wanted,
} from './arithmetic.ts'
import { syncRevision } from './replicasets.ts'
import { replicaAnnotations } from './revision.ts'
import type { Rollout } from './rollout.ts'

/** The wanted size differs from the one the ReplicaSets were last scaled for. */
export async function isScalingEvent(rollout: Rollout): Promise<boolean> {
  const sets = await syncRevision(rollout, false)
  return active(allOf(sets)).some((set) => {
    const desired = annotatedNumber(set, DESIRED_REPLICAS)
    return desired !== undefined && desired !== wanted(rollout.deployment)
  })
}

export async function scale(rollout: Rollout, sets: ReplicaSets): Promise<void> {
  const { deployment } = rollout
  const only = activeOrLatest(sets)
  if (only) {
    if (wanted(only) !== wanted(deployment)) await scaleReplicaSet(rollout, only, wanted(deployment))
  } else if (isSaturated(rollout, sets.new)) {
    for (const old of active(sets.old)) await scaleReplicaSet(rollout, old, 0)
  } else if (isRollingUpdate(deployment)) {
    await scaleProportionally(rollout, active(allOf(sets)))
  }
}

/** The only ReplicaSet with replicas; the newest when there is none; undefined when there are several. */
function activeOrLatest(sets: ReplicaSets): ReplicaSet | undefined {
  const running = active(allOf(sets))
  if (running.length > 1) return undefined
  return running[0] ?? sets.new ?? [...sets.old].sort(byAge).at(-1)
}

/** The rollout is through: the new ReplicaSet alone serves. */
function isSaturated({ deployment }: Rollout, set: ReplicaSet | undefined): boolean {
  const replicas = wanted(deployment)
  if (!set || annotatedNumber(set, DESIRED_REPLICAS) !== replicas) return false
  return wanted(set) === replicas && (set.status?.availableReplicas ?? 0) === replicas
}

/** In the midst of a rollout a change of size is shared out; what rounding leaves goes to the largest. */
async function scaleProportionally(rollout: Rollout, sets: ReplicaSet[]): Promise<void> {
  const { deployment } = rollout
  const allowed = wanted(deployment) > 0 ? wanted(deployment) + maxSurge(deployment) : 0
  const toAdd = allowed - sum(sets, wanted)
  if (toAdd > 0) sets.sort((a, b) => wanted(b) - wanted(a) || byAge(b, a))
  else if (toAdd < 0) sets.sort((a, b) => wanted(b) - wanted(a) || byAge(a, b))
  let added = 0
  const sizes = sets.map((set) => {
    const part = proportion(set, deployment, toAdd, added)
    added += part
    return wanted(set) + part
  })
  if (toAdd !== 0 && sizes.length > 0) sizes[0] = Math.max(0, sizes[0] + toAdd - added)
  for (const [i, set] of sets.entries()) await scaleReplicaSet(rollout, set, sizes[i], true)
}

/** Answers the ReplicaSet as it now is; `annotate`: also when only its annotations are behind. */
export async function scaleReplicaSet(
  rollout: Rollout,
  set: ReplicaSet,
  replicas: number,
  annotate = false,
): Promise<ReplicaSet> {
  const { deployment, context } = rollout
  const before = wanted(set)
  const annotations = replicaAnnotations(deployment)
  const behind = Object.entries(annotations).some(([key, value]) => set.metadata.annotations?.[key] !== value)
  if (before === replicas && !(annotate && behind)) return set
  const scaled = await context.client.update('replicasets.apps', {
    ...set,
    metadata: { ...set.metadata, annotations: { ...set.metadata.annotations, ...annotations } },
    spec: { ...set.spec, replicas },
  })
  if (before !== replicas) {
    const direction = before < replicas ? 'up' : 'down'
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${before} to ${replicas}`
    context.recorder.event(deployment, 'Normal', 'ScalingReplicaSet', message)
  }
  return scaled
}

/** Deletes the oldest ReplicaSets beyond revisionHistoryLimit that have and want no pods. */
export async function cleanUp({ deployment, context }: Rollout, old: readonly ReplicaSet[]): Promise<void> {
  if (!hasHistoryLimit(deployment)) return
  const cleanable = old.filter(({ metadata }) => !metadata.deletionTimestamp).sort(byRevision)
  const excess = cleanable.length - (deployment.spec.revisionHistoryLimit ?? 0)
  for (const set of cleanable.slice(0, Math.max(0, excess))) {
    const { generation = 0, namespace = '', name = '' } = set.metadata
    const busy = (set.status?.replicas ?? 0) !== 0 || wanted(set) !== 0
    if (busy || generation > (set.status?.observedGeneration ?? 0)) continue
    await ignoreNotFound(context.client.delete('replicasets.apps', namespace, name))
  }
}
