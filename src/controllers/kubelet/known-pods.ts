/** What the kubelets remember of their pods: the addresses they hold, and what they wait for. */
import type { Pod } from '../../types/core-v1.ts'
import { isPodTerminal } from '../pods.ts'
import type { AddressPool } from './addresses.ts'
import { occupy, vacate } from './admission.ts'
import { allocationOf } from './allocation.ts'
import type { HeldAddress, KnownNode, KnownPod, KubeletState } from './state.ts'

/** `text` is `namespace/name`. A pod that has an address already keeps it. */
export function knownPod(state: KubeletState, text: string, pod: Pod, node: KnownNode): KnownPod {
  let known = state.pods.get(text)
  if (known) {
    if (known.takenOf) occupy(known, known.allocated ?? pod.spec!, node)
    return known
  }
  known = { uid: pod.metadata.uid ?? '', node: node.name }
  known.addresses = claimAddresses(pod, node)
  if (pod.status?.startTime) {
    const allocated = allocationOf(pod)
    occupy(known, allocated, node)
    known.allocated = allocated
  }
  state.pods.set(text, known)
  return known
}

/** A pod that has ended gives its address back, and waits for nothing. */
export function end(state: KubeletState, text: string, known: KnownPod): void {
  for (const { pool, address } of known.addresses ?? []) pool?.release(address)
  known.addresses = undefined
  known.takenOf?.deferred.delete(text)
  vacate(known)
  waitFor(state, text, known, [])
}

/** The node's pools are new, maybe the node itself: what its pods have of them nobody else gets. */
export function keepAddresses(state: KubeletState, pods: readonly Pod[], node: KnownNode): void {
  for (const pod of pods) {
    const text = `${pod.metadata.namespace}/${pod.metadata.name}`
    const known = state.pods.get(text)
    if (known) known.addresses = known.addresses?.map((held) => ({ ...held, ...occupied(held.address, node) }))
    else if (!isPodTerminal(pod)) knownPod(state, text, pod, node)
  }
}

/** What the pod's status says that it has of its node; one that has ended has nothing. */
function claimAddresses(pod: Pod, node: KnownNode): HeldAddress[] | undefined {
  const { podIP, podIPs = podIP ? [{ ip: podIP }] : [] } = pod.status ?? {}
  if (podIPs.length === 0 || pod.spec?.hostNetwork || isPodTerminal(pod)) return undefined
  return podIPs.map(({ ip }) => occupied(ip, node))
}

function occupied(address: string, { pools }: KnownNode): HeldAddress {
  const pool = pools.find((each) => each.occupy(address))
  return pool ? { pool, address } : { address }
}

/** The pod's addresses, one of each family; it takes some of its node when it has none. None: a family has none left. */
export function addressesFor(known: KnownPod, { pools }: KnownNode): string[] {
  known.addresses ??= taken(pools)
  return known.addresses?.map(({ address }) => address) ?? []
}

function taken(pools: readonly AddressPool[]): HeldAddress[] | undefined {
  const held: Required<HeldAddress>[] = []
  for (const pool of pools) {
    const address = pool.take()
    if (address === undefined) {
      for (const other of held) other.pool.release(other.address)
      return undefined
    }
    held.push({ pool, address })
  }
  return held
}

/** Notes which objects ask for the pod again when they come or change. */
export function waitFor({ waiting }: KubeletState, text: string, known: KnownPod, missed: readonly string[]): void {
  if (missed.length === 0 && !known.waitsFor) return
  for (const object of known.waitsFor ?? []) {
    const pods = waiting.get(object)
    pods?.delete(text)
    if (pods?.size === 0) waiting.delete(object)
  }
  known.waitsFor = missed.length > 0 ? missed : undefined
  for (const object of missed) {
    const pods = waiting.get(object)
    if (pods) pods.add(text)
    else waiting.set(object, new Set([text]))
  }
}
