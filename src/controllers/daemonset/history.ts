/** Revisions of a DaemonSet's template. Mirrors kubernetes pkg/controller/daemon/update.go (constructHistory, cleanupHistory). */
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import type { ControllerRevision, DaemonSet } from '../../types/apps-v1.ts'
import type { Pod } from '../../types/core-v1.ts'
import { ignoreNotFound } from '../claim.ts'
import type { ControllerContext } from '../controller.ts'
import { REVISION_HASH, REVISIONS, renumber, sameData, templatePatch } from '../history.ts'
import { controllerRef } from '../pods.ts'
import { templateHash } from '../template-hash.ts'

export interface History {
  current: ControllerRevision
  old: ControllerRevision[]
}

export const hashOf = ({ metadata }: ControllerRevision | Pod): string => metadata.labels?.[REVISION_HASH] ?? ''

/** The revision of the present template, made when there is none and renumbered when it is wanted again, and all others. */
export async function findHistory(
  set: DaemonSet,
  revisions: readonly ControllerRevision[],
  pods: readonly Pod[],
  context: ControllerContext,
): Promise<History> {
  const data = templatePatch(set.spec!.template)
  const matching = revisions.filter((revision) => sameData(revision.data, data))
  const old = revisions.filter((revision) => !matching.includes(revision))
  const number = Math.max(0, ...old.map(({ revision = 0 }) => revision)) + 1
  const kept = matching.at(-1)
  if (!kept) return { current: await snapshot(set, data, number, context), old }
  if (matching.length > 1) await mergeRevisions(kept, matching.slice(0, -1), pods, context)
  if ((kept.revision ?? 0) < number) await renumber(kept, number, context)
  return { current: kept, old }
}

async function snapshot(
  set: DaemonSet,
  data: Record<string, unknown>,
  revision: number,
  { client }: ControllerContext,
): Promise<ControllerRevision> {
  const { name: prefix, namespace = '', annotations } = set.metadata
  const hash = templateHash(set.spec!.template, set.status?.collisionCount)
  const name = `${prefix}-${hash}`
  const draft: ControllerRevision = {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      name,
      namespace,
      labels: { ...set.spec!.template.metadata?.labels, [REVISION_HASH]: hash },
      ...(annotations ? { annotations } : {}),
      ownerReferences: [controllerRef(set)],
    },
    data,
    revision,
  }
  try {
    return await client.create(REVISIONS, draft)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    const found = await client.get<ControllerRevision>(REVISIONS, namespace, name)
    if (sameData(found.data, data)) return found
    // The name is another's: the hash changes with the count, and all starts anew.
    const collisionCount = (set.status?.collisionCount ?? 0) + 1
    await client.updateStatus('daemonsets.apps', { ...set, status: { ...set.status!, collisionCount } })
    throw error
  }
}

/** Several revisions hold the same: the newest stays, and its pods bear its hash. */
async function mergeRevisions(
  kept: ControllerRevision,
  others: readonly ControllerRevision[],
  pods: readonly Pod[],
  { client }: ControllerContext,
): Promise<void> {
  const hash = hashOf(kept)
  for (const pod of pods) {
    if (hashOf(pod) === hash) continue
    const { namespace = '', name = '' } = pod.metadata
    await ignoreNotFound(
      client.modify<Pod>('pods', namespace, name, (old) => ({
        ...old,
        metadata: { ...old.metadata, labels: { ...old.metadata.labels, [REVISION_HASH]: hash } },
      })),
    )
  }
  for (const { metadata } of others) {
    await ignoreNotFound(client.delete(REVISIONS, metadata.namespace ?? '', metadata.name ?? ''))
  }
}

/** Deletes the oldest beyond the limit that no pod is of. */
export async function cleanUp(
  { spec }: DaemonSet,
  old: readonly ControllerRevision[],
  pods: readonly Pod[],
  { client }: ControllerContext,
): Promise<void> {
  const excess = old.length - (spec?.revisionHistoryLimit ?? 10)
  if (excess <= 0) return
  const live = new Set(pods.map(hashOf))
  const unused = old.filter((revision) => !live.has(hashOf(revision)))
  for (const { metadata } of unused.slice(0, excess)) {
    await ignoreNotFound(client.delete(REVISIONS, metadata.namespace ?? '', metadata.name ?? ''))
  }
}
