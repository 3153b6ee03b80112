/** Deletes pods from nodes with a NoExecute taint that they do not bear, or not for so long. Mirrors pkg/controller/tainteviction/taint_eviction.go. */
import { formatTime } from '../apimachinery/clock.ts'
import { deepEqual } from '../apimachinery/equality.ts'
import { isConflict, isNotFound } from '../apimachinery/errors.ts'
import type { Node, Pod, Taint } from '../types/core-v1.ts'
import { type ControllerContext, defineController } from './controller.ts'
import { nodeNameOf, podsByNode } from './pod-index.ts'
import { isPodTerminal, withDisruption } from './pods.ts'
import { perRun } from './state.ts'
import { tolerates } from './tolerations.ts'

export const taintEviction = defineController({
  name: 'taint-eviction',
  component: 'taint-eviction-controller',
  watches: [
    {
      resource: 'pods',
      keys(pod, context) {
        const { namespace = '', name = '' } = pod.metadata
        const node = context.lister<Node>('nodes').get('', nodeNameOf(pod)!)
        const isConcerned = (node && evicting(node).length > 0) || sinceOf(context).has(`${namespace}/${name}`)
        return isConcerned ? [{ namespace, name }] : []
      },
      when: (pod, old) =>
        nodeNameOf(pod) !== undefined &&
        (!old || nodeNameOf(old) === undefined || pod.metadata.generation !== old.metadata.generation),
    },
    {
      resource: 'nodes',
      keys: ({ metadata: { name = '' } }, context) =>
        context
          .lister('pods')
          .byIndex('node', name)
          .map(({ metadata }) => ({ namespace: metadata.namespace!, name: metadata.name! })),
      when: (node, old) => !deepEqual(evicting(node as Node), old ? evicting(old as Node) : []),
    },
  ],
  indexes: { pods: podsByNode },
  async reconcile({ namespace, name }, context) {
    const pod = context.lister<Pod>('pods').get(namespace, name)
    const node = context.lister<Node>('nodes').get('', pod?.spec?.nodeName ?? '')
    const taints = node ? evicting(node) : []
    const text = `${namespace}/${name}`
    if (!pod || taints.length === 0 || pod.metadata.deletionTimestamp || isPodTerminal(pod)) {
      sinceOf(context).delete(text)
      return
    }
    const dueAt = evictionTime(pod, taints, since(text, pod, taints, context))
    if (dueAt === undefined) return
    const waitMs = dueAt - context.clock.now()
    if (waitMs > 0) return { requeueAfterMs: waitMs }
    await evict(pod, context)
  },
})

const evicting = ({ spec }: Node): Taint[] => (spec?.taints ?? []).filter(({ effect }) => effect === 'NoExecute')

/** When a pod's taints were first seen, ms: a taint need not say since when it is there. */
interface Seen {
  uid: string | undefined
  taints: Map<string, number>
}

const sinceOf = perRun(() => new Map<string, Seen>())

/** The time of each taint; of those that say none, when they were first seen on this pod's node. */
function since(
  text: string,
  { metadata: { uid } }: Pod,
  taints: readonly Taint[],
  context: ControllerContext,
): number[] {
  const all = sinceOf(context)
  const before = all.get(text)
  const seen: Seen = { uid, taints: new Map() }
  all.set(text, seen)
  return taints.map(({ key, value, timeAdded }) => {
    const old = before?.uid === uid ? before?.taints.get(`${key}=${value}`) : undefined
    const time = timeAdded ? Date.parse(timeAdded) : (old ?? context.clock.now())
    seen.taints.set(`${key}=${value}`, time)
    return time
  })
}

/** Undefined: never. */
function evictionTime({ spec }: Pod, taints: readonly Taint[], times: readonly number[]): number | undefined {
  let due: number | undefined
  for (const [i, taint] of taints.entries()) {
    const bearing = (spec?.tolerations ?? []).filter((toleration) => tolerates(toleration, taint))
    if (bearing.length === 0) return times[i]
    for (const { tolerationSeconds } of bearing) {
      if (tolerationSeconds === undefined) continue
      const end = times[i] + Math.max(0, tolerationSeconds) * 1000
      due = Math.min(due ?? end, end)
    }
  }
  return due
}

async function evict(pod: Pod, { client, clock, recorder }: ControllerContext): Promise<void> {
  const { namespace = '', name = '', uid } = pod.metadata
  recorder.event(pod, 'Normal', 'TaintManagerEviction', `Marking for deletion Pod ${namespace}/${name}`)
  const now = formatTime(clock.now())
  try {
    await client.modify<Pod>(
      'pods',
      namespace,
      name,
      (old) => withDisruption(old, now, 'DeletionByTaintManager', 'Taint manager: deleting due to NoExecute taint'),
      { subresource: 'status' },
    )
    await client.delete('pods', namespace, name, { preconditions: { uid } })
  } catch (error) {
    // Gone, or another pod has the name by now.
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
