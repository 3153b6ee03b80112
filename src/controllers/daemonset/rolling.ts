/** A rolling update of a DaemonSet: within maxUnavailable, or with maxSurge pods too many. Mirrors rollingUpdate of kubernetes pkg/controller/daemon/update.go. */
import type { Pod } from '../../types/core-v1.ts'
import { isUpdated } from './nodes.ts'
import { type DaemonSync, isAvailable, surgeCount, syncPods, unavailableCount } from './sync.ts'

export async function rollingUpdate(sync: DaemonSync): Promise<void> {
  const wanted = sync.nodes.filter((node) => sync.test(node).run)
  for (const { metadata } of wanted) if (!sync.onNode.has(metadata.name ?? '')) sync.onNode.set(metadata.name ?? '', [])
  const surge = surgeCount(sync.set, wanted.length)
  const unavailable = unavailableCount(sync.set, wanted.length)
  if (surge > 0) await withSurge(sync, surge, wanted.length)
  else await withinUnavailable(sync, wanted.length > 0 && unavailable === 0 ? 1 : unavailable)
}

interface OnNode {
  fresh: Pod | undefined
  old: Pod | undefined
}

/** Undefined: there are several of a kind, which has to be sorted out first. */
function podsOn({ set, hash }: DaemonSync, pods: readonly Pod[]): OnNode | undefined {
  const staying = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
  const fresh = staying.filter((pod) => isUpdated(set, pod, hash))
  const old = staying.filter((pod) => !fresh.includes(pod))
  return fresh.length > 1 || old.length > 1 ? undefined : { fresh: fresh[0], old: old[0] }
}

async function withinUnavailable(sync: DaemonSync, allowed: number): Promise<void> {
  let unavailable = 0
  const replace: Pod[] = []
  const candidates: Pod[] = []
  for (const pods of sync.onNode.values()) {
    const found = podsOn(sync, pods)
    if (!found || (found.fresh === undefined) === (found.old === undefined)) unavailable++
    else if (found.fresh) unavailable += isAvailable(sync, found.fresh) ? 0 : 1
    else if (!isAvailable(sync, found.old!)) {
      // What is unavailable anyway costs nothing.
      replace.push(found.old!)
      unavailable++
    } else if (unavailable < allowed) candidates.push(found.old!)
  }
  await syncPods(sync, [...replace, ...candidates.slice(0, Math.max(0, allowed - unavailable))], [])
}

async function withSurge(sync: DaemonSync, allowed: number, wanted: number): Promise<void> {
  const nodes = new Map(sync.nodes.map((node) => [node.metadata.name ?? '', node]))
  const plan = { remove: [] as Pod[], sunset: [] as Pod[], now: [] as string[], candidates: [] as string[] }
  let surging = 0
  let available = 0
  for (const [name, pods] of sync.onNode) {
    const found = podsOn(sync, pods)
    if (!found) {
      surging++
      continue
    }
    const { fresh, old } = found
    const serving = old ?? fresh
    if (serving && isAvailable(sync, serving)) available++
    if (!old) continue
    const node = nodes.get(name)
    const run = node !== undefined && sync.test(node).run
    if (fresh) {
      if (isAvailable(sync, fresh)) plan.remove.push(old)
      else surging++
    } else if (!isAvailable(sync, old)) {
      if (run) plan.now.push(name)
      else plan.remove.push(old)
    } else if (!run) plan.sunset.push(old)
    else if (surging < allowed) plan.candidates.push(name)
  }
  const spare = Math.max(0, available - wanted)
  const create = [...plan.now, ...plan.candidates.slice(0, Math.max(0, allowed - surging))]
  await syncPods(sync, [...plan.remove, ...plan.sunset.slice(0, spare)], create)
}
