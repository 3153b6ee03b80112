/** DaemonSets: a pod on each node that fits. Mirrors kubernetes pkg/controller/daemon/daemon_controller.go. */
import { selectorFromObject } from '../../apimachinery/labels.ts'
import { controllerOf } from '../../apimachinery/meta.ts'
import type { ControllerRevision, DaemonSet, DaemonSetStatus } from '../../types/apps-v1.ts'
import type { Node, Pod } from '../../types/core-v1.ts'
import { claim, ORPHANS, orphanNamespaces } from '../claim.ts'
import { type ControllerContext, defineController, type Key, type Result } from '../controller.ts'
import { ownedRevisions, REVISIONS } from '../history.ts'
import { podsByNode } from '../pod-index.ts'
import { isPodReady, isPodTerminal } from '../pods.ts'
import { cleanUp, findHistory, hashOf } from './history.ts'
import { forget, manage } from './manage.ts'
import { isUpdated, nodeChanged, nodeTest, targetNode } from './nodes.ts'
import { rollingUpdate } from './rolling.ts'
import { byAge, type DaemonSync, isAvailable, requeueAfter } from './sync.ts'

const SETS = 'daemonsets.apps'

export const daemonset = defineController({
  name: 'daemonset',
  component: 'daemonset-controller',
  for: SETS,
  owns: ['pods'],
  watches: [
    {
      resource: 'pods',
      when: (pod) => controllerOf(pod) === undefined,
      keys: (pod, { lister }) =>
        lister<DaemonSet>(SETS)
          .list(pod.metadata.namespace)
          .filter(({ spec }) => selectorFromObject(spec?.selector).matches(pod.metadata.labels))
          .map(keyOf),
    },
    {
      resource: 'nodes',
      when: (node, old) => !old || nodeChanged(node as Node, old as Node),
      keys: (node, context, _old, { type }) => (type === 'deleted' ? [] : setsOf(node as Node, context)),
    },
  ],
  indexes: {
    pods: { [ORPHANS]: orphanNamespaces, ...podsByNode },
    [REVISIONS]: { [ORPHANS]: orphanNamespaces },
  },
  async reconcile({ namespace, name }, context) {
    const set = context.lister<DaemonSet>(SETS).get(namespace, name)
    if (!set) return undefined
    if (!set.metadata.deletionTimestamp) return reconcile(set, context)
    forget(set.metadata.uid ?? '', context)
    return undefined
  },
})

const keyOf = ({ metadata }: DaemonSet): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })

/**
 * The sets that a change of the node concerns. As upstream has it, a node that goes, or a taint that pods may stay under, is seen with the
 * next change of a pod.
 */
function setsOf(node: Node, { lister }: ControllerContext): Key[] {
  const sets = lister<DaemonSet>(SETS).list()
  if (sets.length === 0) return []
  const pods = lister<Pod>('pods').byIndex('node', node.metadata.name ?? '')
  const concerned = sets.filter((set) => {
    const { run, stay } = nodeTest(set)(node)
    const scheduled = pods.some((pod) => controllerOf(pod)?.uid === set.metadata.uid)
    return scheduled ? !stay || (set.status?.numberMisscheduled ?? 0) > 0 : run
  })
  return concerned.map(keyOf)
}

async function reconcile(set: DaemonSet, context: ControllerContext): Promise<Result | undefined> {
  const selector = selectorFromObject(set.spec?.selector)
  if (selector.empty) {
    const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
    context.recorder.event(set, 'Warning', 'SelectingAll', message)
    return undefined
  }
  const revisions: ControllerRevision[] = await ownedRevisions(set, selector, context)
  const lister = context.lister<Pod>('pods')
  const candidates = [
    ...lister.ownedBy(set.metadata.uid ?? ''),
    ...lister.byIndex(ORPHANS, set.metadata.namespace ?? ''),
  ]
  const pods = await claim(context.client, 'pods', set, selector, candidates)
  const history = await findHistory(set, revisions, pods, context)
  const sync = startSync(set, pods, hashOf(history.current), context)
  let failure: unknown
  try {
    const busy = await manage(sync)
    if (!busy && set.spec?.updateStrategy?.type !== 'OnDelete') await rollingUpdate(sync)
    await cleanUp(set, history.old, pods, context)
  } catch (error) {
    failure = error
  }
  await writeStatus(sync)
  if (failure !== undefined) throw failure
  return sync.requeueAfterMs === undefined ? undefined : { requeueAfterMs: sync.requeueAfterMs }
}

function startSync(set: DaemonSet, pods: readonly Pod[], hash: string, context: ControllerContext): DaemonSync {
  const nodes = context.lister<Node>('nodes').list()
  const onNode = new Map<string, Pod[]>()
  for (const pod of pods) {
    const node = targetNode(pod)
    if (node === undefined || (isPodTerminal(pod) && pod.metadata.deletionTimestamp)) continue
    const group = onNode.get(node)
    if (group) group.push(pod)
    else onNode.set(node, [pod])
  }
  return { context, set, now: context.clock.now(), nodes, test: nodeTest(set), onNode, hash, requeueAfterMs: undefined }
}

/** Counts what was there when the reconcile began. */
async function writeStatus(sync: DaemonSync): Promise<void> {
  const { set, nodes, onNode, test, hash, context } = sync
  let [desired, current, misscheduled, ready, updated, available] = [0, 0, 0, 0, 0, 0]
  for (const node of nodes) {
    const pods = onNode.get(node.metadata.name ?? '') ?? []
    const { run } = test(node)
    if (run) desired++
    else if (pods.length > 0) misscheduled++
    if (!run || pods.length === 0) continue
    current++
    const [pod] = byAge(pods)
    if (isPodReady(pod)) ready++
    if (isAvailable(sync, pod)) available++
    if (isUpdated(set, pod, hash)) updated++
  }
  const counts: DaemonSetStatus = {
    desiredNumberScheduled: desired,
    currentNumberScheduled: current,
    numberMisscheduled: misscheduled,
    numberReady: ready,
    updatedNumberScheduled: updated || undefined,
    numberAvailable: available || undefined,
    numberUnavailable: desired - available || undefined,
  }
  const minReadyMs = (set.spec?.minReadySeconds ?? 0) * 1000
  if (minReadyMs > 0 && ready !== available) requeueAfter(sync, minReadyMs)
  const before: Partial<DaemonSetStatus> = set.status ?? {}
  const generation = set.metadata.generation ?? 0
  const same = Object.entries(counts).every(([name, count]) => (before[name as 'numberReady'] ?? 0) === (count ?? 0))
  if (same && (before.observedGeneration ?? 0) >= generation) return
  const status = { ...before, ...counts, observedGeneration: generation }
  await context.client.updateStatus<DaemonSet>(SETS, { ...set, status })
}
