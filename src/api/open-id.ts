/** What verifiers of this cluster's tokens need: the issuer's description and its public key. Mirrors pkg/routes/openidmetadata.go. */
import type { TokenSigner } from '../registry/definition.ts'
import { type Document, type DocumentRequest, requireRoute } from './document.ts'

export const OPEN_ID_PATHS = ['/.well-known/openid-configuration', '/openid/v1/jwks']

/** `address`: host and port to reach this server by. undefined: another path, or no tokens. Throws 405 and 406. */
export function openIdDocument(
  request: DocumentRequest,
  tokens: TokenSigner | undefined,
  address: () => string,
): Document | undefined {
  const path = request.path.replace(/\/$/, '')
  if (!tokens || !OPEN_ID_PATHS.includes(path)) return undefined
  if (path === '/openid/v1/jwks') {
    requireRoute(request, ['application/jwk-set+json'])
    return cached('application/jwk-set+json', { keys: [tokens.publicKey()] })
  }
  requireRoute(request, ['application/json'])
  return cached('application/json', {
    issuer: tokens.issuer,
    jwks_uri: `http://${address()}/openid/v1/jwks`,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [tokens.publicKey()['alg']],
  })
}

const cached = (type: string, body: object): Document => ({
  status: 200,
  headers: { 'content-type': type, 'cache-control': 'public, max-age=3600' },
  body: Buffer.from(JSON.stringify(body)),
})
