/** A container's life, a step at a time: it starts, is probed, ends, backs off, starts again. Mirrors pkg/kubelet/kuberuntime (computePodActions, doBackOff). */
import type { ContainerStatus } from '../../types/core-v1.ts'
import { isSidecar } from '../resources.ts'
import { backOffAfter, backOffOf, goDuration, grown } from './back-off.ts'
import { HOOK_FAILED, REMOVED, restarts } from './conditions.ts'
import { isBeginning, start } from './container-start.ts'
import { terminated, withWaiting } from './container-status.ts'
import { imageOf } from './images.ts'
import type { Place, PodStep } from './pod-step.ts'
import { type ProbeOutcome, probe } from './probes.ts'
import { mustRestart } from './resize.ts'

/** What the container is next; the same status when nothing happens to it now. */
export function stepContainer(place: Place, step: PodStep): ContainerStatus {
  const { state } = place.status
  if (state?.running) return stepRunning(place, step)
  if (state?.terminated) return stepTerminated(place, step)
  return stepWaiting(place, step)
}

function stepWaiting(place: Place, step: PodStep): ContainerStatus {
  const { status } = place
  const ended = status.lastState?.terminated
  // Counted already.
  if (status.state?.waiting?.reason === REMOVED) return begin(place, step, status.restartCount)
  if (status.state?.waiting?.reason === HOOK_FAILED && ended) {
    return restart({ ...place, status: { ...status, state: { terminated: ended } } }, step)
  }
  if (status.state?.waiting?.reason === 'CrashLoopBackOff' && ended) {
    const due = Date.parse(ended.finishedAt ?? '') + (backOff(place, step, ended.finishedAt) ?? 0)
    if (step.now < due) return step.wait(due, status)
  }
  if (!ended) return begin(place, step, status.restartCount)
  remember(place, step, ended.finishedAt)
  return begin(place, step, status.restartCount + 1)
}

/** Started, and ready if it is so in the same moment. What ends in it is running first: a run that nobody could see would be none. */
function begin(place: Place, step: PodStep, restartCount: number): ContainerStatus {
  const status = start(place, step, restartCount)
  if (!status.state?.running) return status
  const begun = { ...place, status }
  if (end(begun, step)) return step.wait(step.now, { ...status, started: !place.container.startupProbe })
  const { started, ready, killed } = probed(begun, step)
  return killed ? step.wait(step.now, { ...status, started }) : { ...status, started, ready }
}

function stepRunning(place: Place, step: PodStep): ContainerStatus {
  const { container, status, list } = place
  if (list !== 'ephemeralContainers' && imageOf(container.image ?? '').name !== status.image)
    return replace(place, step, `Container ${container.name} definition changed, will be restarted`)
  const { resizing } = step
  if (resizing?.acts && mustRestart(place))
    return replace(place, step, `Container ${container.name} resize requires restart`)
  const present = resizing?.acts === false ? status : resized(place)
  return end(place, step) ?? goOn({ ...place, status: present }, step)
}

function resized({ container, status }: Place): ContainerStatus {
  const next = { ...status, resources: container.resources ?? {} }
  if (container.resources?.requests) next.allocatedResources = container.resources.requests
  return next
}

/** Stopped and begun anew, whatever its policy. Until its new image is there and its hook is over it is said to run: a kubelet's next word comes after both. */
function replace(place: Place, step: PodStep, why: string): ContainerStatus {
  const { container, status } = place
  if (!isBeginning(place, step)) step.event(place, 'Normal', 'Killing', why)
  const exitCode = step.behaviour(place).stopExitCode ?? 0
  const ended = terminated(container, status, { exitCode }, step.now)
  const next = begin({ ...place, status: ended }, step, status.restartCount + 1)
  return isBeginning(place, step) ? status : next
}

/** The container when it has ended by itself; otherwise asks to be called when it will. */
function end(place: Place, step: PodStep): ContainerStatus | undefined {
  const { status, list } = place
  const { exitsAfterMs, exitCode = 0, reason, message } = step.behaviour(place)
  if (exitsAfterMs === undefined) return undefined
  const due = startOf(status) + exitsAfterMs
  if (step.now < due) {
    step.wake(due)
    return undefined
  }
  const ended = step.wait(step.now, terminated(place.container, status, { exitCode, reason, message }, due))
  return { ...ended, ready: list === 'initContainers' && exitCode === 0 }
}

const startOf = ({ state }: ContainerStatus): number => Date.parse(state?.running?.startedAt ?? '')

/** Only what goes on is probed. */
function probed(place: Place, step: PodStep): ProbeOutcome {
  const { container, status, list } = place
  if (list === 'initContainers' && !isSidecar(container)) return { started: true, ready: false }
  return probe(place, step, startOf(status))
}

/** Started and ready as its probes say, or killed by them. */
function goOn(place: Place, step: PodStep): ContainerStatus {
  const { container, status, list } = place
  const { started, ready, killed } = probed(place, step)
  if (!killed) return { ...status, started, ready }
  const who = list === 'initContainers' ? 'Init container' : 'Container'
  // Rules are about containers that have ended: they are asked after the kill.
  const again = (container.restartPolicy ?? step.pod.spec!.restartPolicy) !== 'Never'
  const what = `${who} ${container.name} failed ${killed.type} probe`
  step.event(place, 'Normal', 'Killing', again ? `${what}, will be restarted` : what)
  const exitCode = step.behaviour(place).stopExitCode ?? 137
  const ended = terminated(container, status, { exitCode }, killed.at)
  return again ? restart({ ...place, status: ended }, step) : step.wait(step.now, ended)
}

function stepTerminated(place: Place, step: PodStep): ContainerStatus {
  const { container, status, list } = place
  if (list === 'ephemeralContainers') return status
  const exitCode = status.state?.terminated?.exitCode ?? 0
  return restarts(container, step.pod.spec!, exitCode, list === 'initContainers') ? restart(place, step) : status
}

/** At once, or after a wait that doubles with each crash. */
function restart(place: Place, step: PodStep): ContainerStatus {
  const { container, status } = place
  const endedAt = status.state?.terminated?.finishedAt
  const waitMs = backOff(place, step, endedAt)
  const due = Date.parse(endedAt ?? '') + (waitMs ?? 0)
  if (waitMs === undefined || step.now >= due || isBeginning(place, step)) {
    remember(place, step, endedAt)
    return begin(place, step, status.restartCount + 1)
  }
  const { name, namespace, uid } = step.pod.metadata
  const pod = `${name}_${namespace}(${uid})`
  step.event(place, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${pod}`)
  step.wake(due)
  const message = `back-off ${goDuration(waitMs)} restarting failed container=${container.name} pod=${pod}`
  return withWaiting(status, 'CrashLoopBackOff', message)
}

/** How long to wait after a run that ended then. Unknown after a restart of the emulator: then the count of restarts tells. */
function backOff({ container, status }: Place, { memory }: PodStep, endedAt = ''): number | undefined {
  const { backOffs } = memory
  if (backOffs) return backOffAfter(backOffs.get(container.name), Date.parse(endedAt))
  return status.restartCount > 0 ? backOffOf(status.restartCount) : undefined
}

function remember({ container, status }: Place, { memory }: PodStep, endedAt = ''): void {
  const at = Date.parse(endedAt)
  memory.backOffs ??= new Map()
  const run = status.restartCount
  const guessed = run > 0 ? { ms: backOffOf(run), at, run: run - 1 } : undefined
  memory.backOffs.set(container.name, grown(memory.backOffs.get(container.name) ?? guessed, run, at))
}
