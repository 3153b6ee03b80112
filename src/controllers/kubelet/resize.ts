/** In-place resize: a pod gets what its spec asks for now, or waits for it. Mirrors pkg/kubelet/allocation, pkg/kubelet/status (resize conditions), events/resize.go and kuberuntime (doPodResizeAction). */
import { formatTime } from '../../apimachinery/clock.ts'
import { marshal, quote } from '../../apimachinery/go-text.ts'
import type { Container, ContainerStatus, Pod, PodCondition, PodStatus } from '../../types/core-v1.ts'
import { containerUsage, podUsage } from '../hpa/metrics.ts'
import { amountOf, isSidecar, podRequests } from '../resources.ts'
import type { Resizing } from './allocation.ts'
import { find, RESIZE_IN_PROGRESS, RESIZE_PENDING } from './conditions.ts'
import type { Place, PodStep } from './pod-step.ts'
import type { KnownNode } from './state.ts'

const INFEASIBLE = 'Infeasible'
const ERROR = 'Error'
/** How often a node looks again whether a resize fits that did not. */
const RETRY_MS = 3 * 60_000

/** Takes what the pod's spec asks for if the node has it, and says whether what runs gets it in this step. Nothing without a resize. */
export function resize(step: PodStep): void {
  const { desired } = step
  const pending = conditionOf(step.pod, RESIZE_PENDING)
  const inProgress = conditionOf(step.pod, RESIZE_IN_PROGRESS)
  if (!desired && !pending && !inProgress) return
  const resizing: Resizing = { inProgress, acts: true }
  step.resizing = resizing
  if (desired) allocate(step, desired, resizing, pending)
  if (resizing.inProgress) actuate(step, resizing, resizing.inProgress)
}

const conditionOf = ({ status }: Pod, type: string): PodCondition | undefined =>
  status?.conditions?.find((condition) => condition.type === type)

function allocate(step: PodStep, desired: Pod, resizing: Resizing, before: PodCondition | undefined): void {
  const infeasible = saidOf(step, 'resizeInfeasible')
  const refusal = infeasible === undefined ? step.refusalOf(desired) : { reason: INFEASIBLE, message: infeasible }
  if (!refusal) {
    step.allocate(desired)
    resizing.inProgress = resizeCondition(RESIZE_IN_PROGRESS, undefined, {}, step)
    step.podEvent('Normal', 'ResizeStarted', told('Pod resize started', desired))
    return
  }
  const { message } = refusal
  const reason = refusal.reason === INFEASIBLE ? INFEASIBLE : 'Deferred'
  resizing.pending = resizeCondition(RESIZE_PENDING, before, { reason, message }, step)
  if (before?.reason !== reason || before.observedGeneration !== desired.metadata.generation) {
    const what = told(`Pod resize ${refusal.reason}`, desired, desired.metadata.generation, message)
    step.podEvent('Warning', `Resize${reason}`, what)
  }
  if (reason !== INFEASIBLE) step.wake(step.now + RETRY_MS)
}

/** Containers change once the time has come that they say they take, all at once or none. */
function actuate(step: PodStep, resizing: Resizing, condition: PodCondition): void {
  const takes = [...resizable(step.pod)].map((place) => step.behaviour(place).resizedAfterMs ?? 0)
  const due = Date.parse(condition.lastTransitionTime ?? '') + Math.max(0, ...takes)
  resizing.acts = condition.reason === ERROR || step.now >= due
  if (!resizing.acts) {
    step.wake(due)
    return
  }
  const message = saidOf(step, 'resizeError') ?? memoryError(step)
  if (message === undefined) return
  resizing.acts = false
  const generation = condition.observedGeneration
  const failed = resizeCondition(RESIZE_IN_PROGRESS, condition, { reason: ERROR, message }, step, generation)
  resizing.inProgress = failed
  if (failed !== condition) {
    step.podEvent('Warning', 'ResizeError', told('Pod resize error', step.pod, generation, message))
  }
}

function saidOf(step: PodStep, what: 'resizeInfeasible' | 'resizeError'): string | undefined {
  for (const place of resizable(step.pod)) {
    const said = step.behaviour(place)[what]
    if (said !== undefined) return said
  }
  return undefined
}

/** Limits of memory do not go below what is used, as far as annotations say that. */
function memoryError(step: PodStep): string | undefined {
  const { pod } = step
  const places = [...resizable(pod)]
  const problems: string[] = []
  const used = usage(() => podUsage(pod, 'memory'))
  if (used === undefined) return undefined
  const wanted = sumOf(places.map(({ container }) => memoryLimit(container)))
  const present = sumOf(places.map(({ status }) => memoryLimit(status)))
  const isLess = (next?: number, last?: number): next is number => next !== undefined && !(last! <= next)
  if (isLess(wanted, present) && used >= wanted)
    problems.push(`attempting to set pod memory limit (${wanted}) below current usage (${used})`)
  for (const place of places) {
    const limit = memoryLimit(place.container)
    const own = usage(() => containerUsage(pod, 'memory', place.container.name))
    if (mustRestart(place) || !isLess(limit, memoryLimit(place.status)) || own === undefined || own < limit) continue
    const name = quote(place.container.name)
    problems.push(`attempting to set container ${name} memory limit (${limit}) below current usage (${used})`)
  }
  if (problems.length === 0) return undefined
  return `cannot decrease memory limits: ${problems.length > 1 ? `[${problems.join(', ')}]` : problems[0]}`
}

function memoryLimit({ resources }: Container | ContainerStatus): number | undefined {
  const text = resources?.limits?.['memory']
  return text === undefined ? undefined : amountOf('memory', text)
}

const sumOf = (values: readonly (number | undefined)[]): number | undefined =>
  values.every((value) => value !== undefined) ? values.reduce((sum, value) => sum + value, 0) : undefined

/** Whole units. What cannot be read is not known. */
function usage(milliUnits: () => number | undefined): number | undefined {
  try {
    const value = milliUnits()
    return value === undefined ? undefined : Math.ceil(value / 1000)
  } catch {
    return undefined
  }
}

/** Running containers that can be resized: all but those that only initialize. */
function* resizable({ spec, status }: Pod): Generator<Place> {
  for (const [list, containers, statuses] of [
    ['containers', spec!.containers, status?.containerStatuses],
    ['initContainers', spec!.initContainers?.filter(isSidecar) ?? [], status?.initContainerStatuses],
  ] as const) {
    for (const container of containers) {
      const own = find(statuses, container)
      if (own?.state?.running) yield { container, list, status: own }
    }
  }
}

const RESIZED = ['cpu', 'memory'] as const

/** Of cpu and memory those that the container has in another amount than it should. */
function unlike({ resources: wanted }: Container, { resources: present }: ContainerStatus): string[] {
  return RESIZED.filter(
    (name) =>
      wanted?.requests?.[name] !== present?.requests?.[name] || wanted?.limits?.[name] !== present?.limits?.[name],
  )
}

/** A running container gets other resources only by a restart: its resize policy says so. */
export function mustRestart({ container, status }: Pick<Place, 'container' | 'status'>): boolean {
  const { resizePolicy } = container
  if (!resizePolicy) return false
  return unlike(container, status).some(
    (name) => resizePolicy.find(({ resourceName }) => resourceName === name)?.restartPolicy === 'RestartContainer',
  )
}

/** The conditions of the resize after the step, which is over when everything that runs has what it should. Undefined: as they were. */
export function resizeConditions(step: PodStep, status: PodStatus): readonly PodCondition[] | undefined {
  if (!step.resizing) return undefined
  const { pending, inProgress, acts } = step.resizing
  const running = [...resizable({ ...step.pod, status })]
  const isDone = inProgress && acts && running.every((place) => unlike(place.container, place.status).length === 0)
  if (isDone) {
    const generation = inProgress.observedGeneration
    step.podEvent('Normal', 'ResizeCompleted', told('Pod resize completed', step.pod, generation))
  }
  return [pending, isDone ? undefined : inProgress].filter((condition) => condition !== undefined)
}

/** The same as before if it says nothing new: when it was last looked at is no news. */
function resizeCondition(
  type: string,
  before: PodCondition | undefined,
  why: { reason?: string; message?: string },
  { pod, now }: PodStep,
  observedGeneration = pod.metadata.generation,
): PodCondition {
  const { reason, message } = why
  const isSame = before?.reason === reason && before?.message === message
  if (before && isSame && before.observedGeneration === observedGeneration) return before
  const time = formatTime(now)
  return {
    type,
    observedGeneration,
    status: 'True',
    lastProbeTime: time,
    lastTransitionTime: before && before.reason === reason ? before.lastTransitionTime : time,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  }
}

/** The message of a resize's Event: the resources of all containers as JSON. */
function told(what: string, { metadata, spec }: Pod, generation = metadata.generation, error?: string): string {
  const summary = (containers: readonly Container[] | undefined) =>
    containers?.length ? containers.map(({ name, resources }) => ({ name, resources: inOrder(resources) })) : undefined
  const initContainers = summary(spec?.initContainers)
  return `${what}: ${marshal({ initContainers, containers: summary(spec?.containers), generation, error })}`
}

function inOrder({ limits, requests, claims }: NonNullable<Container['resources']> = {}): object {
  const sorted = (list: Record<string, string> | undefined) =>
    list && Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)))
  return { limits: sorted(limits), requests: sorted(requests), claims }
}

/** Pods of the node whose resize waits for room, in the order in which they may try again. */
export function waitingResizes({ deferred }: KnownNode, podOf: (key: string) => Pod | undefined): string[] {
  const ranked = [...deferred].flatMap(([key, held]) => {
    const pod = podOf(key)
    if (!pod) return []
    const wanted = podRequests(pod.spec!)
    const grows = ['cpu', 'memory'].some((name) => (wanted.get(name) ?? 0) > (held.get(name) ?? 0))
    const since = Date.parse(conditionOf(pod, RESIZE_PENDING)?.lastTransitionTime ?? '') || 0
    const rank = [Number(grows), -(pod.spec?.priority ?? 0), Number(pod.status?.qosClass !== 'Guaranteed'), since]
    return [{ key, rank }]
  })
  const compare = (a: number[], b: number[]): number => a.map((each, i) => each - b[i]).find((by) => by !== 0) ?? 0
  return ranked.sort((a, b) => compare(a.rank, b.rank)).map(({ key }) => key)
}
