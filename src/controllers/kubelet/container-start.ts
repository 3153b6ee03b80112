/** A container that waits: its image is pulled, its configuration read, and it starts. Mirrors pkg/kubelet/images/image_manager.go and kuberuntime (startContainer). */
import { formatDuration } from '../../apimachinery/duration.ts'
import type { ContainerStatus } from '../../types/core-v1.ts'
import { backOffOf } from './back-off.ts'
import { runningStatus, withWaiting } from './container-status.ts'
import { hookedSince, postStart } from './hooks.ts'
import { imageOf } from './images.ts'
import type { Place, PodStep } from './pod-step.ts'
import { environmentProblem } from './references.ts'

const CONFIG_ERROR = 'CreateContainerConfigError'

/** It runs from now on, or waits and says why. `restartCount`: of the run that begins. */
export function start(place: Place, step: PodStep, restartCount: number): ContainerStatus {
  const { container, status } = place
  if (step.starting) return status
  const hooked = hookedSince(place, step)
  const held = hooked === undefined ? create(place, step) : undefined
  if (held) return held
  const startedAt = hooked ?? step.now
  const running = runningStatus(step.pod, container, status, restartCount, startedAt)
  return container.lifecycle?.postStart ? postStart(place, step, running, startedAt) : running
}

/** Its start has begun: it pulls its image, or its hook runs. */
export const isBeginning = (place: Place, step: PodStep): boolean =>
  pullingSince(place, step) !== undefined || hookedSince(place, step) !== undefined

/** Why it is not started yet; undefined: it is. */
function create(place: Place, step: PodStep): ContainerStatus | undefined {
  const { container, status } = place
  const { reason, message } = status.state?.waiting ?? {}
  if (reason === CONFIG_ERROR && environmentProblem(step, container) === message) return status
  const pullError = step.behaviour(place).pullError ?? imageOf(container.image ?? '').error
  const held = pullError === undefined ? pull(place, step) : failPull(place, step, pullError)
  if (held) return held
  const problem = environmentProblem(step, container)
  if (problem) {
    step.event(place, 'Warning', 'Failed', `Error: ${problem}`)
    return withWaiting(status, CONFIG_ERROR, problem)
  }
  step.event(place, 'Normal', 'Created', 'Container created')
  step.event(place, 'Normal', 'Started', 'Container started')
  return undefined
}

/** When the pull of its present image began, ms; undefined: none is under way. */
function pullingSince({ container }: Place, { memory }: PodStep): number | undefined {
  const pull = memory.pulling?.get(container.name)
  return pull && pull.image === container.image ? pull.since : undefined
}

/** Undefined: the image is there. */
function pull(place: Place, step: PodStep): ContainerStatus | undefined {
  const { name, image = '', imagePullPolicy: policy } = place.container
  const { memory, now } = step
  memory.pulls?.delete(image)
  const begun = pullingSince(place, step)
  memory.pulling?.delete(name)
  if (begun === undefined) {
    if (policy === 'Never' || (policy !== 'Always' && step.hasImage(image))) {
      if (policy === 'Never') step.pulled(image)
      const message = `Container image "${image}" already present on machine and can be accessed by the pod`
      step.event(place, 'Normal', 'Pulled', message)
      return undefined
    }
    step.event(place, 'Normal', 'Pulling', `Pulling image "${image}"`)
  }
  const since = begun ?? now
  const { pulledAfterMs = 0 } = step.behaviour(place)
  if (now < since + pulledAfterMs) {
    memory.pulling ??= new Map()
    memory.pulling.set(name, { image, since })
    return step.wait(since + pulledAfterMs, place.status)
  }
  step.pulled(image)
  const took = formatDuration(BigInt(Math.round((now - since) * 1_000_000)))
  const size = `Image size: ${imageOf(image).sizeBytes} bytes.`
  const message = `Successfully pulled image "${image}" in ${took} (${took} including waiting). ${size}`
  step.event(place, 'Normal', 'Pulled', message)
  return undefined
}

function failPull(place: Place, step: PodStep, error: string): ContainerStatus {
  const { container, status } = place
  const image = container.image ?? ''
  if (container.imagePullPolicy === 'Never') return neverPulled(place, step, image)
  step.memory.pulling?.delete(container.name)
  step.memory.pulls ??= new Map()
  const { pulls } = step.memory
  const pull = pulls.get(image)
  if (pull && step.now < pull.retryAt) {
    if (status.state?.waiting?.reason === 'ImagePullBackOff') return step.wait(pull.retryAt, status)
    const message = `Back-off pulling image "${image}"`
    step.event(place, 'Normal', 'BackOff', message)
    step.event(place, 'Warning', 'Failed', 'Error: ImagePullBackOff')
    step.wake(pull.retryAt)
    return withWaiting(status, 'ImagePullBackOff', `${message}: ErrImagePull: ${error}`)
  }
  const failures = (pull?.failures ?? 0) + 1
  pulls.set(image, { failures, retryAt: step.now + backOffOf(failures) })
  step.event(place, 'Normal', 'Pulling', `Pulling image "${image}"`)
  step.event(place, 'Warning', 'Failed', `Failed to pull image "${image}": ${error}`)
  step.event(place, 'Warning', 'Failed', 'Error: ErrImagePull')
  return step.wait(step.now, withWaiting(status, 'ErrImagePull', error))
}

function neverPulled(place: Place, step: PodStep, image: string): ContainerStatus {
  const message = `Container image "${image}" is not present with pull policy of Never`
  if (place.status.state?.waiting?.reason === 'ErrImageNeverPull') return place.status
  step.event(place, 'Warning', 'ErrImageNeverPull', message)
  step.event(place, 'Warning', 'Failed', 'Error: ErrImageNeverPull')
  return withWaiting(place.status, 'ErrImageNeverPull', message)
}
