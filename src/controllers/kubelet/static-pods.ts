/** Static pods: those of a folder of manifests run on a node whatever the API server says, and show there as mirror pods. Mirrors pkg/kubelet/config/{file,common}.go and pkg/kubelet/pod/mirror_client.go. */
import { createHash } from 'node:crypto'
import { formatTime } from '../../apimachinery/clock.ts'
import { isNotFound, isStatusError } from '../../apimachinery/errors.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { ControllerContext, Key } from '../controller.ts'
import { type KnownNode, type KubeletState, stateOf } from './state.ts'

/** The key under which the folder is looked at. */
export const STATIC_PODS: Key = { namespace: '', name: '*static-pods*' }
/** As the kubelet's fileCheckFrequency. */
const CHECK_MS = 20_000

/** Codes by which the API server says that another try right now would not help. */
const REFUSALS: readonly number[] = [400, 403, 404, 422]

const HASH = 'kubernetes.io/config.hash'
const MIRROR = 'kubernetes.io/config.mirror'

export const isMirror = ({ metadata }: Pod): boolean => metadata.annotations?.[MIRROR] !== undefined

/** Brings the mirror pods in line with the folder, as soon as a node runs; answers when to look again. Undefined: there is no folder. */
export async function reconcileStaticPods(context: ControllerContext): Promise<{ requeueAfterMs: number } | undefined> {
  const { staticPods } = context.settings
  if (!staticPods) return undefined
  const state = stateOf(context)
  const first = [...state.nodes.values()].find(({ stopped }) => !stopped)
  if (!first) return { requeueAfterMs: CHECK_MS }
  if (!state.followsFolder) {
    state.followsFolder = true
    staticPods.onChange(() => context.enqueue(STATIC_PODS))
  }
  const wanted = new Map<string, Pod>()
  for (const manifest of staticPods.read()) {
    const node = state.nodes.get(manifest.spec?.nodeName ?? '') ?? first
    const pod = mirrorOf(manifest, node, context)
    wanted.set(`${pod.metadata.namespace}/${pod.metadata.name}`, pod)
  }
  for (const node of state.nodes.values()) if (!node.stopped) await removeOthers(node, wanted, context)
  for (const [text, pod] of wanted) await ensureUnlessRefused(text, pod, state, context)
  return { requeueAfterMs: CHECK_MS }
}

const hashOf = (manifest: Pod, node: string): string =>
  createHash('md5')
    .update(JSON.stringify([manifest, node]))
    .digest('hex')

function mirrorOf(manifest: Pod, node: KnownNode, { clock }: ControllerContext): Pod {
  const { metadata, spec } = manifest
  const hash = hashOf(manifest, node.name)
  const seen = formatTime(clock.now())
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: `${metadata.name}-${node.name}`,
      namespace: metadata.namespace ?? 'default',
      ...(metadata.labels ? { labels: metadata.labels } : {}),
      annotations: {
        ...metadata.annotations,
        [HASH]: hash,
        [MIRROR]: hash,
        'kubernetes.io/config.seen': seen,
        'kubernetes.io/config.source': 'file',
      },
      ownerReferences: [{ apiVersion: 'v1', kind: 'Node', name: node.name, uid: node.uid, controller: true }],
    },
    spec: {
      ...spec!,
      nodeName: node.name,
      tolerations: [...(spec?.tolerations ?? []), { operator: 'Exists', effect: 'NoExecute' }],
    },
  }
}

/** Whose manifest is gone or changed stops like any pod that is deleted. */
async function removeOthers(
  node: KnownNode,
  wanted: ReadonlyMap<string, Pod>,
  context: ControllerContext,
): Promise<void> {
  for (const pod of context.lister<Pod>('pods').byIndex('node', node.name)) {
    const { namespace = '', name = '', uid, annotations, deletionTimestamp } = pod.metadata
    const hash = wanted.get(`${namespace}/${name}`)?.metadata.annotations?.[HASH]
    if (!isMirror(pod) || deletionTimestamp || annotations?.[MIRROR] === hash) continue
    try {
      await context.client.delete('pods', namespace, name, { preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

/** Refused (a policy, a quota, fields that are wrong): logged, and tried at the next look. It must not keep the others from running. */
async function ensureUnlessRefused(
  text: string,
  pod: Pod,
  state: KubeletState,
  context: ControllerContext,
): Promise<void> {
  try {
    await ensure(text, pod, state, context)
  } catch (error) {
    if (!isStatusError(error) || !REFUSALS.includes(error.code)) throw error
    context.logger.warn({ pod: text, refused: error.message }, 'a static pod has no mirror')
  }
}

async function ensure(
  text: string,
  pod: Pod,
  state: KubeletState,
  { client, lister }: ControllerContext,
): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata
  if (lister<Pod>('pods').get(namespace, name)) return
  const created = await client.create<Pod>('pods', pod)
  // Only the mirror was deleted: what it shows has been running all the time.
  const status = state.mirrors.get(text)
  if (status?.hash === pod.metadata.annotations?.[HASH])
    await client.updateStatus('pods', { ...created, status: status?.status })
  state.mirrors.delete(text)
}

/** Somebody deletes a mirror: the pod does not care. True: so it was, and the mirror may go at once. */
export function keepsRunning(pod: Pod, state: KubeletState, { settings }: ControllerContext): boolean {
  const { metadata, status } = pod
  const hash = metadata.annotations?.[MIRROR]
  if (hash === undefined || !settings.staticPods) return false
  const node = pod.spec?.nodeName ?? ''
  const stays = settings.staticPods.read().some((manifest) => hashOf(manifest, node) === hash)
  if (stays && status) state.mirrors.set(`${metadata.namespace}/${metadata.name}`, { hash, status })
  return stays
}
