/** Validation of certificate signing requests. Mirrors pkg/apis/certificates/validation. */
import {
  child,
  duplicate,
  type FieldError,
  forbidden,
  index,
  invalid,
  notSupported,
  required,
} from '../../apimachinery/field-error.ts'
import type { DynamicObject } from '../../apimachinery/meta.ts'
import { decodePem } from '../../apimachinery/pem.ts'
import { validateSignerName } from '../signer-name.validation.ts'
import { parseCertificate } from './clustertrustbundles.validation.ts'

type Fields = DynamicObject['spec']

const MIN_SECONDS = 600
const CONDITIONS = 'status.conditions'
const DECISIONS = ['Approved', 'Denied', 'Failed']
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

export function validateRequest({ spec }: DynamicObject): FieldError[] {
  const errors: FieldError[] = []
  if (!isCertificateRequest(spec.request)) {
    const why = 'PEM block type must be CERTIFICATE REQUEST'
    errors.push(invalid('spec.request', spec.request ?? null, why))
  }
  const usages: string[] = spec.usages ?? []
  if (usages.length === 0) errors.push(required('spec.usages'))
  usages.forEach((usage, i) => {
    if (!USAGES.includes(usage)) errors.push(notSupported(index('spec.usages', i), usage, USAGES))
  })
  usages.forEach((usage, i) => {
    if (usages.indexOf(usage) !== i) errors.push(duplicate(index('spec.usages', i), usage))
  })
  errors.push(...validateSigner(spec.signerName ?? '', 'spec.signerName'))
  if (spec.expirationSeconds < MIN_SECONDS) {
    const why = 'may not specify a duration less than 600 seconds (10 minutes)'
    errors.push(invalid('spec.expirationSeconds', spec.expirationSeconds, why))
  }
  return errors
}

function isCertificateRequest(request: string | undefined): boolean {
  return /-----BEGIN CERTIFICATE REQUEST-----\s+[\w+/=\s]+-----END CERTIFICATE REQUEST-----/.test(
    Buffer.from(request ?? '', 'base64').toString(),
  )
}

const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown'

function validateSigner(name: string, path: string): FieldError[] {
  if (name !== LEGACY_SIGNER) return validateSignerName(name, path)
  return [invalid(path, name, 'the legacy signerName is not allowed via this API version')]
}

/** What a door may change besides conditions of other types. */
export interface Doors {
  approval?: boolean
  certificate?: boolean
}

/** What was decided stays decided; through the status door nothing is decided. */
export function validateStatus(csr: DynamicObject, old: DynamicObject, doors: Doors): FieldError[] {
  const conditions = conditionsOf(csr)
  const before = conditionsOf(old)
  return [
    ...validateConditions(conditions, before),
    ...validateCertificate(csr['status']?.certificate ?? '', old['status']?.certificate ?? ''),
    ...validateDecisions(conditions, before, doors),
    ...validateNewCertificate(csr['status']?.certificate ?? '', old['status']?.certificate ?? '', doors),
  ]
}

const conditionsOf = (csr: DynamicObject): Fields[] => csr['status']?.conditions ?? []
const ofType = (conditions: Fields[], type: string): Fields[] => conditions.filter((one) => one.type === type)

/** What is wrong with the stored ones already is let be. */
function validateConditions(conditions: Fields[], before: Fields[]): FieldError[] {
  const errors: FieldError[] = []
  const types = before.map(({ type }) => type)
  const both = types.includes('Approved') && types.includes('Denied')
  const repeats = new Set(types).size < types.length
  const seen = new Set<string>()
  conditions.forEach(({ type = '', status = '' }, i) => {
    const path = index(CONDITIONS, i)
    if (type === '' && !types.some((one) => !one)) errors.push(required(child(path, 'type')))
    const allowed = DECISIONS.includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (status === '') errors.push(required(child(path, 'status')))
    else if (!allowed.includes(status)) errors.push(notSupported(child(path, 'status'), status, allowed))
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (other && !both && seen.has(other)) {
      errors.push(invalid(CONDITIONS, type, 'Approved and Denied conditions are mutually exclusive'))
    }
    if (seen.has(type) && !repeats) errors.push(duplicate(child(path, 'type'), type))
    seen.add(type)
  })
  return errors
}

function validateDecisions(conditions: Fields[], before: Fields[], { approval }: Doors): FieldError[] {
  const errors: FieldError[] = []
  const tell = (what: string, type: string) =>
    errors.push(forbidden(CONDITIONS, `updates may not ${what} a condition of type ${JSON.stringify(type)}`))
  for (const type of DECISIONS) {
    if (ofType(conditions, type).length < ofType(before, type).length) tell('remove', type)
  }
  if (approval) return errors
  for (const type of ['Approved', 'Denied']) {
    if (ofType(conditions, type).length > ofType(before, type).length) tell('add', type)
  }
  return errors
}

function validateCertificate(certificate: string, old: string): FieldError[] {
  if (certificate === '' || certificate === old) return []
  const why = wrongWith(Buffer.from(certificate, 'base64').toString('latin1'))
  return why === undefined ? [] : [invalid('status.certificate', '<certificate data>', why)]
}

function wrongWith(text: string): string | undefined {
  const blocks = decodePem(text)
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${JSON.stringify(type)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (bytes.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    if (!parseCertificate(bytes)) return 'x509: malformed certificate'
  }
  return blocks.length ? undefined : 'must contain at least one CERTIFICATE PEM block'
}

function validateNewCertificate(certificate: string, old: string, doors: Doors): FieldError[] {
  if (certificate === old) return []
  const path = 'status.certificate'
  if (!doors.certificate) return [forbidden(path, 'updates may not set certificate content')]
  return old === '' ? [] : [forbidden(path, 'updates may not modify existing certificate content')]
}
