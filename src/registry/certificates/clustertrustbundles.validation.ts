/** Validation of cluster trust bundles. Mirrors pkg/apis/certificates/validation. */
import { X509Certificate } from 'node:crypto'
import { type FieldError, invalid, tooLong } from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { decodePem, type PemBlock } from '../../apimachinery/pem.ts'
import { isTrustBundleName, validateSignerName } from '../signer-name.validation.ts'
import { invalids, validateImmutable } from '../validation.ts'

const BUNDLE = 'spec.trustBundle'
const MAX_BUNDLE_BYTES = 1024 * 1024
/** Upstream shows this instead of the bundle. */
const HIDDEN = '<value omitted>'

/** The name is checked here and not by `validateName`, for it depends on the signer. */
export function validateBundle({ metadata, spec = {} }: DynamicObject, old?: DynamicObject): FieldError[] {
  const { signerName = '', trustBundle = '' } = spec
  const { name = '', generateName = '' } = metadata
  const errors: FieldError[] = []
  if (generateName !== '' && old === undefined) {
    errors.push(...invalids('metadata.generateName', generateName, isTrustBundleName(generateName, signerName, true)))
  }
  if (name !== '') errors.push(...invalids('metadata.name', name, isTrustBundleName(name, signerName, false)))
  if (signerName !== '') errors.push(...validateSignerName(signerName, 'spec.signerName'))
  if (trustBundle !== (old?.['spec']?.trustBundle ?? undefined)) errors.push(...validateTrustBundle(trustBundle))
  if (old) errors.push(...validateImmutable(signerName, old['spec']?.signerName ?? '', 'spec.signerName'))
  return errors
}

function validateTrustBundle(text: string): FieldError[] {
  if (byteLength(text) > MAX_BUNDLE_BYTES) return [tooLong(BUNDLE, MAX_BUNDLE_BYTES)]
  const blocks = decodePem(text)
  const errors = blocks.flatMap((block, i) => {
    const why = wrongWith(block)
    return why === undefined ? [] : [invalid(BUNDLE, HIDDEN, `entry ${i} ${why}`)]
  })
  if (errors.length) return errors
  if (blocks.length === 0) return [invalid(BUNDLE, HIDDEN, 'at least one trust anchor must be provided')]
  const places = new Map<string, number[]>()
  blocks.forEach(({ bytes }, i) => {
    const key = bytes.toString('base64')
    places.set(key, [...(places.get(key) ?? []), i])
  })
  return [...places.values()]
    .filter((indices) => indices.length > 1)
    .map((indices) => invalid(BUNDLE, HIDDEN, `duplicate trust anchor (indices [${indices.join(' ')}])`))
}

function wrongWith({ type, hasHeaders, bytes }: PemBlock): string | undefined {
  if (type !== 'CERTIFICATE') return `has bad block type: ${type}`
  if (hasHeaders) return 'has PEM block headers'
  const certificate = parseCertificate(bytes)
  if (!certificate) return 'does not parse as X.509'
  return certificate.ca ? undefined : 'does not have the CA bit set'
}

export function parseCertificate(bytes: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(bytes)
  } catch {
    // What is wrong with it is not told.
    return undefined
  }
}
