/** Which Secrets a pod may reference: the annotation kubernetes.io/enforce-mountable-secrets, and mirror pods. Mirrors plugin/pkg/admission/serviceaccount. */
import type { DynamicObject } from '../../apimachinery/meta.ts'

interface EnvSource {
  name?: string
  valueFrom?: { secretKeyRef?: { name?: string } }
  secretRef?: { name?: string }
}

interface Container {
  name: string
  env?: EnvSource[]
  envFrom?: EnvSource[]
}

/** Why the service account may not run the pod, or undefined when it may. */
export function forbiddenSecretReference(
  account: DynamicObject,
  pod: DynamicObject,
  ephemeral: boolean,
): string | undefined {
  const mountable = names(account['secrets'])
  const { spec } = pod
  if (ephemeral) return firstInContainers('ephemeral container', spec.ephemeralContainers, mountable, account)
  for (const volume of spec.volumes ?? []) {
    const secret = volume.secret?.secretName
    if (volume.secret && !mountable.has(secret ?? '')) {
      return `volume with secret.secretName="${secret ?? ''}" ${denied(account)}`
    }
  }
  const reference =
    firstInContainers('init container', spec.initContainers, mountable, account) ??
    firstInContainers('container', spec.containers, mountable, account)
  if (reference !== undefined) return reference
  const pull = names(account['imagePullSecrets'])
  const references: { name?: string }[] = spec.imagePullSecrets ?? []
  const i = references.findIndex(({ name }) => !pull.has(name ?? ''))
  if (i < 0) return undefined
  return `imagePullSecrets[${i}].name="${references[i]?.name ?? ''}" is not allowed because service account ${account.metadata.name} does not reference that imagePullSecret`
}

const names = (references: { name?: string }[] | undefined): Set<string> =>
  new Set(references?.map(({ name }) => name ?? ''))

const denied = (account: DynamicObject): string =>
  `is not allowed because service account ${account.metadata.name} does not reference that secret`

function firstInContainers(
  what: string,
  containers: Container[] | undefined,
  mountable: Set<string>,
  account: DynamicObject,
): string | undefined {
  for (const container of containers ?? []) {
    for (const env of container.env ?? []) {
      const secret = env.valueFrom?.secretKeyRef
      if (secret && !mountable.has(secret.name ?? '')) {
        return `${what} ${container.name} with envVar ${env.name} referencing secret.secretName="${secret.name ?? ''}" ${denied(account)}`
      }
    }
    for (const { secretRef } of container.envFrom ?? []) {
      if (secretRef && !mountable.has(secretRef.name ?? '')) {
        return `${what} ${container.name} with envFrom referencing secret.secretName="${secretRef.name ?? ''}" ${denied(account)}`
      }
    }
  }
  return undefined
}

/** Why a mirror pod is refused: it may name neither accounts nor secrets nor tokens. */
export function mirrorPodViolation(pod: DynamicObject): string | undefined {
  const { spec } = pod
  if (spec.serviceAccountName) return 'a mirror pod may not reference service accounts'
  if (referencesSecret(spec)) return 'a mirror pod may not reference secrets'
  for (const volume of spec.volumes ?? []) {
    for (const source of volume.projected?.sources ?? []) {
      if (source.serviceAccountToken) return 'a mirror pod may not use ServiceAccountToken volume projections'
    }
  }
  return undefined
}

function referencesSecret(spec: DynamicObject['spec']): boolean {
  const containers: Container[] = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]
  return (
    (spec.imagePullSecrets?.length ?? 0) > 0 ||
    containers.some(
      ({ env, envFrom }) =>
        env?.some(({ valueFrom }) => valueFrom?.secretKeyRef) || envFrom?.some(({ secretRef }) => secretRef),
    ) ||
    (spec.volumes ?? []).some(volumeReferencesSecret)
  )
}

/** Old in-tree volume sources name their Secret under `secretRef`, Azure File and the CSI ones under keys of their own. */
function volumeReferencesSecret(volume: Record<string, Record<string, unknown> | undefined>): boolean {
  if (volume['secret'] || volume['azureFile']) return true
  const sources = volume['projected']?.['sources'] as { secret?: unknown }[] | undefined
  if (sources?.some(({ secret }) => secret)) return true
  return Object.values(volume).some(
    (source) => typeof source === 'object' && (source['secretRef'] || source['nodePublishSecretRef']),
  )
}
