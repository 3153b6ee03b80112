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

export const USES_CLAIM = 'usesClaim'

/** `byIndex(USES_CLAIM, 'namespace/name')`: the pods that use a claim. */
export const usesClaim = { [USES_CLAIM]: claimsOfPod }

/** `namespace/name` of the claims of a pod, those of ephemeral volumes included. */
export function claimsOfPod(object: KubeObject): string[] {
  const { metadata, spec } = object as Pod
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (ephemeral) return [`${metadata.namespace}/${metadata.name}-${name}`]
    return persistentVolumeClaim ? [`${metadata.namespace}/${persistentVolumeClaim.claimName}`] : []
  })
}
