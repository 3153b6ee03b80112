/** HorizontalPodAutoscalers: as many replicas as the metrics ask for. Mirrors kubernetes pkg/controller/podautoscaler/horizontal.go. */
import { formatTime } from '../../apimachinery/clock.ts'
import { deepEqual } from '../../apimachinery/equality.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
} from '../../types/autoscaling-v2.ts'
import type { Pod } from '../../types/core-v1.ts'
import { type ControllerContext, defineController, type Key, type Result } from '../controller.ts'
import { perRun } from '../state.ts'
import { type Memory, newMemory, normalize, remember } from './behavior.ts'
import { MetricError, type Wanted, wantedBy } from './desired.ts'
import { readScale, type Scale } from './scale.ts'

const AUTOSCALERS = 'horizontalpodautoscalers.autoscaling'
/** How often an autoscaler looks. */
const PERIOD_MS = 15_000

interface Known {
  memory: Memory
  /** When and at which generation it looked last. */
  at: number
  generation: number | undefined
}

const knownOf = perRun(() => new Map<string, Known>())

export const horizontalPodAutoscaler = defineController({
  name: 'horizontal-pod-autoscaler',
  component: 'horizontal-pod-autoscaler',
  for: AUTOSCALERS,
  reads: ['pods', 'namespaces'],
  async reconcile(key, context) {
    const text = `${key.namespace}/${key.name}`
    const hpa = context.lister<HorizontalPodAutoscaler>(AUTOSCALERS).get(key.namespace, key.name)
    const known = knownOf(context).get(text)
    if (!hpa) knownOf(context).delete(text)
    if (!hpa || hpa.metadata.deletionTimestamp) return undefined
    const now = context.clock.now()
    // Its own writes call it, too: it looks once a period, and when it is told something else.
    const leftMs = known && known.generation === hpa.metadata.generation ? known.at + PERIOD_MS - now : 0
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    const memory = known?.memory ?? newMemory()
    knownOf(context).set(text, { memory, at: now, generation: hpa.metadata.generation })
    return look(hpa, memory, key, context)
  },
})

interface Sync {
  hpa: HorizontalPodAutoscaler
  context: ControllerContext
  now: number
  status: HorizontalPodAutoscalerStatus
}

const AGAIN: Result = { requeueAfterMs: PERIOD_MS }

async function look(
  hpa: HorizontalPodAutoscaler,
  memory: Memory,
  _key: Key,
  context: ControllerContext,
): Promise<Result> {
  const now = context.clock.now()
  const sync: Sync = { hpa, context, now, status: { desiredReplicas: 0, ...hpa.status } }
  let scale: Scale
  try {
    scale = await readScale(hpa, context)
  } catch (error) {
    const text = (error as Error).message
    context.recorder.event(hpa, 'Warning', 'FailedGetScale', text)
    const message = `the HPA controller was unable to get the target's current scale: ${text}`
    setCondition(sync, 'AbleToScale', 'False', 'FailedGetScale', message)
    await write(sync)
    return AGAIN
  }
  const message = "the HPA controller was able to get the target's current scale"
  setCondition(sync, 'AbleToScale', 'True', 'SucceededGetScale', message)
  const current = scale.specReplicas
  if (memory.recommendations.length === 0) memory.recommendations = [{ replicas: current, at: now }]
  const decided = await decide(sync, scale, memory)
  if (!decided) return AGAIN
  await apply(sync, scale, memory, decided)
  return AGAIN
}

interface Decision {
  replicas: number
  reason: string
  metrics: MetricStatus[]
}

/** Undefined: the metrics say nothing, which is written down. */
async function decide(sync: Sync, scale: Scale, memory: Memory): Promise<Decision | undefined> {
  const { minReplicas: min = 1, maxReplicas: max } = sync.hpa.spec!
  const current = scale.specReplicas
  const atZero = conditionOf(sync, 'ScaledToZero')?.status === 'True'
  if (current === 0) {
    if (!atZero || (min === 0 && !hasOutsideMetrics(sync.hpa))) {
      const message = 'scaling is disabled since the replica count of the target is zero'
      setCondition(sync, 'ScalingActive', 'False', 'ScalingDisabled', message)
      return { replicas: 0, reason: '', metrics: [] }
    }
  } else if (current > max) {
    return { replicas: max, reason: 'Current number of replicas above Spec.MaxReplicas', metrics: [] }
  } else if (current < min) {
    return { replicas: min, reason: 'Current number of replicas below Spec.MinReplicas', metrics: [] }
  }
  const found = await measure(sync, scale)
  if (!found) return undefined
  const below = 'Current number of replicas below Spec.MinReplicas'
  let reason = found.replicas > current ? `${found.metric} above target` : ''
  if (found.replicas < current) reason = 'All metrics below target'
  const limits = { current, min, max, now: sync.now }
  const { replicas, stabilized, limited, limit } = normalize(sync.hpa, memory, found.replicas, limits)
  setCondition(sync, 'AbleToScale', 'True', stabilized.reason, stabilized.message)
  setCondition(sync, 'ScalingLimited', limited ? 'True' : 'False', limit.reason, limit.message)
  if (current === 0 && min !== 0 && replicas < min)
    return { replicas: min, reason: reason || below, metrics: found.metrics }
  return { replicas, reason, metrics: found.metrics }
}

function hasOutsideMetrics({ spec }: HorizontalPodAutoscaler): boolean {
  return spec?.metrics?.some(({ type }) => type === 'Object' || type === 'External') === true
}

interface Measured {
  replicas: number
  metric: string
  metrics: MetricStatus[]
}

/** The metric that asks for most decides; one that says nothing forbids to shrink. */
async function measure(sync: Sync, scale: Scale): Promise<Measured | undefined> {
  const { hpa, context } = sync
  const { selector } = scale
  if (!selector) {
    context.recorder.event(hpa, 'Warning', 'SelectorRequired', 'selector is required')
    setCondition(sync, 'ScalingActive', 'False', 'InvalidSelector', "the HPA target's scale is missing a selector")
    return giveUp(sync, scale, [], 'selector is required')
  }
  const all = context.lister<Pod>('pods').list(hpa.metadata.namespace)
  const pods = all.filter(({ metadata }) => selector.matches(metadata.labels))
  const specs = hpa.spec?.metrics ?? []
  const statuses: MetricStatus[] = []
  const failures: MetricError[] = []
  let best: Wanted | undefined
  for (const spec of specs) {
    try {
      const wanted = await wantedBy(spec, { hpa, scale, pods, context })
      statuses.push(wanted.status)
      if (!best || wanted.replicas > best.replicas) best = wanted
    } catch (error) {
      if (!(error instanceof MetricError)) throw error
      context.recorder.event(hpa, 'Warning', error.reason, error.message)
      statuses.push({ type: '' } as unknown as MetricStatus)
      failures.push(error)
    }
  }
  const [first] = failures
  const replicas = best?.replicas ?? 0
  if (first && (failures.length >= specs.length || replicas < scale.specReplicas)) {
    const why = `the HPA was unable to compute the replica count: ${first.message}`
    setCondition(sync, 'ScalingActive', 'False', first.reason, why)
    const sum = `invalid metrics (${failures.length} invalid out of ${specs.length}), first error is: ${first.prefix}${first.message}`
    return giveUp(sync, scale, statuses, sum)
  }
  const metric = best?.metric ?? ''
  const message = `the HPA was able to successfully calculate a replica count from ${metric}`
  setCondition(sync, 'ScalingActive', 'True', 'ValidMetricFound', message)
  return { replicas, metric, metrics: statuses }
}

async function giveUp(sync: Sync, scale: Scale, metrics: MetricStatus[], message: string): Promise<undefined> {
  setStatus(sync, scale.specReplicas, sync.status.desiredReplicas, metrics)
  await write(sync)
  sync.context.recorder.event(sync.hpa, 'Warning', 'FailedComputeMetricsReplicas', message)
}

async function apply(sync: Sync, scale: Scale, memory: Memory, { replicas, reason, metrics }: Decision): Promise<void> {
  const { hpa, context, now } = sync
  const current = scale.specReplicas
  if (replicas === current) {
    setStatus(sync, current, current, metrics)
    return write(sync)
  }
  try {
    await scale.set(replicas)
  } catch (error) {
    const text = (error as Error).message
    context.recorder.event(hpa, 'Warning', 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${text}`)
    const message = `the HPA controller was unable to update the target scale: ${text}`
    setCondition(sync, 'AbleToScale', 'False', 'FailedUpdateScale', message)
    setStatus(sync, current, sync.status.desiredReplicas, metrics)
    return write(sync)
  }
  const message = `the HPA controller was able to update the target scale to ${replicas}`
  setCondition(sync, 'AbleToScale', 'True', 'SucceededRescale', message)
  context.recorder.event(hpa, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`)
  remember(hpa, memory, current, replicas, now)
  const zero = current > 0 && replicas === 0 && hpa.spec?.minReplicas === 0 && hasOutsideMetrics(hpa)
  if (zero) setCondition(sync, 'ScaledToZero', 'True', 'ScaledToZero', 'the HPA controller scaled the workload to zero')
  else {
    const not = 'the HPA controller did not scale the workload to zero'
    setCondition(sync, 'ScaledToZero', 'False', 'NotScaledToZero', not)
  }
  setStatus(sync, current, replicas, metrics)
  sync.status.lastScaleTime = formatTime(now)
  await write(sync)
}

function setStatus(sync: Sync, current: number, desired: number, metrics: readonly MetricStatus[]): void {
  sync.status = {
    ...sync.status,
    observedGeneration: sync.hpa.metadata.generation,
    currentReplicas: current || undefined,
    desiredReplicas: desired,
    currentMetrics: metrics.length > 0 ? [...metrics] : undefined,
  }
}

function conditionOf({ status }: Sync, type: string) {
  return status.conditions?.find((condition) => condition.type === type)
}

/** The time is that of the last change of status. */
function setCondition(sync: Sync, type: string, status: string, reason: string, message: string): void {
  const old = conditionOf(sync, type)
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : formatTime(sync.now)
  const condition = { type, status, lastTransitionTime, reason, message }
  const conditions = sync.status.conditions ?? []
  sync.status.conditions = old
    ? conditions.map((each) => (each === old ? condition : each))
    : [...conditions, condition]
}

async function write({ hpa, status, context }: Sync): Promise<void> {
  if (deepEqual({ desiredReplicas: 0, ...hpa.status }, status)) return
  await context.client.updateStatus<HorizontalPodAutoscaler>(AUTOSCALERS, { ...hpa, status })
}
