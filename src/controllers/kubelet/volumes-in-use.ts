/** Which attachable volumes a node says it uses: nobody detaches those. Mirrors pkg/kubelet/nodestatus/setters.go (VolumesInUse) and volumemanager (GetVolumesInUse). */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { Node, Pod } from '../../types/core-v1.ts'
import { isPodOver, volumesToAttach } from '../attach-detach/attachable.ts'
import { ignoreNotFound } from '../claim.ts'
import type { ControllerContext } from '../controller.ts'
import { type KubeletState, stateOf } from './state.ts'

/** A pod of the node has ended: what it used may be free. */
export function unmount(node: string, context: ControllerContext): void {
  const known = stateOf(context).nodes.get(node)
  const { volumesInUse } = context.lister<Node>('nodes').get('', node)?.status ?? {}
  if (known && volumesInUse?.length) context.enqueue({ namespace: '', name: node })
}

/** Names of nodes whose pods need volumes to be attached, or did: what a driver says of attaching may concern them. */
export function mountingNodes(context: ControllerContext): string[] {
  return [...stateOf(context).nodes.values()].flatMap(({ name, mounts }) =>
    mounts || context.lister<Node>('nodes').get('', name)?.status?.volumesInUse?.length ? [name] : [],
  )
}

/** Costs nothing on nodes that never had such a volume. A node that is not ready says what it said. */
export async function reportVolumesInUse(
  name: string,
  { nodes }: KubeletState,
  context: ControllerContext,
): Promise<void> {
  const known = nodes.get(name)
  const node = context.lister<Node>('nodes').get('', name)
  const said = node?.status?.volumesInUse ?? []
  if (!known?.ready || !(known.mounts || said.length > 0)) return
  const volumes = volumesInUse(name, context)
  if (deepEqual(volumes, said)) return
  await ignoreNotFound(
    context.client.modify<Node>(
      'nodes',
      '',
      name,
      (old) => ({ ...old, status: { ...old.status, volumesInUse: volumes.length > 0 ? volumes : undefined } }),
      { subresource: 'status' },
    ),
  )
}

function volumesInUse(node: string, context: ControllerContext): string[] {
  const volumes = new Set<string>()
  for (const pod of context.lister<Pod>('pods').byIndex('node', node)) {
    if (!pod.status?.startTime || isPodOver(pod)) continue
    for (const volume of volumesToAttach(pod, context)) volumes.add(volume)
  }
  return [...volumes].sort()
}
