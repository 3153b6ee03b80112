/** What a pod spec is warned about and accepted all the same. Mirrors pkg/api/pod/warnings.go. */
import type { ObjectMeta } from '../../apimachinery/meta.ts'
import { compareQuantities, parseQuantity, roundUp } from '../../apimachinery/quantity.ts'
import type { Container, ContainerPort, PodAffinityTerm, PodSpec } from '../../types/core-v1.ts'
import { containerAnnotationWarnings, deprecatedAnnotationWarnings, podSeccompWarnings } from './pod-annotations.ts'

const DEPRECATED_LABELS: Record<string, string> = {
  'beta.kubernetes.io/arch': 'deprecated since v1.14; use "kubernetes.io/arch" instead',
  'beta.kubernetes.io/os': 'deprecated since v1.14; use "kubernetes.io/os" instead',
  'failure-domain.beta.kubernetes.io/region': 'deprecated since v1.17; use "topology.kubernetes.io/region" instead',
  'failure-domain.beta.kubernetes.io/zone': 'deprecated since v1.17; use "topology.kubernetes.io/zone" instead',
  'beta.kubernetes.io/instance-type': 'deprecated since v1.17; use "node.kubernetes.io/instance-type" instead',
  'app.kubernetes.io/created-by': 'deprecated since v1.9',
  'scheduler.alpha.kubernetes.io/preferAvoidPods': 'deprecated since v1.22; use Taints and Tolerations instead',
  'node-role.kubernetes.io/master': 'use "node-role.kubernetes.io/control-plane" instead',
}
const DEPRECATED_VOLUMES: Record<string, string> = {
  photonPersistentDisk: 'deprecated in v1.11, non-functional in v1.16+',
  gitRepo: 'deprecated in v1.11, and disabled by default in v1.33+',
  scaleIO: 'deprecated in v1.16, non-functional in v1.22+',
  flocker: 'deprecated in v1.22, non-functional in v1.25+',
  storageos: 'deprecated in v1.22, non-functional in v1.25+',
  quobyte: 'deprecated in v1.22, non-functional in v1.25+',
  glusterfs: 'deprecated in v1.25, non-functional in v1.26+',
  cephfs: 'deprecated in v1.28, non-functional in v1.31+',
  rbd: 'deprecated in v1.28, non-functional in v1.31+',
}
const NULL_SELECTOR = 'a null labelSelector results in matching no pod'

/** `path` leads to the template (`spec.template`), empty for a pod. */
export function podSpecWarnings(spec: PodSpec, metadata: ObjectMeta, path: string): string[] {
  const at = (field: string): string => (path ? `${path}.${field}` : field)
  const warnings: string[] = []
  for (const label of Object.keys(spec.nodeSelector ?? {})) {
    const message = DEPRECATED_LABELS[label]
    if (message) warnings.push(`${at('spec.nodeSelector')}[${label}]: ${message}`)
  }
  spec.topologySpreadConstraints?.forEach((constraint, i) => {
    const field = at(`spec.topologySpreadConstraints[${i}]`)
    const message = DEPRECATED_LABELS[constraint.topologyKey]
    if (message) warnings.push(`${field}.topologyKey: ${constraint.topologyKey} is ${message}`)
    if (!constraint.labelSelector) warnings.push(`${field}.labelSelector: ${NULL_SELECTOR}`)
  })
  warnings.push(...deprecatedAnnotationWarnings(metadata, path))
  spec.volumes?.forEach((volume, i) => {
    for (const [name, message] of Object.entries(DEPRECATED_VOLUMES)) {
      if (!volume[name as keyof typeof volume]) continue
      warnings.push(`${at(`spec.volumes[${i}]`)}.${name === 'storageos' ? 'storageOS' : name}: ${message}`)
    }
  })
  warnings.push(
    ...duplicates(
      spec.hostAliases?.map((one) => one.ip ?? ''),
      at('spec.hostAliases'),
      'ip',
    ),
  )
  warnings.push(
    ...duplicates(
      spec.imagePullSecrets?.map((one) => one.name ?? ''),
      at('spec.imagePullSecrets'),
      'name',
    ),
  )
  spec.imagePullSecrets?.forEach((secret, i) => {
    if (!secret.name) warnings.push(`${at(`spec.imagePullSecrets[${i}]`)}.name: invalid empty name ""`)
  })
  warnings.push(...podSeccompWarnings(spec, metadata, path))
  const containers = containersOf(spec, at)
  for (const [container, field] of containers) {
    warnings.push(...containerAnnotationWarnings(container, spec, metadata, path))
    warnings.push(...fractionalBytes(container, field), ...hiddenVariables(container, field))
  }
  warnings.push(...portWarnings(containers), ...portNameWarnings(containers))
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const field = at('spec.terminationGracePeriodSeconds')
    warnings.push(`${field}: must be >= 0; negative values are invalid and will be treated as 1`)
  }
  return [...warnings, ...affinityWarnings(spec, at)]
}

type Named = readonly [container: Container, path: string]

function containersOf(spec: PodSpec, at: (field: string) => string): Named[] {
  const list = (name: 'initContainers' | 'containers' | 'ephemeralContainers') =>
    (spec[name] ?? []).map((one, i) => [one as Container, at(`spec.${name}[${i}]`)] as const)
  return [...list('initContainers'), ...list('containers'), ...list('ephemeralContainers')]
}

function duplicates(values: readonly string[] | undefined, path: string, field: string): string[] {
  return (values ?? []).flatMap((value, i) =>
    values!.indexOf(value) < i ? [`${path}[${i}].${field}: duplicate ${field} ${JSON.stringify(value)}`] : [],
  )
}

function fractionalBytes(container: Container, path: string): string[] {
  const warnings: string[] = []
  for (const resource of ['memory', 'ephemeral-storage']) {
    for (const list of ['limits', 'requests'] as const) {
      const value = container.resources?.[list]?.[resource]
      if (value === undefined) continue
      const amount = parseQuantity(String(value))
      if (compareQuantities(roundUp(amount, 0), amount) === 0) continue
      const detail = `fractional byte value ${JSON.stringify(String(value))} is invalid, must be an integer`
      warnings.push(`${path}.resources.${list}[${resource}]: ${detail}`)
    }
  }
  return warnings
}

/** A second variable of one name is fine when it builds on the first. */
function hiddenVariables(container: Container, path: string): string[] {
  const seen = new Set<string>()
  return (container.env ?? []).flatMap(({ name, value = '', valueFrom }, i) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    const reference = `$(${name})`
    if (!valueFrom && value !== reference && value.includes(reference)) return []
    const detail = `hides previous definition of ${JSON.stringify(name)}, which may be dropped when using apply`
    return [`${path}.env[${i}]: ${detail}`]
  })
}

function portWarnings(containers: readonly Named[]): string[] {
  const warnings: string[] = []
  const seen = new Map<string, { path: string; port: ContainerPort }[]>()
  for (const [container, path] of containers) {
    container.ports?.forEach((port, i) => {
      const at = `${path}.ports[${i}]`
      if (port.hostIP && !port.hostPort) warnings.push(`${at}: hostIP set without hostPort: ${goPort(port)}`)
      const key = `${port.containerPort}/${port.protocol}`
      const others = seen.get(key) ?? []
      for (const other of others) {
        const how = overlap(port, other.port)
        if (how) warnings.push(`${at}: ${how} port definition with ${other.path}`)
      }
      seen.set(key, [...others, { path: at, port }])
    })
  }
  return warnings
}

const goPort = (port: ContainerPort): string =>
  `{Name:${port.name ?? ''} HostPort:0 ContainerPort:${port.containerPort} Protocol:${port.protocol} HostIP:${port.hostIP}}`

function overlap(a: ContainerPort, b: ContainerPort): string {
  const [ipA, ipB, portA, portB] = [a.hostIP ?? '', b.hostIP ?? '', a.hostPort ?? 0, b.hostPort ?? 0]
  if (ipA === ipB && portA === portB) return 'duplicate'
  if (portA === 0 || portB === 0) return 'overlapping'
  return portA === portB && (ipA === '') !== (ipB === '') ? 'dangerously ambiguous' : ''
}

function portNameWarnings(containers: readonly Named[]): string[] {
  const first = new Map<string, string>()
  return containers.flatMap(([container, path]) =>
    (container.ports ?? []).flatMap((port, i) => {
      const at = `${path}.ports[${i}]`
      if (!port.name) return []
      const other = first.get(port.name)
      if (!other) first.set(port.name, at)
      const consequence = `services and probes that select ports by name will use ${other}`
      return other ? [`${at}: duplicate port name ${JSON.stringify(port.name)} with ${other}, ${consequence}`] : []
    }),
  )
}

function affinityWarnings(spec: PodSpec, at: (field: string) => string): string[] {
  const warnings: string[] = []
  const check = (term: PodAffinityTerm | undefined, field: string) => {
    if (term && !term.labelSelector) warnings.push(`${field}.labelSelector: ${NULL_SELECTOR}`)
  }
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    const affinity = spec.affinity?.[name]
    const field = at(`spec.affinity.${name}`)
    affinity?.requiredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      check(term, `${field}.requiredDuringSchedulingIgnoredDuringExecution[${i}]`)
    })
    affinity?.preferredDuringSchedulingIgnoredDuringExecution?.forEach((term, i) => {
      check(term.podAffinityTerm, `${field}.preferredDuringSchedulingIgnoredDuringExecution[${i}].podAffinityTerm`)
    })
  }
  return warnings
}
