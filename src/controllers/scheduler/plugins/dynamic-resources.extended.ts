/** The claim that the scheduler makes itself: for extended resources of a pod that devices stand behind. Mirrors plugins/dynamicresources/extendeddynamicresources.go. */
import { isNotFound } from '../../../apimachinery/errors.ts'
import type { ContainerExtendedResourceRequest, Pod } from '../../../types/core-v1.ts'
import type { DeviceClass, ResourceClaim } from '../../../types/resource-v1.ts'
import type { Client } from '../../client.ts'
import { classBehind, DEVICE_CLASSES, deviceRequestsOf, IMPLICIT } from '../devices/extended-resources.ts'
import type { NodeInfo } from '../node-info.ts'
import { final, type Refusal, type Unblocking, type World } from '../plugin.ts'
import type { PodInfo } from '../pod-info.ts'
import { FINALIZER, RESOURCE_CLAIMS } from './dynamic-resources.claims.ts'

const MARK = 'resource.kubernetes.io/extended-resource-claim'

/** What the pod asks for, and which classes stand behind it. */
export interface ExtendedNeeds {
  pod: Pod
  /** Amounts that are not zero. */
  amounts: readonly (readonly [resource: string, amount: number])[]
  /** By resource, the name of the class. */
  classes: ReadonlyMap<string, string>
  /** One that an earlier try left behind. */
  stale: ResourceClaim | undefined
}

/** What the pod needs of a node. */
export interface ExtendedClaim {
  claim: ResourceClaim
  mappings: readonly ContainerExtendedResourceRequest[]
}

/** Undefined: no class stands behind anything that the pod asks for. */
export function extendedNeeds({ pod, uid, extended }: PodInfo, { lister }: World): ExtendedNeeds | undefined {
  if (extended.size === 0) return undefined
  const amounts = [...extended].filter(([, amount]) => amount !== 0)
  const classes = new Map<string, string>()
  for (const [resource] of amounts) {
    const found = classBehind(resource, lister<DeviceClass>(DEVICE_CLASSES))
    if (found) classes.set(resource, found.metadata.name ?? '')
  }
  if (classes.size === 0) return undefined
  const own = lister<ResourceClaim>(RESOURCE_CLAIMS).ownedBy(uid)
  return { pod, amounts, classes, stale: own.find(({ metadata }) => metadata.annotations?.[MARK] === 'true') }
}

/** What the pod would need of devices there; undefined: the node has all of it by itself. */
export function claimOn(
  node: NodeInfo,
  { pod, amounts, classes, stale }: ExtendedNeeds,
): ExtendedClaim | Refusal | undefined {
  if (stale) return final('cannot schedule extended resource claim')
  const wanted = new Map<string, string>()
  for (const [resource] of amounts) {
    const behind = classes.get(resource)
    const own = node.extended.get(resource)
    if (behind !== undefined && !own) wanted.set(resource, behind)
    else if (own === undefined && isExtended(resource)) return final('cannot fit resource')
  }
  if (wanted.size === 0) return undefined
  const { requests, mappings } = deviceRequestsOf(pod, wanted)
  const { namespace, name = '', uid = '' } = pod.metadata
  const metadata = {
    namespace,
    generateName: `${name}-extended-resources-`,
    annotations: { [MARK]: 'true' },
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
  }
  const spec = { devices: { requests } }
  return {
    claim: { apiVersion: 'resource.k8s.io/v1', kind: 'ResourceClaim', metadata, spec } as ResourceClaim,
    mappings,
  }
}

/** Huge pages and the like are the node's own. */
const isExtended = (resource: string): boolean =>
  resource.startsWith(IMPLICIT) || (resource.includes('/') && !resource.includes('kubernetes.io/'))

/** Makes it, without devices yet. */
export const createClaim = ({ claim }: ExtendedClaim, client: Client): Promise<ResourceClaim> =>
  client.create<ResourceClaim>(RESOURCE_CLAIMS, claim)

/** The pod's containers learn from its status which devices are theirs. */
export async function writeMappings(pod: Pod, { mappings }: ExtendedClaim, made: ResourceClaim, client: Client) {
  const { namespace = '', name = '' } = pod.metadata
  const extendedResourceClaimStatus = { requestMappings: [...mappings], resourceClaimName: made.metadata.name ?? '' }
  const change = (old: Pod): Pod => ({ ...old, status: { ...old.status, extendedResourceClaimStatus } })
  await client.modify<Pod>('pods', namespace, name, change, { subresource: 'status' })
}

/** Takes it away, with its devices. */
export async function deleteClaim({ metadata }: ResourceClaim, client: Client): Promise<void> {
  const { namespace = '', name = '' } = metadata
  const change = (claim: ResourceClaim): ResourceClaim => {
    const finalizers = claim.metadata.finalizers?.filter((each) => each !== FINALIZER)
    return { ...claim, metadata: { ...claim.metadata, finalizers } }
  }
  try {
    await client.modify<ResourceClaim>(RESOURCE_CLAIMS, namespace, name, change)
    await client.delete(RESOURCE_CLAIMS, namespace, name)
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** One that is left of an earlier try makes room for another. */
export function forget({ stale }: ExtendedNeeds): Unblocking | undefined {
  return stale && { reason: 'deletion of ResourceClaim completed', write: (client) => deleteClaim(stale, client) }
}
