/** What one check of a pod says, and the words its messages are made of. Mirrors k8s.io/pod-security-admission/policy/{checks,helpers,visitor}.go. */
import type { Container, EphemeralContainer, PodSpec } from '../../types/core-v1.ts'

/** Why a pod is not allowed. */
export interface Violation {
  reason: string
  detail: string
}

export interface PodToCheck {
  spec: PodSpec
  annotations: Readonly<Record<string, string>>
}

/** Pure. Undefined: the pod passes. */
export type CheckPod = (pod: PodToCheck) => Violation | undefined

/** A check and what it became over the minors of Kubernetes 1. */
export interface PodSecurityCheck {
  id: string
  versions: readonly { since: number; check: CheckPod }[]
  /** Of a restricted check: the baseline check that it stands for, from its first version on. */
  replaces?: string
}

export type AnyContainer = Container | EphemeralContainer

/** In the order of upstream's visitor. */
export function containersOf({ initContainers, containers, ephemeralContainers }: PodSpec): AnyContainer[] {
  return [...(initContainers ?? []), ...(containers ?? []), ...(ephemeralContainers ?? [])]
}

export const quoted = (texts: readonly string[]): string => texts.map((text) => `"${text}"`).join(', ')

export const plural = (singular: string, several: string, count: number): string => (count === 1 ? singular : several)

/** Each once, in order of their bytes. */
export const sorted = (texts: Iterable<string>): string[] => [...new Set(texts)].sort()

/** `container "a"`, `containers "a", "b"` */
export const namedContainers = (containers: readonly AnyContainer[]): string =>
  `${plural('container', 'containers', containers.length)} ${quoted(containers.map(({ name }) => name))}`

/** Who set something forbidden: `pod and container "a"`. */
export function settersOf(pod: boolean, containers: readonly AnyContainer[]): string[] {
  return [...(pod ? ['pod'] : []), ...(containers.length > 0 ? [namedContainers(containers)] : [])]
}

/** Pods of their own user namespace are freer from 1.35 on. */
export const hasUserNamespace: (pod: PodToCheck) => boolean = ({ spec }) => spec.hostUsers === false

export const isWindows: (pod: PodToCheck) => boolean = ({ spec }) => spec.os?.name === 'windows'

export const unless =
  (exempt: (pod: PodToCheck) => boolean, check: CheckPod): CheckPod =>
  (pod) =>
    exempt(pod) ? undefined : check(pod)
