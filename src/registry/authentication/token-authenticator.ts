/** Whose token is this: those that this cluster issued to its service accounts. Mirrors pkg/serviceaccount/{jwt,claims}.go. */
import type { Clock } from '../../apimachinery/clock.ts'
import { isStatusError, newNotFound } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import type { Reader, TokenSigner } from '../definition.ts'
import { serviceAccountGroups, type UserInfo } from '../user.ts'

/** What an authenticator needs of a write context or a registry. */
export interface TokenWorld {
  readonly reader: Reader
  readonly clock: Clock
  readonly tokens?: TokenSigner
}

export interface TokenOwner {
  user: UserInfo
  /** Those of the asked ones that the token is for. */
  audiences: string[]
}

/** A token of this cluster that is not, or no longer, good; the message is for whoever reviews it. */
export class TokenError extends Error {}

/** Of tokens that are kept in Secrets. Mirrors pkg/serviceaccount/legacy.go. */
const LEGACY_ISSUER = 'kubernetes/serviceaccount'
const LEGACY_CLAIMS = 'kubernetes.io/serviceaccount/'

interface Reference {
  name: string
  uid?: string
}

interface Claims {
  iss?: string
  aud?: string | string[]
  exp?: number
  nbf?: number
  iat?: number
  jti?: string
  'kubernetes.io'?: {
    namespace: string
    serviceaccount: Reference
    pod?: Reference
    node?: Reference
    secret?: Reference
  }
}

/** Clocks may differ by so much. */
const LEEWAY_SECONDS = 60

/** undefined: no token of this cluster's making. Rejects with a TokenError. `audiences`: default the API server's own. */
export async function authenticateToken(
  token: string,
  { reader, clock, tokens }: TokenWorld,
  audiences: readonly string[] = tokens?.audiences ?? [],
): Promise<TokenOwner | undefined> {
  const issuer = issuerOf(token)
  if (!tokens || (issuer !== tokens.issuer && issuer !== LEGACY_ISSUER)) return undefined
  const claims = (await tokens.verify(token).catch(() => {
    throw new TokenError('go-jose/go-jose: error in cryptographic primitive')
  })) as Claims
  const isLegacy = issuer === LEGACY_ISSUER
  const own = isLegacy ? [...tokens.audiences] : [claims.aud ?? []].flat()
  const common = own.filter((audience) => audiences.includes(audience))
  if (common.length === 0) {
    const what = `token audiences ${list(own)} is invalid for the target audiences ${list(audiences)}`
    throw new TokenError(what)
  }
  checkTimes(claims, clock.now() / 1000)
  return { user: isLegacy ? legacyOwnerOf(claims, token, reader) : ownerOf(claims, reader), audiences: common }
}

const list = (texts: readonly string[]): string => `[${texts.map(quote).join(' ')}]`

/** Read before anything is verified: tokens of others are not ours to judge. */
function issuerOf(token: string): string | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  try {
    return (JSON.parse(Buffer.from(parts[1] as string, 'base64url').toString('utf8')) as Claims | null)?.iss
  } catch {
    return undefined
  }
}

function checkTimes({ exp, nbf, iat }: Claims, now: number): void {
  if (nbf !== undefined && nbf > now + LEEWAY_SECONDS) throw new TokenError('service account token is not valid yet')
  if (exp !== undefined && exp <= now - LEEWAY_SECONDS) throw new TokenError('service account token has expired')
  if (iat !== undefined && iat > now + LEEWAY_SECONDS) {
    throw new TokenError('service account token is issued in the future')
  }
}

/** The account and what the token is bound to must still be there. */
function ownerOf({ jti, 'kubernetes.io': bound }: Claims, reader: Reader): UserInfo {
  if (!bound?.serviceaccount) throw new TokenError('service account token claims could not be validated')
  const { namespace, serviceaccount, pod, node, secret } = bound
  const account = find(reader, 'serviceaccounts', namespace, serviceaccount.name)
  if (account === undefined) {
    throw new TokenError(newNotFound({ group: '', resource: 'serviceaccounts' }, serviceaccount.name).message)
  }
  const { uid = '' } = account.metadata
  if (uid !== serviceaccount.uid) {
    throw new TokenError(`service account UID (${uid}) does not match claim (${serviceaccount.uid})`)
  }
  if (secret) requireSame(reader, 'secrets', namespace, secret, 'secret UID', 'service account secret')
  if (pod) requireSame(reader, 'pods', namespace, pod, 'pod UID', 'service account pod')
  else if (node) requireSame(reader, 'nodes', '', node, 'node UID', 'service account node')
  const extra: Record<string, string[]> = jti ? { 'authentication.kubernetes.io/credential-id': [`JTI=${jti}`] } : {}
  for (const [kind, reference] of Object.entries({ pod, node })) {
    if (!reference) continue
    extra[`authentication.kubernetes.io/${kind}-name`] = [reference.name]
    if (reference.uid) extra[`authentication.kubernetes.io/${kind}-uid`] = [reference.uid]
  }
  return {
    username: `system:serviceaccount:${namespace}:${serviceaccount.name}`,
    uid,
    groups: [...serviceAccountGroups(namespace), 'system:authenticated'],
    extra,
  }
}

/** The Secret must still hold the token, and the account be the one it was made for. */
function legacyOwnerOf(claims: Claims, token: string, reader: Reader): UserInfo {
  const claim = (name: string): string => String((claims as Record<string, unknown>)[LEGACY_CLAIMS + name] ?? '')
  const [namespace, name, secretName] = [claim('namespace'), claim('service-account.name'), claim('secret.name')]
  const secret = find(reader, 'secrets', namespace, secretName)
  if (!secret || secret.metadata.deletionTimestamp) throw new TokenError('Token has been invalidated')
  if ((secret as DynamicObject)['data']?.token !== Buffer.from(token).toString('base64')) {
    throw new TokenError("Token does not match server's copy")
  }
  const account = find(reader, 'serviceaccounts', namespace, name)
  if (!account) throw new TokenError(newNotFound({ group: '', resource: 'serviceaccounts' }, name).message)
  const { uid = '' } = account.metadata
  if (uid !== claim('service-account.uid')) {
    throw new TokenError(`ServiceAccount UID (${uid}) does not match claim (${claim('service-account.uid')})`)
  }
  const groups = [...serviceAccountGroups(namespace), 'system:authenticated']
  return { username: `system:serviceaccount:${namespace}:${name}`, uid, groups, extra: {} }
}

function requireSame(
  reader: Reader,
  resource: string,
  namespace: string,
  claim: Reference,
  what: string,
  of: string,
): void {
  const found = find(reader, resource, namespace, claim.name)
  if (!found) throw new TokenError('service account token has been invalidated')
  const { uid } = found.metadata
  if (uid !== claim.uid) throw new TokenError(`${what} (${uid}) does not match ${of} ref claim (${claim.uid})`)
}

function find(reader: Reader, resource: string, namespace: string, name: string): ReturnType<Reader['get']> {
  try {
    return reader.get(resource, namespace, name)
  } catch (error) {
    if (isStatusError(error, 'NotFound')) return undefined
    throw error
  }
}
