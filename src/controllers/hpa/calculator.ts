/** How many replicas a metric asks for; pure. Mirrors kubernetes pkg/controller/podautoscaler/replica_calculator.go. */
import { parseQuantity, quantityMilliValue } from '../../apimachinery/quantity.ts'
import type { Pod } from '../../types/core-v1.ts'
import { isPodReady, readyCondition, timeOf } from '../pods.ts'
import type { PodMetrics } from './metrics.ts'

const MAX_INT32 = 2 ** 31 - 1
/** A pod's first minutes say little about its use of the CPU. */
const CPU_INITIALIZATION_MS = 5 * 60_000
const INITIAL_READINESS_MS = 30_000

export interface Tolerances {
  down: number
  up: number
}

export interface Proposal {
  replicas: number
  /** Milli-units: the average, or the whole, as the target says it. */
  usage: number
  /** Percent of what the pods request. */
  utilization?: number
}

function isWithin({ down, up }: Tolerances, ratio: number): boolean {
  return 1 - down <= ratio && ratio <= 1 + up
}

interface Groups {
  ready: number
  unready: string[]
  missing: string[]
}

/** Sorts the pods, and takes out of `metrics` those that do not count. Throws when none is left. */
function group(pods: readonly Pod[], metrics: PodMetrics, resource: string, now: number): Groups {
  if (pods.length === 0) throw new Error('no pods returned by selector while calculating replica count')
  const groups: Groups = { ready: 0, unready: [], missing: [] }
  for (const pod of pods) {
    const name = pod.metadata.name ?? ''
    const phase = pod.status?.phase
    if (pod.metadata.deletionTimestamp || phase === 'Failed') metrics.delete(name)
    else if (phase === 'Pending') groups.unready.push(name)
    else if (!metrics.has(name)) groups.missing.push(name)
    else if (resource === 'cpu' && isStarting(pod, now)) groups.unready.push(name)
    else groups.ready++
  }
  for (const name of groups.unready) metrics.delete(name)
  if (metrics.size === 0) throw new Error('did not receive metrics for targeted pods (pods might be unready)')
  return groups
}

function isStarting(pod: Pod, now: number): boolean {
  const ready = readyCondition(pod)
  const started = timeOf(pod.status?.startTime)
  if (!ready || started === undefined) return true
  // A measurement is as old as it needs to be: it is of this moment.
  if (started + CPU_INITIALIZATION_MS > now) return ready.status === 'False'
  return ready.status === 'False' && started + INITIAL_READINESS_MS > (timeOf(ready.lastTransitionTime) ?? 0)
}

/** What is common to utilization and plain values: pods without a metric are assumed to be what makes the change smaller. */
function propose(
  current: number,
  metrics: PodMetrics,
  { ready, unready, missing }: Groups,
  tolerances: Tolerances,
  ratioOf: (metrics: PodMetrics) => number,
  fallback: (pod: string) => number,
): number {
  const ratio = ratioOf(metrics)
  const withUnready = unready.length > 0 && ratio > 1
  if (!withUnready && missing.length === 0) return isWithin(tolerances, ratio) ? current : Math.ceil(ratio * ready)
  if (ratio < 1) for (const name of missing) metrics.set(name, fallback(name))
  else if (ratio > 1) for (const name of missing) metrics.set(name, 0)
  if (withUnready) for (const name of unready) metrics.set(name, 0)
  const next = ratioOf(metrics)
  const turned = (ratio < 1 && next > 1) || (ratio > 1 && next < 1)
  if (isWithin(tolerances, next) || turned) return current
  const replicas = Math.ceil(next * metrics.size)
  return (next < 1 && replicas > current) || (next > 1 && replicas < current) ? current : replicas
}

export interface Question {
  current: number
  pods: readonly Pod[]
  tolerances: Tolerances
  now: number
}

/** Towards a percentage of what the pods request. */
export function byUtilization(
  { current, pods, tolerances, now }: Question,
  metrics: PodMetrics,
  resource: string,
  container: string,
  target: number,
): Proposal {
  const groups = group(pods, metrics, resource, now)
  const requests = new Map(pods.map((pod) => [pod.metadata.name ?? '', requestOf(pod, resource, container)]))
  const measure = (of: PodMetrics): { utilization: number; usage: number } => {
    const known = [...of].filter(([name]) => requests.has(name))
    const used = known.reduce((sum, [, value]) => sum + value, 0)
    const requested = known.reduce((sum, [name]) => sum + requests.get(name)!, 0)
    if (requested === 0) throw new Error('no metrics returned matched known pods')
    return { utilization: Math.trunc((used * 100) / requested), usage: Math.trunc(used / known.length) }
  }
  const first = measure(metrics)
  const fallback = (name: string): number => Math.trunc((requests.get(name)! * Math.max(100, target)) / 100)
  const ratioOf = (of: PodMetrics): number => measure(of).utilization / target
  return { ...first, replicas: propose(current, metrics, groups, tolerances, ratioOf, fallback) }
}

/** Towards an average value. */
export function byAverage(
  { current, pods, tolerances, now }: Question,
  metrics: PodMetrics,
  resource: string,
  target: number,
): Proposal {
  const groups = group(pods, metrics, resource, now)
  const average = (of: PodMetrics): number => Math.trunc([...of.values()].reduce((a, b) => a + b, 0) / of.size)
  const usage = average(metrics)
  const ratioOf = (of: PodMetrics): number => average(of) / target
  return { usage, replicas: propose(current, metrics, groups, tolerances, ratioOf, () => target) }
}

/** Towards a value as a whole: an object's, or an external one. */
export function byValue({ current, pods, tolerances }: Question, usage: number, target: number): Proposal {
  const ratio = usage / target
  if (current === 0) return { usage, replicas: Math.ceil(ratio) }
  if (isWithin(tolerances, ratio)) return { usage, replicas: current }
  if (pods.length === 0) {
    throw new Error('unable to calculate ready pods: no pods returned by selector while calculating replica count')
  }
  const ready = pods.filter((pod) => pod.status?.phase === 'Running' && isPodReady(pod)).length
  return { usage, replicas: Math.min(MAX_INT32, Math.ceil(ratio * ready)) }
}

/** Towards a value for each pod, of what there is as a whole. */
export function byValuePerPod(tolerances: Tolerances, present: number, usage: number, target: number): Proposal {
  const within = isWithin(tolerances, usage / (target * present))
  const replicas = within ? present : Math.min(MAX_INT32, Math.ceil(usage / target))
  return { replicas, usage: present === 0 ? 0 : Math.ceil(usage / present) }
}

/** Milli-units; of one container, or of all. */
function requestOf({ metadata, spec }: Pod, resource: string, container: string): number {
  const ofPod = container === '' ? spec?.resources?.requests?.[resource] : undefined
  if (ofPod !== undefined) return quantityMilliValue(parseQuantity(ofPod))
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always')
  let sum = 0
  for (const { name, resources } of [...(spec?.containers ?? []), ...sidecars]) {
    if (container !== '' && container !== name) continue
    const request = resources?.requests?.[resource]
    if (request === undefined) {
      throw new Error(`missing request for ${resource} in container ${name} of Pod ${metadata.name}`)
    }
    sum += quantityMilliValue(parseQuantity(request))
    if (container === name) return sum
  }
  if (container !== '') throw new Error(`container ${container} not found in Pod ${metadata.name}`)
  return sum
}
