/** How many pods a budget's pods should be, by what controls them. Mirrors the finders of pkg/controller/disruption. */
import { scaledIntOrPercent } from '../../apimachinery/int-or-string.ts'
import type { KubeObject, OwnerReference } from '../../apimachinery/meta.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { PodDisruptionBudget } from '../../types/policy-v1.ts'
import type { ControllerContext } from '../controller.ts'

type Scaled = KubeObject & { spec?: { replicas?: number } }

/** `group/Kind`, any version, and the resource it is listed as. */
const SCALED: Record<string, string> = {
  '/ReplicationController': 'replicationcontrollers',
  'apps/Deployment': 'deployments.apps',
  'apps/ReplicaSet': 'replicasets.apps',
  'apps/StatefulSet': 'statefulsets.apps',
}

/** `unmanaged`: some pods have no controller, so a share of them cannot be worked out. Throws when a controller cannot be scaled. */
export function expectedPods(
  { spec }: PodDisruptionBudget,
  pods: readonly Pod[],
  context: ControllerContext,
): { expected: number; desired: number; unmanaged: boolean } {
  const { maxUnavailable, minAvailable } = spec ?? {}
  if (maxUnavailable !== undefined) {
    const { scale, unmanaged } = scaleOf(pods, context)
    return { expected: scale, desired: Math.max(0, scale - scaledIntOrPercent(maxUnavailable, scale, 'up')), unmanaged }
  }
  if (typeof minAvailable === 'number') return { expected: pods.length, desired: minAvailable, unmanaged: false }
  if (minAvailable === undefined) return { expected: 0, desired: 0, unmanaged: false }
  const { scale, unmanaged } = scaleOf(pods, context)
  return { expected: scale, desired: scaledIntOrPercent(minAvailable, scale, 'up'), unmanaged }
}

/** The sum of the scales of all controllers of the pods. */
function scaleOf(pods: readonly Pod[], context: ControllerContext): { scale: number; unmanaged: boolean } {
  const scales = new Map<string, number>()
  let unmanaged = false
  for (const { metadata } of pods) {
    const owner = controllerOf(metadata.ownerReferences)
    if (!owner) {
      unmanaged = true
      continue
    }
    const found = scaledOwner(owner, metadata.namespace ?? '', context)
    if (!found) throw new Error(`found no controllers for pod ${JSON.stringify(metadata.name)}`)
    scales.set(found.metadata.uid ?? '', found.spec?.replicas ?? 1)
  }
  return { scale: [...scales.values()].reduce((sum, one) => sum + one, 0), unmanaged }
}

const controllerOf = (owners: readonly OwnerReference[] | undefined): OwnerReference | undefined =>
  owners?.find(({ controller }) => controller)

/** Of a ReplicaSet that a Deployment controls, the Deployment: during a rollout it has several. */
function scaledOwner(owner: OwnerReference, namespace: string, context: ControllerContext): Scaled | undefined {
  const resource = SCALED[`${groupOf(owner)}/${owner.kind}`]
  const found = resource ? context.lister<Scaled>(resource).get(namespace, owner.name) : undefined
  if (!found || found.metadata.uid !== owner.uid) return undefined
  const above = resource === 'replicasets.apps' ? controllerOf(found.metadata.ownerReferences) : undefined
  return above?.kind === 'Deployment' ? scaledOwner(above, namespace, context) : found
}

const groupOf = ({ apiVersion }: OwnerReference): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
