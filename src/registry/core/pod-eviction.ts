/** pods/eviction: deletion that respects disruption budgets. Mirrors pkg/registry/core/pod/storage/eviction.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import {
  isConflict,
  newBadRequest,
  newConflict,
  newForbidden,
  newNotFound,
  newTooManyRequests,
  type StatusError,
} from '../../apimachinery/errors.ts'
import { selectorFromObject } from '../../apimachinery/labels.ts'
import type { DynamicObject, KubeObject } from '../../apimachinery/meta.ts'
import type { Pod } from '../../types/core-v1.ts'
import type { Eviction, PodDisruptionBudget } from '../../types/policy-v1.ts'
import type { InternalDeleteOptions, WriteContext } from '../definition.ts'
import { plainFailure, success } from './pod-binding.ts'
import { withCondition } from './pod-conditions.ts'

const BUDGETS = 'poddisruptionbudgets.policy'
const REFUSED = "Cannot evict pod as it would violate the pod's disruption budget."
const TWO_BUDGETS = 'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.'
/** Evictions that the budget's controller has not yet confirmed. */
const MAX_DISRUPTED_PODS = 2000
const RETRY_SECONDS = 10

export async function evictPod(
  name: string,
  namespace: string,
  body: DynamicObject,
  context: WriteContext,
): Promise<KubeObject> {
  const eviction = body as unknown as Eviction
  if (eviction.metadata.name !== name) throw newBadRequest('name in URL does not match name in Eviction object')
  const pod = context.reader.get<Pod>('pods', namespace, name)
  if (!pod) throw newNotFound({ group: '', resource: 'pods' }, name)
  const options = (eviction.deleteOptions ?? {}) as InternalDeleteOptions
  const budget = isFree(pod) ? undefined : budgetOf(pod, context)
  // A pod that counts for nothing must still be what we looked at when it goes.
  let checked = isFree(pod) ? pod.status?.phase === 'Pending' && !pod.metadata.deletionTimestamp : false
  if (budget) {
    checked = isUnhealthyAndFree(pod, budget)
    if (!checked) await takeFrom(budget, pod, context)
  }
  try {
    await markAndDelete(pod, checked ? withVersion(options, pod) : options, context)
  } catch (error) {
    if (budget && checked && isConflict(error) && !options.preconditions?.resourceVersion) throw tryLater(budget)
    throw error
  }
  return success()
}

/** Pods that are over, not yet running or already going need no budget. */
function isFree(pod: Pod): boolean {
  return ['Succeeded', 'Failed', 'Pending'].includes(pod.status?.phase ?? '') || !!pod.metadata.deletionTimestamp
}

function budgetOf(pod: Pod, { reader }: WriteContext): PodDisruptionBudget | undefined {
  const budgets = reader
    .list<PodDisruptionBudget>(BUDGETS, pod.metadata.namespace)
    .filter(({ spec }) => spec?.selector && selectorFromObject(spec.selector).matches(pod.metadata.labels ?? {}))
  if (budgets.length > 1) throw plainFailure(TWO_BUDGETS)
  return budgets[0]
}

function isUnhealthyAndFree(pod: Pod, { spec, status }: PodDisruptionBudget): boolean {
  if (pod.status?.conditions?.some((one) => one.type === 'Ready' && one.status === 'True')) return false
  if (spec?.unhealthyPodEvictionPolicy === 'AlwaysAllow') return true
  const desired = status?.desiredHealthy ?? 0
  return desired > 0 && (status?.currentHealthy ?? 0) >= desired
}

const withVersion = (options: InternalDeleteOptions, pod: Pod): InternalDeleteOptions => ({
  ...options,
  preconditions: { resourceVersion: pod.metadata.resourceVersion, ...options.preconditions },
})

/** Counts the disruption, or throws 429. A dry run only looks. */
async function takeFrom(budget: PodDisruptionBudget, pod: Pod, context: WriteContext): Promise<void> {
  checkBudget(budget)
  if (context.dryRun) return
  const { namespace = '', name = '' } = budget.metadata
  await context.writer.update(
    BUDGETS,
    namespace,
    name,
    (present) => {
      checkBudget(present as unknown as PodDisruptionBudget)
      return taken(present, pod, context)
    },
    'status',
  )
}

function taken(budget: DynamicObject, pod: Pod, context: WriteContext): DynamicObject {
  const now = formatTime(context.clock.now())
  const allowed = (budget.status.disruptionsAllowed ?? 0) - 1
  const disruptedPods = { ...budget.status.disruptedPods, [pod.metadata.name ?? '']: now }
  const status = { ...budget.status, disruptionsAllowed: allowed, disruptedPods }
  if (allowed > 0) return { ...budget, status }
  const condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    observedGeneration: status.observedGeneration,
    lastTransitionTime: now,
    reason: 'InsufficientPods',
    message: '',
  }
  const old = (status.conditions ?? []) as (typeof condition)[]
  const before = old.find((one) => one.type === condition.type)
  if (before?.status === condition.status) condition.lastTransitionTime = before.lastTransitionTime
  const conditions = before ? old.map((one) => (one === before ? condition : one)) : [...old, condition]
  return { ...budget, status: { ...status, conditions } }
}

function checkBudget(budget: PodDisruptionBudget): void {
  const name = budget.metadata.name ?? ''
  const status = budget.status ?? { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }
  const { disruptionsAllowed: allowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status
  if ((status.observedGeneration ?? 0) < (budget.metadata.generation ?? 0)) throw tryLater(budget)
  const never = `The disruption budget ${name} does not allow evicting pods currently`
  if (allowed < 0) {
    throw blame('pdb disruptions allowed is negative', name, `${never}: pdb disruptions allowed is negative`)
  }
  if (Object.keys(status.disruptedPods ?? {}).length > MAX_DISRUPTED_PODS) {
    const why = 'DisruptedPods map too big - too many evictions not confirmed by PDB controller'
    throw blame(why, name, `${never}: too many pending evictions not confirmed by PDB controller`)
  }
  if (allowed > 0) return
  const condition = status.conditions?.find((one) => one.type === 'DisruptionAllowed')
  const said = condition?.status === 'False' && condition.message ? condition : undefined
  let message = never
  if (said?.reason === 'SyncFailed') message = `${never} because it failed sync: ${said.message}`
  else if (currentHealthy <= desiredHealthy) {
    message = `The disruption budget ${name} needs ${desiredHealthy} healthy pods and has ${currentHealthy} currently`
  } else if (said) message = `${never} (${said.reason}): ${said.message}`
  throw newTooManyRequests(REFUSED, 0, [{ reason: 'DisruptionBudget', message }])
}

function tryLater(budget: PodDisruptionBudget): StatusError {
  const message = `The disruption budget ${budget.metadata.name} is still being processed by the server.`
  return newTooManyRequests(REFUSED, RETRY_SECONDS, [{ reason: 'DisruptionBudget', message }])
}

function blame(why: string, name: string, message: string): StatusError {
  const error = newForbidden({ group: 'policy', resource: 'poddisruptionbudget' }, name, why)
  error.status.details = { ...error.status.details, causes: [{ reason: 'DisruptionBudget', message }] }
  return error
}

/** Says in the status why the pod goes, then deletes it: the writer checks the preconditions of the second step only. */
async function markAndDelete(pod: Pod, options: InternalDeleteOptions, context: WriteContext): Promise<void> {
  const { namespace = '', name = '' } = pod.metadata
  let { preconditions } = options
  if (!context.dryRun) {
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'EvictionByEvictionAPI',
      message: 'Eviction API: evicting',
    }
    const marked = await context.writer.update(
      'pods',
      namespace,
      name,
      (present) => {
        checkVersion(present, preconditions)
        return { ...present, status: withCondition(present.status ?? {}, condition, formatTime(context.clock.now())) }
      },
      'status',
    )
    if (preconditions?.resourceVersion) {
      preconditions = { ...preconditions, resourceVersion: marked.metadata.resourceVersion }
    }
  }
  await context.writer.delete('pods', namespace, name, { ...options, preconditions })
}

function checkVersion(present: KubeObject, preconditions: InternalDeleteOptions['preconditions']): void {
  const { uid, resourceVersion } = preconditions ?? {}
  const { name = '', uid: is, resourceVersion: version } = present.metadata
  const refuse = (what: string) => newConflict({ group: '', resource: 'Pod' }, name, what)
  if (uid && uid !== is) {
    const lead = `the UID in the precondition (${uid}) does not match the UID in record (${is})`
    throw refuse(`${lead}. The object might have been deleted and then recreated`)
  }
  if (resourceVersion && resourceVersion !== version) {
    const lead = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${version})`
    throw refuse(`${lead}. The object might have been modified`)
  }
}
