/** Indexes over pods that several controllers use: one name, one meaning. */
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Pod } from '../types/core-v1.ts'

export const nodeNameOf = (pod: KubeObject): string | undefined => (pod as Pod).spec?.nodeName

/** `byIndex('node', name)`: the pods of a node. */
export const podsByNode = {
  node(pod: KubeObject): string[] {
    const name = nodeNameOf(pod)
    return name ? [name] : []
  },
}
