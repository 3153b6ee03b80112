/** Deletes pods that nobody else will: too many ended ones, and those that wait for a kubelet that is gone or never was. Mirrors kubernetes pkg/controller/podgc. */
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Node, Pod } from '../types/core-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { type ControllerContext, defineController, type Key } from './controller.ts'
import { isPodTerminal, timeOf } from './pods.ts'

const PERIOD_MS = 20_000
/** Ended pods beyond this number are deleted, the oldest first. */
const THRESHOLD = 12_500
const OUT_OF_SERVICE = 'node.kubernetes.io/out-of-service'
/** Index of the pods that ended, and of those that are going. */
const STATES = 'endedOrGoing'
const ALL: Key = { namespace: '', name: 'all' }

/** Pods of nodes that are not there are node-lifecycle's. One key: it looks at all of them, at most once a period. */
export const podGarbageCollector = defineController({
  name: 'pod-garbage-collector',
  component: 'pod-garbage-collector',
  watches: [
    {
      resource: 'pods',
      when: (pod, old) => statesOf(pod).length > (old ? statesOf(old).length : 0),
      keys: (_pod, context) => later(context),
    },
    {
      resource: 'nodes',
      when: (node) => (node as Node).spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true,
      keys: (_node, context) => later(context),
    },
  ],
  indexes: { pods: { [STATES]: statesOf } },
  async reconcile(_key, context) {
    const pods = context.lister<Pod>('pods')
    const ended = pods.byIndex(STATES, 'ended')
    if (ended.length > THRESHOLD) {
      const created = ({ metadata }: Pod): number => timeOf(metadata.creationTimestamp) ?? 0
      const oldest = [...ended].sort((a, b) => created(a) - created(b))
      for (const pod of oldest.slice(0, ended.length - THRESHOLD)) await remove(pod, context)
    }
    for (const pod of pods.byIndex(STATES, 'going')) {
      const { nodeName } = pod.spec ?? {}
      if (!nodeName) await remove(pod, context)
      else if (isOutOfService(context.lister<Node>('nodes').get('', nodeName))) await remove(pod, context)
    }
  },
})

/** Upstream looks every so often; here only after something happened. */
function later(context: ControllerContext): Key[] {
  context.enqueue(ALL, PERIOD_MS)
  return []
}

function statesOf(object: KubeObject): string[] {
  const pod = object as Pod
  return [...(isPodTerminal(pod) ? ['ended'] : []), ...(pod.metadata.deletionTimestamp ? ['going'] : [])]
}

function isOutOfService(node: Node | undefined): boolean {
  const ready = node?.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
  return node !== undefined && !ready && node.spec?.taints?.some(({ key }) => key === OUT_OF_SERVICE) === true
}

async function remove({ metadata }: Pod, { client }: ControllerContext): Promise<void> {
  const { namespace = '', name = '', uid } = metadata
  const failed = (old: Pod): Pod =>
    old.metadata.uid !== uid || isPodTerminal(old) ? old : { ...old, status: { ...old.status, phase: 'Failed' } }
  await ignoreNotFound(client.modify<Pod>('pods', namespace, name, failed, { subresource: 'status' }))
  await ignoreNotFound(client.delete('pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } }))
}
