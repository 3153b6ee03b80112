/** How fast an autoscaler may go: recommendations of the past, policies and limits. Mirrors normalizeDesiredReplicas* of kubernetes pkg/controller/podautoscaler/horizontal.go. */
import type { HorizontalPodAutoscaler, HPAScalingRules } from '../../types/autoscaling-v2.ts'

const DOWNSCALE_WINDOW_SECONDS = 300
const UP_FACTOR = 2
const UP_MINIMUM = 4

interface Sample {
  replicas: number
  at: number
}

/** What is remembered of one autoscaler. */
export interface Memory {
  recommendations: Sample[]
  ups: Sample[]
  downs: Sample[]
}

export const newMemory = (): Memory => ({ recommendations: [], ups: [], downs: [] })

/** A word and a sentence, as conditions have them. */
export interface Verdict {
  reason: string
  message: string
}

export interface Limits {
  current: number
  min: number
  max: number
  now: number
}

export interface Normalized {
  replicas: number
  /** AbleToScale. */
  stabilized: Verdict
  /** ScalingLimited, and whether it is. */
  limited: boolean
  limit: Verdict
}

export function normalize(
  { spec }: HorizontalPodAutoscaler,
  memory: Memory,
  desired: number,
  limits: Limits,
): Normalized {
  const behavior = spec?.behavior
  const stable = behavior
    ? stabilizeByRules(memory, desired, limits, behavior.scaleUp!, behavior.scaleDown!)
    : stabilize(memory, desired, limits.now)
  const ready = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
  const rated = behavior
    ? rateByRules(memory, stable.replicas, limits, behavior.scaleUp!, behavior.scaleDown!)
    : rate(stable.replicas, limits)
  return {
    replicas: rated.replicas,
    stabilized: stable.replicas === desired ? ready : stable.verdict,
    limited: rated.replicas !== stable.replicas,
    limit: rated.verdict,
  }
}

interface Decided {
  replicas: number
  verdict: Verdict
}

const HIGHER: Verdict = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}
const LOWER: Verdict = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}

function stabilize(memory: Memory, desired: number, now: number): Decided {
  const cutoff = now - DOWNSCALE_WINDOW_SECONDS * 1000
  const recent = memory.recommendations.filter(({ at }) => at >= cutoff)
  memory.recommendations = [...recent, { replicas: desired, at: now }]
  return { replicas: Math.max(desired, ...recent.map(({ replicas }) => replicas)), verdict: HIGHER }
}

function stabilizeByRules(
  memory: Memory,
  desired: number,
  { current, now }: Limits,
  up: HPAScalingRules,
  down: HPAScalingRules,
): Decided {
  const upCutoff = now - (up.stabilizationWindowSeconds ?? 0) * 1000
  const downCutoff = now - (down.stabilizationWindowSeconds ?? DOWNSCALE_WINDOW_SECONDS) * 1000
  const since = (cutoff: number): number[] =>
    memory.recommendations.filter(({ at }) => at > cutoff).map(({ replicas }) => replicas)
  const lowest = Math.min(desired, ...since(upCutoff))
  const highest = Math.max(desired, ...since(downCutoff))
  memory.recommendations = [
    ...memory.recommendations.filter(({ at }) => at >= upCutoff || at >= downCutoff),
    { replicas: desired, at: now },
  ]
  const replicas = Math.min(Math.max(current, lowest), highest)
  return { replicas, verdict: desired >= current ? LOWER : HIGHER }
}

const FAST_UP: Verdict = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const FAST_DOWN: Verdict = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}
const TOO_MANY: Verdict = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
}
const TOO_FEW: Verdict = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
}
const IN_RANGE: Verdict = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
}

function rate(desired: number, { current, min, max }: Limits): Decided {
  const upLimit = Math.max(UP_FACTOR * current, UP_MINIMUM)
  if (desired < min) return { replicas: min, verdict: TOO_FEW }
  if (desired > Math.min(max, upLimit)) {
    return max > upLimit ? { replicas: upLimit, verdict: FAST_UP } : { replicas: max, verdict: TOO_MANY }
  }
  return { replicas: desired, verdict: IN_RANGE }
}

function rateByRules(
  memory: Memory,
  desired: number,
  { current, min, max, now }: Limits,
  up: HPAScalingRules,
  down: HPAScalingRules,
): Decided {
  if (desired > current) {
    const limit = Math.max(current, limitOf(memory, current, now, up, 1))
    if (desired > Math.min(max, limit)) {
      return max > limit ? { replicas: limit, verdict: FAST_UP } : { replicas: max, verdict: TOO_MANY }
    }
  } else if (desired < current) {
    const limit = Math.min(current, limitOf(memory, current, now, down, -1))
    if (desired < Math.max(min, limit)) {
      return min < limit ? { replicas: limit, verdict: FAST_DOWN } : { replicas: min, verdict: TOO_FEW }
    }
  }
  return { replicas: desired, verdict: IN_RANGE }
}

/** How far the policies let it go, counted from where their period began. `sign`: up or down. */
function limitOf({ ups, downs }: Memory, current: number, now: number, rules: HPAScalingRules, sign: 1 | -1): number {
  if (rules.selectPolicy === 'Disabled') return current
  const proposals = (rules.policies ?? []).map(({ type, value, periodSeconds }) => {
    const since = (samples: readonly Sample[]): number =>
      samples.filter(({ at }) => at > now - periodSeconds * 1000).reduce((sum, { replicas }) => sum + replicas, 0)
    const start = current - since(ups) + since(downs)
    if (type === 'Pods') return start + sign * value
    const part = start * (1 + (sign * value) / 100)
    return sign > 0 ? Math.ceil(part) : Math.trunc(part)
  })
  // The policy that allows the most change, or the least.
  const most = (rules.selectPolicy === 'Min') === sign < 0
  return most ? Math.max(...proposals) : Math.min(...proposals)
}

/** A change of size counts for the policies. */
export function remember(
  { spec }: HorizontalPodAutoscaler,
  memory: Memory,
  from: number,
  to: number,
  now: number,
): void {
  const behavior = spec?.behavior
  if (!behavior) return
  const rules = to > from ? behavior.scaleUp : behavior.scaleDown
  const period = Math.max(0, ...(rules?.policies ?? []).map(({ periodSeconds }) => periodSeconds)) * 1000
  const kept = (to > from ? memory.ups : memory.downs).filter(({ at }) => at >= now - period)
  const samples = [...kept, { replicas: Math.abs(to - from), at: now }]
  if (to > from) memory.ups = samples
  else memory.downs = samples
}
