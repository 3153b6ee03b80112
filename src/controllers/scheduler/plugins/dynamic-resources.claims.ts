/** The ResourceClaims of a pod: those that it names, and those that were made for it. Mirrors dynamic-resource-allocation/resourceclaim. */
import { controllerOf } from '../../../apimachinery/meta.ts'
import type { Pod } from '../../../types/core-v1.ts'
import type { ResourceClaim } from '../../../types/resource-v1.ts'
import { final, type Refusal, type World } from '../plugin.ts'

export const RESOURCE_CLAIMS = 'resourceclaims.resource.k8s.io'
export const RESOURCE_SLICES = 'resourceslices.resource.k8s.io'
export const DEVICE_TAINT_RULES = 'devicetaintrules.resource.k8s.io'

/** On claims that have devices. */
export const FINALIZER = 'resource.kubernetes.io/delete-protection'
/** So many pods can have one claim. */
const MOST_USERS = 256

export const isReserved = ({ status }: ResourceClaim, { metadata }: Pod): boolean =>
  status?.reservedFor?.some(({ uid }) => uid === metadata.uid) === true

/** Nobody else can have it. */
export const isFull = ({ status }: ResourceClaim): boolean => (status?.reservedFor?.length ?? 0) >= MOST_USERS

/** A refusal: one of them is not as it should be. Where a template says that no claim is needed there is none. */
export function claimsOf(pod: Pod, { lister }: World): readonly ResourceClaim[] | Refusal {
  const { namespace = '', name: podName, uid } = pod.metadata
  const claims: ResourceClaim[] = []
  for (const { name, resourceClaimName } of pod.spec?.resourceClaims ?? []) {
    const made = pod.status?.resourceClaimStatuses?.find((status) => status.name === name)
    if (!resourceClaimName && !made) return final(`pod "${namespace}/${podName}": ResourceClaim not created yet`)
    const claimName = resourceClaimName ?? made?.resourceClaimName
    if (!claimName) continue
    const claim = lister<ResourceClaim>(RESOURCE_CLAIMS).get(namespace, claimName)
    if (!claim) return final(`could not find ResourceClaim "${namespace}/${claimName}"`)
    if (claim.metadata.deletionTimestamp) return final(`resourceclaim "${claimName}" is being deleted`)
    if (!resourceClaimName && controllerOf(claim)?.uid !== uid) {
      const pair = `ResourceClaim ${namespace}/${claimName} was not created for Pod ${namespace}/${podName}`
      return final(`${pair} (Pod is not owner)`)
    }
    claims.push(claim)
  }
  return claims
}
