/** One container's life, a step at a time: pull, start, end, back off, start again. Mirrors pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses) and kuberuntime. */
import { createHash } from 'node:crypto'
import { formatTime } from '../../apimachinery/clock.ts'
import type { Container, ContainerStatus, Pod } from '../../types/core-v1.ts'
import { behaviourOf } from './behaviours.ts'
import { restarts } from './conditions.ts'
import { imageOf } from './images.ts'
import type { Place, PodStep } from './pod-step.ts'

const BACK_OFF_MS = 10_000
const MAX_BACK_OFF_MS = 300_000

/** A container that has not been started. */
export function waitingStatus(container: Container, reason: string): ContainerStatus {
  return {
    name: container.name,
    state: { waiting: { reason } },
    lastState: {},
    ready: false,
    restartCount: 0,
    image: container.image ?? '',
    imageID: '',
    started: false,
    ...volumeMountsOf(container),
  }
}

function volumeMountsOf({ volumeMounts }: Container): Pick<ContainerStatus, 'volumeMounts'> {
  if (!volumeMounts?.length) return {}
  return {
    volumeMounts: volumeMounts.map(({ name, mountPath, readOnly, recursiveReadOnly }) => ({
      name,
      mountPath,
      ...(readOnly
        ? {
            readOnly,
            recursiveReadOnly: recursiveReadOnly && recursiveReadOnly !== 'Disabled' ? 'Enabled' : 'Disabled',
          }
        : {}),
    })) as ContainerStatus['volumeMounts'],
  }
}

/** What the container is next; the same status when nothing happens to it now. */
export function stepContainer(place: Place, step: PodStep): ContainerStatus {
  const { state } = place.status
  if (state?.running) return stepRunning(place, step, state.running.startedAt)
  if (state?.terminated) return stepTerminated(place, step, state.terminated.exitCode)
  return stepWaiting(place, step)
}

function stepWaiting(place: Place, step: PodStep): ContainerStatus {
  const { container, status } = place
  const ended = status.lastState?.terminated
  if (status.state?.waiting?.reason === 'CrashLoopBackOff' && ended) {
    const due = Date.parse(ended.finishedAt ?? '') + backOff(status.restartCount)
    if (step.now < due) return step.wait(due, status)
    return start(place, step, status.restartCount + 1)
  }
  const image = imageOf(container.image ?? '')
  if (image.error) return failPull(place, step, image.error)
  return start(place, step, status.restartCount)
}

function failPull(place: Place, step: PodStep, error: string): ContainerStatus {
  const { container, status } = place
  const image = container.image ?? ''
  const waiting = status.state?.waiting
  const pull = step.pulls.get(image)
  if (pull && step.now < pull.retryAt) {
    if (waiting?.reason === 'ImagePullBackOff') return step.wait(pull.retryAt, status)
    const message = `Back-off pulling image "${image}"`
    step.event(place, 'Normal', 'BackOff', message)
    step.event(place, 'Warning', 'Failed', 'Error: ImagePullBackOff')
    step.wait(pull.retryAt, status)
    return withWaiting(status, 'ImagePullBackOff', `${message}: ErrImagePull: ${error}`)
  }
  const failures = (pull?.failures ?? 0) + 1
  step.pulls.set(image, { failures, retryAt: step.now + backOff(failures) })
  step.event(place, 'Normal', 'Pulling', `Pulling image "${image}"`)
  step.event(place, 'Warning', 'Failed', `Failed to pull image "${image}": ${error}`)
  step.event(place, 'Warning', 'Failed', 'Error: ErrImagePull')
  return withWaiting(status, 'ErrImagePull', error)
}

function withWaiting(status: ContainerStatus, reason: string, message: string): ContainerStatus {
  return { ...status, state: { waiting: { reason, message } }, ready: false, started: false }
}

/** 10 s, 20 s ... 5 min. */
const backOff = (failures: number): number => Math.min(MAX_BACK_OFF_MS, BACK_OFF_MS * 2 ** Math.max(0, failures - 1))

/**
 * DEVIATION(no-probes): nothing is probed: a container is started and ready as soon as it runs.
 * DEVIATION(no-mounts): it is started although a ConfigMap or Secret that it is to see is missing.
 */
function start(place: Place, step: PodStep, restartCount: number): ContainerStatus {
  const { container, status } = place
  const image = imageOf(container.image ?? '')
  pull(place, step)
  step.event(place, 'Normal', 'Created', 'Container created')
  step.event(place, 'Normal', 'Started', 'Container started')
  const started: ContainerStatus = {
    name: container.name,
    state: { running: { startedAt: formatTime(step.now) } },
    lastState: status.state?.terminated ? { terminated: status.state.terminated } : (status.lastState ?? {}),
    ready: true,
    restartCount,
    image: image.name,
    imageID: image.id,
    containerID: containerId(step.pod, container, restartCount),
    started: true,
    ...(container.resources?.requests ? { allocatedResources: container.resources.requests } : {}),
    resources: container.resources ?? {},
    ...volumeMountsOf(container),
    user: userOf(step.pod, container),
  }
  return (
    end({ ...place, status: started }, step, step.now) ?? {
      ...started,
      ready: place.list !== 'initContainers' || container.restartPolicy === 'Always',
    }
  )
}

function pull(place: Place, step: PodStep): void {
  const image = place.container.image ?? ''
  const key = `${step.pod.spec?.nodeName} ${image}`
  const policy = place.container.imagePullPolicy
  if (policy === 'Never' || (policy !== 'Always' && step.images.has(key))) {
    const message = `Container image "${image}" already present on machine and can be accessed by the pod`
    step.event(place, 'Normal', 'Pulled', message)
    return
  }
  step.images.add(key)
  step.event(place, 'Normal', 'Pulling', `Pulling image "${image}"`)
  const size = `Image size: ${imageOf(image).sizeBytes} bytes.`
  step.event(place, 'Normal', 'Pulled', `Successfully pulled image "${image}" in 0s (0s including waiting). ${size}`)
}

function containerId(pod: Pod, { name }: Container, restartCount: number): string {
  const text = `${pod.metadata.uid}/${name}/${restartCount}`
  return `containerd://${createHash('sha256').update(text).digest('hex')}`
}

function userOf({ spec }: Pod, { securityContext }: Container): ContainerStatus['user'] {
  const uid = securityContext?.runAsUser ?? spec?.securityContext?.runAsUser ?? 0
  const gid = securityContext?.runAsGroup ?? spec?.securityContext?.runAsGroup ?? 0
  const more = [spec?.securityContext?.fsGroup, ...(spec?.securityContext?.supplementalGroups ?? [])]
  const supplementalGroups = [...new Set([gid, ...more.filter((group) => group !== undefined)])]
  return { linux: { uid, gid, supplementalGroups } }
}

function stepRunning(place: Place, step: PodStep, startedAt = ''): ContainerStatus {
  const { container, status, list } = place
  const changed = list !== 'ephemeralContainers' && imageOf(container.image ?? '').name !== status.image
  if (changed) {
    step.event(place, 'Normal', 'Killing', `Container ${container.name} definition changed, will be restarted`)
    const next = terminated(status, 0, step.now)
    return start({ ...place, status: next }, step, status.restartCount + 1)
  }
  const present = { ...status, resources: container.resources ?? {} }
  if (container.resources?.requests) present.allocatedResources = container.resources.requests
  return end(place, step, Date.parse(startedAt)) ?? present
}

/** The container when it has ended by itself; otherwise asks to be called when it will. */
function end({ container, status, list }: Place, step: PodStep, startedAt: number): ContainerStatus | undefined {
  const behaviour = behaviourOf(step.pod, container, list === 'initContainers')
  if (!behaviour) return undefined
  const due = startedAt + behaviour.afterMs
  if (step.now < due) {
    step.wait(due, status)
    return undefined
  }
  const ended = terminated(status, behaviour.exitCode, due)
  return { ...ended, ready: list === 'initContainers' && behaviour.exitCode === 0 }
}

/** The container stopped: by itself, or because it was told to. */
export function terminated(status: ContainerStatus, exitCode: number, at: number): ContainerStatus {
  return {
    ...status,
    state: {
      terminated: {
        exitCode,
        reason: exitCode === 0 ? 'Completed' : 'Error',
        startedAt: status.state?.running?.startedAt,
        finishedAt: formatTime(at),
        containerID: status.containerID,
      },
    },
    ready: false,
    started: false,
  }
}

/** The first restart is at once, later ones wait longer each time. */
function stepTerminated(place: Place, step: PodStep, exitCode: number): ContainerStatus {
  const { container, status, list } = place
  if (list === 'ephemeralContainers') return status
  const again = restarts(container, step.pod.spec!, exitCode, list === 'initContainers')
  if (!again) return status
  if (status.restartCount === 0) return start(place, step, 1)
  const { name, namespace, uid } = step.pod.metadata
  const pod = `${name}_${namespace}(${uid})`
  step.event(place, 'Warning', 'BackOff', `Back-off restarting failed container ${container.name} in pod ${pod}`)
  const wait = `${goDuration(backOff(status.restartCount))} restarting failed container=${container.name} pod=${pod}`
  const waiting = withWaiting(status, 'CrashLoopBackOff', `back-off ${wait}`)
  const due = Date.parse(status.state?.terminated?.finishedAt ?? '') + backOff(status.restartCount)
  step.wait(due, waiting)
  return { ...waiting, lastState: { terminated: status.state?.terminated } }
}

/** `10s`, `2m40s`, `5m0s`. */
function goDuration(ms: number): string {
  const seconds = Math.round(ms / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
