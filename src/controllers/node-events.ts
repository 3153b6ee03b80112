/** Events about nodes. Mirrors pkg/controller/util/node/controller_utils.go. */
import type { Node } from '../types/core-v1.ts'

/** Whom such an Event names: the node as such, not in one of its versions. `uid`: kubelets give the node's name instead. */
export function aboutNode(node: Node, uid = node.metadata.uid): Node {
  return { ...node, metadata: { name: node.metadata.name, uid } }
}
