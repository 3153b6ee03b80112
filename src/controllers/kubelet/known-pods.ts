/** What the kubelets remember of their pods: the addresses they hold, and what they wait for. */
import type { Pod } from '../../types/core-v1.ts'
import { occupy, vacate } from './admission.ts'
import { allocationOf } from './allocation.ts'
import type { KnownNode, KnownPod, KubeletState } from './state.ts'

/** `text` is `namespace/name`. A pod that has an address already keeps it. */
export function knownPod(state: KubeletState, text: string, pod: Pod, node: KnownNode): KnownPod {
  let known = state.pods.get(text)
  if (known) {
    if (known.takenOf) occupy(known, known.allocated ?? pod.spec!, node)
    return known
  }
  known = { uid: pod.metadata.uid ?? '', node: node.name }
  const address = pod.status?.podIP
  if (address && !pod.spec?.hostNetwork) {
    node.pool.occupy(address)
    known.pool = node.pool
    known.address = address
  }
  if (pod.status?.startTime) {
    const allocated = allocationOf(pod)
    occupy(known, allocated, node)
    known.allocated = allocated
  }
  state.pods.set(text, known)
  return known
}

export function forget(state: KubeletState, text: string, known: KnownPod): void {
  end(state, text, known)
  state.pods.delete(text)
}

/** A pod that has ended gives its address back, and waits for nothing. */
export function end(state: KubeletState, text: string, known: KnownPod | undefined): void {
  if (!known) return
  if (known.address) known.pool?.release(known.address)
  known.address = undefined
  known.takenOf?.deferred.delete(text)
  vacate(known)
  waitFor(state, text, known, [])
}

/** The pod's address; it takes one of its node when it has none. Undefined: there is none left. */
export function addressFor(known: KnownPod, { pool }: KnownNode): string | undefined {
  if (!known.address) {
    known.pool = pool
    known.address = pool.take()
  }
  return known.address
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
