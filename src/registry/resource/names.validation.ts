/** Names of devices, pools and attributes. Mirrors pkg/apis/resource/validation. */
import { type FieldError, invalid, required, tooLong } from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import { isCIdentifier, isDns1123Label, isDns1123Subdomain } from '../../apimachinery/names.ts'
import { validateDriverName } from '../storage/driver-name.validation.ts'
import { invalids } from '../validation.ts'

const MAX_POOL_NAME = 253
const MAX_IDENTIFIER = 32
const MAX_DOMAIN = 63
const MAX_KEY = MAX_DOMAIN + 1 + MAX_IDENTIFIER
const NOT_A_REQUEST =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

/** Names of the requests of a claim, each with those of its alternatives. */
export type RequestNames = ReadonlyMap<string, ReadonlySet<string>>

export const validateLabelShaped = (name: string, path: string): FieldError[] =>
  invalids(path, name, isDns1123Label(name))

export function validatePoolName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const errors = byteLength(name) > MAX_POOL_NAME ? [tooLong(path, MAX_POOL_NAME)] : []
  return [...errors, ...name.split('/').flatMap((part) => invalids(path, part, isDns1123Subdomain(part)))]
}

/** As the declared rule words it. */
export function declaredPoolName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const errors = byteLength(name) > MAX_POOL_NAME ? [tooLong(path, MAX_POOL_NAME)] : []
  name.split('/').forEach((part, i) => {
    for (const message of isDns1123Subdomain(part)) errors.push(invalid(path, name, `segment ${i}: ${message}`))
  })
  return errors
}

export function validateRequestReference(name: string, names: RequestNames, path: string): FieldError[] {
  const segments = name.split('/')
  if (segments.length > 2) return [invalid(path, name, NOT_A_REQUEST)]
  const errors = segments.flatMap((segment) => validateLabelShaped(segment, path))
  const below = names.get(segments[0]!)
  const known = below !== undefined && (segments.length === 1 || below.has(segments[1]!))
  return known ? errors : [...errors, invalid(path, name, NOT_A_REQUEST)]
}

/** `model`, or `d.example.com/model`. */
export function validateAttributeName(name: string, path: string): FieldError[] {
  const parts = name.split('/')
  if (parts.length > 2) return []
  const id = parts.at(-1)!
  if (parts.length === 1) return validateIdentifier(id, path)
  const [domain] = parts
  return [
    ...(domain ? validateDriverName(domain, path) : [invalid(path, '', 'the domain must not be empty')]),
    ...(id ? validateIdentifier(id, path) : [invalid(path, '', 'the name must not be empty')]),
  ]
}

export function validateFullName(name: string, path: string): FieldError[] {
  const errors = validateAttributeName(name, path)
  if (name.includes('/')) return errors
  return [...errors, invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')]
}

function validateIdentifier(id: string, path: string): FieldError[] {
  const errors = byteLength(id) > MAX_IDENTIFIER ? [tooLong(path, MAX_IDENTIFIER)] : []
  return [...errors, ...invalids(path, id, isCIdentifier(id))]
}

/** How a path shows a key that is longer than any may be. */
export function shownKey(key: string): string {
  if (key.length <= MAX_KEY) return key
  const rest = MAX_KEY - 3
  return `${key.slice(0, Math.floor((rest + 1) / 2))}...${key.slice(key.length - Math.floor(rest / 2))}`
}
