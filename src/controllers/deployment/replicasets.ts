/** Finds or makes the ReplicaSet of the present template and keeps the revisions. Mirrors getNewReplicaSet of kubernetes pkg/controller/deployment/sync.go. */
import { semanticEqual } from '../../apimachinery/equality.ts'
import { isAlreadyExists } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import { controllerOf, type LabelSelector } from '../../apimachinery/meta.ts'
import type { Deployment, ReplicaSet } from '../../types/apps-v1.ts'
import type { PodTemplateSpec } from '../../types/core-v1.ts'
import { isNamespaceTerminating } from '../pod-control.ts'
import { controllerRef } from '../pods.ts'
import { templateHash } from '../template-hash.ts'
import {
  byAge,
  hasProgressDeadline,
  newReplicas,
  PROGRESSING,
  REVISION,
  type ReplicaSets,
  revisionOf,
  TEMPLATE_HASH,
} from './arithmetic.ts'
import { newSetAnnotations } from './revision.ts'
import type { Rollout } from './rollout.ts'
import { conditionOf, newCondition, withCondition } from './status.ts'

/** Finds the new and the old ReplicaSets, and brings revision annotations up to date; makes a missing new one when asked. */
export async function syncRevision(rollout: Rollout, create: boolean): Promise<ReplicaSets> {
  const { deployment, replicaSets } = rollout
  const sorted = [...replicaSets].sort(byAge)
  const found = sorted.find(({ spec }) => equalIgnoringHash(spec.template, deployment.spec.template))
  const old = sorted.filter((set) => set !== found)
  const revision = String(Math.max(0, ...old.map((set) => revisionOf(set) ?? 0)) + 1)
  if (found) return { new: await syncFound(rollout, found, revision), old }
  return { new: create ? await createNew(rollout, old, revision) : undefined, old }
}

function equalIgnoringHash(a: PodTemplateSpec | undefined, b: PodTemplateSpec): boolean {
  return semanticEqual(withoutHash(a), withoutHash(b))
}

function withoutHash(template: PodTemplateSpec = {}): PodTemplateSpec {
  const { labels } = template.metadata ?? {}
  if (labels?.[TEMPLATE_HASH] === undefined) return template
  const { [TEMPLATE_HASH]: _, ...others } = labels
  return { ...template, metadata: { ...template.metadata, labels: others } }
}

async function syncFound(rollout: Rollout, found: ReplicaSet, revision: string): Promise<ReplicaSet> {
  const { deployment, context } = rollout
  const annotations = newSetAnnotations(deployment, found, revision, true)
  const minReadySeconds = deployment.spec.minReadySeconds ?? 0
  if (annotations || (found.spec.minReadySeconds ?? 0) !== minReadySeconds) {
    const metadata = annotations ? { ...found.metadata, annotations } : found.metadata
    const next = { ...found, metadata, spec: { ...found.spec, minReadySeconds } }
    const updated = await context.client.update('replicasets.apps', next)
    rollout.replicaSets = rollout.replicaSets.map((set) => (set === found ? updated : set))
    return updated
  }
  const message = `Found new replica set ${quote(found.metadata.name ?? '')}`
  const missing = hasProgressDeadline(deployment) && !conditionOf(deployment.status, PROGRESSING)
  const reason = missing ? 'FoundNewReplicaSet' : undefined
  await writeRevision(rollout, found.metadata.annotations?.[REVISION] ?? '', reason, message)
  return found
}

/** Sets the Deployment's revision annotation and, given a reason, its Progressing condition; writes only what changes. */
async function writeRevision(
  rollout: Rollout,
  revision: string,
  reason: string | undefined,
  message: string,
): Promise<void> {
  const { deployment, context } = rollout
  const { metadata, status } = deployment
  if (metadata.annotations?.[REVISION] === revision && !reason) return
  const condition = reason ? newCondition(context.clock, PROGRESSING, 'True', reason, message) : undefined
  rollout.deployment = await context.client.updateStatus('deployments.apps', {
    ...deployment,
    metadata: { ...metadata, annotations: { ...metadata.annotations, [REVISION]: revision } },
    status: condition ? withCondition(status, condition) : status,
  })
}

async function createNew(rollout: Rollout, old: ReplicaSet[], revision: string): Promise<ReplicaSet> {
  const { context } = rollout
  const draft = newReplicaSet(rollout.deployment, old, revision)
  const { name = '' } = draft.metadata
  let created: ReplicaSet
  let isNew = true
  try {
    created = await context.client.create('replicasets.apps', draft)
  } catch (error) {
    if (isAlreadyExists(error)) {
      created = await existing(rollout, draft, error)
      isNew = false
    } else {
      if (!isNamespaceTerminating(error)) await reportFailure(rollout, name, error)
      throw error
    }
  }
  const replicas = draft.spec.replicas ?? 0
  if (isNew && replicas > 0) {
    const message = `Scaled up replica set ${name} from 0 to ${replicas}`
    context.recorder.event(rollout.deployment, 'Normal', 'ScalingReplicaSet', message)
  }
  const reason = isNew && hasProgressDeadline(rollout.deployment) ? 'NewReplicaSetCreated' : undefined
  await writeRevision(rollout, revision, reason, `Created new replica set ${quote(name)}`)
  return created
}

function newReplicaSet(deployment: Deployment, old: ReplicaSet[], revision: string): ReplicaSet {
  const { metadata, spec, status } = deployment
  const hash = templateHash(spec.template, status?.collisionCount)
  const labels = { ...spec.template.metadata?.labels, [TEMPLATE_HASH]: hash }
  const set: ReplicaSet = {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: {
      name: replicaSetName(metadata.name ?? '', hash),
      namespace: metadata.namespace,
      ownerReferences: [controllerRef(deployment)],
      labels,
    },
    spec: {
      replicas: newReplicas(deployment, old, 0),
      minReadySeconds: spec.minReadySeconds,
      selector: withHash(spec.selector, hash),
      template: { ...spec.template, metadata: { ...spec.template.metadata, labels } },
    },
  }
  const annotations = newSetAnnotations(deployment, set, revision, false)
  return { ...set, metadata: { ...set.metadata, annotations } }
}

function withHash(selector: LabelSelector, hash: string): LabelSelector {
  return { ...selector, matchLabels: { ...selector.matchLabels, [TEMPLATE_HASH]: hash } }
}

function replicaSetName(deployment: string, hash: string): string {
  return `${deployment.slice(0, 253 - 1 - hash.length)}-${hash}`
}

/** The name is taken: by our own ReplicaSet, which is then the new one, or by another; then the hash changes with collisionCount and all starts anew. */
async function existing(rollout: Rollout, { metadata }: ReplicaSet, error: unknown): Promise<ReplicaSet> {
  const { deployment, context } = rollout
  const found = await context.client.get<ReplicaSet>('replicasets.apps', metadata.namespace ?? '', metadata.name ?? '')
  const ours = controllerOf(found)?.uid === deployment.metadata.uid
  if (ours && equalIgnoringHash(found.spec.template, deployment.spec.template)) return found
  const collisionCount = (deployment.status?.collisionCount ?? 0) + 1
  await context.client.updateStatus('deployments.apps', {
    ...deployment,
    status: { ...deployment.status, collisionCount },
  })
  throw error
}

async function reportFailure(rollout: Rollout, name: string, error: unknown): Promise<void> {
  const { deployment, context } = rollout
  const reason = 'ReplicaSetCreateError'
  const message = `Failed to create new replica set ${quote(name)}: ${error instanceof Error ? error.message : error}`
  context.recorder.event(deployment, 'Warning', reason, message)
  if (!hasProgressDeadline(deployment)) return
  const status = withCondition(deployment.status, newCondition(context.clock, PROGRESSING, 'False', reason, message))
  rollout.deployment = await context.client.updateStatus('deployments.apps', { ...deployment, status })
}
