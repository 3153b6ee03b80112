/** Emulated kubelets: one for every Node object, all in one controller. Mirrors pkg/kubelet. */
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Node } from '../../types/core-v1.ts'
import { DRIVERS } from '../attach-detach/attachable.ts'
import {
  type Change,
  type ControllerContext,
  defineController,
  type Key,
  type Result,
  type Watch,
} from '../controller.ts'
import { parseKey } from '../key.ts'
import { nodeNameOf, podsByNode } from '../pod-index.ts'
import { STAGE_RESOURCES } from '../stages/stage.ts'
import { conditionsText, evictNext } from './eviction.ts'
import { beat, isStopped, LEASE_RENEWAL_MS, reconcileNode } from './nodes.ts'
import { reconcilePod } from './pods.ts'
import { BEHAVIOR_RESOURCE } from './rules.ts'
import { stateOf } from './state.ts'
import { reconcileStaticPods, STATIC_PODS } from './static-pods.ts'
import { mountingNodes, reportVolumesInUse } from './volumes-in-use.ts'

/** The key of the timer that all nodes share. */
const BEAT: Key = { namespace: '', name: '' }

/** What pods may have to wait for. */
const WAITED_FOR = [
  'configmaps',
  'secrets',
  'persistentvolumeclaims',
  'persistentvolumes',
  'nodes',
  'runtimeclasses.node.k8s.io',
  'resourceclaims.resource.k8s.io',
]

/** Keys with a namespace are pods, all others nodes. */
export const kubelet = defineController({
  name: 'kubelet',
  component: 'kubelet',
  // Ten thousand pods that start must not make their nodes seem dead.
  urgent: BEAT,
  watches: [
    { resource: 'nodes', keys: ({ metadata }) => [{ namespace: '', name: metadata.name! }], when: nodeMatters },
    { resource: 'pods', keys: podsToSee, when: (pod) => nodeNameOf(pod) !== undefined },
    ...[...STAGE_RESOURCES, BEHAVIOR_RESOURCE].map(staged),
    ...WAITED_FOR.map(waitedFor),
    {
      resource: DRIVERS,
      changesOnly: true,
      keys: (_, context) => mountingNodes(context).flatMap((node) => withWaiting(node, context)),
    },
  ],
  indexes: { pods: podsByNode },
  reconcile(key, context) {
    if (key.namespace !== '') return reconcilePod(key, context)
    if (key.name === STATIC_PODS.name) return reconcileStaticPods(context)
    return key.name === '' ? onBeat(context) : onNode(key.name, context)
  },
})

/** What no Stage selects any more, what one does now, and what behaves anew: everything is looked at again. */
function staged(resource: string): Watch {
  return {
    resource,
    keys: (_, context) => [...context.lister('pods').list(), ...context.lister('nodes').list()].map(keyOf),
  }
}

/** A status that the kubelet wrote itself is no news to it: the step that wrote it says when to look again. */
function podsToSee(
  { metadata }: KubeObject,
  context: ControllerContext,
  _: KubeObject | undefined,
  { type }: Change,
): Key[] {
  const { namespace = '', name = '', resourceVersion } = metadata
  const known = type === 'deleted' ? undefined : stateOf(context).pods.get(`${namespace}/${name}`)
  return known !== undefined && known.written === resourceVersion ? [] : [{ namespace, name }]
}

const keyOf = ({ metadata: { namespace = '', name = '' } }: KubeObject): Key => ({ namespace, name })

/** Pods that miss an object are asked for again when it comes or changes. */
function waitedFor(resource: string): Watch {
  return {
    resource,
    changesOnly: true,
    keys({ metadata: { namespace = '', name } }, context) {
      const pods = stateOf(context).waiting.get(`${resource} ${namespace}/${name}`)
      return pods ? [...pods].map(parseKey) : []
    },
  }
}

/** A node, and the pods that wait for news of it. */
function withWaiting(name: string, context: ControllerContext): Key[] {
  const pods = stateOf(context).waiting.get(`nodes /${name}`) ?? []
  return [{ namespace: '', name }, ...[...pods].map(parseKey)]
}

/** Heartbeats are the kubelet's own. */
function nodeMatters(object: KubeObject, before?: KubeObject): boolean {
  if (!before) return true
  const [node, old] = [object as Node, before as Node]
  return node.spec !== old.spec || conditionsText(node) !== conditionsText(old) || isStopped(node) !== isStopped(old)
}

async function onNode(name: string, context: ControllerContext): Promise<Result | void> {
  await reconcileNode(name, context)
  const state = stateOf(context)
  await reportVolumesInUse(name, state, context)
  if (!state.beating && state.nodes.size > 0) {
    state.beating = true
    context.enqueue(BEAT, LEASE_RENEWAL_MS)
    if (context.settings.staticPods) context.enqueue(STATIC_PODS)
  }
  const node = context.lister<Node>('nodes').get('', name)
  const requeueAfterMs = node && evictNext(node, state, context)
  if (requeueAfterMs !== undefined) return { requeueAfterMs }
}

async function onBeat(context: ControllerContext): Promise<void> {
  const state = stateOf(context)
  if (state.nodes.size === 0) {
    state.beating = false
    return
  }
  try {
    await beat(context)
  } finally {
    // Also after a failure: where a node is refused again and again, the back-off must not grow beyond what the leases of the others last.
    context.enqueue(BEAT, state.toBeat.length > 0 ? 0 : LEASE_RENEWAL_MS)
  }
}
