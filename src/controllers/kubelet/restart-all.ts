/** Containers whose end restarts all of their pod, in place. Mirrors pkg/kubelet/container/helpers.go (ShouldAllContainersRestart) and kuberuntime (getContainersToReset). */
import type { Container, ContainerStatus, PodStatus } from '../../types/core-v1.ts'
import { ALL_RESTARTING, find, REMOVED, restartCauses } from './conditions.ts'
import type { Place, PodStep } from './pod-step.ts'

const MESSAGE = 'The container is removed because RestartAllContainers in place'
/** Of a container that was killed without a word. */
const KILLED = 137

/** How often a kubelet looks what ended, ms: without it, what ends at once would restart without end. */
const RELIST_MS = 1000

/** The status of a pod of which the last step said that all its containers restart: as it is until a kubelet would see why, then without them. Undefined: they do not. */
export function restartAll(step: PodStep): PodStatus | undefined {
  const { spec, status } = step.pod
  if (!status?.conditions?.some(({ type, status }) => type === ALL_RESTARTING && status === 'True')) return undefined
  const ends = restartCauses(spec!, status).map(({ finishedAt }) => Date.parse(finishedAt ?? '') || 0)
  const due = Math.min(...ends) + RELIST_MS
  const isSeen = ends.length === 0 || step.now >= due
  step.wake(isSeen ? step.now : due)
  return isSeen ? resetAll(step) : status
}

/** The pod's status once all its containers are gone: they begin anew, the first init container first. */
function resetAll(step: PodStep): PodStatus {
  const { spec, status } = step.pod
  const { initContainers, containers } = spec!
  const first = initContainers?.length ? 'PodInitializing' : 'ContainerCreating'
  const gone = (list: Place['list'], own: readonly Container[], statuses: readonly ContainerStatus[] | undefined) =>
    statuses?.map((each) => {
      const container = find(own as never, each) as Container | undefined
      if (container && each.state?.running) {
        step.event({ container, list, status: each }, 'Normal', 'Killing', 'killing')
      }
      return each.state?.waiting ? { ...each, state: { waiting: { reason: first } } } : removed(each)
    })
  const containerStatuses = gone('containers', containers, status?.containerStatuses)
  const initContainerStatuses = gone('initContainers', initContainers ?? [], status?.initContainerStatuses)
  return {
    ...status,
    ...(containerStatuses ? { containerStatuses } : {}),
    ...(initContainerStatuses ? { initContainerStatuses } : {}),
  }
}

function removed(status: ContainerStatus): ContainerStatus {
  return {
    ...status,
    state: { waiting: { reason: REMOVED, message: MESSAGE } },
    lastState: { terminated: { reason: REMOVED, message: MESSAGE, exitCode: KILLED } },
    restartCount: status.restartCount + 1,
    ready: false,
    started: false,
  } as ContainerStatus
}
