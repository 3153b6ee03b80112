/** The cluster's own certificate authority: what kube-root-ca.crt holds and certificates are signed with. Loaded and made when first asked for. */
import { webcrypto } from 'node:crypto'
import type { Clock } from './apimachinery/clock.ts'

const TEN_YEARS_MS = 10 * 365 * 24 * 3600 * 1000

export interface CertificateAuthority {
  /** Its certificate. */
  pem: string
}

/** A self-signed ECDSA authority called `kubernetes`, as kubeadm makes one. */
export async function createCertificateAuthority(clock: Clock): Promise<CertificateAuthority> {
  await import('reflect-metadata')
  const x509 = await import('@peculiar/x509')
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const now = clock.now()
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      name: 'CN=kubernetes',
      keys: keys as never,
      signingAlgorithm: algorithm,
      notBefore: new Date(now - 5 * 60 * 1000),
      notAfter: new Date(now + TEN_YEARS_MS),
      extensions: [
        new x509.BasicConstraintsExtension(true, undefined, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyEncipherment,
          true,
        ),
        new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'kubernetes' }]),
      ],
    },
    webcrypto as never,
  )
  return { pem: `${certificate.toString('pem')}\n` }
}
