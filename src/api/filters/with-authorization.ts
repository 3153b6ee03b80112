/** May they: asked of the authorizer for every request, by what the URL says. Mirrors apiserver/pkg/endpoints/filters/authorization.go. */
import type { RequestHandler } from 'express'
import { newForbidden } from '../../apimachinery/errors.ts'
import { type AccessAttributes, refusal } from '../../registry/authorization/authorizer.ts'
import type { Exchange } from '../exchange.ts'
import { exchangeOf } from './with-exchange.ts'

export function withAuthorization(): RequestHandler {
  return (req, _, next) => {
    requireAccess(exchangeOf(req))
    next()
  }
}

/** Throws 403. `verb`: what the request turns out to do besides: an apply that creates. */
export function requireAccess({ info, user, registry, headers }: Exchange, verb = info.verb): void {
  const { group, version, resource, subresource, namespace, name, path } = info
  const attributes: AccessAttributes = info.isResourceRequest
    ? { user, verb, group, version, resource, subresource, namespace, name }
    : { user, verb, path: decoded(path) }
  const { allowed, reason } = registry.authorizer.authorize(attributes)
  if (allowed) return
  headers.push('X-Content-Type-Options', 'nosniff')
  const why = sanitized(refusal(attributes))
  throw newForbidden({ group, resource }, name, reason === '' ? why : `${why}: ${reason}`)
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path)
  } catch {
    return path
  }
}

/** What browsers could take for HTML. */
function sanitized(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
