/** Names, ordinals and storage of a StatefulSet's pods; pure. Mirrors kubernetes pkg/controller/statefulset/stateful_set_utils.go. */
import type { ControllerRevision, StatefulSet } from '../../types/apps-v1.ts'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '../../types/core-v1.ts'
import { REVISION_HASH } from '../history.ts'
import { isPodAvailable, isPodReady, podFromTemplate } from '../pods.ts'

const POD_NAME = 'statefulset.kubernetes.io/pod-name'
const POD_INDEX = 'apps.kubernetes.io/pod-index'

/** `web-3`: of `web`, the third; undefined when the name is not of this form. */
export function parentAndOrdinal({ metadata }: Pod): { parent: string; ordinal: number } | undefined {
  const match = /^(.*)-([0-9]+)$/.exec(metadata.name ?? '')
  if (!match || Number(match[2]) >= 2 ** 31) return undefined
  return { parent: match[1], ordinal: Number(match[2]) }
}

/** -1: the name has none. */
export function ordinalOf(pod: Pod): number {
  return parentAndOrdinal(pod)?.ordinal ?? -1
}

export function startOrdinal({ spec }: StatefulSet): number {
  return spec?.ordinals?.start ?? 0
}

export function replicasOf({ spec }: StatefulSet): number {
  return spec?.replicas ?? 1
}

export function isInRange(set: StatefulSet, pod: Pod): boolean {
  const ordinal = ordinalOf(pod) - startOrdinal(set)
  return ordinal >= 0 && ordinal < replicasOf(set)
}

export function claimName(set: StatefulSet, template: PersistentVolumeClaim, ordinal: number): string {
  return `${template.metadata.name}-${set.metadata.name}-${ordinal}`
}

export function claimsOf(set: StatefulSet, pod: Pod): PersistentVolumeClaim[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    ...template,
    metadata: {
      ...template.metadata,
      name: claimName(set, template, ordinalOf(pod)),
      namespace: set.metadata.namespace,
      labels: { ...template.metadata.labels, ...set.spec?.selector.matchLabels },
    },
  }))
}

export function identityMatches(set: StatefulSet, pod: Pod): boolean {
  const name = pod.metadata.name
  return parentAndOrdinal(pod)?.parent === set.metadata.name && pod.metadata.labels?.[POD_NAME] === name
}

export function storageMatches(set: StatefulSet, pod: Pod): boolean {
  const ordinal = ordinalOf(pod)
  return (set.spec?.volumeClaimTemplates ?? []).every((template) =>
    pod.spec?.volumes?.some(
      ({ name, persistentVolumeClaim }) =>
        name === template.metadata.name && persistentVolumeClaim?.claimName === claimName(set, template, ordinal),
    ),
  )
}

/** The pod with the labels of its identity. */
export function withIdentity(set: StatefulSet, pod: Pod): Pod {
  const ordinal = ordinalOf(pod)
  const name = `${set.metadata.name}-${ordinal}`
  const labels = { ...pod.metadata.labels, [POD_NAME]: name, [POD_INDEX]: String(ordinal) }
  return { ...pod, metadata: { ...pod.metadata, name, namespace: set.metadata.namespace, labels } }
}

/** The pod with a volume for each claim, before its own volumes. */
export function withStorage(set: StatefulSet, pod: Pod): Pod {
  const claims: Volume[] = (set.spec?.volumeClaimTemplates ?? []).map((template) => ({
    name: template.metadata.name ?? '',
    persistentVolumeClaim: { claimName: claimName(set, template, ordinalOf(pod)) },
  }))
  const others = (pod.spec?.volumes ?? []).filter(({ name }) => !claims.some((volume) => volume.name === name))
  const volumes = [...claims, ...others]
  return volumes.length === 0 ? pod : { ...pod, spec: { ...pod.spec!, volumes } }
}

/** A revision that a set was at, or is to be at. */
export interface Version {
  name: string
  template: PodTemplateSpec
}

export const versionOf = (revision: ControllerRevision, template: PodTemplateSpec): Version => ({
  name: revision.metadata.name ?? '',
  template,
})

/** The pod of this ordinal, below the partition in the current version, else in the new one. */
export function newPod(set: StatefulSet, ordinal: number, current: Version, update: Version): Pod {
  const { type, rollingUpdate } = set.spec?.updateStrategy ?? {}
  const held = rollingUpdate
    ? (rollingUpdate.partition ?? 0)
    : type === 'RollingUpdate'
      ? (set.status?.currentReplicas ?? 0)
      : 0
  const version = ordinal < startOrdinal(set) + held ? current : update
  const draft = podFromTemplate(version.template, set)
  const name = `${set.metadata.name}-${ordinal}`
  const pod = withStorage(set, withIdentity(set, { ...draft, metadata: { ...draft.metadata, name } }))
  const labels = { ...pod.metadata.labels, [REVISION_HASH]: version.name }
  const spec = { ...pod.spec!, hostname: name, subdomain: set.spec?.serviceName }
  return { ...pod, metadata: { ...pod.metadata, labels }, spec }
}

export function revisionOf({ metadata }: Pod): string {
  return metadata.labels?.[REVISION_HASH] ?? ''
}

/** It is in storage: drafts have no phase. */
export function isCreated({ status }: Pod): boolean {
  return (status?.phase ?? '') !== ''
}

export function isTerminating({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined
}

export function isRunningAndReady(pod: Pod): boolean {
  return pod.status?.phase === 'Running' && isPodReady(pod)
}

export function isUnavailable(set: StatefulSet, pod: Pod, now: number): boolean {
  return !isAvailable(set, pod, now) || isTerminating(pod)
}

export function isAvailable(set: StatefulSet, pod: Pod, now: number): boolean {
  return isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, now)
}
