/** Writes what a pod's claims got, and for whom; takes back what is of no use. Mirrors bindClaim, Unreserve and PostFilter of plugins/dynamicresources. */
import { formatTime } from '../../../apimachinery/clock.ts'
import { isNotFound } from '../../../apimachinery/errors.ts'
import type { Pod } from '../../../types/core-v1.ts'
import type { AllocationResult, ResourceClaim } from '../../../types/resource-v1.ts'
import type { Client } from '../../client.ts'
import { awaited, type Reservation, type Unblocking, type World } from '../plugin.ts'
import { FINALIZER, isReserved, RESOURCE_CLAIMS } from './dynamic-resources.claims.ts'
import { createClaim, deleteClaim, type ExtendedClaim, writeMappings } from './dynamic-resources.extended.ts'

type Claim = ResourceClaim

/** What a pod needs on its node. */
export interface Needs {
  pod: Pod
  node: string
  claims: readonly Claim[]
  /** What those of them get that have no devices yet. */
  given: ReadonlyMap<Claim, AllocationResult>
  /** How long devices may take to become ready for the pod. */
  timeoutMs: number
  /** The claim that is made for the pod. */
  extended?: { made: ExtendedClaim; allocation: AllocationResult }
}

/** `pending`: allocations that are not written yet, by uid of the claim or, as long as it is not made, of the pod. */
export function reserveClaims(needs: Needs, pending: Map<string, AllocationResult>, world: World): Reservation {
  const { pod, node, claims, given, timeoutMs, extended } = needs
  const held = new Set<string>()
  const hold = (uid = '', allocation: AllocationResult): void => {
    held.add(uid)
    pending.set(uid, allocation)
  }
  const drop = (uid = ''): void => {
    held.delete(uid)
    pending.delete(uid)
  }
  for (const [{ metadata }, allocation] of given) hold(metadata.uid, allocation)
  if (extended) hold(pod.metadata.uid, extended.allocation)
  const awaits = claims.map((claim) => awaited(RESOURCE_CLAIMS, claim))
  /** What is to be ready. */
  const written: Claim[] = []
  let made: Claim | undefined
  return {
    timeoutMs,
    late: 'device binding timeout: context deadline exceeded',
    awaits,
    release() {
      for (const uid of held) drop(uid)
    },
    async start(client, clock, tell) {
      const now = formatTime(clock.now())
      for (const claim of claims) {
        written.push(isReserved(claim, pod) ? claim : await bindClaim(claim, pod, given.get(claim), client, now))
      }
      if (extended) {
        made = await createClaim(extended.made, client)
        hold(made.metadata.uid, extended.allocation)
        drop(pod.metadata.uid)
        awaits.push(awaited(RESOURCE_CLAIMS, made))
        written.push(await bindClaim(made, pod, extended.allocation, client, now))
        await writeMappings(pod, extended.made, made, client)
      }
      if (!written.some(isPrepared)) return
      tell('BindingConditionsPending', `waiting for binding conditions for device on node ${node}`)
    },
    async undo(client) {
      for (const claim of claims) await unreserve(claim, pod, client)
      if (made) await deleteClaim(made, client)
    },
    done: () => written.every((claim) => !isPrepared(claim) || isBound(claim, pod, world)),
  }
}

/** Answers what was written. */
async function bindClaim(
  { metadata }: Claim,
  pod: Pod,
  allocation: AllocationResult | undefined,
  client: Client,
  now: string,
): Promise<Claim> {
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
    if (!result) throw new Error(`claim ${namespace}/${name} got deallocated elsewhere in the meantime`)
    const reservedFor = [...(claim.status?.reservedFor ?? []), user]
    const dated = { ...result, allocationTimestamp: result.allocationTimestamp ?? now }
    return { ...claim, status: { ...claim.status, allocation: dated, reservedFor } }
  }
  return client.modify<Claim>(RESOURCE_CLAIMS, namespace, name, change, { subresource: 'status' })
}

/** The claim keeps its devices: the next pod may want them. */
async function unreserve({ metadata }: Claim, pod: Pod, client: Client): Promise<void> {
  const { namespace = '', name = '', uid } = metadata
  const change = (claim: Claim): Claim => {
    if (claim.metadata.uid !== uid || !claim.status?.allocation || !isReserved(claim, pod)) return claim
    const reservedFor = claim.status.reservedFor?.filter((user) => user.uid !== pod.metadata.uid)
    return { ...claim, status: { ...claim.status, reservedFor } }
  }
  try {
    await client.modify<Claim>(RESOURCE_CLAIMS, namespace, name, change, { subresource: 'status' })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

/** Some device has to be made ready. */
const isPrepared = ({ status }: Claim): boolean =>
  status?.allocation?.devices?.results?.some(({ bindingConditions }) => bindingConditions?.length) === true

/** Its devices are ready, as far as they have to be. Throws an Error when one says that it failed. */
export function isReady({ metadata, status }: Claim): boolean {
  return (status?.allocation?.devices?.results ?? []).every((result) => {
    const { driver, pool, device, bindingConditions = [], bindingFailureConditions = [] } = result
    if (bindingConditions.length === 0) return true
    const said = status?.devices?.find((each) => each.driver === driver && each.pool === pool && each.device === device)
    const conditions = (said?.conditions ?? []).filter((condition) => condition.status === 'True')
    const failed = bindingFailureConditions
      .map((type) => conditions.find((condition) => condition.type === type))
      .find((condition) => condition !== undefined)
    if (failed) {
      const { reason, message } = failed
      const what = `claim=${metadata.name}, reason=${reason}, message=${JSON.stringify(message)}`
      throw new Error(`device binding failed: ${what}`)
    }
    return bindingConditions.every((type) => conditions.some((condition) => condition.type === type))
  })
}

function isBound({ metadata }: Claim, pod: Pod, { lister }: World): boolean {
  const claim = lister<Claim>(RESOURCE_CLAIMS).get(metadata.namespace ?? '', metadata.name ?? '')
  // What was written just now may not be seen yet.
  return claim !== undefined && isReserved(claim, pod) && isReady(claim)
}

/** Its devices will not become ready: they say so, or have had their time. */
export function isHopeless(claim: Claim, now: number, timeoutMs: number): boolean {
  const since = claim.status?.allocation?.allocationTimestamp
  try {
    return !isReady(claim) && since !== undefined && Date.parse(since) + timeoutMs < now
  } catch {
    // The reason was told when the pod was to be bound.
    return true
  }
}

/** One claim whose devices are of no use to the pod gives them back, if nobody else has it. */
export function deallocate(pod: Pod, useless: readonly Claim[]): Unblocking | undefined {
  const idle = useless.find(({ status }) => (status?.reservedFor ?? []).every(({ uid }) => uid === pod.metadata.uid))
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
