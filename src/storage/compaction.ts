/** Forgets history by age, as a kube-apiserver makes etcd do. Mirrors apiserver/pkg/storage/etcd3/compact.go. */
import type { Clock, Timer } from '../apimachinery/clock.ts'
import type { Storage } from './interface.ts'

/**
 * At every tick, what was history at the tick before: nothing younger than `intervalMs` goes, nothing older than twice that stays. Watchers
 * that kept up are not concerned; older positions, lists and continue tokens are told 410. Runs until it is cancelled.
 */
export function compactByAge(storage: Storage, clock: Clock, intervalMs: number): Timer {
  let revision = storage.revision
  let timer = clock.after(intervalMs, tick)
  function tick(): void {
    storage.compact(revision)
    revision = storage.revision
    timer = clock.after(intervalMs, tick)
  }
  return { cancel: () => timer.cancel() }
}
