/** Names of CSI drivers. Mirrors ValidateCSIDriverName of pkg/apis/core/validation. */
import { type FieldError, invalid, required, tooLong } from '../../apimachinery/field-error.ts'
import { isDns1123Subdomain } from '../../apimachinery/names.ts'

const MAX_LENGTH = 63

/** Case does not count. */
export function validateDriverName(name: string, path: string): FieldError[] {
  if (name === '') return [required(path)]
  const errors = name.length > MAX_LENGTH ? [tooLong(path, MAX_LENGTH)] : []
  return [...errors, ...isDns1123Subdomain(name.toLowerCase()).map((message) => invalid(path, name, message))]
}
