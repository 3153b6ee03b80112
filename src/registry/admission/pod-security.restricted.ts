/** The checks that the restricted level adds to the baseline's. Mirrors k8s.io/pod-security-admission/policy/check_*.go. */
import type { Volume } from '../../types/core-v1.ts'
import { procMount } from './pod-security.baseline.ts'
import {
  type AnyContainer,
  type CheckPod,
  containersOf,
  hasUserNamespace,
  isWindows,
  namedContainers,
  type PodSecurityCheck,
  plural,
  quoted,
  settersOf,
  sorted,
  unless,
} from './pod-security.outcome.ts'
import { seccompProfileRequired } from './pod-security.seccomp.ts'

const allowPrivilegeEscalation: CheckPod = ({ spec }) => {
  const bad = containersOf(spec).filter((it) => it.securityContext?.allowPrivilegeEscalation !== false)
  if (bad.length === 0) return undefined
  return {
    reason: 'allowPrivilegeEscalation != false',
    detail: `${namedContainers(bad)} must set securityContext.allowPrivilegeEscalation=false`,
  }
}

const capabilities: CheckPod = ({ spec }) => {
  const all = containersOf(spec)
  const keeping = all.filter(({ securityContext }) => !securityContext?.capabilities?.drop?.includes('ALL'))
  const addedTo = ({ securityContext }: AnyContainer): string[] =>
    (securityContext?.capabilities?.add ?? []).filter((name) => name !== 'NET_BIND_SERVICE')
  const adding = all.filter((container) => addedTo(container).length > 0)
  const details: string[] = []
  if (keeping.length > 0) details.push(`${namedContainers(keeping)} must set securityContext.capabilities.drop=["ALL"]`)
  if (adding.length > 0) {
    const added = quoted(sorted(adding.flatMap(addedTo)))
    details.push(`${namedContainers(adding)} must not include ${added} in securityContext.capabilities.add`)
  }
  return details.length === 0 ? undefined : { reason: 'unrestricted capabilities', detail: details.join('; ') }
}

const ALLOWED_VOLUMES = [
  ...['configMap', 'csi', 'downwardAPI', 'emptyDir', 'ephemeral', 'image', 'persistentVolumeClaim', 'projected'],
  'secret',
] as const
const RESTRICTED_VOLUMES = [
  ...['hostPath', 'gcePersistentDisk', 'awsElasticBlockStore', 'gitRepo', 'nfs', 'iscsi', 'glusterfs', 'rbd'],
  ...['flexVolume', 'cinder', 'cephfs', 'flocker', 'fc', 'azureFile', 'vsphereVolume', 'quobyte', 'azureDisk'],
  ...['photonPersistentDisk', 'portworxVolume', 'scaleIO', 'storageos'],
]

const restrictedVolumes: CheckPod = ({ spec }) => {
  const bad = (spec.volumes ?? []).filter((volume) => !ALLOWED_VOLUMES.some((source) => volume[source as keyof Volume]))
  if (bad.length === 0) return undefined
  const typeOf = (volume: Volume): string =>
    RESTRICTED_VOLUMES.find((source) => volume[source as keyof Volume]) ?? 'unknown'
  const types = sorted(bad.map(typeOf))
  const who = `${plural('volume', 'volumes', bad.length)} ${quoted(bad.map(({ name }) => name))}`
  const what = plural('restricted volume type', 'restricted volume types', types.length)
  return {
    reason: 'restricted volume types',
    detail: `${who} ${plural('uses', 'use', bad.length)} ${what} ${quoted(types)}`,
  }
}

const runAsNonRoot: CheckPod = ({ spec }) => {
  const reason = 'runAsNonRoot != true'
  const ofPod = spec.securityContext?.runAsNonRoot
  const all = containersOf(spec)
  const bad = all.filter(({ securityContext }) => securityContext?.runAsNonRoot === false)
  const setters = settersOf(ofPod === false, bad)
  if (setters.length > 0) {
    return { reason, detail: `${setters.join(' and ')} must not set securityContext.runAsNonRoot=false` }
  }
  const silent = ofPod ? [] : all.filter(({ securityContext }) => securityContext?.runAsNonRoot === undefined)
  if (silent.length === 0) return undefined
  return { reason, detail: `pod or ${namedContainers(silent)} must set securityContext.runAsNonRoot=true` }
}

const runAsUser: CheckPod = ({ spec }) => {
  const bad = containersOf(spec).filter(({ securityContext }) => securityContext?.runAsUser === 0)
  const setters = settersOf(spec.securityContext?.runAsUser === 0, bad)
  if (setters.length === 0) return undefined
  return { reason: 'runAsUser=0', detail: `${setters.join(' and ')} must not set runAsUser=0` }
}

/** In the order of their ids; they are told after those of the baseline. */
export const RESTRICTED_CHECKS: readonly PodSecurityCheck[] = [
  {
    id: 'allowPrivilegeEscalation',
    versions: [
      { since: 8, check: allowPrivilegeEscalation },
      { since: 25, check: unless(isWindows, allowPrivilegeEscalation) },
    ],
  },
  {
    id: 'capabilities_restricted',
    replaces: 'capabilities_baseline',
    versions: [
      { since: 22, check: capabilities },
      { since: 25, check: unless(isWindows, capabilities) },
    ],
  },
  { id: 'procMount_restricted', replaces: 'procMount', versions: [{ since: 35, check: procMount }] },
  { id: 'restrictedVolumes', replaces: 'hostPathVolumes', versions: [{ since: 0, check: restrictedVolumes }] },
  {
    id: 'runAsNonRoot',
    versions: [
      { since: 0, check: runAsNonRoot },
      { since: 35, check: unless(hasUserNamespace, runAsNonRoot) },
    ],
  },
  {
    id: 'runAsUser',
    versions: [
      { since: 23, check: runAsUser },
      { since: 35, check: unless(hasUserNamespace, runAsUser) },
    ],
  },
  {
    id: 'seccompProfile_restricted',
    replaces: 'seccompProfile_baseline',
    versions: [
      { since: 19, check: seccompProfileRequired },
      { since: 25, check: unless(isWindows, seccompProfileRequired) },
    ],
  },
]
