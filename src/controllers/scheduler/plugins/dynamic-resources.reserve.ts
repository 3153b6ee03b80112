/** Writes what a pod's claims got, and for whom; takes back what is of no use. Mirrors bindClaim and PostFilter of plugins/dynamicresources. */
import { formatTime } from '../../../apimachinery/clock.ts'
import type { Pod } from '../../../types/core-v1.ts'
import type { AllocationResult, ResourceClaim } from '../../../types/resource-v1.ts'
import type { Client } from '../../client.ts'
import { awaited, type Reservation, type Unblocking, type World } from '../plugin.ts'
import { RESOURCE_CLAIMS } from './dynamic-resources.claims.ts'

const FINALIZER = 'resource.kubernetes.io/delete-protection'
/** How long devices may take to become ready for the pod. */
const BINDING_TIMEOUT_MS = 600_000

type Claim = ResourceClaim

/** `results`: what the claims without devices get, in their order. */
export function reserveClaims(
  pod: Pod,
  claims: readonly Claim[],
  toAllocate: readonly Claim[],
  results: readonly AllocationResult[] | undefined,
  pending: Map<string, AllocationResult>,
  world: World,
): Reservation {
  const given = new Map(toAllocate.map((claim, i) => [claim, results?.[i]]))
  for (const [{ metadata }, result] of given) if (result) pending.set(metadata.uid ?? '', result)
  return {
    timeoutMs: BINDING_TIMEOUT_MS,
    release() {
      for (const { metadata } of toAllocate) pending.delete(metadata.uid ?? '')
    },
    async start(client, clock) {
      for (const claim of claims) {
        if (!isReserved(claim, pod)) await bindClaim(claim, pod, given.get(claim), client, formatTime(clock.now()))
      }
    },
    awaits: claims.map((claim) => awaited(RESOURCE_CLAIMS, claim)),
    done: () => claims.every((claim) => isReady(claim, pod, world)),
  }
}

const isReserved = ({ status }: Claim, { metadata }: Pod): boolean =>
  status?.reservedFor?.some(({ uid }) => uid === metadata.uid) === true

async function bindClaim(
  { metadata }: Claim,
  pod: Pod,
  allocation: AllocationResult | undefined,
  client: Client,
  now: string,
): Promise<void> {
  const { namespace = '', name = '' } = metadata
  if (allocation) {
    await client.modify<Claim>(RESOURCE_CLAIMS, namespace, name, (claim) => {
      const { finalizers = [] } = claim.metadata
      if (finalizers.includes(FINALIZER)) return claim
      return { ...claim, metadata: { ...claim.metadata, finalizers: [...finalizers, FINALIZER] } }
    })
  }
  const user = { resource: 'pods', name: pod.metadata.name ?? '', uid: pod.metadata.uid ?? '' }
  const change = (claim: Claim): Claim => {
    if (claim.metadata.deletionTimestamp) throw new Error(`claim ${namespace}/${name} got deleted in the meantime`)
    if (allocation && claim.status?.allocation) {
      throw new Error(`claim ${namespace}/${name} got allocated elsewhere in the meantime`)
    }
    const result = allocation ?? claim.status?.allocation
    const reservedFor = [...(claim.status?.reservedFor ?? []), user]
    const dated = result && { ...result, allocationTimestamp: result.allocationTimestamp ?? now }
    return { ...claim, status: { ...claim.status, allocation: dated, reservedFor } }
  }
  await client.modify<Claim>(RESOURCE_CLAIMS, namespace, name, change, { subresource: 'status' })
}

/** Devices may say that they have to be made ready first. Throws an Error when one says that it failed. */
function isReady({ metadata }: Claim, pod: Pod, { lister }: World): boolean {
  const claim = lister<Claim>(RESOURCE_CLAIMS).get(metadata.namespace ?? '', metadata.name ?? '')
  // What was written just now may not be seen yet.
  if (!claim || !isReserved(claim, pod)) return false
  const conditionsOf = ({ driver, pool, device }: { driver: string; pool: string; device: string }) =>
    claim.status?.devices?.find((each) => each.driver === driver && each.pool === pool && each.device === device)
      ?.conditions ?? []
  return (claim.status?.allocation?.devices?.results ?? []).every((result) => {
    const conditions = conditionsOf(result).filter(({ status }) => status === 'True')
    const failed = conditions.find(({ type }) => result.bindingFailureConditions?.includes(type))
    if (failed) {
      const { reason, message } = failed
      const what = `claim=${metadata.name}, reason=${reason}, message=${JSON.stringify(message)}`
      throw new Error(`device binding failed: ${what}`)
    }
    return (result.bindingConditions ?? []).every((type) => conditions.some((condition) => condition.type === type))
  })
}

/** One claim whose devices are where the pod cannot go gives them back, if nobody else has it. */
export function deallocate(pod: Pod, elsewhere: readonly Claim[]): Unblocking | undefined {
  const idle = elsewhere.find(({ status }) => (status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid))
  if (!idle) return undefined
  const { namespace = '', name = '' } = idle.metadata
  return {
    reason: 'deallocation of ResourceClaim completed',
    async write(client) {
      const change = (claim: Claim): Claim => {
        const { allocation: _, devices: __, reservedFor: ___, ...status } = claim.status ?? {}
        return { ...claim, status }
      }
      await client.modify<Claim>(RESOURCE_CLAIMS, namespace, name, change, { subresource: 'status' })
    },
  }
}
