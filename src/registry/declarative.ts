/** Errors as declarative validation words them, where they took the place of hand-written ones. Mirrors apimachinery/pkg/api/validate. */
import { deepEqual } from '../apimachinery/equality.ts'
import { duplicate, type FieldError, index, invalid, required, tooLongCharacters } from '../apimachinery/field-error.ts'
import { byteLength } from '../apimachinery/go-text.ts'
import { isDns1123Subdomain } from '../apimachinery/names.ts'
import { IMMUTABLE } from './validation.ts'

const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const caseless = new RegExp(`^${SUBDOMAIN}$`, 'i')
const CASELESS_RULE =
  "an RFC 1123 subdomain must consist of alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
const MAX_SUBDOMAIN_BYTES = 253
const MAX_DRIVER_NAME = 63

/** Errors of one object: declared rules are looked at after the hand-written ones, and take the place of those they cover. */
export interface Findings {
  own: FieldError[]
  declared: FieldError[]
}

export const noFindings = (): Findings => ({ own: [], declared: [] })

/** Unlike the hand-written check it prints no value. */
export function declaredImmutable(value: unknown, old: unknown, path: string): FieldError[] {
  return deepEqual(value, old) ? [] : [invalid(path, null, IMMUTABLE)]
}

/** A subdomain, as declared rules word it: lengths are in bytes. */
export function declaredLongName(name: string, path: string): FieldError[] {
  return isDns1123Subdomain(name).map((message) => invalid(path, name, message.replace('253 characters', '253 bytes')))
}

/** Of a driver: case does not count. */
export function declaredDriverName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const errors: FieldError[] = []
  if (byteLength(name) > MAX_SUBDOMAIN_BYTES) errors.push(invalid(path, name, 'must be no more than 253 bytes'))
  if (!caseless.test(name)) {
    const why = `${CASELESS_RULE} (e.g. 'Example.com', regex used for validation is '${SUBDOMAIN}')`
    errors.push(invalid(path, name, why))
  }
  return name.length > MAX_DRIVER_NAME ? [...errors, tooLongCharacters(path, MAX_DRIVER_NAME)] : errors
}

/** Values that print as they were sent; `keyOf` says which are the same. */
export function declaredUnique<T>(values: readonly T[], path: string, keyOf: (value: T) => string): FieldError[] {
  const seen = new Set<string>()
  return values.flatMap((value, i) => {
    const key = keyOf(value)
    const errors = seen.has(key) ? [duplicate(index(path, i), value)] : []
    seen.add(key)
    return errors
  })
}
