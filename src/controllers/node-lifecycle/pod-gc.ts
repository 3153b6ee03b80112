/** Removes pods of nodes that are gone. Mirrors gcOrphaned of pkg/controller/podgc. */
import { formatTime } from '../../apimachinery/clock.ts'
import { isNotFound } from '../../apimachinery/errors.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { ControllerContext, Result } from '../controller.ts'
import { isPodTerminal, withDisruption } from '../pods.ts'
import { perRun } from '../state.ts'

/** How long pods wait for a node that nobody has seen yet. */
const QUARANTINE_MS = 40_000

/** By name of a node that is not there: since when it is missed. */
const missedOf = perRun(() => new Map<string, number>())

/**
 * Removes the pods bound to `node`, which is not there. `existed`: it was there before.
 * DEVIATION(pod-gc-at-once): upstream waits 40 s for a deleted node to come back, too; here it is gone. A node that never was may still be
 * on its way: pods can be written before their nodes.
 */
export async function collectPods(node: string, existed: boolean, context: ControllerContext): Promise<Result | void> {
  const missed = missedOf(context)
  const pods = context.lister<Pod>('pods').byIndex('node', node)
  if (pods.length === 0) {
    missed.delete(node)
    return
  }
  const now = context.clock.now()
  const since = existed ? now - QUARANTINE_MS : (missed.get(node) ?? now)
  // Kept until they are gone, so that a removal that fails goes on where it was.
  missed.set(node, since)
  const leftMs = since + QUARANTINE_MS - now
  if (leftMs > 0) return { requeueAfterMs: leftMs }
  for (const pod of pods) await remove(pod, context)
  missed.delete(node)
}

async function remove({ metadata }: Pod, { client, clock }: ControllerContext): Promise<void> {
  const { namespace = '', name = '', uid } = metadata
  const now = formatTime(clock.now())
  try {
    await client.modify<Pod>('pods', namespace, name, (old) => orphaned(old, now), { subresource: 'status' })
    await client.delete('pods', namespace, name, { gracePeriodSeconds: 0, preconditions: { uid } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

function orphaned(pod: Pod, now: string): Pod {
  if (isPodTerminal(pod)) return pod
  const marked = withDisruption(pod, now, 'DeletionByPodGC', 'PodGC: node no longer exists')
  return { ...marked, status: { ...marked.status, phase: 'Failed' } }
}
