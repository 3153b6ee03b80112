/** Startup, readiness and liveness probes, answered by the container's behaviour. Mirrors pkg/kubelet/prober. */
import { joinHostPort } from '../../apimachinery/ip.ts'
import type { Container, Probe } from '../../types/core-v1.ts'
import type { Behaviour } from './behaviour.ts'
import type { ContainerProbes, ProbeRun } from './pod-memory.ts'
import type { Place, PodStep } from './pod-step.ts'

type ProbeType = 'Startup' | 'Readiness' | 'Liveness'

export interface ProbeOutcome {
  started: boolean
  ready: boolean
  killed?: { type: 'startup' | 'liveness'; at: number }
}

const FINE: ProbeOutcome = { started: true, ready: true }

/**
 * Asks what is due by now and wakes the step when an answer will matter: probes that succeed for good cost nothing. Failures are Unhealthy Events.
 * Timers start with the container.
 */
export function probe(place: Place, step: PodStep, startedAt: number): ProbeOutcome {
  const { startupProbe, readinessProbe, livenessProbe } = place.container
  if (!startupProbe && !readinessProbe && !livenessProbe) return FINE
  const probes = probesOf(place, step)
  const behaviour = step.behaviour(place)
  let from = startedAt
  if (startupProbe && !place.status.started) {
    probes.startup ??= firstRun(startupProbe, startedAt, startedAt)
    const startsAt = startedAt + (behaviour.startsAfterMs ?? 0)
    ask(place, step, 'Startup', startupProbe, probes.startup, { wellFrom: startsAt, wellTo: Infinity })
    const { result, since = startedAt } = probes.startup
    if (result === false) return { started: false, ready: false, killed: { type: 'startup', at: since } }
    if (!result) return { started: false, ready: false }
    from = since
  }
  if (livenessProbe) {
    probes.liveness ??= resumed(place, livenessProbe, firstRun(livenessProbe, startedAt, from), true)
    const wellTo = startedAt + (behaviour.livenessFailsAfterMs ?? Infinity)
    ask(place, step, 'Liveness', livenessProbe, probes.liveness, { wellFrom: -Infinity, wellTo })
    const { result, since = startedAt } = probes.liveness
    if (result === false) return { started: true, ready: false, killed: { type: 'liveness', at: since } }
  }
  if (!readinessProbe) return FINE
  probes.readiness ??= resumed(place, readinessProbe, firstRun(readinessProbe, startedAt, from), place.status.ready)
  ask(place, step, 'Readiness', readinessProbe, probes.readiness, readyTimes(behaviour, startedAt))
  return { started: true, ready: probes.readiness.result === true }
}

function readyTimes({ ready, readyAfterMs = 0 }: Behaviour, startedAt: number): WellTimes {
  return { wellFrom: ready === false ? Infinity : startedAt + readyAfterMs, wellTo: Infinity }
}

function probesOf({ container, status }: Place, { memory }: PodStep): ContainerProbes {
  memory.probes ??= new Map()
  let probes = memory.probes.get(container.name)
  if (probes?.containerID !== status.containerID) {
    probes = { containerID: status.containerID }
    memory.probes.set(container.name, probes)
  }
  return probes as ContainerProbes
}

const firstRun = ({ initialDelaySeconds = 0 }: Probe, startedAt: number, from: number): ProbeRun => ({
  next: Math.max(startedAt + initialDelaySeconds * 1000, from),
  count: 0,
})

/** After a restart of the emulator the status says what the probes had found. */
function resumed({ status }: Place, probe: Probe, run: ProbeRun, well: boolean | undefined): ProbeRun {
  return status.started && well ? { ...run, last: true, result: true, count: thresholdOf(probe, true) } : run
}

/** The probe succeeds from `wellFrom` on and before `wellTo`. */
interface WellTimes {
  wellFrom: number
  wellTo: number
}

/** What was due by now is asked. */
function ask(place: Place, step: PodStep, type: ProbeType, probe: Probe, run: ProbeRun, times: WellTimes): void {
  const period = (probe.periodSeconds ?? 10) * 1000
  const isWell = (at: number): boolean => at >= times.wellFrom && at < times.wellTo
  /** The first time of the probe's own at or after `at`. */
  const tick = (at: number): number => run.next + Math.max(0, Math.ceil((at - run.next) / period)) * period
  // Nobody looked while all was well: what is asked for now holds from now on.
  if (run.last && run.result) run.next = tick(Math.min(step.now, times.wellTo))
  while (run.next <= step.now) {
    const well = isWell(run.next)
    if (!well)
      step.event(place, 'Warning', 'Unhealthy', `${type} probe failed: ${outputOf(place.container, probe, step)}`)
    run.count = run.last === well ? run.count + 1 : 1
    run.last = well
    const decided = run.count >= thresholdOf(probe, well) && run.result !== well
    if (decided) {
      run.result = well
      run.since = run.next
    }
    run.next += period
    if (decided && type !== 'Readiness' && !(type === 'Liveness' && well)) return
    if (run.last && run.result) run.next = tick(Math.min(step.now + 1, times.wellTo))
  }
  const isSettled = run.last === true && run.result === true
  if (!isSettled || !isWell(run.next)) step.wake(run.next)
  else if (times.wellTo < Infinity) step.wake(tick(times.wellTo))
}

const thresholdOf = ({ successThreshold = 1, failureThreshold = 3 }: Probe, well: boolean): number =>
  well ? successThreshold : failureThreshold

/** What a failing probe prints. */
function outputOf(container: Container, { httpGet, tcpSocket, grpc }: Probe, { pod }: PodStep): string {
  if (httpGet) return 'HTTP probe failed with statuscode: 500'
  if (grpc) return 'service unhealthy (responded with "NOT_SERVING")'
  if (!tcpSocket) return ''
  const { port, host } = tcpSocket
  const number = typeof port === 'string' ? container.ports?.find(({ name }) => name === port)?.containerPort : port
  return `dial tcp ${joinHostPort(host || pod.status?.podIP || '', number)}: connect: connection refused`
}
