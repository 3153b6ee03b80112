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
import { isDns1123Subdomain } from '../../apimachinery/names.ts'
import { invalids } from '../validation.ts'

type Fields = DynamicObject['spec']

const MIN_SECONDS = 600
const CONDITIONS = 'status.conditions'
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
  errors.push(...validateSignerName(spec.signerName ?? '', 'spec.signerName'))
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

/** `domain.example/path.segments`. */
export function validateSignerName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  if (name === 'kubernetes.io/legacy-unknown') {
    return [invalid(path, name, 'the legacy signerName is not allowed via this API version')]
  }
  const parts = name.split('/')
  if (parts.length !== 2) {
    return [invalid(path, name, 'must be a fully qualified domain and path of the form "example.com/signer-name"')]
  }
  const [domain = '', rest = ''] = parts
  const errors = invalids(path, domain, isDns1123Subdomain(domain))
  if (errors.length === 0 && !domain.includes('.')) {
    errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'))
  }
  return [...errors, ...rest.split('.').flatMap((part) => invalids(path, part, isDns1123Subdomain(part)))]
}

/** What was decided stays decided; through the status door nothing is decided. */
export function validateConditions(csr: DynamicObject, old: DynamicObject, approval: boolean): FieldError[] {
  const errors: FieldError[] = []
  const conditions: Fields[] = csr['status']?.conditions ?? []
  const seen = new Set<string>()
  const has = (type: string): boolean => conditions.some((condition) => condition.type === type)
  conditions.forEach(({ type = '', status = '' }, i) => {
    const path = index(CONDITIONS, i)
    if (type === '') errors.push(required(child(path, 'type')))
    const allowed = ['Approved', 'Denied', 'Failed'].includes(type) ? ['True'] : ['False', 'True', 'Unknown']
    if (status === '') errors.push(required(child(path, 'status')))
    else if (!allowed.includes(status)) errors.push(notSupported(child(path, 'status'), status, allowed))
    const other = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (other && seen.has(other)) {
      errors.push(invalid(child(path, 'type'), type, 'Approved and Denied conditions are mutually exclusive'))
    }
    if (seen.has(type)) errors.push(duplicate(child(path, 'type'), type))
    seen.add(type)
  })
  const before: Fields[] = old['status']?.conditions ?? []
  for (const type of ['Approved', 'Denied', 'Failed']) {
    const had = before.some((condition) => condition.type === type)
    if (had && !has(type)) {
      errors.push(forbidden(CONDITIONS, `updates may not remove a condition of type ${JSON.stringify(type)}`))
    }
    if (!had && has(type) && !approval && type !== 'Failed') {
      errors.push(forbidden(CONDITIONS, `updates may not add a condition of type ${JSON.stringify(type)}`))
    }
  }
  return errors
}
