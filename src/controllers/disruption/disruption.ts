/** How many pods of a PodDisruptionBudget may go now: what evictions are checked against. Mirrors pkg/controller/disruption/disruption.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import { isConflict } from '../../apimachinery/errors.ts'
import { selectorFromObject } from '../../apimachinery/labels.ts'
import type { KubeObject } from '../../apimachinery/meta.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { LabelSelector } from '../../types/meta-v1.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '../../types/policy-v1.ts'
import { type ControllerContext, defineController, type Key, type Result } from '../controller.ts'
import { isPodReady } from '../pods.ts'
import { disruptionConditions, syncFailed } from './conditions.ts'
import { expectedPods } from './scale.ts'

const BUDGETS = 'poddisruptionbudgets.policy'
/** An evicted pod that is not gone after this long counts again. */
const DELETION_TIMEOUT_MS = 2 * 60_000

export const disruption = defineController({
  name: 'disruption',
  component: 'controllermanager',
  for: BUDGETS,
  watches: [
    {
      resource: 'pods',
      keys: (pod, context, old) =>
        context
          .lister<PodDisruptionBudget>(BUDGETS)
          .list(pod.metadata.namespace)
          .filter((budget) => selects(budget, pod) || (old !== undefined && selects(budget, old)))
          .map(({ metadata }): Key => ({ namespace: metadata.namespace ?? '', name: metadata.name ?? '' })),
    },
  ],
  reads: ['replicationcontrollers', 'replicasets.apps', 'deployments.apps', 'statefulsets.apps'],
  async reconcile({ namespace, name }, context) {
    const budget = context.lister<PodDisruptionBudget>(BUDGETS).get(namespace, name)
    if (!budget) return
    try {
      return await sync(budget, context)
    } catch (error) {
      if (isConflict(error)) throw error
      // Nothing may go while the count is not known. Looked at again when a pod changes.
      await writeStatus(
        budget,
        (old) => syncFailed(old, (error as Error).message, formatTime(context.clock.now())),
        context,
      )
    }
  },
})

function selects({ spec }: PodDisruptionBudget, { metadata }: KubeObject): boolean {
  return spec?.selector !== undefined && selectorFromObject(spec.selector).matches(metadata.labels ?? {})
}

async function sync(budget: PodDisruptionBudget, context: ControllerContext): Promise<Result | void> {
  const { clock, recorder } = context
  const pods = context
    .lister<Pod>('pods')
    .list(budget.metadata.namespace)
    .filter((pod) => selects(budget, pod))
  if (pods.length === 0) recorder.event(budget, 'Normal', 'NoPods', 'No matching pods found')
  const { expected, desired, unmanaged } = expectedPods(budget, pods, context)
  if (unmanaged) recorder.event(budget, 'Warning', 'UnmanagedPods', unmanagedMessage(budget.spec?.selector))
  const now = clock.now()
  const { disrupted, recheckAt } = stillDisrupted(budget, pods, context)
  const healthy = pods.filter((pod) => {
    return !pod.metadata.deletionTimestamp && !(pod.metadata.name! in disrupted) && isPodReady(pod)
  }).length
  const counts = {
    currentHealthy: healthy,
    desiredHealthy: desired,
    expectedPods: expected,
    // A budget that matches no pod yet must be safe when its first pods come.
    disruptionsAllowed: expected > 0 ? Math.max(0, healthy - desired) : 0,
  }
  const next = (old: PodDisruptionBudget): PodDisruptionBudgetStatus => ({
    ...counts,
    ...(Object.keys(disrupted).length > 0 ? { disruptedPods: disrupted } : {}),
    observedGeneration: budget.metadata.generation,
    conditions: disruptionConditions(
      old.status,
      counts.disruptionsAllowed,
      budget.metadata.generation,
      formatTime(now),
    ),
  })
  await writeStatus(budget, next, context)
  return recheckAt === undefined ? undefined : { requeueAfterMs: Math.max(1, recheckAt - now) }
}

/** Throws Conflict when the budget is not what the status was worked out from: an eviction took from it meanwhile. */
async function writeStatus(
  budget: PodDisruptionBudget,
  next: (old: PodDisruptionBudget) => PodDisruptionBudgetStatus,
  { client }: ControllerContext,
): Promise<void> {
  const status = next(budget)
  if (deepEqual(status, budget.status ?? {})) return
  await client.updateStatus<PodDisruptionBudget>(BUDGETS, { ...budget, status })
}

/** Pods that an eviction has counted and whose deletion is not seen yet; those that outlived it are told of. */
function stillDisrupted(
  { metadata, status }: PodDisruptionBudget,
  pods: readonly Pod[],
  { clock, recorder }: ControllerContext,
): { disrupted: Record<string, string>; recheckAt: number | undefined } {
  const disrupted: Record<string, string> = {}
  let recheckAt: number | undefined
  for (const pod of pods) {
    const name = pod.metadata.name ?? ''
    const time = status?.disruptedPods?.[name]
    if (!time || pod.metadata.deletionTimestamp) continue
    const expectedGone = Date.parse(time) + DELETION_TIMEOUT_MS
    if (expectedGone < clock.now()) {
      // Upstream prints the namespace twice.
      const whose = `${metadata.namespace}/${metadata.namespace}`
      recorder.event(pod, 'Warning', 'NotDeleted', `Pod was expected by PDB ${whose} to be deleted but it wasn't`)
      continue
    }
    disrupted[name] = time
    recheckAt = Math.min(recheckAt ?? expectedGone, expectedGone)
  }
  return { disrupted, recheckAt }
}

function unmanagedMessage(selector: LabelSelector | undefined): string {
  return (
    `Pods selected by this PodDisruptionBudget (selector: ${goText(selector)}) were found to be unmanaged. As a result, the status of ` +
    'the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ' +
    '".spec.minAvailable" field of the PDB to an integer value.'
  )
}

/** A label selector as Go's generated String method writes it. */
function goText({ matchLabels = {}, matchExpressions = [] }: LabelSelector = {}): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key]},`)
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:[${values.join(' ')}],},`,
  )
  return `&LabelSelector{MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},}`
}
