/** The statuses a container can have. Mirrors pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses). */
import { hash } from 'node:crypto'
import { formatTime } from '../../apimachinery/clock.ts'
import { outputOf } from '../../apimachinery/command-output.ts'
import type { Container, ContainerStatus, Pod } from '../../types/core-v1.ts'
import { imageOf } from './images.ts'

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

/** It waits, and says why; how it ended the last time stays. */
export function withWaiting(status: ContainerStatus, reason: string, message: string): ContainerStatus {
  const lastState = status.state?.terminated ? { terminated: status.state.terminated } : status.lastState
  return { ...status, state: { waiting: { reason, message } }, lastState, ready: false, started: false }
}

/** It runs since `now`; whether it is started and ready, its probes say. */
export function runningStatus(
  pod: Pod,
  container: Container,
  before: ContainerStatus,
  restartCount: number,
  now: number,
): ContainerStatus {
  const image = imageOf(container.image ?? '')
  return {
    name: container.name,
    state: { running: { startedAt: formatTime(now) } },
    lastState: before.state?.terminated ? { terminated: before.state.terminated } : (before.lastState ?? {}),
    ready: false,
    restartCount,
    image: image.name,
    imageID: image.id,
    containerID: containerId(pod, container, restartCount),
    started: false,
    ...(container.resources?.requests ? { allocatedResources: container.resources.requests } : {}),
    resources: container.resources ?? {},
    ...volumeMountsOf(container),
    user: userOf(pod, container),
  }
}

export interface End {
  exitCode: number
  /** Default: Completed or Error, by the exit code. */
  reason?: string
  message?: string
}

/** The container stopped at `at`: by itself, or because it was told to. */
export function terminated(container: Container, status: ContainerStatus, end: End, at: number): ContainerStatus {
  const { exitCode, reason, message = lastWords(container, exitCode) } = end
  return {
    ...status,
    state: {
      terminated: {
        exitCode,
        reason: reason ?? (exitCode === 0 ? 'Completed' : 'Error'),
        ...(message ? { message } : {}),
        startedAt: status.state?.running?.startedAt,
        finishedAt: formatTime(at),
        containerID: status.containerID,
      },
    },
    ready: false,
    started: false,
  }
}

/** Lines and bytes of the log that become the message of a container that failed without one. */
const LAST_LINES = 80
const LAST_BYTES = 2048

function lastWords(container: Container, exitCode: number): string | undefined {
  if (exitCode === 0 || container.terminationMessagePolicy !== 'FallbackToLogsOnError') return undefined
  const lines = outputOf(container).slice(-LAST_LINES)
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''))
  return bytes.subarray(-LAST_BYTES).toString()
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

function containerId(pod: Pod, { name }: Container, restartCount: number): string {
  const text = `${pod.metadata.uid}/${name}/${restartCount}`
  return `containerd://${hash('sha256', text)}`
}

function userOf({ spec }: Pod, { securityContext }: Container): ContainerStatus['user'] {
  const uid = securityContext?.runAsUser ?? spec?.securityContext?.runAsUser ?? 0
  const gid = securityContext?.runAsGroup ?? spec?.securityContext?.runAsGroup ?? 0
  const more = [spec?.securityContext?.fsGroup, ...(spec?.securityContext?.supplementalGroups ?? [])]
  const supplementalGroups = [...new Set([gid, ...more.filter((group) => group !== undefined)])]
  return { linux: { uid, gid, supplementalGroups } }
}
