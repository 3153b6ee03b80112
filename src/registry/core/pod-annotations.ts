/** Annotations from before there were fields: what they still do, and what is said about them. Mirrors pkg/registry/core/pod/strategy.go (applyAppArmorVersionSkew) and pkg/api/pod/warnings.go. */
import { deepEqual } from '../../apimachinery/equality.ts'
import type { ObjectMeta } from '../../apimachinery/meta.ts'
import type { AppArmorProfile, Container, Pod, PodSpec } from '../../types/core-v1.ts'

const SECCOMP_POD = 'seccomp.security.alpha.kubernetes.io/pod'
const SECCOMP_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/'
const APP_ARMOR = 'container.apparmor.security.beta.kubernetes.io/'
const USE_SECCOMP_PROFILE = 'non-functional in v1.27+; use the "seccompProfile" field instead'
const USE_APP_ARMOR_PROFILE = 'deprecated since v1.30; use the "appArmorProfile" field instead'
const WITHOUT_EFFECT = [
  ['scheduler.alpha.kubernetes.io/critical-pod', 'non-functional in v1.16+; use the "priorityClassName" field instead'],
  ['security.alpha.kubernetes.io/sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
  ['security.alpha.kubernetes.io/unsafe-sysctls', 'non-functional in v1.11+; use the "sysctls" field instead'],
] as const

/** `path` leads to the template, empty for a pod; so with the others. */
export function deprecatedAnnotationWarnings({ annotations = {} }: ObjectMeta, path: string): string[] {
  return WITHOUT_EFFECT.filter(([key]) => annotations[key] !== undefined).map(([key, why]) => at(path, key, why))
}

export function podSeccompWarnings(
  { securityContext }: PodSpec,
  { annotations = {} }: ObjectMeta,
  path: string,
): string[] {
  if (securityContext?.seccompProfile || annotations[SECCOMP_POD] === undefined) return []
  return [at(path, SECCOMP_POD, USE_SECCOMP_PROFILE)]
}

/** About one container. AppArmor annotations of pods are spoken of where they are copied. */
export function containerAnnotationWarnings(
  { name, securityContext }: Container,
  spec: PodSpec,
  { annotations }: ObjectMeta,
  path: string,
): string[] {
  if (!annotations) return []
  const warnings: string[] = []
  const seccomp = SECCOMP_CONTAINER + name
  if (!securityContext?.seccompProfile && annotations[seccomp] !== undefined) {
    warnings.push(at(path, seccomp, USE_SECCOMP_PROFILE))
  }
  const value = path && !securityContext?.appArmorProfile ? annotations[APP_ARMOR + name] : undefined
  const ofPod = spec.securityContext?.appArmorProfile
  if (value !== undefined && !(ofPod && deepEqual(ofPod, profileOf(value)))) {
    warnings.push(at(path, APP_ARMOR + name, USE_APP_ARMOR_PROFILE))
  }
  return warnings
}

const at = (path: string, key: string, why: string): string =>
  `${path ? `${path}.` : ''}metadata.annotations[${key}]: ${why}`

/** Fills the field of containers that have only the annotation. Changes the draft. */
export function copyAppArmorAnnotations({ spec, metadata }: Pod, warn: (message: string) => void): void {
  const { annotations } = metadata
  if (!annotations || !spec || spec.os?.name === 'windows') return
  const all = [...(spec.initContainers ?? []), ...(spec.containers ?? []), ...(spec.ephemeralContainers ?? [])]
  for (const container of all) {
    const key = APP_ARMOR + container.name
    const value = annotations[key]
    if (value === undefined || container.securityContext?.appArmorProfile) continue
    const profile = profileOf(value)
    const isNew = profile !== undefined && !deepEqual(profile, spec.securityContext?.appArmorProfile)
    if (isNew) container.securityContext = { ...container.securityContext, appArmorProfile: profile }
    if (isNew || !profile) warn(at('', key, USE_APP_ARMOR_PROFILE))
  }
}

/** What the annotation says as a field; undefined when that would not be valid. */
function profileOf(value: string): AppArmorProfile | undefined {
  if (value === 'unconfined') return { type: 'Unconfined' }
  if (value === 'runtime/default') return { type: 'RuntimeDefault' }
  const localhostProfile = value.startsWith('localhost/') ? value.slice('localhost/'.length) : ''
  if (localhostProfile === '' || localhostProfile !== localhostProfile.trim() || localhostProfile.length > 4095) {
    return undefined
  }
  return { type: 'Localhost', localhostProfile }
}
