/** StatefulSets: pods with names and claims of their own. Mirrors kubernetes pkg/controller/statefulset. */
import { deepEqual } from '../../apimachinery/equality.ts'
import { selectorFromObject } from '../../apimachinery/labels.ts'
import { controllerOf } from '../../apimachinery/meta.ts'
import type { ControllerRevision, StatefulSet, StatefulSetStatus } from '../../types/apps-v1.ts'
import type { Pod } from '../../types/core-v1.ts'
import { claim, ORPHANS, orphanNamespaces } from '../claim.ts'
import { type ControllerContext, defineController, type Result } from '../controller.ts'
import {
  createRevision,
  nextRevisionNumber,
  ownedRevisions,
  REVISIONS,
  renumber,
  sameData,
  templateOf,
  templatePatch,
  truncateHistory,
} from '../history.ts'
import { nextAvailabilityMs } from '../pods.ts'
import { parentAndOrdinal, replicasOf, revisionOf, versionOf } from './identity.ts'
import { advance, type Rollout } from './rollout.ts'

const SETS = 'statefulsets.apps'

export const statefulset = defineController({
  name: 'statefulset',
  component: 'statefulset-controller',
  for: SETS,
  owns: ['pods'],
  watches: [
    {
      resource: 'pods',
      when: (pod) => controllerOf(pod) === undefined,
      keys: (pod, { lister }) =>
        lister<StatefulSet>(SETS)
          .list(pod.metadata.namespace)
          .filter(({ spec }) => selectorFromObject(spec?.selector).matches(pod.metadata.labels))
          .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })),
    },
  ],
  indexes: { pods: { [ORPHANS]: orphanNamespaces }, [REVISIONS]: { [ORPHANS]: orphanNamespaces } },
  async reconcile({ namespace, name }, context) {
    const set = context.lister<StatefulSet>(SETS).get(namespace, name)
    return set && reconcile(set, context)
  },
})

async function reconcile(set: StatefulSet, context: ControllerContext): Promise<Result | undefined> {
  const selector = selectorFromObject(set.spec?.selector)
  const revisions = await ownedRevisions(set, selector, context)
  const lister = context.lister<Pod>('pods')
  const candidates = [
    ...lister.ownedBy(set.metadata.uid ?? ''),
    ...lister.byIndex(ORPHANS, set.metadata.namespace ?? ''),
  ]
  const filter = (pod: Pod): boolean => parentAndOrdinal(pod)?.parent === set.metadata.name
  const pods = await claim(context.client, 'pods', set, selector, candidates, { filter })
  const { current, update, collisionCount } = await findRevisions(set, revisions, context)
  const rollout: Rollout = {
    set,
    context,
    current: versionOf(current, templateOf(current)),
    update: versionOf(update, templateOf(update)),
    now: context.clock.now(),
    ordered: set.spec?.podManagementPolicy !== 'Parallel',
    replicas: [],
    condemned: [],
    status: {
      replicas: 0,
      observedGeneration: set.metadata.generation,
      currentRevision: current.metadata.name,
      updateRevision: update.metadata.name,
      collisionCount,
      conditions: set.status?.conditions,
    },
  }
  await advance(rollout, pods)
  await writeStatus(rollout)
  await truncate(set, pods, revisions, [current, update], context)
  if (rollout.failure !== undefined) throw rollout.failure
  return nextCheck(rollout, pods)
}

/** The revision of the present template, made when there is none, and the one the set is at. */
async function findRevisions(
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
  context: ControllerContext,
): Promise<{ current: ControllerRevision; update: ControllerRevision; collisionCount: number }> {
  const data = templatePatch(set.spec!.template)
  const number = nextRevisionNumber(revisions)
  let collisionCount = set.status?.collisionCount ?? 0
  const equal = revisions.findLast((revision) => sameData(revision.data, data))
  let update = equal
  if (!equal) {
    const labels = set.spec!.template.metadata?.labels
    const created = await createRevision({ owner: set, data, number, labels }, collisionCount, context)
    update = created.revision
    collisionCount = created.collisionCount
  } else if (equal !== revisions.at(-1)) update = await renumber(equal, number, context)
  const present = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision)
  return { current: present ?? update!, update: update!, collisionCount }
}

async function writeStatus({ set, status, context }: Rollout): Promise<void> {
  const replicas = replicasOf(set)
  if (status.updatedReplicas === replicas && status.readyReplicas === replicas && status.replicas === replicas) {
    status.currentReplicas = status.updatedReplicas
    status.currentRevision = status.updateRevision
  }
  const next: StatefulSetStatus = {
    ...status,
    readyReplicas: status.readyReplicas || undefined,
    currentReplicas: status.currentReplicas || undefined,
    updatedReplicas: status.updatedReplicas || undefined,
  }
  // A collision alone is no reason to write.
  const { collisionCount: _before, ...before } = set.status ?? { replicas: 0 }
  const { collisionCount: _after, ...after } = next
  if (deepEqual({ ...before, availableReplicas: before.availableReplicas ?? 0 }, after)) return
  await context.client.updateStatus<StatefulSet>(SETS, { ...set, status: next })
}

async function truncate(
  set: StatefulSet,
  pods: readonly Pod[],
  revisions: readonly ControllerRevision[],
  used: readonly ControllerRevision[],
  context: ControllerContext,
): Promise<void> {
  const live = new Set([...used.map(({ metadata }) => metadata.name), ...pods.map(revisionOf)])
  const unused = revisions.filter(({ metadata }) => !live.has(metadata.name ?? ''))
  await truncateHistory(unused, set.spec?.revisionHistoryLimit ?? 10, context)
}

/** When a ready pod becomes available. */
function nextCheck({ set, status, now }: Rollout, pods: readonly Pod[]): Result | undefined {
  const { minReadySeconds = 0 } = set.spec!
  if (minReadySeconds === 0 || status.readyReplicas === status.availableReplicas) return undefined
  return { requeueAfterMs: nextAvailabilityMs(pods, minReadySeconds, now) ?? minReadySeconds * 1000 }
}
