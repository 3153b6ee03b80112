/** Annotations that a Deployment leaves on its new ReplicaSet; pure. Mirrors SetNewReplicaSetAnnotations of kubernetes pkg/controller/deployment/util. */
import type { Deployment, ReplicaSet } from '../../types/apps-v1.ts'
import { DESIRED_REPLICAS, MAX_REPLICAS, maxSurge, REVISION, REVISION_HISTORY, wanted } from './arithmetic.ts'

/** Characters of the list of revisions that a ReplicaSet had before. */
const MAX_HISTORY_LENGTH = 2000

const NOT_COPIED = new Set([
  'kubectl.kubernetes.io/last-applied-configuration',
  REVISION,
  REVISION_HISTORY,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  'deprecated.deployment.rollback.to',
])

type Annotations = Record<string, string>

/** The annotations the ReplicaSet should have, or undefined when they need no write. */
export function newSetAnnotations(
  deployment: Deployment,
  set: ReplicaSet,
  revision: string,
  exists: boolean,
): Annotations | undefined {
  const present = set.metadata.annotations ?? {}
  const next: Annotations = { ...present }
  for (const [key, value] of Object.entries(deployment.metadata.annotations ?? {})) {
    if (!NOT_COPIED.has(key)) next[key] = value
  }
  const old = present[REVISION]
  // A revision that is no number is somebody's own: hands off, but what was copied is written with the next change.
  if (old !== undefined && old !== '' && !/^[+-]?[0-9]+$/.test(old)) return exists ? undefined : next
  if (Number(old || 0) < Number(revision)) {
    next[REVISION] = revision
    if (old !== undefined) addToHistory(next, old)
  }
  if (!exists) Object.assign(next, replicaAnnotations(deployment))
  const changed = Object.keys(next).some((key) => next[key] !== present[key])
  return changed ? next : undefined
}

export function replicaAnnotations(deployment: Deployment): Annotations {
  return {
    [DESIRED_REPLICAS]: String(wanted(deployment)),
    [MAX_REPLICAS]: String(wanted(deployment) + maxSurge(deployment)),
  }
}

/** Appends, dropping the oldest that no longer fit. */
function addToHistory(annotations: Annotations, revision: string): void {
  const history = annotations[REVISION_HISTORY]
  if (!history) {
    annotations[REVISION_HISTORY] = revision
    return
  }
  const revisions = history.split(',')
  let length = history.length + revision.length + 1
  while (length > MAX_HISTORY_LENGTH && revisions.length > 0) length -= revisions.shift()!.length + 1
  if (length <= MAX_HISTORY_LENGTH) annotations[REVISION_HISTORY] = [...revisions, revision].join(',')
}
