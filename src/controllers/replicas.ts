/** Keeps as many pods as a ReplicaSet or ReplicationController asks for. Mirrors kubernetes pkg/controller/replicaset/replica_set.go. */
import { type Selector, selectorFromLabels } from '../apimachinery/labels.ts'
import { controllerOf, type KubeObject, type OwnerReference } from '../apimachinery/meta.ts'
import type { Pod, PodTemplateSpec } from '../types/core-v1.ts'
import { claim, ORPHANS, orphanNamespaces } from './claim.ts'
import type { ResourceName } from './client.ts'
import type { ControllerContext, ControllerDefinition, Key, Result } from './controller.ts'
import { createPod, deletePod, slowStart } from './pod-control.ts'
import { podsToDelete } from './pod-ranking.ts'
import {
  isPodActive,
  isPodAvailable,
  isPodReady,
  isPodTerminating,
  nextAvailabilityMs,
  podFromTemplate,
} from './pods.ts'
import { type Counted, nextStatus, type ReplicaStatus, sameStatus } from './replicas.status.ts'

/** What the two kinds have in common. */
export interface Replicated extends KubeObject {
  spec?: { replicas?: number; minReadySeconds?: number; template?: PodTemplateSpec }
  status?: ReplicaStatus
}

/** Where the two kinds differ. */
export interface ReplicaKind<T extends Replicated> {
  name: string
  component: string
  resource: ResourceName
  selector(owner: T): Selector
  /** Status has terminatingReplicas. */
  countsTerminating: boolean
}

/** Pods made or deleted in one reconcile; the rest follows in the next. */
const BURST = 500

/** Index of owners by the uid of their own controller: a Deployment's ReplicaSets rank pods together. */
const UNDER = 'controlledBy'

export function replicaController<T extends Replicated>(kind: ReplicaKind<T>): ControllerDefinition {
  return {
    name: kind.name,
    component: kind.component,
    for: kind.resource,
    owns: ['pods'],
    watches: [
      {
        resource: 'pods',
        // A pod without a controller concerns all who could adopt it.
        when: (pod) => controllerOf(pod) === undefined,
        keys: (pod, context) =>
          context
            .lister<T>(kind.resource)
            .list(pod.metadata.namespace ?? '')
            .filter((owner) => adoptable(kind, owner, pod))
            .map(({ metadata }) => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })),
      },
    ],
    indexes: {
      pods: { [ORPHANS]: orphanNamespaces },
      [kind.resource]: { [UNDER]: (owner) => ids(controllerOf(owner)) },
    },
    reconcile: (key, context) => reconcile(kind, key, context),
  }
}

const ids = (ref: OwnerReference | undefined): string[] => (ref ? [ref.uid] : [])

function adoptable<T extends Replicated>(kind: ReplicaKind<T>, owner: T, pod: KubeObject): boolean {
  const selector = kind.selector(owner)
  return !selector.empty && selector.matches(pod.metadata.labels)
}

async function reconcile<T extends Replicated>(
  kind: ReplicaKind<T>,
  { namespace, name }: Key,
  context: ControllerContext,
): Promise<Result | undefined> {
  const owner = context.lister<T>(kind.resource).get(namespace, name)
  if (!owner) return undefined
  const pods = context.lister<Pod>('pods')
  const owned = pods.ownedBy(owner.metadata.uid ?? '')
  const selector = kind.selector(owner)
  const candidates = [...owned, ...pods.byIndex(ORPHANS, namespace)].filter(isPodActive)
  const active = await claim(context.client, 'pods', owner, selector, candidates)
  const terminating = kind.countsTerminating
    ? owned.filter((pod) => isPodTerminating(pod) && selector.matches(pod.metadata.labels)).length
    : undefined

  let failure: Error | undefined
  if (!owner.metadata.deletionTimestamp) failure = await adjust(kind, owner, active, context)

  const minReadySeconds = owner.spec?.minReadySeconds ?? 0
  const now = context.clock.now()
  const template = selectorFromLabels(owner.spec?.template?.metadata?.labels ?? {})
  const counted: Counted = {
    replicas: active.length,
    fullyLabeled: 0,
    ready: 0,
    available: 0,
    terminating,
    failure,
    now,
  }
  for (const pod of active) {
    if (template.matches(pod.metadata.labels)) counted.fullyLabeled++
    if (isPodReady(pod)) counted.ready++
    if (isPodAvailable(pod, minReadySeconds, now)) counted.available++
  }
  const status = nextStatus(owner, counted)
  if (!sameStatus(owner, status)) await context.client.updateStatus(kind.resource, { ...owner, status })
  if (failure) throw failure
  if (minReadySeconds === 0 || status.readyReplicas === status.availableReplicas) return undefined
  return { requeueAfterMs: nextAvailabilityMs(active, minReadySeconds, now) ?? minReadySeconds * 1000 }
}

/** Makes or deletes pods towards the wanted number. Answers what went wrong: the status must still be written. */
async function adjust<T extends Replicated>(
  kind: ReplicaKind<T>,
  owner: T,
  active: readonly Pod[],
  context: ControllerContext,
): Promise<Error | undefined> {
  const difference = active.length - (owner.spec?.replicas ?? 0)
  if (difference < 0) return createPods(owner, Math.min(-difference, BURST), context)
  if (difference === 0) return undefined
  const count = Math.min(difference, BURST)
  return deletePods(owner, podsToDelete(active, relatedPods(kind, owner, context), count, context.clock.now()), context)
}

async function createPods(owner: Replicated, count: number, context: ControllerContext): Promise<Error | undefined> {
  const pod = podFromTemplate(owner.spec?.template ?? {}, owner)
  return (await slowStart(count, () => createPod(owner, pod, context))).failure
}

async function deletePods(
  owner: Replicated,
  pods: readonly Pod[],
  context: ControllerContext,
): Promise<Error | undefined> {
  let failure: Error | undefined
  for (const pod of pods) {
    const wrong = await deletePod(owner, pod, context)
    failure ??= wrong
  }
  return failure
}

/** Pods of all owners under the same controller (a Deployment's ReplicaSets); an owner on its own has none. */
function relatedPods<T extends Replicated>(kind: ReplicaKind<T>, owner: T, context: ControllerContext): Set<Pod> {
  const controller = controllerOf(owner)
  const siblings = controller ? context.lister<T>(kind.resource).byIndex(UNDER, controller.uid) : []
  const pods = context.lister<Pod>('pods')
  return new Set(siblings.flatMap((sibling) => pods.ownedBy(sibling.metadata.uid ?? '')))
}
