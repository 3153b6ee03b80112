/** Provisioner names and their parameters. Mirrors validateProvisioner and validateParameters of pkg/apis/storage/validation. */
import { type FieldError, invalid, required, tooLong } from '../../apimachinery/field-error.ts'
import { byteLength } from '../../apimachinery/go-text.ts'
import { validateQualifiedName } from '../validation.ts'

const MAX_PARAMETERS = 512
const MAX_PARAMETERS_BYTES = 256 * 1024

/** Case does not count. Its absence is declared elsewhere: that error comes last. */
export function validateProvisioner(name: string | undefined, path: string): FieldError[] {
  return name ? validateQualifiedName(name.toLowerCase(), path) : []
}

export function validateParameters(parameters: Record<string, string> | undefined, mayBeEmpty: boolean): FieldError[] {
  const entries = Object.entries(parameters ?? {})
  if (entries.length > MAX_PARAMETERS) return [tooLong('parameters', MAX_PARAMETERS)]
  const errors = entries.some(([key]) => key === '') ? [invalid('parameters', '', 'field can not be empty.')] : []
  const bytes = entries.reduce((sum, [key, value]) => sum + byteLength(key) + byteLength(value), 0)
  if (bytes > MAX_PARAMETERS_BYTES) errors.push(tooLong('parameters', MAX_PARAMETERS_BYTES))
  if (!mayBeEmpty && entries.length === 0) {
    errors.push(required('parameters', 'must contain at least one key/value pair'))
  }
  return errors
}
