/** A pod that ends: its containers stop, each in its time. Mirrors pkg/kubelet/kubelet.go (SyncTerminatingPod) and kuberuntime (killContainersWithSyncResult, terminationOrder). */
import type { Container, ContainerStatus, Pod, PodStatus } from '../../types/core-v1.ts'
import { isPodTerminal } from '../pods.ts'
import { isSidecar } from '../resources.ts'
import { find } from './conditions.ts'
import { terminated } from './container-status.ts'
import { hookTime } from './hooks.ts'
import type { Place, PodStep } from './pod-step.ts'

/** How long the pod has: told to stop at `from`, killed at `until`, ms. */
export interface Grace {
  from: number
  until: number
}

/** A kill without a word: what is left of a pod that ends for a reason of its own. */
const KILLED = 137
/** Nobody is killed sooner. */
const LEAST_MS = 2_000

/** Of a pod that is deleted: it was told so `deletionGracePeriodSeconds` before its deletionTimestamp. */
export function graceOf({ metadata }: Pod): Grace {
  const until = Date.parse(metadata.deletionTimestamp ?? '')
  return { from: until - (metadata.deletionGracePeriodSeconds ?? 0) * 1000, until }
}

/** Container statuses once those whose time has come have stopped; wakes the step for the others. Those that never started stay as they are. */
export function stopContainers(
  step: PodStep,
  grace: Grace,
): Pick<PodStatus, 'containerStatuses' | 'initContainerStatuses'> {
  const { spec, status } = step.pod
  const stops = new Stops(step, grace)
  const containerStatuses = status?.containerStatuses?.map((each) => {
    if (each.state?.waiting && !isPodTerminal(step.pod)) return neverAgain(each, step.pod)
    return stops.stop('containers', find(spec!.containers as never, each) as Container | undefined, each)
  })
  // Sidecars serve the others: they stop after them, the last one first.
  const initContainerStatuses = status?.initContainerStatuses
    ?.toReversed()
    .map((each) =>
      stops.stop(
        'initContainers',
        spec?.initContainers?.find(({ name }) => name === each.name),
        each,
      ),
    )
    .toReversed()
  return {
    ...(containerStatuses ? { containerStatuses } : {}),
    ...(initContainerStatuses ? { initContainerStatuses } : {}),
  }
}

class Stops {
  readonly #step: PodStep
  readonly #grace: Grace
  readonly #isNew: boolean
  /** When the last of those that stopped or will stop before is gone. */
  #last: number

  constructor(step: PodStep, grace: Grace) {
    this.#step = step
    this.#grace = grace
    this.#last = grace.from
    const deletion = `${step.pod.metadata.deletionTimestamp}`
    this.#isNew = step.memory.stopping === undefined
    step.memory.stopping = deletion
  }

  stop(list: Place['list'], container: Container | undefined, status: ContainerStatus): ContainerStatus {
    const { state } = status
    if (state?.terminated?.finishedAt) this.#last = Math.max(this.#last, Date.parse(state.terminated.finishedAt))
    if (!state?.running || !container) return status
    const place: Place = { container, list, status }
    const step = this.#step
    if (this.#isNew) step.event(place, 'Normal', 'Killing', `Stopping container ${status.name}`)
    const { stopsAfterMs = 0, stopExitCode = 0 } = step.behaviour(place)
    const hookMs = hookTime(container.lifecycle?.preStop)
    const begins = isSidecar(container) ? this.#last : this.#grace.from
    const wanted = begins + hookMs + stopsAfterMs
    const limit = Math.max(this.#grace.until, this.#grace.from + Math.min(LEAST_MS, wanted))
    const at = Math.min(wanted, limit)
    this.#last = Math.max(this.#last, at)
    if (at > step.now) return step.wait(at, status)
    const exitCode = wanted > limit ? KILLED : stopExitCode
    const ended = terminated(container, status, { exitCode }, Math.max(at, startOf(status)))
    return { ...ended, ready: list === 'initContainers' && !isSidecar(container) }
  }
}

const startOf = ({ state }: ContainerStatus): number => Date.parse(state?.running?.startedAt ?? '')

/** A container that waits as its pod ends: it stays as it ended the last time, or was never found. */
function neverAgain(status: ContainerStatus, pod: Pod): ContainerStatus {
  const last = status.lastState?.terminated
  if (last) return { ...status, state: { terminated: last }, lastState: {} }
  if (!wasInitialized(pod)) return status
  const message = 'The container could not be located when the pod was terminated'
  return { ...status, state: { terminated: { reason: 'ContainerStatusUnknown', message, exitCode: KILLED } } }
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
