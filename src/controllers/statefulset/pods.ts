/** Makes, mends and deletes single pods of a StatefulSet, with their claims. Mirrors kubernetes pkg/controller/statefulset/stateful_pod_control.go. */
import { isAlreadyExists, isNotFound } from '../../apimachinery/errors.ts'
import type { StatefulSet } from '../../types/apps-v1.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { ControllerContext } from '../controller.ts'
import { createClaims, ownersMatch, updateOwners } from './claims.ts'
import { identityMatches, storageMatches, withIdentity, withStorage } from './identity.ts'

export interface Owner {
  set: StatefulSet
  context: ControllerContext
}

/** Answers the pod as it was made. Throws what failed, after telling it. */
export async function createPod({ set, context }: Owner, pod: Pod): Promise<Pod> {
  const created = await told({ set, context }, 'Create', pod, async () => {
    await createClaims(set, pod, context)
    return context.client.create('pods', pod)
  })
  await told({ set, context }, 'Update', pod, () => updateOwners(set, created, context), true)
  tell({ set, context }, 'Create', created)
  return created
}

/** Brings labels, volumes and claims of the pod in line. */
export async function mendPod({ set, context }: Owner, pod: Pod): Promise<void> {
  let next = identityMatches(set, pod) ? pod : withIdentity(set, pod)
  if (!storageMatches(set, next)) {
    next = withStorage(set, next)
    await told({ set, context }, 'Update', pod, () => createClaims(set, next, context))
  }
  const matching = await ownersMatch(set, next, context)
  if (!matching) await told({ set, context }, 'Update', pod, () => updateOwners(set, next, context))
  if (next === pod && matching) return
  await told({ set, context }, 'Update', pod, () => context.client.update('pods', next))
  tell({ set, context }, 'Update', pod)
}

/** A pod that is gone already counts as deleted. */
export async function deletePod({ set, context }: Owner, pod: Pod): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata
  await told({ set, context }, 'Delete', pod, async () => {
    try {
      await context.client.delete('pods', namespace, name)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  })
  tell({ set, context }, 'Delete', pod)
}

type Verb = 'Create' | 'Update' | 'Delete'

function tell({ set, context }: Owner, verb: Verb, { metadata }: Pod): void {
  const message = `${verb} Pod ${metadata.name} in StatefulSet ${set.metadata.name} successful`
  context.recorder.event(set, 'Normal', `Successful${verb}`, message)
}

async function told<T>(
  owner: Owner,
  verb: Verb,
  { metadata }: Pod,
  work: () => Promise<T>,
  always = false,
): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { set, context } = owner
    const text = error instanceof Error ? error.message : String(error)
    const message = `${verb} Pod ${metadata.name} in StatefulSet ${set.metadata.name} failed error: ${text}`
    if (always || !isAlreadyExists(error)) context.recorder.event(set, 'Warning', `Failed${verb}`, message)
    throw error
  }
}
