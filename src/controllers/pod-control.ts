/** Makes and deletes pods for an owner, and says so in Events. Mirrors RealPodControl of kubernetes pkg/controller/controller_utils.go. */
import { isNotFound, isStatusError } from '../apimachinery/errors.ts'
import type { KubeObject } from '../apimachinery/meta.ts'
import type { Pod } from '../types/core-v1.ts'
import type { ControllerContext } from './controller.ts'

/** Answers what went wrong; a namespace that goes away is no failure: nothing can be made there, and the owner goes with it. */
export async function createPod(
  owner: KubeObject,
  pod: Pod,
  { client, recorder }: ControllerContext,
): Promise<Error | undefined> {
  try {
    if (Object.keys(pod.metadata.labels ?? {}).length === 0) throw new Error('unable to create pods, no labels')
    const created = await client.create('pods', pod)
    recorder.event(owner, 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
    return undefined
  } catch (error) {
    if (isNamespaceTerminating(error)) return undefined
    if (!(error instanceof Error)) throw error
    recorder.event(owner, 'Warning', 'FailedCreate', `Error creating: ${error.message}`)
    return error
  }
}

/** Answers what went wrong; a pod that is gone already is none, and makes no Event. */
export async function deletePod(
  owner: KubeObject,
  { metadata }: Pod,
  { client, recorder }: ControllerContext,
): Promise<Error | undefined> {
  try {
    await client.delete('pods', metadata.namespace ?? '', metadata.name ?? '')
    recorder.event(owner, 'Normal', 'SuccessfulDelete', `Deleted pod: ${metadata.name}`)
    return undefined
  } catch (error) {
    if (isNotFound(error)) return undefined
    if (!(error instanceof Error)) throw error
    recorder.event(owner, 'Warning', 'FailedDelete', `Error deleting: ${error.message}`)
    return new Error(`unable to delete pods: ${error.message}`)
  }
}

/**
 * Calls `create` `count` times in batches of 1, 2, 4 ...: when all fail (a quota, say) few are tried. Answers how many were made and the
 * last failure.
 */
export async function slowStart(
  count: number,
  create: (index: number) => Promise<Error | undefined>,
): Promise<{ made: number; failure: Error | undefined }> {
  let made = 0
  let tried = 0
  for (let batch = Math.min(count, 1); batch > 0; batch = Math.min(2 * batch, count - tried)) {
    let failure: Error | undefined
    for (let i = 0; i < batch; i++) {
      const wrong = await create(tried++)
      if (wrong) failure = wrong
      else made++
    }
    if (failure) return { made, failure }
  }
  return { made, failure: undefined }
}

export function isNamespaceTerminating(error: unknown): boolean {
  return isStatusError(error) && error.status.details?.causes?.some((c) => c.reason === 'NamespaceTerminating') === true
}
