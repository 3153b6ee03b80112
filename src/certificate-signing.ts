/** Reads and signs certificate requests. Loaded with the first of them: most clusters never see one. Mirrors kubernetes pkg/controller/certificates/authority. */
import { type KeyObject, webcrypto } from 'node:crypto'
import 'reflect-metadata'
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  cryptoProvider,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  Pkcs10CertificateRequest,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509'

const SUBJECT_NAMES = '2.5.29.17'
const KEY_IDENTIFIER = '2.5.29.14'
const MINUTE_MS = 60_000
/** Below this a certificate is not made shorter by what it is dated back. */
const SHORT_MS = 8 * 60 * MINUTE_MS
const BACKDATE_MS = 5 * MINUTE_MS

const KEY_USAGES: Record<string, KeyUsageFlags> = {
  signing: KeyUsageFlags.digitalSignature,
  'digital signature': KeyUsageFlags.digitalSignature,
  'content commitment': KeyUsageFlags.nonRepudiation,
  'key encipherment': KeyUsageFlags.keyEncipherment,
  'key agreement': KeyUsageFlags.keyAgreement,
  'data encipherment': KeyUsageFlags.dataEncipherment,
  'cert sign': KeyUsageFlags.keyCertSign,
  'crl sign': KeyUsageFlags.cRLSign,
  'encipher only': KeyUsageFlags.encipherOnly,
  'decipher only': KeyUsageFlags.decipherOnly,
}
const EXTENDED_USAGES: Record<string, string> = {
  any: '2.5.29.37.0',
  'server auth': ExtendedKeyUsage.serverAuth,
  'client auth': ExtendedKeyUsage.clientAuth,
  'code signing': ExtendedKeyUsage.codeSigning,
  'email protection': ExtendedKeyUsage.emailProtection,
  's/mime': ExtendedKeyUsage.emailProtection,
  timestamping: ExtendedKeyUsage.timeStamping,
  'ocsp signing': ExtendedKeyUsage.ocspSigning,
}

/** What a request asks for. */
export interface CertificateRequest {
  commonName: string
  organizations: string[]
  /** `dns`, `ip`, `email`, `url`: the kinds of names that it wants besides. */
  nameTypes: string[]
}

/** Throws when the text is no request. */
export function readRequest(pem: string): CertificateRequest {
  const request = new Pkcs10CertificateRequest(pem)
  const names = namesOf(request)?.names.items ?? []
  return {
    commonName: request.subjectName.getField('CN')[0] ?? '',
    organizations: request.subjectName.getField('O'),
    nameTypes: [...new Set(names.map(({ type }) => type))],
  }
}

function namesOf(request: Pkcs10CertificateRequest): SubjectAlternativeNameExtension | undefined {
  const extension = request.getExtension(SUBJECT_NAMES)
  return extension ? new SubjectAlternativeNameExtension(extension.rawData) : undefined
}

/** As the authority names its key itself. */
function keyIdOf(authority: X509Certificate): string {
  return new SubjectKeyIdentifierExtension(authority.getExtension(KEY_IDENTIFIER)!.rawData).keyId
}

export interface Signing {
  usages: readonly string[]
  durationMs: number
  now: number
  serialNumber: string
}

/** The certificate as PEM. Throws on a usage that is not known. */
export async function signRequest(
  pem: string,
  authority: { pem: string; key: KeyObject },
  { usages, durationMs, now, serialNumber }: Signing,
): Promise<string> {
  cryptoProvider.set(webcrypto as never)
  const request = new Pkcs10CertificateRequest(pem)
  const issuer = new X509Certificate(authority.pem)
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }
  const der = authority.key.export({ type: 'pkcs8', format: 'der' })
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign'])
  const unknown = usages.filter((usage) => !(usage in KEY_USAGES) && !(usage in EXTENDED_USAGES))
  if (unknown.length > 0)
    throw new Error(`unrecognized usage values: [${unknown.map((u) => JSON.stringify(u)).join(' ')}]`)
  const flags = usages.reduce((sum, usage) => sum | (KEY_USAGES[usage] ?? 0), 0)
  const extended = usages.map((usage) => EXTENDED_USAGES[usage]).filter((usage) => usage !== undefined)
  const names = namesOf(request)
  const until = now + (durationMs < SHORT_MS ? durationMs : durationMs - BACKDATE_MS)
  const certificate = await X509CertificateGenerator.create({
    serialNumber,
    subject: request.subjectName,
    issuer: issuer.subjectName,
    notBefore: new Date(now - BACKDATE_MS),
    notAfter: new Date(Math.min(until, issuer.notAfter.getTime())),
    signingAlgorithm: algorithm,
    signingKey: signingKey as never,
    publicKey: request.publicKey,
    extensions: [
      ...(flags ? [new KeyUsagesExtension(flags, true)] : []),
      ...(extended.length > 0 ? [new ExtendedKeyUsageExtension(extended)] : []),
      new BasicConstraintsExtension(false, undefined, true),
      new AuthorityKeyIdentifierExtension(keyIdOf(issuer)),
      ...(names ? [names] : []),
    ],
  })
  return `${certificate.toString('pem')}\n`
}
