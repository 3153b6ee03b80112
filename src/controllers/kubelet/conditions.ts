/** Phase and conditions of a pod, from what its containers do. Mirrors pkg/kubelet/kubelet_pods.go (getPhase) and pkg/kubelet/status/generate.go. */
import type {
  Container,
  ContainerRestartRule,
  ContainerStateTerminated,
  ContainerStatus,
  Pod,
  PodCondition,
  PodSpec,
  PodStatus,
} from '../../types/core-v1.ts'
import { isSidecar } from '../resources.ts'

type Phase = NonNullable<PodStatus['phase']>
type Statuses = readonly ContainerStatus[]

/** Whether a container that ended with this code is started again. */
export function restarts(container: Container, spec: PodSpec, exitCode: number, init = false): boolean {
  if (restartRule(container, exitCode)) return true
  const policy = container.restartPolicy ?? spec.restartPolicy ?? 'Always'
  if (policy === 'Never') return false
  if (policy === 'Always' && !(init && !isSidecar(container))) return true
  return exitCode !== 0
}

/** The container's first rule for this end. */
function restartRule({ restartPolicyRules }: Container, exitCode: number): ContainerRestartRule | undefined {
  return restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    return exitCodes?.operator === 'NotIn' ? !listed : listed
  })
}

const RESTART_ALL = 'RestartAllContainers'
/** Why a container of a pod waits, or was ended, whose containers all restart. */
export const REMOVED = 'RestartingAllContainers'
/** Why a container waits that was ended because its postStart hook failed. */
export const HOOK_FAILED = 'PostStartHookError'

/** `ending`: the pod is being deleted, nothing is started again, and what never ran has failed. */
export function phaseOf(spec: PodSpec, statuses: Statuses, initStatuses: Statuses, ending: boolean): Phase {
  const init = initialization(spec, initStatuses)
  if (init === 'failed') return 'Failed'
  let [running, waiting, stopped, succeeded, over] = [0, 0, 0, 0, 0]
  for (const container of spec.initContainers ?? []) {
    if (isSidecar(container) && find(initStatuses, container)?.state?.running) running++
  }
  for (const container of spec.containers) {
    const status = find(statuses, container)
    const ended = status?.state?.terminated ?? (status?.state?.waiting && status.lastState?.terminated)
    if (status?.state?.running) running++
    else if (ended) {
      stopped++
      if (!restarts(container, spec, ended.exitCode) && ended.reason !== REMOVED) over++
      if (status?.state?.terminated && ended.exitCode === 0) succeeded++
    } else waiting++
  }
  if (init === 'pending' || waiting > 0) return ending ? 'Failed' : 'Pending'
  if (running > 0) return 'Running'
  if (!ending && stopped !== over) return 'Running'
  return stopped === succeeded ? 'Succeeded' : 'Failed'
}

function initialization(spec: PodSpec, statuses: Statuses): 'done' | 'pending' | 'failed' {
  let pending = false
  for (const container of spec.initContainers ?? []) {
    const { state, lastState } = find(statuses, container) ?? {}
    if (isSidecar(container)) {
      if (!state?.running && !state?.terminated && !lastState?.terminated) pending = true
      continue
    }
    const ended = state?.terminated ?? (state?.waiting && lastState?.terminated)
    if (!ended) pending = true
    else if (ended.exitCode !== 0 && ended.reason !== REMOVED) {
      if (!restarts(container, spec, ended.exitCode, true)) return 'failed'
      pending = true
    }
  }
  return pending ? 'pending' : 'done'
}

export function find(statuses: Statuses | undefined, { name }: { name: string }): ContainerStatus | undefined {
  return statuses?.find((status) => status.name === name)
}

interface Verdict {
  status: 'True' | 'False'
  reason?: string
  message?: string
}

const YES: Verdict = { status: 'True' }
const no = (reason: string, message?: string): Verdict => ({ status: 'False', reason, ...(message ? { message } : {}) })

/** Of a resize: it waits; it is under way. */
export const RESIZE_PENDING = 'PodResizePending'
export const RESIZE_IN_PROGRESS = 'PodResizeInProgress'

/** The kubelet's five, after those that others set and those of a resize; `sandbox`: the pod has its network. `resize`: undefined for as they were. */
export function conditionsOf(
  pod: Pod,
  status: PodStatus,
  sandbox: boolean,
  now: string,
  resize: readonly PodCondition[] | undefined,
): PodCondition[] {
  const spec = pod.spec!
  const before = pod.status?.conditions ?? []
  const kept = before.filter(({ type }) => !OWN.has(type) && !(resize && OF_RESIZE.has(type)))
  if (resize) kept.push(...resize)
  const containersReady = containersReadyOf(spec, status)
  const verdicts: [string, Verdict][] = [
    ['PodReadyToStartContainers', sandbox ? YES : no('PodSandboxNotReady', sandboxMessage(status))],
    ['Initialized', initializedOf(spec, status, before)],
    ['Ready', containersReady.status === 'True' ? gatesOf(spec, kept) : containersReady],
    ['ContainersReady', containersReady],
    ['PodScheduled', YES],
  ]
  const own = verdicts.map(([type, verdict]) => conditionAt(pod, before, type, verdict, now))
  if (mayRestartAll(spec)) {
    // This one does not say which generation it is of.
    const { observedGeneration, ...condition } = conditionAt(
      pod,
      before,
      ALL_RESTARTING,
      allRestarting(spec, status),
      now,
    )
    own.push(condition)
  }
  return [...kept, ...own]
}

export const ALL_RESTARTING = 'AllContainersRestarting'

const mayRestartAll = ({ containers, initContainers }: PodSpec): boolean =>
  containers.some(hasRestartAll) || (initContainers?.some(hasRestartAll) ?? false)

const hasRestartAll = ({ restartPolicyRules }: Container): boolean =>
  restartPolicyRules?.some(({ action }) => action === RESTART_ALL) ?? false

/** True as long as a container has ended so that all restart. */
function allRestarting(spec: PodSpec, status: PodStatus): Verdict {
  if (status.phase === 'Succeeded') return no('PodCompleted')
  if (status.phase === 'Failed') return no('PodFailed')
  if (restartCauses(spec, status).length === 0) return { status: 'False' }
  return { status: 'True', reason: 'RestartAllContainersStarted', message: 'container exited with restart policy rule' }
}

/** The ends of containers for which all containers of their pod restart, as long as they are not gone. */
export function restartCauses(
  { containers, initContainers = [] }: PodSpec,
  { containerStatuses, initContainerStatuses }: PodStatus,
): ContainerStateTerminated[] {
  const causesOf = (own: readonly Container[], statuses: Statuses | undefined) =>
    own.flatMap((container) => {
      const ended = endOf(find(statuses, container))
      return ended && restartRule(container, ended.exitCode)?.action === RESTART_ALL ? [ended] : []
    })
  return [...causesOf(containers, containerStatuses), ...causesOf(initContainers, initContainerStatuses)]
}

/** The end of a container that has not begun anew, nor waits to. */
function endOf(status: ContainerStatus | undefined): ContainerStateTerminated | undefined {
  const { state, lastState } = status ?? {}
  return state?.waiting?.reason === HOOK_FAILED ? lastState?.terminated : state?.terminated
}

const OF_RESIZE = new Set([RESIZE_PENDING, RESIZE_IN_PROGRESS])
const OWN = new Set([
  'PodReadyToStartContainers',
  'Initialized',
  'Ready',
  'ContainersReady',
  'PodScheduled',
  'AllContainersRestarting',
])

function sandboxMessage({ phase }: PodStatus): string {
  return phase === 'Succeeded' || phase === 'Failed' ? 'pod sandbox is not ready' : 'no pod sandbox exists'
}

function conditionAt(
  pod: Pod,
  before: readonly PodCondition[],
  type: string,
  verdict: Verdict,
  now: string,
): PodCondition {
  const old = before.find((condition) => condition.type === type)
  const { generation } = pod.metadata
  if (old && says(old, verdict) && old.observedGeneration === generation) return old
  return {
    type,
    observedGeneration: generation,
    status: verdict.status,
    lastProbeTime: null,
    lastTransitionTime: old?.status === verdict.status ? old.lastTransitionTime : now,
    ...(verdict.reason ? { reason: verdict.reason } : {}),
    ...(verdict.message ? { message: verdict.message } : {}),
  } as unknown as PodCondition
}

/** The condition says just this, and was not probed, as a kubelet's never are. */
const says = ({ status, reason, message, lastProbeTime }: PodCondition, verdict: Verdict): boolean =>
  status === verdict.status && reason === verdict.reason && message === verdict.message && !lastProbeTime

function initializedOf(
  spec: PodSpec,
  { phase, initContainerStatuses, containerStatuses }: PodStatus,
  before: readonly PodCondition[],
): Verdict {
  if (phase === 'Succeeded') return { status: 'True', reason: 'PodCompleted' }
  if (containerStatuses?.some(({ state }) => state?.running || state?.terminated)) return YES
  const incomplete = (spec.initContainers ?? []).filter((container) => {
    const status = find(initContainerStatuses, container)
    return isSidecar(container) ? !status?.started : !status?.ready
  })
  if (incomplete.length === 0) return YES
  // Once it was, it is: containers may begin anew.
  if (before.some(({ type, status }) => type === 'Initialized' && status === 'True')) return YES
  return no('ContainersNotInitialized', `containers with incomplete status: ${list(incomplete)}`)
}

function containersReadyOf(spec: PodSpec, { phase, containerStatuses, initContainerStatuses }: PodStatus): Verdict {
  if (phase === 'Succeeded') return no('PodCompleted')
  if (phase === 'Failed') return no('PodFailed')
  const sidecars = (spec.initContainers ?? []).filter(isSidecar)
  const unready = [
    ...sidecars.filter((container) => !find(initContainerStatuses, container)?.ready),
    ...spec.containers.filter((container) => !find(containerStatuses, container)?.ready),
  ]
  return unready.length === 0 ? YES : no('ContainersNotReady', `containers with unready status: ${list(unready)}`)
}

function gatesOf({ readinessGates }: PodSpec, conditions: readonly PodCondition[]): Verdict {
  const messages = (readinessGates ?? []).flatMap(({ conditionType }) => {
    const condition = conditions.find(({ type }) => type === conditionType)
    if (!condition) return [`corresponding condition of pod readiness gate "${conditionType}" does not exist.`]
    if (condition.status === 'True') return []
    return [`the status of pod readiness gate "${conditionType}" is not "True", but ${condition.status}`]
  })
  return messages.length === 0 ? YES : no('ReadinessGatesNotReady', messages.join(', '))
}

const list = (containers: readonly { name: string }[]): string => `[${containers.map(({ name }) => name).join(' ')}]`
