/** Ends the wait of pods that have their node and are not bound yet. Mirrors handleAssumedPodDeletion and handleBindingCycleError of pkg/scheduler. */
import type { Binding, State } from './state.ts'

/** Frees what the pod held, in memory only. False: it did not count as one of the node's any more, by another end or because somebody else bound it. */
export function endBinding(binding: Binding, { bindings, cache, queue }: State): boolean {
  const { queued, reservations } = binding
  const { key, pod } = queued.info
  // Even if it ended before: what was being written then held more since.
  for (const { value } of reservations) value.release()
  if (bindings.get(key) !== binding) return false
  bindings.delete(key)
  const isAssumed = cache.isAssumed(key)
  if (isAssumed) {
    cache.forget(key)
    queue.move({ what: 'pods/delete', old: pod })
  }
  if (reservations.length > 0) queue.move({ what: 'reservations/release' })
  return isAssumed
}
