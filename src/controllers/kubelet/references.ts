/** What a container's environment and a pod's volumes are made of, and what of it is not there. Mirrors pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables), pkg/volume/{configmap,secret,projected} and volumemanager/populator. */
import type {
  ConfigMap,
  Container,
  KeyToPath,
  PersistentVolume,
  PersistentVolumeClaim,
  Secret,
  Volume,
} from '../../types/core-v1.ts'
import type { PodStep } from './pod-step.ts'

/** Why the environment of a container cannot be made; undefined: it can. */
export function environmentProblem(step: PodStep, { envFrom, env }: Container): string | undefined {
  if (!envFrom && !env) return undefined
  for (const { configMapRef, secretRef } of envFrom ?? []) {
    const problem =
      (configMapRef && absence(step, 'configmap', configMapRef.name, configMapRef.optional)) ??
      (secretRef && absence(step, 'secret', secretRef.name, secretRef.optional))
    if (problem) return problem
  }
  for (const { value, valueFrom } of env ?? []) {
    if (value || !valueFrom) continue
    const { configMapKeyRef, secretKeyRef } = valueFrom
    const problem =
      (configMapKeyRef && keyProblem(step, 'configmap', configMapKeyRef)) ??
      (secretKeyRef && keyProblem(step, 'secret', secretKeyRef))
    if (problem) return problem
  }
  return undefined
}

type Source = 'configmap' | 'secret'

interface KeyReference {
  name?: string
  key: string
  optional?: boolean
}

/** Optional ones may be missing. */
function absence(step: PodStep, source: Source, name = '', optional = false): string | undefined {
  return contentOf(step, source, name) || optional ? undefined : `${source} "${name}" not found`
}

function keyProblem(step: PodStep, source: Source, { name = '', key, optional }: KeyReference): string | undefined {
  const content = contentOf(step, source, name)
  if (!content) return optional ? undefined : `${source} "${name}" not found`
  // Values of binaryData are no text: an environment cannot hold them.
  if (optional || content.data?.[key] !== undefined) return undefined
  step.miss(`${source}s`, name)
  const kind = source === 'configmap' ? 'ConfigMap' : 'Secret'
  return `couldn't find key ${key} in ${kind} ${step.pod.metadata.namespace}/${name}`
}

const contentOf = (step: PodStep, source: Source, name: string): ConfigMap | Secret | undefined =>
  step.find<ConfigMap | Secret>(`${source}s`, name)

/** Why volumes of the pod cannot be mounted, in the words of FailedMount Events. */
export function mountProblems(step: PodStep): string[] {
  const problems: string[] = []
  const claims: { name: string; why: string }[] = []
  for (const volume of step.pod.spec?.volumes ?? []) {
    const why = contentProblem(step, volume)
    if (why) problems.push(`MountVolume.SetUp failed for volume "${volume.name}" : ${why}`)
    const claim = claimProblem(step, volume)
    if (claim) claims.push({ name: volume.name, why: claim })
  }
  if (claims.length > 0) {
    const names = `[${claims.map(({ name }) => name).join(' ')}]`
    const whys = claims.map(({ why }) => why)
    const why = whys.length === 1 ? whys[0] : `[${whys.join(', ')}]`
    const volumes = `unmounted volumes=${names}, unattached volumes=[], failed to process volumes=${names}`
    problems.push(`Unable to attach or mount volumes: ${volumes}: ${why}`)
  }
  return problems
}

function contentProblem(step: PodStep, { configMap, secret, projected }: Volume): string | undefined {
  if (configMap) return itemsProblem(step, 'configmap', { ...configMap, name: configMap.name ?? '' })
  if (secret) return itemsProblem(step, 'secret', { ...secret, name: secret.secretName ?? '' })
  if (!projected) return undefined
  const problems = (projected.sources ?? []).flatMap(({ configMap: map, secret: hidden }) => {
    const problem =
      (map && itemsProblem(step, 'configmap', { ...map, name: map.name ?? '' })) ??
      (hidden && itemsProblem(step, 'secret', { ...hidden, name: hidden.name ?? '' }))
    return problem ? [problem] : []
  })
  return problems.length > 1 ? `[${problems.join(', ')}]` : problems[0]
}

interface ItemsReference {
  name: string
  items?: KeyToPath[]
  optional?: boolean
}

function itemsProblem(step: PodStep, source: Source, { name, items, optional }: ItemsReference): string | undefined {
  const content = contentOf(step, source, name)
  if (optional) return undefined
  if (!content) return `${source} "${name}" not found`
  const missing = items?.find(({ key }) => !hasKey(content, key))
  if (!missing) return undefined
  step.miss(`${source}s`, name)
  return source === 'configmap'
    ? `configmap references non-existent config key: ${missing.key}`
    : `references non-existent secret key: ${missing.key}`
}

const hasKey = (content: ConfigMap | Secret, key: string): boolean =>
  content.data?.[key] !== undefined || (content as ConfigMap).binaryData?.[key] !== undefined

const CLAIM_PROTECTION = 'kubernetes.io/pvc-protection'

function claimProblem(step: PodStep, { name, persistentVolumeClaim, ephemeral }: Volume): string | undefined {
  if (!persistentVolumeClaim && !ephemeral) return undefined
  const claimName = persistentVolumeClaim?.claimName ?? `${step.pod.metadata.name}-${name}`
  const why = unbound(step, claimName)
  return why && `error processing PVC ${step.pod.metadata.namespace}/${claimName}: ${why}`
}

function unbound(step: PodStep, name: string): string | undefined {
  const claim = step.find<PersistentVolumeClaim>('persistentvolumeclaims', name)
  if (!claim) return `failed to fetch PVC from API server: persistentvolumeclaims "${name}" not found`
  const { deletionTimestamp, finalizers } = claim.metadata
  if (deletionTimestamp && !finalizers?.includes(CLAIM_PROTECTION)) return 'PVC is being deleted'
  const volumeName = claim.spec?.volumeName
  if (claim.status?.phase === 'Bound' && volumeName) return volumeProblem(step, claim, volumeName)
  step.miss('persistentvolumeclaims', name)
  return claim.status?.phase === 'Bound' ? 'PVC has empty pvc.Spec.VolumeName' : 'PVC is not bound'
}

function volumeProblem(step: PodStep, claim: PersistentVolumeClaim, name: string): string | undefined {
  const volume = step.findClusterScoped<PersistentVolume>('persistentvolumes', name)
  if (!volume) return `failed to fetch PV ${name} from API server: persistentvolumes "${name}" not found`
  const { claimRef } = volume.spec ?? {}
  if (claimRef?.uid === claim.metadata.uid) return undefined
  step.miss('persistentvolumeclaims', claim.metadata.name ?? '')
  return claimRef
    ? `found PV object ${name} but its pv.Spec.ClaimRef.UID ${claimRef.uid} does not point to claim.UID ${claim.metadata.uid}`
    : `found PV object ${name} but it has a nil pv.Spec.ClaimRef indicating it is not yet bound to the claim`
}
