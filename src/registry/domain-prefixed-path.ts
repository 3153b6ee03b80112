/** `example.com/name`, as controllers name themselves. Mirrors IsDomainPrefixedPath of apimachinery/pkg/util/validation. */
import { type FieldError, invalid, required } from '../apimachinery/field-error.ts'
import { isDns1123Subdomain, isHttpPath } from '../apimachinery/names.ts'
import { invalids } from './validation.ts'

export function validateDomainPrefixedPath(value: string | undefined, path: string): FieldError[] {
  if (!value) return [required(path)]
  const slash = value.indexOf('/')
  if (slash <= 0 || slash === value.length - 1) {
    return [invalid(path, value, 'must be a domain-prefixed path (such as "acme.io/foo")')]
  }
  const [host, rest] = [value.slice(0, slash), value.slice(slash + 1)]
  return [...invalids(path, host, isDns1123Subdomain(host)), ...invalids(path, rest, isHttpPath(rest))]
}
