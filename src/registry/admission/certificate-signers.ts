/** Who may act for a signer. Mirrors pkg/certauthorization. */
import type { WriteContext } from '../definition.ts'

/** By the signer's whole name, or by all names of its domain: `example.com/*`. */
export function mayActForSigner(
  { authorizer, user }: WriteContext,
  verb: 'approve' | 'sign' | 'attest',
  signer: string,
): boolean {
  const [domain = ''] = signer.split('/')
  return [signer, `${domain}/*`].some(
    (name) =>
      authorizer.authorize({ user, verb, group: 'certificates.k8s.io', version: '*', resource: 'signers', name })
        .allowed,
  )
}
