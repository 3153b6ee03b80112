/** Certificate requests: kubelets' are approved, approved ones are signed, old ones are deleted. Mirrors kubernetes pkg/controller/certificates. */
import { formatTime } from '../apimachinery/clock.ts'
import type { CertificateSigningRequest } from '../types/certificates-v1.ts'
import { ignoreNotFound } from './claim.ts'
import { type ControllerContext, defineController } from './controller.ts'
import { timeOf } from './pods.ts'

const REQUESTS = 'certificatesigningrequests.certificates.k8s.io'
const KUBELET_CLIENT = 'kubernetes.io/kube-apiserver-client-kubelet'
const KUBELET_SERVING = 'kubernetes.io/kubelet-serving'
const CLIENT = 'kubernetes.io/kube-apiserver-client'
const LEGACY = 'kubernetes.io/legacy-unknown'
const HOUR_MS = 3_600_000
const YEAR_MS = 365 * 24 * HOUR_MS
const SHORTEST_MS = 600_000
const CLIENT_USAGES = [
  ['client auth', 'digital signature'],
  ['client auth', 'digital signature', 'key encipherment'],
]
const SERVING_USAGES = [
  ['digital signature', 'server auth'],
  ['digital signature', 'key encipherment', 'server auth'],
]

type Request = CertificateSigningRequest
type Asked = Awaited<ReturnType<ControllerContext['settings']['readRequest']>>

function has({ status }: Request, type: string): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status !== 'False') === true
}

const pemOf = ({ spec }: Request): string => Buffer.from(String(spec.request), 'base64').toString()

export const csrApproving = defineController({
  name: 'certificatesigningrequest-approving',
  component: 'certificate-controller',
  for: REQUESTS,
  async reconcile({ name }, context) {
    const request = context.lister<Request>(REQUESTS).get('', name)
    if (!request || request.status?.certificate || has(request, 'Approved') || has(request, 'Denied')) return
    if (request.spec.signerName !== KUBELET_CLIENT) return
    const asked = await context.settings.readRequest(pemOf(request))
    if (wrongKubeletClient(asked, request.spec.usages ?? []) !== undefined) return
    // DEVIATION(csr-approval): upstream asks whether the user may have it; here every client is the admin.
    const self = asked.commonName === request.spec.username ? 'self kubelet' : 'kubelet'
    const message = `Auto approving ${self} client certificate after SubjectAccessReview.`
    await addCondition(request, 'Approved', 'AutoApproved', message, 'approval', context)
  },
})

export const csrSigning = defineController({
  name: 'certificatesigningrequest-signing',
  component: 'certificate-controller',
  for: REQUESTS,
  async reconcile({ name }, context) {
    const request = context.lister<Request>(REQUESTS).get('', name)
    if (!request || request.status?.certificate || !has(request, 'Approved')) return
    if (has(request, 'Denied') || has(request, 'Failed')) return
    const { signerName, usages = [], expirationSeconds } = request.spec
    if (![KUBELET_CLIENT, KUBELET_SERVING, CLIENT, LEGACY].includes(signerName)) return
    const wrong = whatIsWrong(signerName, await context.settings.readRequest(pemOf(request)), usages)
    if (wrong !== undefined) {
      await addCondition(request, 'Failed', 'SignerValidationFailure', wrong, 'status', context)
      return
    }
    const wanted = expirationSeconds === undefined ? YEAR_MS : expirationSeconds * 1000
    const durationMs = Math.min(YEAR_MS, Math.max(SHORTEST_MS, wanted))
    const pem = await context.settings.signRequest(pemOf(request), usages, durationMs)
    const status = { ...request.status, certificate: Buffer.from(pem).toString('base64') }
    await context.client.updateStatus(REQUESTS, { ...request, status } as Request)
  },
})

export const csrCleaner = defineController({
  name: 'certificatesigningrequest-cleaner',
  component: 'certificate-controller',
  for: REQUESTS,
  async reconcile({ name }, { client, clock, lister }) {
    const request = lister<Request>(REQUESTS).get('', name)
    if (!request) return undefined
    const leftMs = endOf(request) - clock.now()
    if (leftMs > 0) return { requeueAfterMs: leftMs }
    await ignoreNotFound(client.delete(REQUESTS, '', name))
    return undefined
  },
})

/** When nobody needs the request any more: decided ones go after an hour, what still waits after a day. */
function endOf({ metadata, status }: Request): number {
  const ends = (status?.conditions ?? []).map(({ type, lastUpdateTime }) => {
    const waits = type === 'Approved' && !status?.certificate
    return (timeOf(lastUpdateTime) ?? Number.POSITIVE_INFINITY) + (waits ? 24 : 1) * HOUR_MS
  })
  return ends.length > 0 ? Math.min(...ends) : (timeOf(metadata.creationTimestamp) ?? 0) + 24 * HOUR_MS
}

function whatIsWrong(signer: string, asked: Asked, usages: readonly string[]): string | undefined {
  if (signer === KUBELET_CLIENT) return wrongKubeletClient(asked, usages)
  if (signer === KUBELET_SERVING) return wrongKubeletServing(asked, usages)
  return signer === CLIENT ? wrongClient(usages) : undefined
}

const NOT_A_NODE = 'subject common name does not begin with system:node:'
const NO_NODES_GROUP = 'subject organization is not system:nodes'

const isNodes = ({ organizations }: Asked): boolean => organizations.length === 1 && organizations[0] === 'system:nodes'

function hasUsages(usages: readonly string[], allowed: readonly string[][]): boolean {
  const sorted = [...new Set(usages)].sort().join()
  return allowed.some((each) => each.join() === sorted)
}

function wrongKubeletClient(asked: Asked, usages: readonly string[]): string | undefined {
  if (!isNodes(asked)) return NO_NODES_GROUP
  const kinds: [string, string][] = [
    ['dns', 'DNS'],
    ['email', 'Email'],
    ['ip', 'IP'],
    ['url', 'URI'],
  ]
  for (const [type, name] of kinds) {
    if (asked.nameTypes.includes(type)) return `${name} subjectAltNames are not allowed`
  }
  if (!asked.commonName.startsWith('system:node:')) return NOT_A_NODE
  if (!hasUsages(usages, CLIENT_USAGES)) return `usages did not match [${CLIENT_USAGES[1].join(' ')}]`
  return undefined
}

function wrongKubeletServing(asked: Asked, usages: readonly string[]): string | undefined {
  if (!isNodes(asked)) return NO_NODES_GROUP
  const { nameTypes } = asked
  if (!nameTypes.includes('dns') && !nameTypes.includes('ip')) return 'DNS or IP subjectAltName is required'
  if (nameTypes.includes('email')) return 'Email subjectAltNames are not allowed'
  if (nameTypes.includes('url')) return 'URI subjectAltNames are not allowed'
  if (!hasUsages(usages, SERVING_USAGES)) return `usages did not match [${SERVING_USAGES[1].join(' ')}]`
  return asked.commonName.startsWith('system:node:') ? undefined : NOT_A_NODE
}

function wrongClient(usages: readonly string[]): string | undefined {
  const odd = usages.find((usage) => !CLIENT_USAGES[1].includes(usage))
  if (odd !== undefined) return `invalid usage for client certificate: ${odd}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

async function addCondition(
  request: Request,
  type: string,
  reason: string,
  message: string,
  door: 'approval' | 'status',
  { client, clock }: ControllerContext,
): Promise<void> {
  const now = formatTime(clock.now())
  await client.modify<Request>(
    REQUESTS,
    '',
    request.metadata.name ?? '',
    (old) => {
      if (old.metadata.uid !== request.metadata.uid || has(old, type)) return old
      const condition = { type, status: 'True', reason, message, ...(type === 'Failed' ? { lastUpdateTime: now } : {}) }
      return {
        ...old,
        status: { ...old.status, conditions: [...(old.status?.conditions ?? []), condition] },
      } as Request
    },
    { subresource: door },
  )
}
