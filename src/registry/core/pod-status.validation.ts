/** What kubelets and schedulers may write into a pod's status. Mirrors pkg/apis/core/validation/validation.go (ValidatePodStatusUpdate). */
import { child, type FieldError, forbidden, index, invalid } from '../../apimachinery/field-error.ts'
import { parseIp, validateLegacyIp } from '../../apimachinery/ip.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import type { Container, ContainerStatus, Pod, PodSpec, PodStatus } from '../../types/core-v1.ts'
import { invalids, validateImmutable, validateQualifiedName } from '../validation.ts'
import { validateAnnotationUpdate } from './pods.validation.ts'

const SYSTEM_CONDITIONS = ['PodScheduled', 'Ready', 'Initialized']

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const [status, before] = [pod.status ?? {}, old.status ?? {}]
  const errors = validateAnnotationUpdate(pod, old)
  status.conditions?.forEach((condition, i) => {
    if (SYSTEM_CONDITIONS.includes(condition.type)) return
    errors.push(...validateQualifiedName(condition.type ?? '', child(index('status.conditions', i), 'Type')))
  })
  errors.push(...validateObserved(status))
  errors.push(...validateNomination(status, before, old))
  errors.push(...validateImmutable(status.qosClass ?? '', before.qosClass ?? '', 'status.qosClass'))
  const spec = old.spec ?? ({} as PodSpec)
  errors.push(...validateTransitions(status.containerStatuses, before.containerStatuses, spec, 'containerStatuses'))
  errors.push(...validateInitTransitions(status, before, spec))
  return [...errors, ...validateIps(status, before), ...validateHostIps(status, before)]
}

const NOT_NEGATIVE = 'must be a non-negative integer'

function validateObserved({ observedGeneration = 0, conditions = [] }: PodStatus): FieldError[] {
  const own = observedGeneration < 0 ? [invalid('status.observedGeneration', observedGeneration, NOT_NEGATIVE)] : []
  return [
    ...own,
    ...conditions.flatMap(({ observedGeneration: seen = 0 }, i) =>
      seen < 0 ? [invalid(`status.conditions[${i}].observedGeneration`, seen, NOT_NEGATIVE)] : [],
    ),
  ]
}

function validateNomination(status: PodStatus, before: PodStatus, old: Pod): FieldError[] {
  const name = status.nominatedNodeName
  if (!name || name === before.nominatedNodeName) return []
  const errors = invalids('status.nominatedNodeName', name, isDns1123Subdomain(name))
  if (old.spec?.nodeName) {
    errors.push(forbidden('status.nominatedNodeName', 'may not be set on pods that are already bound to a node'))
  }
  return errors
}

/** A container that ended stays ended, unless its restart policy (or a rule of it) would start it again. */
function validateTransitions(
  statuses: readonly ContainerStatus[] | undefined,
  before: readonly ContainerStatus[] | undefined,
  spec: PodSpec,
  list: string,
): FieldError[] {
  if (mayRestartAll(spec)) return []
  return (before ?? []).flatMap((old, i) => {
    const ended = old.state?.terminated
    const next = statuses?.find((one) => one.name === old.name)
    if (!ended || !next || next.state?.terminated) return []
    const container = spec.containers?.find((one) => one.name === old.name)
    if (container && restartsAfter(container, spec, ended.exitCode ?? 0)) return []
    return [forbidden(`status.${list}[${i}].state`, 'may not be transitioned to non-terminated state')]
  })
}

function validateInitTransitions(status: PodStatus, before: PodStatus, spec: PodSpec): FieldError[] {
  if (mayRestartAll(spec)) return []
  const path = 'initContainerStatuses'
  return (before.initContainerStatuses ?? []).flatMap((old, i) => {
    const ended = old.state?.terminated
    const next = status.initContainerStatuses?.find((one) => one.name === old.name)
    if (!ended || !next || next.state?.terminated) return []
    const container = spec.initContainers?.find((one) => one.name === old.name)
    const policy = container?.restartPolicy ?? (spec.restartPolicy === 'Never' ? 'Never' : 'OnFailure')
    if (policy === 'Always' || (policy === 'OnFailure' && (ended.exitCode ?? 0) !== 0)) return []
    if (container && ruleAllows(container, ended.exitCode ?? 0)) return []
    return [forbidden(`status.${path}[${i}].state`, 'may not be transitioned to non-terminated state')]
  })
}

/** One that ends may make all others begin anew. */
const mayRestartAll = ({ containers = [], initContainers = [] }: PodSpec): boolean =>
  containers.some(hasRestartAll) || initContainers.some(hasRestartAll)

const hasRestartAll = ({ restartPolicyRules }: Container): boolean =>
  restartPolicyRules?.some(({ action }) => action === 'RestartAllContainers') ?? false

function restartsAfter(container: Container, spec: PodSpec, exitCode: number): boolean {
  if (ruleAllows(container, exitCode)) return true
  const policy = container.restartPolicy ?? spec.restartPolicy
  return policy === 'Always' || (policy === 'OnFailure' && exitCode !== 0)
}

function ruleAllows(container: Container, exitCode: number): boolean {
  const rule = container.restartPolicyRules?.find(({ exitCodes }) => {
    const listed = exitCodes?.values?.includes(exitCode) ?? false
    return exitCodes?.operator === 'NotIn' ? !listed : listed
  })
  return rule !== undefined
}

function validateIps(status: PodStatus, before: PodStatus): FieldError[] {
  const ips = status.podIPs?.map((one) => one.ip) ?? []
  const path = 'status.podIPs'
  const errors = validateIpList(ips, before.podIPs?.map((one) => one.ip) ?? [], path)
  if (!status.podIP !== (ips.length === 0)) {
    errors.push(invalid(path, status.podIPs ?? null, 'podIP and podIPs must either both be set or both be unset'))
  } else if (ips.length > 0 && ips[0] !== status.podIP) {
    errors.push(invalid(`${path}[0].ip`, ips[0], 'must be equal to `podIP`'))
  }
  return errors
}

function validateHostIps(status: PodStatus, before: PodStatus): FieldError[] {
  const ips = status.hostIPs?.map((one) => one.ip) ?? []
  if (ips.length === 0) return []
  const same = ips[0] === (status.hostIP ?? '')
  const first = same ? [] : [invalid('status.hostIPs[0].ip', ips[0], 'must be equal to `hostIP`')]
  return [...first, ...validateIpList(ips, before.hostIPs?.map((one) => one.ip) ?? [], 'status.hostIPs')]
}

/** At most one address a family; texts that were there before are let through. */
function validateIpList(ips: readonly string[], kept: readonly string[], path: string): FieldError[] {
  const errors = ips.flatMap((ip, i) => (kept.includes(ip) ? [] : validateLegacyIp(index(path, i), ip)))
  if (ips.length < 2) return errors
  const families = new Set(ips.map((ip) => parseIp(ip)?.v4))
  if (families.size < 2 || ips.length > 2) {
    const list = ips.map((ip) => ({ IP: ip }))
    errors.push(invalid(path, list, 'may specify no more than one IP for each IP family'))
  }
  return errors
}
