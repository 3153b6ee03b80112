/** Who asks: the owner of a client certificate or of a token of this cluster, or whom an impersonator names. Mirrors apiserver/pkg/endpoints/filters/{authentication.go,impersonation}. */
import type { IncomingHttpHeaders } from 'node:http'
import type { RequestHandler } from 'express'
import { newBadRequest, newForbidden, newUnauthorized } from '../../apimachinery/errors.ts'
import { quote } from '../../apimachinery/go-text.ts'
import { authenticateToken, TokenError } from '../../registry/authentication/token-authenticator.ts'
import type { AccessAttributes } from '../../registry/authorization/authorizer.ts'
import { impersonated, serviceAccountOf, type UserInfo } from '../../registry/user.ts'
import { certificateUser } from '../client-certificate.ts'
import type { Exchange } from '../exchange.ts'
import { exchangeOf } from './with-exchange.ts'

const BEARER = 'Bearer '
const TOKEN_PROTOCOL = 'base64url.bearer.authorization.k8s.io.'
const PREFIX = 'impersonate-'
const EXTRA = 'impersonate-extra-'

export function withIdentity(): RequestHandler {
  return (req, _, next) => {
    const waiting = identify(exchangeOf(req))
    if (waiting) waiting.then(() => next(), next)
    else next()
  }
}

/** Sets the exchange's user. Requests that say nothing of one stay the admin's and are not kept waiting. Throws or rejects with 400, 401 and 403. */
export function identify(exchange: Exchange): Promise<void> | undefined {
  const { headers, socket } = exchange.req
  const shown = certificateUser(socket)
  const token = typeof shown === 'string' ? tokenOf(headers) : ''
  if (typeof shown === 'object') exchange.user = shown
  else if (token === '' && shown === 'refused') throw newUnauthorized('Unauthorized')
  if (token !== '') return authenticate(exchange, token).then(() => impersonate(exchange, headers))
  impersonate(exchange, headers)
  return undefined
}

/**
 * The token of a service account, or ''. DEVIATION(no-authentication): only tokens that this cluster issued are looked at; all others are
 * the admin's.
 */
function tokenOf(headers: IncomingHttpHeaders): string {
  const { authorization } = headers
  const token = authorization?.startsWith(BEARER) ? authorization.slice(BEARER.length).trim() : protocolToken(headers)
  return token.includes('.') ? token : ''
}

/**
 * Browsers set no headers of a WebSocket but its protocols. The one with the token is taken out: it is nobody else's business.
 * Mirrors apiserver/pkg/authentication/request/websocket/protocol.go.
 */
function protocolToken(headers: IncomingHttpHeaders): string {
  const { upgrade, 'sec-websocket-protocol': protocols } = headers
  if (protocols === undefined || upgrade?.toLowerCase() !== 'websocket') return ''
  const names = protocols.split(',').map((name) => name.trim())
  const token = names.find((name) => name.startsWith(TOKEN_PROTOCOL))
  if (token === undefined) return ''
  headers['sec-websocket-protocol'] = names.filter((name) => name !== token).join(', ')
  return Buffer.from(token.slice(TOKEN_PROTOCOL.length), 'base64url').toString()
}

async function authenticate(exchange: Exchange, token: string): Promise<void> {
  try {
    const owner = await authenticateToken(token, exchange.registry)
    if (owner) exchange.user = owner.user
  } catch (error) {
    if (error instanceof TokenError) throw newUnauthorized('Unauthorized')
    throw error
  }
}

/** Names and values alike: a value that looks like a name costs another look. */
function isOfImpersonation(header: string): boolean {
  return header.length > PREFIX.length && /^impersonate-/i.test(header)
}

/** One question to the authorizer for each thing that is taken on. Throws 400 and 403. */
function impersonate(exchange: Exchange, headers: IncomingHttpHeaders): void {
  if (!exchange.req.rawHeaders.some(isOfImpersonation)) return
  const asked = Object.keys(headers).filter((name) => name.startsWith(PREFIX))
  const valuesOf = (name: string): string[] => exchange.req.headersDistinct[name] ?? []
  const [username = ''] = valuesOf('impersonate-user')
  const [uid = ''] = valuesOf('impersonate-uid')
  const groups = valuesOf('impersonate-group')
  const extra = Object.fromEntries(
    asked.filter((name) => name.startsWith(EXTRA)).map((name) => [keyOf(name.slice(EXTRA.length)), valuesOf(name)]),
  )
  if (username === '') {
    if (groups.length === 0 && uid === '' && Object.keys(extra).length === 0) return
    exchange.headers.push('X-Content-Type-Options', 'nosniff')
    throw newBadRequest(`requested ${printed(groups, extra, uid)} without impersonating a user name`)
  }
  const account = serviceAccountOf(username)
  require(exchange, account ? { resource: 'serviceaccounts', ...account } : { resource: 'users', name: username })
  for (const group of groups) require(exchange, { resource: 'groups', name: group })
  const group = 'authentication.k8s.io'
  for (const [key, values] of Object.entries(extra)) {
    for (const value of values) require(exchange, { group, resource: 'userextras', subresource: key, name: value })
  }
  if (uid) require(exchange, { group, resource: 'uids', name: uid })
  exchange.user = impersonated(username, groups, uid, extra)
}

function require({ registry, user, headers }: Exchange, what: Omit<AccessAttributes, 'user' | 'verb'>): void {
  const { group = '', resource = '', subresource, name = '' } = what
  if (registry.authorizer.authorize({ user, verb: 'impersonate', version: 'v1', ...what }).allowed) return
  const path = subresource ? `${resource}/${subresource}` : resource
  const why = `User "${user.username}" cannot impersonate resource "${path}" in API group "${group}" at the cluster scope`
  headers.push('X-Content-Type-Options', 'nosniff')
  throw newForbidden({ group, resource }, name, why)
}

function keyOf(encoded: string): string {
  try {
    return decodeURIComponent(encoded)
  } catch {
    return encoded
  }
}

/** Go's print of the user that the headers would make. */
function printed(groups: readonly string[], extra: NonNullable<UserInfo['extra']>, uid: string): string {
  const strings = (texts: readonly string[]): string => `[]string{${texts.map(quote).join(', ')}}`
  const fields = Object.entries(extra).map(([key, values]) => `${quote(key)}:${strings(values)}`)
  const map = fields.length > 0 ? `{${fields.sort().join(', ')}}` : '(nil)'
  const list = groups.length > 0 ? strings(groups) : '[]string(nil)'
  return `&user.DefaultInfo{Name:"", UID:${quote(uid)}, Groups:${list}, Extra:map[string][]string${map}}`
}
