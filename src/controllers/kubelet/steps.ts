/** What a pod's stages do: pure steps from one status to the next. Mirrors pkg/kubelet/kubelet.go (SyncPod, SyncTerminatingPod). */
import { formatTime } from '../../apimachinery/clock.ts'
import type { Container, ContainerStatus, Pod, PodStatus } from '../../types/core-v1.ts'
import { isPodTerminal } from '../pods.ts'
import { isSidecar, podRequestTexts } from '../resources.ts'
import { conditionsOf, find, phaseOf } from './conditions.ts'
import { stepContainer, terminated, waitingStatus } from './container-status.ts'
import type { Place, PodStep } from './pod-step.ts'

export interface NodeAddresses {
  host: string
  /** Takes an address for the pod when it has none. */
  pod(): string | undefined
}

/** The kubelet has seen the pod: nothing runs yet. */
export function admit({ pod, now }: PodStep, { host }: NodeAddresses): PodStatus {
  const spec = pod.spec!
  const reason = spec.initContainers?.length ? 'PodInitializing' : 'ContainerCreating'
  const all = (containers: readonly Container[] | undefined): ContainerStatus[] =>
    (containers ?? []).map((container) => waitingStatus(container, reason))
  return finish(pod, now, false, {
    ...pod.status,
    phase: 'Pending',
    startTime: formatTime(now),
    ...hostAddresses(host),
    ...(spec.initContainers?.length ? { initContainerStatuses: all(spec.initContainers) } : {}),
    containerStatuses: sorted(all(spec.containers)),
  })
}

/** Everything that happens now: the next init container, or all containers. */
export function advance(step: PodStep, addresses: NodeAddresses): PodStatus {
  const { pod } = step
  const status: PodStatus = { ...pod.status, ...hostAddresses(addresses.host), ...podAddresses(pod, addresses) }
  if (!status.podIP) return finish(pod, step.now, false, status)
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
  return finish(pod, step.now, true, status)
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

/** At most one ordinary init container moves in a step; true: the containers' turn has come. */
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
      finished = false
    }
    if (!finished) break
  }
  return finished
}

/**
 * All containers stop; those that never started stay as they are.
 * DEVIATION(no-termination-grace): at once and well; neither terminationGracePeriodSeconds nor preStop hooks are waited for.
 */
export function terminate(step: PodStep): PodStatus {
  const { pod, now } = step
  const stop = (list: Place['list'], containers: readonly Container[] | undefined, statuses?: ContainerStatus[]) =>
    statuses?.map((status) => {
      const container = containers?.find(({ name }) => name === status.name)
      if (list === 'containers' && status.state?.waiting && !isPodTerminal(pod)) return neverAgain(status, pod)
      if (!status.state?.running || !container) return status
      step.event({ container, list, status }, 'Normal', 'Killing', `Stopping container ${status.name}`)
      const exitCode = 0
      return { ...terminated(status, exitCode, now), ready: list === 'initContainers' && !isSidecar(container) }
    })
  const { spec, status } = pod
  const next: PodStatus = { ...status }
  const containers = stop('containers', spec!.containers, status?.containerStatuses)
  const init = stop('initContainers', spec!.initContainers, status?.initContainerStatuses)
  if (containers) next.containerStatuses = containers
  if (init) next.initContainerStatuses = init
  return finish(pod, now, false, next, true)
}

/** A container that waits as its pod ends: it stays as it ended the last time, or was never found. */
function neverAgain(status: ContainerStatus, pod: Pod): ContainerStatus {
  const last = status.lastState?.terminated
  if (last) return { ...status, state: { terminated: last }, lastState: {} }
  if (!wasInitialized(pod)) return status
  const message = 'The container could not be located when the pod was terminated'
  return { ...status, state: { terminated: { reason: 'ContainerStatusUnknown', message, exitCode: 137 } } }
}

/** A container left its wait, or the last init container did what the others wait for. */
function wasInitialized({ spec, status }: Pod): boolean {
  const last = spec?.initContainers?.at(-1)
  if (!last) return true
  const moved = status?.containerStatuses?.some(({ state, lastState }) => !state?.waiting || lastState?.terminated)
  if (moved) return true
  const init = find(status?.initContainerStatuses, last)
  if (isSidecar(last)) return init?.state?.running !== undefined && init.started === true
  return init?.state?.terminated?.exitCode === 0 || init?.lastState?.terminated?.exitCode === 0
}

/** Phase, conditions and what follows from the spec. */
function finish(pod: Pod, now: number, sandbox: boolean, status: PodStatus, ending = false): PodStatus {
  const spec = pod.spec!
  const before = pod.status?.phase
  const over = before === 'Succeeded' || before === 'Failed'
  const phase = over
    ? before
    : phaseOf(spec, status.containerStatuses ?? [], status.initContainerStatuses ?? [], ending)
  const next: PodStatus = { ...status, phase, observedGeneration: pod.metadata.generation }
  const requests = podRequestTexts(spec)
  if (requests) next.allocatedResources = requests
  next.resources = requests ? { ...next.resources, requests } : (next.resources ?? {})
  const ended = phase === 'Succeeded' || phase === 'Failed'
  next.conditions = conditionsOf(pod, next, sandbox && !ended, formatTime(now))
  return next
}

function hostAddresses(host: string): Pick<PodStatus, 'hostIP' | 'hostIPs'> {
  return { hostIP: host, hostIPs: [{ ip: host }] }
}

function podAddresses({ spec, status }: Pod, addresses: NodeAddresses): Pick<PodStatus, 'podIP' | 'podIPs'> {
  if (status?.podIP) return {}
  const address = spec?.hostNetwork ? addresses.host : addresses.pod()
  return address ? { podIP: address, podIPs: [{ ip: address }] } : {}
}

/** By name, as kubelets print them; init containers keep their order. */
function sorted(statuses: ContainerStatus[]): ContainerStatus[] {
  return statuses.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}
