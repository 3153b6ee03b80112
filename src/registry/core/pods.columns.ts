/** The row of a pod: readiness, and the one word that says how it is. Mirrors pkg/printers/internalversion/printers.go (printPod). */
import { humanDuration } from '../../apimachinery/duration.ts'
import type { Container, ContainerStatus, Pod, PodCondition } from '../../types/core-v1.ts'
import type { Cell, RowCondition, RowContext } from '../definition.ts'
import { ageCell, NONE } from './cells.ts'

/** What is found out while walking the container statuses. */
interface Walk {
  word: string
  restarts: number
  lastRestart: number
  ready: number
}

/** A pod that ended says so: `kubectl get` tells such rows apart. */
export function podRowConditions(pod: Pod): RowCondition[] {
  const phase = pod.status?.phase
  if (phase === 'Succeeded') return [completed(phase, 'The pod has completed successfully.')]
  return phase === 'Failed' ? [completed(phase, 'The pod failed.')] : []
}

function completed(reason: string, message: string): RowCondition {
  return { type: 'Completed', status: 'True', reason, message }
}

export function podRow(pod: Pod, { now }: RowContext): Cell[] {
  const sidecars = new Set(pod.spec?.initContainers?.filter(isSidecar).map((container) => container.name))
  const walk = describePod(pod, sidecars)
  const total = (pod.spec?.containers?.length ?? 0) + sidecars.size
  const restarted = walk.restarts !== 0 && walk.lastRestart > 0
  const restarts = restarted ? `${walk.restarts} (${humanDuration(now - walk.lastRestart)} ago)` : String(walk.restarts)
  return [
    pod.metadata.name ?? '',
    `${walk.ready}/${total}`,
    walk.word,
    restarts,
    ageCell(pod.metadata.creationTimestamp, now),
    pod.status?.podIPs?.[0]?.ip || NONE,
    pod.spec?.nodeName || NONE,
    pod.status?.nominatedNodeName || NONE,
    readinessGatesCell(pod),
  ]
}

const isSidecar = (container: Container): boolean => container.restartPolicy === 'Always'

function describePod(pod: Pod, sidecars: ReadonlySet<string>): Walk {
  const status = pod.status ?? {}
  let word = status.reason || status.phase || ''
  if (findCondition(pod, 'PodScheduled')?.reason === 'SchedulingGated') word = 'SchedulingGated'
  const init = walkInitContainers(pod, sidecars, word)
  const initialized = findCondition(pod, 'Initialized')?.status === 'True'
  const walk =
    init.initializing && !initialized ? init.all : walkContainers(pod, { ...init.sidecars, word: init.all.word })
  if (!pod.metadata.deletionTimestamp) return walk
  if (status.reason === 'NodeLost') return { ...walk, word: 'Unknown' }
  const over = status.phase === 'Succeeded' || status.phase === 'Failed'
  return over ? walk : { ...walk, word: 'Terminating' }
}

/** `all` counts restarts of every init container, `sidecars` only of those that go on running beside the pod's containers. */
function walkInitContainers(
  pod: Pod,
  names: ReadonlySet<string>,
  word: string,
): { initializing: boolean; all: Walk; sidecars: Walk } {
  const all: Walk = { word, restarts: 0, lastRestart: 0, ready: 0 }
  const sidecars: Walk = { ...all }
  let initializing = false
  for (const [i, container] of (pod.status?.initContainerStatuses ?? []).entries()) {
    countRestarts(all, container)
    if (names.has(container.name)) countRestarts(sidecars, container)
    const { terminated, waiting } = container.state ?? {}
    if (terminated && (terminated.exitCode ?? 0) === 0) continue
    if (names.has(container.name) && container.started) {
      if (container.ready) all.ready++
      continue
    }
    initializing = true
    if (terminated) all.word = `Init:${terminationWord(terminated)}`
    else if (waiting?.reason && waiting.reason !== 'PodInitializing') all.word = `Init:${waiting.reason}`
    else all.word = `Init:${i}/${pod.spec?.initContainers?.length ?? 0}`
    break
  }
  sidecars.ready = all.ready
  return { initializing, all, sidecars }
}

/** From the last container to the first, so that the first has the last word. */
function walkContainers(pod: Pod, start: Walk): Walk {
  const walk = { ...start }
  let running = false
  let failure = ''
  for (const container of (pod.status?.containerStatuses ?? []).toReversed()) {
    countRestarts(walk, container)
    const { waiting, terminated, running: isRunning } = container.state ?? {}
    if (waiting?.reason) walk.word = waiting.reason
    else if (terminated) {
      walk.word = terminationWord(terminated)
      if ((terminated.exitCode ?? 0) !== 0) failure = walk.word
    } else if (container.ready && isRunning) {
      running = true
      walk.ready++
    }
  }
  if (walk.word !== 'Completed') return walk
  if (running && findCondition(pod, 'Ready', 'True')) walk.word = 'Running'
  else if (failure) walk.word = failure
  else if (running) walk.word = 'NotReady'
  return walk
}

function terminationWord({
  reason,
  signal,
  exitCode,
}: {
  reason?: string
  signal?: number
  exitCode?: number
}): string {
  return reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode ?? 0}`)
}

function countRestarts(walk: Walk, container: ContainerStatus): void {
  walk.restarts += container.restartCount ?? 0
  const finished = container.lastState?.terminated?.finishedAt
  if (finished) walk.lastRestart = Math.max(walk.lastRestart, Date.parse(finished))
}

function findCondition(pod: Pod, type: string, status?: string): PodCondition | undefined {
  return pod.status?.conditions?.find((one) => one.type === type && (status === undefined || one.status === status))
}

function readinessGatesCell(pod: Pod): string {
  const gates = pod.spec?.readinessGates ?? []
  if (gates.length === 0) return NONE
  const met = gates.filter((gate) => findCondition(pod, gate.conditionType)?.status === 'True').length
  return `${met}/${gates.length}`
}
