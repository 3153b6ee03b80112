/** Containers of every sort. Mirrors pkg/apis/core/validation/validation.go (validateContainers, validateInitContainers, validateEphemeralContainers). */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notFound,
  notSupported,
  required,
  tooMany,
} from '../../apimachinery/field-error.ts'
import { isPortName, isPortNumber } from '../../apimachinery/names.ts'
import type { Container, ContainerPort, ContainerResizePolicy, PodSpec } from '../../types/core-v1.ts'
import { invalids, validateDns1123Label, validateEnum } from '../validation.ts'
import { validateResourceRequirements } from './compute-resources.validation.ts'
import { validateEnv, validateEnvFrom } from './env.validation.ts'
import { validateSecurityContext } from './pod-security.validation.ts'
import { validateLifecycle, validateProbes } from './probes.validation.ts'
import { type VolumesByName, validateVolumeDevices, validateVolumeMounts } from './volumes.validation.ts'

export const PROTOCOLS = ['SCTP', 'TCP', 'UDP']
const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never']
const MESSAGE_POLICIES = ['File', 'FallbackToLogsOnError']
const RESTART_POLICIES = ['Always', 'Never', 'OnFailure']
const RESTART_ACTIONS = ['Restart', 'RestartAllContainers']
const EPHEMERAL_REFUSES = [
  'ports',
  'resources',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
] as const
const MAX_RESTART_RULES = 20
const MAX_EXIT_CODES = 255

export function validateContainers(spec: PodSpec, volumes: VolumesByName, path: string): FieldError[] {
  if (!spec.containers?.length) return [required(path)]
  const errors: FieldError[] = []
  const names = new Set<string>()
  spec.containers.forEach((container, i) => {
    const at = index(path, i)
    errors.push(...validateContainer(container, spec, volumes, at))
    if (names.has(container.name)) errors.push(duplicate(child(at, 'name'), container.name))
    names.add(container.name)
    errors.push(...validateRunning(container, spec, at), ...validateRestartPolicy(container, at))
  })
  return [...errors, ...validateHostPorts(spec.containers, path)]
}

export function validateInitContainers(spec: PodSpec, volumes: VolumesByName, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set(spec.containers?.map((container) => container.name))
  spec.initContainers?.forEach((container, i) => {
    const at = index(path, i)
    errors.push(...validateContainer(container, spec, volumes, at), ...validateRestartPolicy(container, at))
    if (names.has(container.name)) errors.push(duplicate(child(at, 'name'), container.name))
    else if (container.name) names.add(container.name)
    errors.push(...validateHostPorts([container], path))
    if (container.restartPolicy === 'Always') errors.push(...validateRunning(container, spec, at))
    else errors.push(...validateNotSidecar(container, at))
  })
  return errors
}

/** What only containers that go on running may have. */
function validateRunning(container: Container, spec: PodSpec, path: string): FieldError[] {
  const grace = spec.terminationGracePeriodSeconds
  const { lifecycle } = container
  const errors = lifecycle ? validateLifecycle(lifecycle, grace, child(path, 'lifecycle'), spec.os) : []
  return [...errors, ...validateProbes(container, grace, path)]
}

function validateNotSidecar(container: Container, path: string): FieldError[] {
  const errors: FieldError[] = []
  for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (!container[name]) continue
    errors.push(forbidden(child(path, name), 'may not be set for init containers without restartPolicy=Always'))
  }
  container.resizePolicy?.forEach((policy, i) => {
    if (policy.restartPolicy !== 'RestartContainer') return
    const detail = "must not be set to 'RestartContainer' for non-sidecar initContainers"
    errors.push(invalid(`${path}.resizePolicy[${i}].restartPolicy`, policy.restartPolicy, detail))
  })
  return errors
}

export function validateEphemeralContainers(spec: PodSpec, volumes: VolumesByName, path: string): FieldError[] {
  const errors: FieldError[] = []
  const others = [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((container) => container.name)
  const names = new Set(others)
  spec.ephemeralContainers?.forEach((container, i) => {
    const at = index(path, i)
    errors.push(...validateContainer(container as Container, spec, volumes, at), ...validateImageSpace(container, at))
    if (names.has(container.name)) errors.push(duplicate(child(at, 'name'), container.name))
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.includes(target)) errors.push(notFound(child(at, 'targetContainerName'), target))
    for (const name of EPHEMERAL_REFUSES) {
      const value = container[name]
      const empty = value === undefined || Object.keys(value).length === 0
      if (!empty) errors.push(forbidden(child(at, name), 'cannot be set for an Ephemeral Container'))
    }
    container.volumeMounts?.forEach((mount, m) => {
      for (const name of ['subPath', 'subPathExpr'] as const) {
        if (!mount[name]) continue
        errors.push(forbidden(`${at}.volumeMounts[${m}].${name}`, 'cannot be set for an Ephemeral Container'))
      }
    })
  })
  return errors
}

/** The image of a pod (not of a template) is used as it stands, so spaces around it are refused. */
export function validateImageSpace(container: { image?: string }, path: string): FieldError[] {
  const { image = '' } = container
  return image === image.trim()
    ? []
    : [invalid(child(path, 'image'), image, 'must not have leading or trailing whitespace')]
}

function validateContainer(container: Container, spec: PodSpec, volumes: VolumesByName, path: string): FieldError[] {
  const errors: FieldError[] = []
  if (!container.name) errors.push(required(child(path, 'name')))
  else errors.push(...validateDns1123Label(container.name, child(path, 'name')))
  if (!container.image) errors.push(required(child(path, 'image')))
  const { terminationMessagePolicy, imagePullPolicy } = container
  const claims = spec.resourceClaims?.flatMap((claim) => claim.name || [])
  const hostUsers = spec.hostUsers ?? true
  errors.push(
    ...validateEnum(terminationMessagePolicy, MESSAGE_POLICIES, child(path, 'terminationMessagePolicy')),
    ...validatePorts(container.ports, child(path, 'ports')),
    ...validateEnv(container.env, child(path, 'env')),
    ...validateEnvFrom(container.envFrom, child(path, 'envFrom')),
    ...validateVolumeMounts(container, volumes, child(path, 'volumeMounts')),
    ...validateVolumeDevices(container, volumes, child(path, 'volumeDevices')),
    ...validateEnum(imagePullPolicy, PULL_POLICIES, child(path, 'imagePullPolicy')),
    ...validateResourceRequirements(container.resources, child(path, 'resources'), claims),
    ...validateResizePolicies(container.resizePolicy, spec.restartPolicy, child(path, 'resizePolicy')),
    ...validateSecurityContext(container.securityContext, child(path, 'securityContext'), hostUsers),
  )
  return errors
}

function validatePorts(ports: readonly ContainerPort[] | undefined, path: string): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  ports?.forEach((port, i) => {
    const at = index(path, i)
    if (port.name) {
      const messages = isPortName(port.name)
      errors.push(...invalids(child(at, 'name'), port.name, messages))
      if (names.has(port.name)) errors.push(duplicate(child(at, 'name'), port.name))
      if (messages.length === 0) names.add(port.name)
    }
    if (!port.containerPort) errors.push(required(child(at, 'containerPort')))
    else errors.push(...invalids(child(at, 'containerPort'), port.containerPort, isPortNumber(port.containerPort)))
    if (port.hostPort) errors.push(...invalids(child(at, 'hostPort'), port.hostPort, isPortNumber(port.hostPort)))
    errors.push(...validateEnum(port.protocol, PROTOCOLS, child(at, 'protocol')))
  })
  return errors
}

function validateHostPorts(containers: readonly Container[], path: string): FieldError[] {
  const errors: FieldError[] = []
  const taken = new Set<string>()
  containers.forEach((container, c) => {
    container.ports?.forEach((port, p) => {
      if (!port.hostPort) return
      const key = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`
      if (taken.has(key)) errors.push(duplicate(`${path}[${c}].ports[${p}].hostPort`, key))
      taken.add(key)
    })
  })
  return errors
}

/** Errors are on the list as a whole, apart from duplicates. */
function validateResizePolicies(
  policies: readonly ContainerResizePolicy[] | undefined,
  podRestartPolicy: string | undefined,
  path: string,
): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  policies?.forEach(({ resourceName, restartPolicy }, i) => {
    if (seen.has(resourceName)) errors.push(duplicate(index(path, i), resourceName))
    seen.add(resourceName)
    errors.push(...validateEnum(resourceName, ['cpu', 'memory'], path))
    errors.push(...validateEnum(restartPolicy, ['NotRequired', 'RestartContainer'], path))
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      errors.push(invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'"))
    }
  })
  return errors
}

function validateRestartPolicy(container: Container, path: string): FieldError[] {
  const errors: FieldError[] = []
  const { restartPolicy, restartPolicyRules: rules = [] } = container
  const field = child(path, 'restartPolicy')
  if (restartPolicy === undefined) {
    if (rules.length > 0) errors.push(required(field, 'must specify restartPolicy when restart rules are used'))
  } else if (!RESTART_POLICIES.includes(restartPolicy)) {
    errors.push(notSupported(field, restartPolicy, RESTART_POLICIES))
  }
  const rulesPath = child(path, 'restartPolicyRules')
  if (rules.length > MAX_RESTART_RULES) errors.push(tooMany(rulesPath, rules.length, MAX_RESTART_RULES))
  rules.forEach((rule, i) => {
    const at = index(rulesPath, i)
    if (!RESTART_ACTIONS.includes(rule.action ?? '')) {
      errors.push(notSupported(child(at, 'action'), rule.action ?? '', RESTART_ACTIONS))
    }
    const codes = rule.exitCodes
    if (!codes) {
      errors.push(required(child(at, 'exitCodes'), 'must be specified'))
      return
    }
    if (codes.operator !== 'In' && codes.operator !== 'NotIn') {
      errors.push(notSupported(`${at}.exitCodes.operator`, codes.operator ?? '', ['In', 'NotIn']))
    }
    const count = codes.values?.length ?? 0
    if (count > MAX_EXIT_CODES) errors.push(tooMany(`${at}.exitCodes.values`, count, MAX_EXIT_CODES))
  })
  return errors
}
