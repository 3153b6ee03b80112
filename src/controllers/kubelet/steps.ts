/** What a pod's stages do: pure steps from one status to the next. Mirrors pkg/kubelet/kubelet.go (SyncPod, SyncTerminatingPod). */
import { formatTime } from '../../apimachinery/clock.ts'
import type { Container, ContainerStatus, PodStatus } from '../../types/core-v1.ts'
import { isSidecar, podRequestTexts } from '../resources.ts'
import { conditionsOf, find, phaseOf } from './conditions.ts'
import { stepContainer } from './container-run.ts'
import { waitingStatus } from './container-status.ts'
import { prepared, withDevices } from './devices.ts'
import type { Place, PodStep } from './pod-step.ts'
import { mountProblems } from './references.ts'
import { resizeConditions } from './resize.ts'
import { restartAll } from './restart-all.ts'
import { makeSandbox, type NodeAddresses } from './sandbox.ts'
import { graceOf, stopContainers } from './terminate.ts'

/** What a kubelet that has seen the pod begins with: nothing runs yet. */
export function admitted({ pod, now }: PodStep, { host }: NodeAddresses): PodStatus {
  const spec = pod.spec!
  const reason = spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating'
  const all = (containers: readonly Container[] | undefined): ContainerStatus[] =>
    (containers ?? []).map((container) => waitingStatus(container, reason))
  return {
    ...pod.status,
    phase: 'Pending',
    startTime: formatTime(now),
    ...hostAddresses(host),
    ...(spec.initContainers?.length ? { initContainerStatuses: all(spec.initContainers) } : {}),
    containerStatuses: sorted(all(spec.containers)),
  }
}

/** Everything that happens now: the next init container, or all containers. */
export function advance(step: PodStep, addresses: NodeAddresses): PodStatus {
  const { pod } = step
  const restarting = restartAll(step)
  if (restarting) return finish(step, true, restarting)
  const status: PodStatus = { ...pod.status, ...hostAddresses(addresses.host) }
  if (!status.podIP) {
    const own = mounted(step) && prepared(step) ? makeSandbox(step, addresses) : []
    if (own.length === 0) return finish(step, false, status)
    status.podIP = own[0]
    status.podIPs = own.map((ip) => ({ ip }))
  }
  const initialized = advanceInit(step, status)
  if (initialized) {
    const next = stepAll(step, 'containers', pod.spec!.containers, status.containerStatuses)
    status.containerStatuses = sorted(next)
    const ephemeral = pod.spec?.ephemeralContainers as Container[] | undefined
    if (ephemeral) {
      status.ephemeralContainerStatuses = sorted(
        stepAll(step, 'ephemeralContainers', ephemeral, status.ephemeralContainerStatuses),
      )
    }
  }
  return finish(step, true, status)
}

/** Waits between attempts to mount, ms. */
const FIRST_RETRY_MS = 500
const LONGEST_RETRY_MS = 122_000

/** Whether the pod's volumes can be mounted; what stands in the way is said at once, and again after waits that double. */
function mounted(step: PodStep): boolean {
  const { memory, now } = step
  const problems = mountProblems(step)
  if (problems.length === 0) {
    delete memory.mounts
    // What is wrong with attaching others say.
    return step.hasAttached()
  }
  const { failures, retryAt } = memory.mounts ?? { failures: 0, retryAt: now }
  if (now >= retryAt) {
    for (const message of problems) step.podEvent('Warning', 'FailedMount', message)
    const waitMs = Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** failures)
    memory.mounts = { failures: failures + 1, retryAt: now + waitMs }
  }
  step.wake(memory.mounts!.retryAt)
  return false
}

function stepAll(
  step: PodStep,
  list: Place['list'],
  containers: readonly Container[],
  statuses: readonly ContainerStatus[] | undefined,
): ContainerStatus[] {
  return containers.map((container) => {
    const status = find(statuses, container) ?? waitingStatus(container, 'ContainerCreating')
    return stepContainer({ container, list, status }, step)
  })
}

/** Each in its turn; true: the containers' turn has come. */
function advanceInit(step: PodStep, status: PodStatus): boolean {
  const containers = step.pod.spec?.initContainers ?? []
  const statuses = [...(status.initContainerStatuses ?? [])]
  status.initContainerStatuses = containers.length > 0 ? statuses : status.initContainerStatuses
  let finished = true
  for (const [i, container] of containers.entries()) {
    const old = find(statuses, container) ?? waitingStatus(container, 'PodInitializing')
    const place: Place = { container, list: 'initContainers', status: old }
    if (isSidecar(container)) {
      statuses[i] = stepContainer(place, step)
      if (!statuses[i].started) finished = false
    } else if (old.state?.terminated?.exitCode !== 0) {
      statuses[i] = stepContainer(place, step)
      finished = statuses[i].state?.terminated?.exitCode === 0
    }
    if (!finished) break
  }
  return finished
}

/** All containers stop, each in its time. */
export function terminate(step: PodStep): PodStatus {
  const { pod } = step
  const next = { ...pod.status, ...stopContainers(step, graceOf(pod)) }
  const stopped = !isRunning(next)
  return finish(step, !stopped, next, stopped)
}

/** A container of it runs. */
export function isRunning({ containerStatuses, initContainerStatuses }: PodStatus): boolean {
  const runs = ({ state }: ContainerStatus): boolean => state?.running !== undefined
  return (containerStatuses?.some(runs) || initContainerStatuses?.some(runs)) ?? false
}

/** The pod fails for a reason of its node's: all containers stop at once. */
export function fail(step: PodStep, reason: string, message: string): PodStatus {
  const next = { ...step.pod.status, ...stopContainers(step, { from: step.now, until: step.now }) }
  return finish(step, false, { ...next, phase: 'Failed', reason, message }, true)
}

/** The pod fails before anything of it began. */
export function refuse({ pod, now }: PodStep, reason: string, message: string): PodStatus {
  return {
    ...pod.status,
    observedGeneration: pod.metadata.generation,
    phase: 'Failed',
    reason,
    message: `Pod was rejected: ${message}`,
    startTime: formatTime(now),
  }
}

/** Phase, conditions and what follows from the spec. */
function finish(step: PodStep, sandbox: boolean, status: PodStatus, ending = false): PodStatus {
  const { pod, now, resizing } = step
  const spec = pod.spec!
  const before = pod.status?.phase
  const over = before === 'Succeeded' || before === 'Failed'
  const phase = over
    ? before
    : status.reason && status.phase === 'Failed'
      ? status.phase
      : phaseOf(spec, status.containerStatuses ?? [], status.initContainerStatuses ?? [], ending)
  const next: PodStatus = { ...status, phase, observedGeneration: pod.metadata.generation }
  const requests = podRequestTexts(spec)
  if (requests) next.allocatedResources = requests
  if (resizing?.acts !== false) next.resources = requests ? { ...next.resources, requests } : (next.resources ?? {})
  const ended = phase === 'Succeeded' || phase === 'Failed'
  if (next.containerStatuses) next.containerStatuses = withDevices(step, next.containerStatuses, sandbox && !ended)
  const resize = ended ? [] : resizeConditions(step, next)
  next.conditions = conditionsOf(pod, next, sandbox && !ended, formatTime(now), resize)
  return next
}

function hostAddresses(host: readonly string[]): Pick<PodStatus, 'hostIP' | 'hostIPs'> {
  return { hostIP: host[0], hostIPs: host.map((ip) => ({ ip })) }
}

/** By name, as kubelets print them; init containers keep their order. */
function sorted(statuses: ContainerStatus[]): ContainerStatus[] {
  return statuses.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
