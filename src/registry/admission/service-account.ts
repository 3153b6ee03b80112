/** ServiceAccount: every pod runs as one, with a token volume where it wants one. Mirrors plugin/pkg/admission/serviceaccount. */
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { WriteContext } from '../definition.ts'
import { type AdmissionPlugin, type AdmissionRequest, requestsFor } from './plugin.ts'
import { refuse } from './refuse.ts'
import { forbiddenSecretReference, mirrorPodViolation } from './service-account.secrets.ts'

const TOKEN_MOUNT_PATH = '/var/run/secrets/kubernetes.io/serviceaccount'
const TOKEN_VOLUME_PREFIX = 'kube-api-access-'
const MIRROR_POD_ANNOTATION = 'kubernetes.io/config.mirror'
const ENFORCE_MOUNTABLE_SECRETS = 'kubernetes.io/enforce-mountable-secrets'
/** One for all pods: nothing changes volumes in place. */
const TOKEN_PROJECTION = {
  sources: [
    { serviceAccountToken: { expirationSeconds: 3607, path: 'token' } },
    { configMap: { name: 'kube-root-ca.crt', items: [{ key: 'ca.crt', path: 'ca.crt' }] } },
    {
      downwardAPI: {
        items: [{ path: 'namespace', fieldRef: { apiVersion: 'v1', fieldPath: 'metadata.namespace' } }],
      },
    },
  ],
  defaultMode: 420,
}
/** Upstream's ParseBool. */
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True'])

const ofNewPods = requestsFor(['pods'], ['CREATE'])
const ofGrownPods = requestsFor(['pods'], ['UPDATE'], ['ephemeralcontainers'])

export const serviceAccount: AdmissionPlugin = {
  name: 'ServiceAccount',
  concerns: (kind) => ofNewPods(kind) || ofGrownPods(kind),
  admit(request, context) {
    const { object: pod, subresource } = request
    if (pod === undefined || subresource !== '') return
    if (!isMirrorPod(pod)) addServiceAccount(request, pod, context)
    validate(request, context)
  },
  validate,
}

const isMirrorPod = (pod: DynamicObject): boolean => pod.metadata.annotations?.[MIRROR_POD_ANNOTATION] !== undefined

function addServiceAccount(request: AdmissionRequest, pod: DynamicObject, context: WriteContext): void {
  const { spec } = pod
  if (!spec.serviceAccountName) {
    spec.serviceAccountName = 'default'
    spec.serviceAccount = 'default'
  }
  const account = lookUp(request, spec.serviceAccountName, context)
  if (spec.automountServiceAccountToken ?? account['automountServiceAccountToken'] ?? true) {
    mountToken(spec, context)
  }
  if (!spec.imagePullSecrets?.length && account['imagePullSecrets']?.length) {
    spec.imagePullSecrets = account['imagePullSecrets'].map(({ name }: { name?: string }) => ({ name }))
  }
}

function lookUp(request: AdmissionRequest, name: string, context: WriteContext): DynamicObject {
  const account = context.reader.get('serviceaccounts', request.namespace, name)
  if (account !== undefined) return account
  // Upstream builds this NotFound by hand, with the singular.
  throw refuse(
    request,
    `error looking up service account ${request.namespace}/${name}: serviceaccount ${JSON.stringify(name)} not found`,
  )
}

interface Container {
  volumeMounts?: { name: string; mountPath: string; readOnly?: boolean }[]
}

/** Adds the mount to each container that has nothing at the path, and the volume if one did. A volume with the prefix is taken as the token's. */
function mountToken(spec: DynamicObject['spec'], context: WriteContext): void {
  const existing = spec.volumes?.find((volume: { name: string }) => volume.name.startsWith(TOKEN_VOLUME_PREFIX))
  const name: string = existing?.name ?? TOKEN_VOLUME_PREFIX + context.random.suffix(5)
  const bare = [...(spec.initContainers ?? []), ...(spec.containers ?? [])].filter(
    (container: Container) => !container.volumeMounts?.some((mount) => mount.mountPath === TOKEN_MOUNT_PATH),
  )
  for (const container of bare) {
    container.volumeMounts = [...(container.volumeMounts ?? []), { name, readOnly: true, mountPath: TOKEN_MOUNT_PATH }]
  }
  if (existing === undefined && bare.length > 0) {
    spec.volumes = [...(spec.volumes ?? []), { name, projected: TOKEN_PROJECTION }]
  }
}

function validate(request: AdmissionRequest, context: WriteContext): void {
  const { object: pod, subresource } = request
  if (pod === undefined) return
  const ephemeral = subresource === 'ephemeralcontainers'
  if (!ephemeral && isMirrorPod(pod)) {
    const violation = mirrorPodViolation(pod)
    if (violation !== undefined) throw refuse(request, violation)
    return
  }
  const name = pod['spec'].serviceAccountName
  if (!name) {
    throw refuse(request, `no service account specified for pod ${request.namespace}/${pod.metadata.name ?? ''}`)
  }
  const account = lookUp(request, name, context)
  if (!TRUE.has(account.metadata.annotations?.[ENFORCE_MOUNTABLE_SECRETS] ?? '')) return
  const violation = forbiddenSecretReference(account, pod, ephemeral)
  if (violation !== undefined) throw refuse(request, violation)
}
