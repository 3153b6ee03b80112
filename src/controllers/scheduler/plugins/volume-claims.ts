/** The claims of a pod, by what is left to be done for them. Mirrors plugins/volumebinding/volume_binding.go (podHasPVCs) and binder.go (GetPodVolumeClaims). */
import { controllerOf } from '../../../apimachinery/meta.ts'
import type { PersistentVolumeClaim, Pod } from '../../../types/core-v1.ts'
import type { StorageClass } from '../../../types/storage-v1.ts'
import { BIND_COMPLETED, classOf, isDelayed } from '../../volume-binder/match.ts'
import { final, type Refusal, type World } from '../plugin.ts'

export const CLAIMS = 'persistentvolumeclaims'
export const VOLUMES = 'persistentvolumes'
export const CLASSES = 'storageclasses.storage.k8s.io'

type Claim = PersistentVolumeClaim

export interface Needs {
  bound: readonly Claim[]
  /** Bound only when a node is known. */
  delayed: readonly Claim[]
  /** A claim waits to be bound by others. */
  immediate: boolean
}

/** Undefined: the pod has no claims. A refusal: it can run nowhere. */
export function needsOf(pod: Pod, { lister }: World): Needs | Refusal | undefined {
  const claims: Claim[] = []
  for (const { name, ephemeral } of claimNamesOf(pod)) {
    const claim = lister<Claim>(CLAIMS).get(pod.metadata.namespace ?? '', name)
    const why = claim ? trouble(claim, pod, ephemeral) : missing(name, ephemeral)
    if (why) return final(why)
    claims.push(claim!)
  }
  if (claims.length === 0) return undefined
  const bound = claims.filter(isFullyBound)
  const unbound = claims.filter((claim) => !isFullyBound(claim))
  const delayed = unbound.filter(
    (claim) => !claim.spec?.volumeName && isDelayed(lister<StorageClass>(CLASSES).get('', classOf(claim))),
  )
  return { bound, delayed, immediate: delayed.length < unbound.length }
}

export interface ClaimName {
  name: string
  ephemeral: boolean
}

export function claimNamesOf({ metadata, spec }: Pod): ClaimName[] {
  return (spec?.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }) => {
    if (persistentVolumeClaim) return { name: persistentVolumeClaim.claimName, ephemeral: false }
    return ephemeral ? { name: `${metadata.name}-${name}`, ephemeral: true } : []
  })
}

export function isFullyBound({ metadata, spec }: Claim): boolean {
  return Boolean(spec?.volumeName) && metadata.annotations?.[BIND_COMPLETED] !== undefined
}

function missing(name: string, ephemeral: boolean): string {
  const about = `persistentvolumeclaim "${name}"`
  return ephemeral ? `waiting for ephemeral volume controller to create the ${about}` : `${about} not found`
}

function trouble(claim: Claim, pod: Pod, ephemeral: boolean): string | undefined {
  const { namespace, name, deletionTimestamp } = claim.metadata
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim "${name}" bound to non-existent persistentvolume "${claim.spec?.volumeName ?? ''}"`
  }
  if (deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`
  if (ephemeral && controllerOf(claim)?.uid !== pod.metadata.uid) {
    return `PVC ${namespace}/${name} was not created for pod ${pod.metadata.namespace}/${pod.metadata.name} (pod is not owner)`
  }
  return undefined
}
