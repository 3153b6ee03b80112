/** Names of certificate signers: `example.com/signer-name`. Mirrors ValidateSignerName of pkg/apis/core/validation. */
import { type FieldError, invalid, required, tooLong } from '../apimachinery/field-error.ts'
import { byteLength, quote } from '../apimachinery/go-text.ts'
import {
  DNS_LABEL_MAX_LENGTH,
  DNS_SUBDOMAIN_MAX_LENGTH,
  isDns1123Label,
  isDns1123Subdomain,
} from '../apimachinery/names.ts'
import { nameIsDnsSubdomain } from './validation.ts'

/** A domain, a slash, and what the domain's owner calls the signer: a subdomain and a label fit in. */
const MAX_BYTES = DNS_SUBDOMAIN_MAX_LENGTH * 2 + DNS_LABEL_MAX_LENGTH + 2

export function validateSignerName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const [domain = '', rest = '', ...more] = name.split('/')
  if (!name.includes('/') || more.length > 0) {
    return [invalid(path, name, "must be a fully qualified domain and path of the form 'example.com/signer-name'")]
  }
  const errors: FieldError[] = []
  if (byteLength(domain) > DNS_SUBDOMAIN_MAX_LENGTH) errors.push(tooLong(path, DNS_SUBDOMAIN_MAX_LENGTH))
  errors.push(...firstWrong(domain, isDns1123Label, path))
  if (!domain.includes('.')) {
    errors.push(invalid(path, domain, 'should be a domain with at least two segments separated by dots'))
  }
  errors.push(...firstWrong(rest, isDns1123Subdomain, path))
  if (byteLength(name) > MAX_BYTES) errors.push(tooLong(path, MAX_BYTES))
  return errors
}

/** What is wrong with the first wrong one of the labels between dots. */
function firstWrong(text: string, rule: (label: string) => string[], path: string): FieldError[] {
  for (const label of text.split('.')) {
    const messages = rule(label)
    if (messages.length) {
      return messages.map((message) => invalid(path, text, `validating label ${quote(label)}: ${message}`))
    }
  }
  return []
}

/** A ClusterTrustBundle of a signer bears the signer's name before its own. */
export function isTrustBundleName(name: string, signerName: string, prefix: boolean): string[] {
  if (!signerName) {
    return name.includes(':')
      ? ['ClusterTrustBundle without signer name must not have ":" in its name']
      : nameIsDnsSubdomain(name, prefix)
  }
  const lead = `${signerName.replaceAll('/', ':')}:`
  if (!name.startsWith(lead))
    return [`ClusterTrustBundle for signerName ${signerName} must be named with prefix ${lead}`]
  return nameIsDnsSubdomain(name.slice(lead.length), prefix)
}

/** The signer whose name leads that of a bundle; '' for a bundle without one. */
export function signerOfTrustBundle(name: string): string {
  return name.includes(':') ? name.slice(0, name.lastIndexOf(':')).replaceAll(':', '/') : ''
}
