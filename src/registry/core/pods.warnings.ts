/** What a pod spec is warned about and accepted all the same. Mirrors pkg/api/pod/warnings.go. */
import type { KubeObject, ObjectMeta } from '../../apimachinery/meta.ts'
import type {
  Container,
  HostAlias,
  LocalObjectReference,
  PodAffinityTerm,
  PodSpec,
  PodTemplateSpec,
} from '../../types/core-v1.ts'
import { ipWarnings } from '../ip.validation.ts'
import {
  deprecatedNodeLabel,
  labelKeysWarnings,
  nodeSelectorWarnings,
  nodeTermWarnings,
} from '../node-labels.warnings.ts'
import { containerWarnings, type Named } from './containers.warnings.ts'
import { containerAnnotationWarnings, deprecatedAnnotationWarnings, podSeccompWarnings } from './pod-annotations.ts'
import { fractionalWarnings, volumeWarnings } from './volumes.warnings.ts'

const BYTES = ['memory', 'ephemeral-storage']
const NULL_SELECTOR = 'a null labelSelector results in matching no pod'

/** `path` leads to the template (`spec.template`), empty for a pod. */
export function podSpecWarnings(spec: PodSpec, metadata: ObjectMeta, path: string): string[] {
  const at = (field: string): string => (path ? `${path}.${field}` : field)
  const containers = containersOf(spec, at)
  return [
    ...labelKeysWarnings(spec.nodeSelector, (label) => `${at('spec.nodeSelector')}[${label}]`),
    ...nodeAffinityWarnings(spec, at('spec.affinity.nodeAffinity')),
    ...spreadWarnings(spec, at('spec.topologySpreadConstraints')),
    ...deprecatedAnnotationWarnings(metadata, path),
    ...volumeWarnings(spec.volumes ?? [], at('spec.volumes')),
    ...(spec.hostAliases ? aliasWarnings(spec.hostAliases, at('spec.hostAliases')) : []),
    ...(spec.imagePullSecrets ? pullSecretWarnings(spec.imagePullSecrets, at('spec.imagePullSecrets')) : []),
    ...(spec.overhead ? overheadWarnings(spec.overhead, at('spec.overhead')) : []),
    ...podSeccompWarnings(spec, metadata, path),
    ...containerWarnings(containers, (container) => containerAnnotationWarnings(container, spec, metadata, path)),
    ...graceWarnings(spec, at('spec.terminationGracePeriodSeconds')),
    ...affinityWarnings(spec, at),
    ...addressWarnings(spec, at),
  ]
}

/** Of a workload's template; on updates only where the generation rose. Mirrors GetWarningsForPodTemplate and its callers. */
export function templateWarnings(
  template: PodTemplateSpec | undefined,
  path: string,
  { metadata }: KubeObject,
  old: KubeObject | undefined,
): string[] {
  if (!template?.spec || (old && old.metadata.generation === metadata.generation)) return []
  return podSpecWarnings(template.spec, template.metadata ?? {}, path)
}

function nodeAffinityWarnings(spec: PodSpec, path: string): string[] {
  const affinity = spec.affinity?.nodeAffinity
  const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'
  return [
    ...nodeSelectorWarnings(
      affinity?.requiredDuringSchedulingIgnoredDuringExecution,
      `${path}.requiredDuringSchedulingIgnoredDuringExecution`,
    ),
    ...(affinity?.[preferred] ?? []).flatMap(({ preference }, i) =>
      nodeTermWarnings(preference, `${path}.${preferred}[${i}].preference`, true),
    ),
  ]
}

function spreadWarnings(spec: PodSpec, path: string): string[] {
  return (spec.topologySpreadConstraints ?? []).flatMap(({ topologyKey, labelSelector }, i) => {
    const message = deprecatedNodeLabel(topologyKey)
    return [
      ...(message ? [`${path}[${i}].topologyKey: ${topologyKey} is ${message}`] : []),
      ...(labelSelector ? [] : [`${path}[${i}].labelSelector: ${NULL_SELECTOR}`]),
    ]
  })
}

function graceWarnings({ terminationGracePeriodSeconds: seconds = 0 }: PodSpec, path: string): string[] {
  return seconds < 0 ? [`${path}: must be >= 0; negative values are invalid and will be treated as 1`] : []
}

function addressWarnings(spec: PodSpec, at: (field: string) => string): string[] {
  return [
    ...(spec.dnsConfig?.nameservers ?? []).flatMap((ip, i) => ipWarnings(ip, at(`spec.dnsConfig.nameservers[${i}]`))),
    ...(spec.hostAliases ?? []).flatMap(({ ip }, i) => ipWarnings(ip ?? '', at(`spec.hostAliases[${i}].ip`))),
  ]
}

function containersOf(spec: PodSpec, at: (field: string) => string): Named[] {
  const list = (name: 'initContainers' | 'containers' | 'ephemeralContainers') =>
    (spec[name] ?? []).map((one, i) => [one as Container, at(`spec.${name}[${i}]`)] as const)
  return [...list('initContainers'), ...list('containers'), ...list('ephemeralContainers')]
}

const aliasWarnings = (aliases: readonly HostAlias[], path: string): string[] =>
  duplicates(
    aliases.map((one) => one.ip ?? ''),
    path,
    'ip',
  )

function pullSecretWarnings(secrets: readonly LocalObjectReference[], path: string): string[] {
  const names = secrets.map((one) => one.name ?? '')
  const unnamed = names.flatMap((name, i) => (name ? [] : [`${path}[${i}].name: invalid empty name ""`]))
  return [...duplicates(names, path, 'name'), ...unnamed]
}

const overheadWarnings = (overhead: Record<string, string | number>, path: string): string[] =>
  BYTES.flatMap((name) => fractionalWarnings(overhead[name], `${path}[${name}]`))

function duplicates(values: readonly string[], path: string, field: string): string[] {
  return values.flatMap((value, i) =>
    values.indexOf(value) < i ? [`${path}[${i}].${field}: duplicate ${field} ${JSON.stringify(value)}`] : [],
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
