/** The images that a node has, and what its status says of them. Mirrors pkg/kubelet/nodestatus/setters.go (Images) and pkg/kubelet/images/image_gc_manager.go (the list by size). */
import type { ContainerImage, Node } from '../../types/core-v1.ts'
import { imageOf } from './images.ts'

/** nodeStatusMaxImages of a kubelet's default configuration. */
const MOST = 50

/** In full: what the node's status says of its images when its kubelet starts. An image without names has null for them. */
export function presentImages({ status }: Node): Set<string> {
  return new Set((status?.images ?? []).flatMap(({ names }) => (names ?? []).map((name) => imageOf(name).name)))
}

/** The node with these images in its status, the largest first: those that it names already stay as they are named. */
export function withImages(node: Node, images: ReadonlySet<string>): Node {
  const said = node.status?.images ?? []
  const present = presentImages(node)
  const missing = [...images].filter((name) => !present.has(name)).map(listed)
  if (missing.length === 0) return node
  return { ...node, status: { ...node.status, images: [...said, ...missing].sort(bySize).slice(0, MOST) } }
}

/** By digest, and by tag if it has one. */
function listed(name: string): ContainerImage {
  const { id, sizeBytes } = imageOf(name)
  return { names: id === name ? [id] : [id, name], sizeBytes }
}

function bySize(a: ContainerImage, b: ContainerImage): number {
  const [[first = ''], [other = '']] = [a.names ?? [], b.names ?? []]
  return (b.sizeBytes ?? 0) - (a.sizeBytes ?? 0) || (first > other ? -1 : 1)
}
