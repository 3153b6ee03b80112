/** Claims of a StatefulSet's pods, and who they go with. Mirrors kubernetes pkg/controller/statefulset/stateful_pod_control.go and stateful_set_utils.go. */
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import type { KubeObject, OwnerReference } from '../../apimachinery/meta.ts'
import type { StatefulSet } from '../../types/apps-v1.ts'
import type { PersistentVolumeClaim, Pod } from '../../types/core-v1.ts'
import { ignoreNotFound } from '../claim.ts'
import type { ControllerContext } from '../controller.ts'
import { controllerRef } from '../pods.ts'
import { claimsOf, isInRange } from './identity.ts'

const CLAIMS = 'persistentvolumeclaims'

/** Creates the pod's claims that are missing. Throws when one cannot be made, or is about to go. */
export async function createClaims(set: StatefulSet, pod: Pod, context: ControllerContext): Promise<void> {
  const failures: string[] = []
  for (const claim of claimsOf(set, pod)) {
    const { namespace = '', name = '' } = claim.metadata
    const found = await read(context, namespace, name)
    if (found?.metadata.deletionTimestamp) failures.push(`pvc ${name} is being deleted`)
    if (found) continue
    const about = `Claim ${name} Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`
    try {
      await context.client.create(CLAIMS, claim)
      context.recorder.event(set, 'Normal', 'SuccessfulCreate', `Create ${about} success`)
    } catch (error) {
      if (!(error instanceof Error)) throw error
      failures.push(`failed to create PVC ${name}: ${error.message}`)
      if (isAlreadyExists(error)) continue
      const message = `Create ${about.replace(' Pod', ' for Pod')} failed error: ${error.message}`
      context.recorder.event(set, 'Warning', 'FailedCreate', message)
    }
  }
  if (failures.length === 1) throw new Error(failures[0])
  if (failures.length > 1) throw new Error(`[${failures.join(', ')}]`)
}

function read(context: ControllerContext, namespace: string, name: string): Promise<PersistentVolumeClaim | undefined> {
  return ignoreNotFound(context.client.get<PersistentVolumeClaim>(CLAIMS, namespace, name))
}

async function present(set: StatefulSet, pod: Pod, context: ControllerContext): Promise<PersistentVolumeClaim[]> {
  const found: PersistentVolumeClaim[] = []
  for (const { metadata } of claimsOf(set, pod)) {
    const claim = await read(context, metadata.namespace ?? '', metadata.name ?? '')
    if (claim) found.push(claim)
  }
  return found
}

/** The owners of the pod's claims are as the retention policy wants them. */
export async function ownersMatch(set: StatefulSet, pod: Pod, context: ControllerContext): Promise<boolean> {
  const claims = await present(set, pod, context)
  return claims.every((claim) => isOwnerUpToDate(claim, set, pod))
}

/** Writes the owners that the retention policy wants. */
export async function updateOwners(set: StatefulSet, pod: Pod, context: ControllerContext): Promise<void> {
  for (const claim of await present(set, pod, context)) {
    const conflicting = hasOtherController(claim, set, pod)
    if (conflicting) {
      const message = `PersistentVolumeClaim ${claim.metadata.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`
      context.recorder.event(set, 'Warning', 'ConflictingController', message)
    }
    if (isOwnerUpToDate(claim, set, pod)) continue
    const ownerReferences = nextOwners(claim, set, pod, conflicting)
    await context.client.update(CLAIMS, { ...claim, metadata: { ...claim.metadata, ownerReferences } })
  }
}

/** A claim still belongs to a pod of this name that is gone: it goes too, and the new pod has to wait. */
export async function hasStaleClaim(set: StatefulSet, pod: Pod, context: ControllerContext): Promise<boolean> {
  if (policyOf(set).whenScaled === 'Retain') return false
  return (await present(set, pod, context)).some((claim) => isStale(claim, pod))
}

function policyOf({ spec }: StatefulSet): { whenDeleted: string; whenScaled: string } {
  const { whenDeleted = 'Retain', whenScaled = 'Retain' } = spec?.persistentVolumeClaimRetentionPolicy ?? {}
  return { whenDeleted, whenScaled }
}

const refsOf = ({ metadata }: PersistentVolumeClaim): readonly OwnerReference[] => metadata.ownerReferences ?? []

function names(ref: OwnerReference, { apiVersion, kind, metadata }: KubeObject): boolean {
  return ref.apiVersion === apiVersion && ref.kind === kind && ref.name === metadata.name
}

function owns(claim: PersistentVolumeClaim, owner: KubeObject): boolean {
  return refsOf(claim).some(({ uid }) => uid === owner.metadata.uid)
}

function isStale(claim: PersistentVolumeClaim, owner: KubeObject): boolean {
  const ref = refsOf(claim).find((each) => names(each, owner))
  return ref !== undefined && ref.uid !== owner.metadata.uid
}

function hasOtherController(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  const { whenDeleted, whenScaled } = policyOf(set)
  if (whenDeleted === 'Retain' && whenScaled === 'Retain') return false
  return refsOf(claim).some((ref) => {
    const own = [set, pod].find((owner) => names(ref, owner))
    return own ? ref.uid !== own.metadata.uid : ref.controller === true
  })
}

/** Who should own the claim. */
function wantedOwners(set: StatefulSet, pod: Pod): { set: boolean; pod: boolean } {
  const { whenDeleted, whenScaled } = policyOf(set)
  const scaledDown = whenScaled === 'Delete' && !isInRange(set, pod)
  return { set: whenDeleted === 'Delete' && !scaledDown, pod: scaledDown }
}

function isOwnerUpToDate(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  if (isStale(claim, set) || isStale(claim, pod)) return true
  // Somebody else's: only our own marks are to be removed.
  if (hasOtherController(claim, set, pod)) return !owns(claim, set) && !owns(claim, pod)
  const uids = [set.metadata.uid, pod.metadata.uid]
  if (refsOf(claim).some((ref) => uids.includes(ref.uid) && !ref.controller)) return false
  const wanted = wantedOwners(set, pod)
  return owns(claim, set) === wanted.set && owns(claim, pod) === wanted.pod
}

function nextOwners(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod, conflicting: boolean): OwnerReference[] {
  const others = refsOf(claim).filter((ref) => !names(ref, set) && !names(ref, pod))
  if (conflicting) return others
  const wanted = wantedOwners(set, pod)
  return [...others, ...(wanted.set ? [controllerRef(set)] : []), ...(wanted.pod ? [controllerRef(pod)] : [])]
}
