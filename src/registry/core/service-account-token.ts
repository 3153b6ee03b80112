/** serviceaccounts/token: signed tokens on request. Mirrors pkg/registry/core/serviceaccount/storage/token.go and pkg/serviceaccount/claims.go. */
import { createHash, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { formatTime } from '../../apimachinery/clock.ts'
import { newBadRequest, newConflict, newInvalid, newNotFound, newNotImplemented } from '../../apimachinery/errors.ts'
import { type FieldError, invalid } from '../../apimachinery/field-error.ts'
import { type DynamicObject, formatGroupVersion, type KubeObject, parseGroupVersion } from '../../apimachinery/meta.ts'
import type { TokenRequest } from '../../types/authentication-v1.ts'
import type { Pod, ServiceAccount } from '../../types/core-v1.ts'
import type { TokenSigner, WriteContext } from '../definition.ts'

const GROUP = 'authentication.k8s.io'
const KIND = { group: GROUP, resource: 'TokenRequest' }
const MIN_SECONDS = 600
const MAX_SECONDS = 2 ** 32
/** What kubelets ask for: such a token lives for a year, and only warns after this time. */
const WARN_ONLY_SECONDS = 3607
const EXTENDED_SECONDS = 365 * 24 * 3600

export interface SigningKey {
  privateKey: KeyObject
  publicKey: KeyObject
}

/** A signer with a key pair of its own; `keyId` names the public half in the server's key set. */
export function newTokenSigner(
  { privateKey, publicKey }: SigningKey,
  options: { algorithm: string; keyId: string; issuer: string; audiences: readonly string[] },
): TokenSigner {
  const { algorithm, keyId, issuer, audiences } = options
  return {
    issuer,
    audiences,
    async sign(claims) {
      const { SignJWT } = await import('jose')
      return new SignJWT({ iss: issuer, ...claims }).setProtectedHeader({ alg: algorithm, kid: keyId }).sign(privateKey)
    },
    async verify(token) {
      const { compactVerify } = await import('jose')
      const { payload } = await compactVerify(token, publicKey, { algorithms: [algorithm] })
      return JSON.parse(Buffer.from(payload).toString('utf8')) as Record<string, unknown>
    },
    publicKey() {
      const { kty, crv, x, y } = publicKey.export({ format: 'jwk' })
      return { use: 'sig', kty, kid: keyId, crv, alg: algorithm, x, y }
    },
  }
}

/** A signer whose tokens are for this cluster's own API unless asked otherwise. Its key, on the curve P-256, is made when first needed. */
export function createTokenSigner(issuer: string, given?: KeyObject): TokenSigner {
  let made: TokenSigner | undefined
  const make = (): TokenSigner => {
    const privateKey = given ?? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    const publicKey = createPublicKey(privateKey)
    const der = publicKey.export({ type: 'spki', format: 'der' })
    const keyId = createHash('sha256').update(der).digest('base64url')
    return newTokenSigner({ privateKey, publicKey }, { algorithm: 'ES256', keyId, issuer, audiences: [issuer] })
  }
  const signer = (): TokenSigner => {
    made ??= make()
    return made
  }
  return {
    issuer,
    audiences: [issuer],
    sign: (claims) => signer().sign(claims),
    verify: (token) => signer().verify(token),
    publicKey: () => signer().publicKey(),
  }
}

/** Answers the request with `status.token` filled in. Nothing is stored. */
export async function requestToken(
  name: string,
  namespace: string,
  body: DynamicObject,
  context: WriteContext,
): Promise<KubeObject> {
  const { tokens, reader } = context
  if (!tokens) throw newNotImplemented('service account tokens without a signing key')
  const request = body as unknown as TokenRequest
  checkIdentity(request, name, namespace)
  const account = reader.get<ServiceAccount>('serviceaccounts', namespace, name)
  if (!account) throw newNotFound({ group: '', resource: 'serviceaccounts' }, name)
  const uid = account.metadata.uid ?? ''
  if (request.metadata.uid && request.metadata.uid !== uid) {
    const what = `the UID in the token request (${request.metadata.uid}) does not match the UID of the service account`
    throw newConflict(KIND, name, `${what} (${uid})`)
  }
  const given = request.spec?.audiences ?? []
  const audiences = given.length > 0 ? given : [...tokens.audiences]
  const seconds = request.spec?.expirationSeconds ?? 3600
  const errors = validateExpiration(seconds)
  if (errors.length > 0) throw newInvalid(KIND, '', errors)
  const bound = findBound(request, name, namespace, context)
  const now = context.clock.now()
  const own = audiences.every((audience) => tokens.audiences.includes(audience))
  const extended = bound.pod !== undefined && seconds === WARN_ONLY_SECONDS && own
  const token = await tokens.sign({
    aud: audiences,
    exp: Math.floor(now / 1000) + (extended ? EXTENDED_SECONDS : seconds),
    iat: Math.floor(now / 1000),
    jti: context.random.uuid(),
    'kubernetes.io': {
      namespace,
      ...bound,
      serviceaccount: { name, uid },
      ...(extended ? { warnafter: Math.floor(now / 1000) + seconds } : {}),
    },
    nbf: Math.floor(now / 1000),
    sub: `system:serviceaccount:${namespace}:${name}`,
  })
  const answer = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { ...request.metadata, name, namespace, uid, creationTimestamp: formatTime(now) },
    spec: { ...request.spec, audiences, expirationSeconds: seconds },
    status: { token, expirationTimestamp: formatTime(now + seconds * 1000) },
  }
  return answer as KubeObject
}

function checkIdentity({ metadata }: TokenRequest, name: string, namespace: string): void {
  if (metadata.name && metadata.name !== name) {
    const detail = 'must match the service account name if specified'
    throw newInvalid(KIND, name, [invalid('metadata.name', metadata.name, detail)])
  }
  if (metadata.namespace && metadata.namespace !== namespace) {
    const detail = 'must match the service account namespace if specified'
    throw newInvalid(KIND, name, [invalid('metadata.namespace', metadata.namespace, detail)])
  }
}

function validateExpiration(seconds: number): FieldError[] {
  const path = 'spec.expirationSeconds'
  if (seconds < MIN_SECONDS) return [invalid(path, seconds, 'may not specify a duration less than 10 minutes')]
  if (seconds > MAX_SECONDS) return [invalid(path, seconds, 'may not specify a duration larger than 2^32 seconds')]
  return []
}

interface Bound {
  pod?: { name: string; uid: string }
  node?: { name: string; uid?: string }
  secret?: { name: string; uid: string }
}

/** The object whose end will be the token's end. Throws when it is not there, or of a kind that no token can be bound to. */
function findBound(request: TokenRequest, account: string, namespace: string, { reader }: WriteContext): Bound {
  const ref = request.spec?.boundObjectRef
  if (!ref) return {}
  const { kind = '', apiVersion = '', name = '' } = ref
  const { group, version } = parseGroupVersion(apiVersion)
  const resource = group === '' ? { Pod: 'pods', Node: 'nodes', Secret: 'secrets' }[kind] : undefined
  if (!resource) {
    const shown = `${formatGroupVersion({ group, version })}, Kind=${kind}`
    throw newBadRequest(`cannot bind token to object of type ${shown}`)
  }
  const found = reader.get(resource, kind === 'Node' ? '' : namespace, name)
  if (!found) throw newNotFound({ group: '', resource }, name)
  const uid = found.metadata.uid ?? ''
  const pod = kind === 'Pod' ? (found as unknown as Pod) : undefined
  if (pod && pod.spec?.serviceAccountName !== account) {
    const lead = `cannot bind token for serviceaccount ${JSON.stringify(account)}`
    throw newBadRequest(`${lead} to pod running with different serviceaccount name.`)
  }
  if (ref.uid && ref.uid !== uid) {
    const what = `the UID in the bound object reference (${ref.uid}) does not match the UID in record`
    throw newConflict({ group, resource: kind }, name, `${what}. The object might have been deleted and then recreated`)
  }
  const bound: Bound = { [kind.toLowerCase()]: { name, uid } }
  const nodeName = pod?.spec?.nodeName
  if (nodeName) {
    const node = reader.get('nodes', '', nodeName)
    bound.node = { name: nodeName, ...(node?.metadata.uid ? { uid: node.metadata.uid } : {}) }
  }
  return bound
}
